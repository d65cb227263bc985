// Tickets: when one expires, and a keyed BLAKE2b over that and the digest. Any thread.
#include "api/surface/tickets.h"

#include <sodium.h>

#include "api/auth/jwt.h"
#include "core/base/bytes.h"

namespace varve::surface {
namespace {

constexpr std::size_t kExpiryBytes = 8;
constexpr std::size_t kSealBytes = 32;
static_assert(crypto_generichash_KEYBYTES == 32);

}  // namespace

Tickets::Tickets() {
  VARVE_ASSERT(sodium_init() >= 0);
  crypto_generichash_keygen(key_.data());
}

std::string Tickets::seal(const Digest& digest, std::string_view expiry) const {
  const std::string sealed = std::string(expiry) + digest.to_string();
  std::array<unsigned char, kSealBytes> mac{};
  crypto_generichash(mac.data(), mac.size(), reinterpret_cast<const unsigned char*>(sealed.data()),
                     sealed.size(), key_.data(), key_.size());
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

std::string Tickets::issue(const Digest& digest, Timestamp now) const {
  std::string ticket;
  append_be64(ticket, static_cast<std::uint64_t>(now.micros +
                                                 std::chrono::microseconds(kLifetime).count()));
  return auth::base64url_encode(ticket + seal(digest, ticket));
}

bool Tickets::admits(std::string_view ticket, const Digest& digest, Timestamp now) const {
  const auto bytes = auth::base64url_decode(ticket);
  if (!bytes || bytes->size() != kExpiryBytes + kSealBytes) return false;
  const std::string_view expiry = std::string_view(*bytes).substr(0, kExpiryBytes);
  const std::string right = seal(digest, expiry);
  if (sodium_memcmp(right.data(), bytes->data() + kExpiryBytes, kSealBytes) != 0) return false;
  return now.micros < static_cast<std::int64_t>(read_be64(expiry));
}

}  // namespace varve::surface
