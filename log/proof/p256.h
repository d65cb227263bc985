// ECDSA over NIST P-256, which libsodium has not: by OpenSSL's EVP. Any thread; keys may be shared.
//
// Points come in SEC 1's compressed or uncompressed form, signatures in strict DER with r and s in
// [1, n-1]. A high S is accepted, because Warg's own tools make such; so a signature has a second
// spelling, and no id may depend on it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/digest.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace varve {

class P256Public {
 public:
  // 33 or 65 bytes; Errc::invalid, About::key for what is no point of the curve.
  static Result<P256Public> parse(std::string_view sec1);
  std::string_view compressed() const { return {compressed_.data(), compressed_.size()}; }
  // Of a message's SHA-256.
  bool verify(const Hash256& digest, std::string_view der) const;

 private:
  friend class P256Secret;
  P256Public() = default;
  std::array<char, 33> compressed_{};
  std::shared_ptr<evp_pkey_st> key_;
};

// Wiped when destroyed; not copyable.
class P256Secret {
 public:
  using Scalar = std::array<std::uint8_t, 32>;  // big-endian
  static P256Secret generate();
  static Result<P256Secret> from_scalar(const Scalar& scalar);  // Errc::invalid outside [1, n-1]
  ~P256Secret();
  P256Secret(P256Secret&&) noexcept;
  P256Secret& operator=(P256Secret&&) noexcept;

  const Scalar& scalar() const { return scalar_; }
  const P256Public& public_key() const { return public_; }
  std::string sign(const Hash256& digest) const;  // DER

 private:
  P256Secret() = default;
  Scalar scalar_{};
  P256Public public_;
  std::shared_ptr<evp_pkey_st> key_;
};

// SEQUENCE { INTEGER r, INTEGER s } in the shortest spelling, both in range, and nothing behind.
bool is_strict_p256_signature(std::string_view der);

}  // namespace varve
