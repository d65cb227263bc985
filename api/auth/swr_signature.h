// Requests signed as Huawei's SDKs sign them: SDK-HMAC-SHA256, a MAC over the request under a
// secret key that both sides know. Pure; any thread.
//
// What is verified is what the handler reads: the path and the query after they were decoded, and
// the bytes of the body. Both are encoded again here in the one way that the SDKs use, so that it
// does not matter which of their characters a client left as they are on the wire.
//
// The canonical request, its parts joined by line feeds: the method; the path with a slash behind
// it; the query, sorted; a line for each signed header; an empty line's end of those; their names;
// the hash of the body.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/http/wire.h"
#include "core/base/error.h"
#include "core/base/time.h"

namespace varve::auth {

inline constexpr std::string_view kSdkAlgorithm = "SDK-HMAC-SHA256";
// How far a client's clock may be from ours, either way.
inline constexpr std::chrono::microseconds kSdkClockWindow = std::chrono::minutes(15);
// A body is read before the request is believed. What is signed are small documents.
inline constexpr std::size_t kSdkBodyBytesMax = 1 << 20;
inline constexpr std::size_t kSdkHeadersMax = 64;

// Access=…, SignedHeaders=…, Signature=…: taken apart and not yet believed.
struct SdkSignature {
  std::string access_key;
  std::vector<std::string> headers;  // names, lower case, ascending
  std::string mac;                   // 32 bytes
  friend bool operator==(const SdkSignature&, const SdkSignature&) = default;
};

// What stands behind the algorithm's word. Errors: unauthorized, here and below.
Result<SdkSignature> parse_sdk_signature(std::string_view parameters);

// When it was signed. Refuses a signature that does not cover the host and the date, headers that
// are not there exactly once, and a date that is too far from `now`.
Result<Timestamp> signed_at(const SdkSignature& signature, http::Headers headers, Timestamp now);

struct SignedRequest {
  http::Method method;
  std::string_view path;  // decoded
  const http::Query& query;
  http::Headers headers;
};
SignedRequest signed_parts(const http::Request& request);

// After signed_at(). Refuses a body that is not the one whose hash was signed, and one that was
// left unsigned although it is, or is read as, a document.
Result<std::string> canonical_request(const SdkSignature& signature, const SignedRequest& request,
                                      std::string_view body);

// Did whoever knows the secret key sign exactly this? In constant time.
bool is_signed_with(const SdkSignature& signature, const SignedRequest& request,
                    std::string_view canonical, std::string_view secret_key);

// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

// What `docker login -u REGION@AK -p …` sends for a password, for as long as the access key lives.
std::string docker_password(std::string_view access_key, std::string_view secret_key);

// May repeating the request do harm?
bool changes_something(http::Method method);

}  // namespace varve::auth
