// A package's own bytes as its checksums and its parser want them. The pool: whole files are read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/rpm/source.h"
#include "log/store/blob_store.h"

namespace varve::surface {

// A placed blob, which outlives it.
class BlobSource final : public rpm::Source {
 public:
  explicit BlobSource(const BlobFile& file) : file_(file) {}
  std::uint64_t size() const override { return file_.size(); }
  Result<void> read(std::uint64_t at, std::span<char> into) const override;

 private:
  const BlobFile& file_;
};

// How long a checksum in lower-case hex is says of which type it is; none, for what is no checksum
// that checksum_of() makes.
std::optional<std::string_view> checksum_type(std::string_view checksum);

// In lower-case hex. `type` as Pulp and repodata write it: md5, sha or sha1, sha224, sha256,
// sha384, sha512. Errors: invalid/About::body for any other, since nobody could check what is said.
Result<std::string> checksum_of(const BlobFile& bytes, std::string_view type);

}  // namespace varve::surface
