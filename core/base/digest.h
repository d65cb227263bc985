// Content digests ("sha256:<hex>") and the hashing behind them. Any thread; a Hasher belongs to one
// thread at a time.
//
// Source: OCI image-spec, descriptor "Digests"; SHA-2 by OpenSSL's EVP with pre-fetched algorithms,
// which reaches SHA-NI.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace varve {

using Hash256 = std::array<std::uint8_t, 32>;

inline std::string_view as_view(const Hash256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}
// `bytes` must be exactly 32 long.
Hash256 hash_from(std::string_view bytes);

// One-shot SHA-256 of the concatenation of up to three parts (none may alias the result).
Hash256 sha256(std::string_view a, std::string_view b = {}, std::string_view c = {});

enum class DigestAlgorithm : std::uint8_t { sha256 = 1, sha512 = 2 };

// A digest we can check: never another algorithm, never upper-case hex.
class Digest {
 public:
  static Result<Digest> parse(std::string_view text);      // "sha256:…", "sha512:…"
  static Result<Digest> from_row(std::string_view bytes);  // inverse of row()
  static Digest of(std::string_view content, DigestAlgorithm algorithm = DigestAlgorithm::sha256);
  Digest(DigestAlgorithm algorithm, std::string_view raw);  // raw: 32 or 64 bytes, asserted

  DigestAlgorithm algorithm() const { return algorithm_; }
  std::string_view algorithm_name() const;
  std::string_view raw() const;
  std::string hex() const;
  std::string to_string() const;
  // One algorithm byte and the raw bytes: the form inside row keys, self-delimiting.
  std::string row() const;

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  DigestAlgorithm algorithm_;
  std::array<std::uint8_t, 64> raw_{};
};

// Incremental hashing for streams. Copyable state is not offered.
class Hasher {
 public:
  explicit Hasher(DigestAlgorithm algorithm = DigestAlgorithm::sha256);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  void update(std::string_view bytes);
  Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
