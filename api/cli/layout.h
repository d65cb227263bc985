// An OCI image layout, as other tools left it on disk. Nothing in it is believed: what is read
// whole is compared with the digest it is named by. The thread of main() only. Source: OCI
// image-spec 1.1, image-layout.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.h"

namespace varve::cli {

// What names a manifest, in index.json or in an index.
struct Described {
  Digest digest;
  std::uint64_t size;
  std::string media_type;
  std::string name;  // org.opencontainers.image.ref.name, or empty
};
// The members of "manifests"; none when there is no such member. Errors: invalid.
Result<std::vector<Described>> described_in(std::string_view json);

class Layout {
 public:
  // Errors: not_found or invalid for a directory that is no layout.
  static Result<Layout> open(std::filesystem::path directory);

  // The one with this digest, or with this name, or the only one. Errors: not_found.
  Result<Described> find(const std::optional<Digest>& digest, const std::string& name) const;
  // Its bytes. Errors: corrupt when they are not those that its digest and size say.
  Result<std::string> manifest(const Described& described) const;
  std::filesystem::path path_of(const Digest& digest) const;

 private:
  explicit Layout(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
  std::vector<Described> images_;
};

}  // namespace varve::cli
