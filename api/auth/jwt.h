// The tokens this registry hands out: JWTs (RFC 7519) signed with EdDSA (RFC 8037) by a key of its
// own, and believed by nobody else. Pure but for the key; any thread.
//
// One algorithm, one key, one set of claims: whatever else a header or a claim says is refused, not
// interpreted. "alg":"none", HMAC with the public key as its secret and foreign keys by reference
// are the classic ways in, and none of them has code here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth/scope.h"
#include "core/base/error.h"
#include "core/base/time.h"
#include "log/proof/note.h"

namespace varve::auth {

inline constexpr std::size_t kTokenBytesMax = 12 << 10;  // a request header has 16 KiB

// A refresh token buys access tokens and nothing else; an access token buys nothing.
enum class TokenUse : std::uint8_t { access, refresh };

// Times are whole seconds since 1970. Text is ASCII without '?', '>' and '~': one SDK decodes the
// claims with plain base64, and ASCII without those three never yields '-' or '_'.
struct Claims {
  TokenUse use = TokenUse::access;
  std::string subject;     // a principal's name
  std::string credential;  // the credential that was shown for it; empty: nobody's (anonymous)
  std::string service;     // aud and iss
  std::string id;          // jti
  std::int64_t issued_at = 0;
  std::int64_t expires = 0;
  std::vector<Access> access;
  friend bool operator==(const Claims&, const Claims&) = default;
};

std::string base64url_encode(std::string_view bytes);                // RFC 4648 §5, unpadded
std::optional<std::string> base64url_decode(std::string_view text);  // canonical only

std::string make_token(const Claims& claims, const Signer& key);

// The claims of a token that `key` signed for `service` and that is valid at `now`. Errors:
// unauthorized, with a sentence that says which rule it broke.
Result<Claims> verify_token(std::string_view token, const VerifierKey& key,
                            std::string_view service, TokenUse use, Timestamp now);

}  // namespace varve::auth
