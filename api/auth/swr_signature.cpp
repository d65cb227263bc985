// Huawei's request signature, verified. Pure; any thread.
#include "api/auth/swr_signature.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/json.h"

namespace varve::auth {
namespace {

constexpr std::string_view kDateHeader = "x-sdk-date";
constexpr std::string_view kHashHeader = "x-sdk-content-sha256";
constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kAccessKeyBytesMax = 64;

std::unexpected<Error> bad(std::string why) {
  return fail(Errc::unauthorized, About::request, std::move(why));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool is_header_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

// RFC 3986's unreserved characters stay; the rest is escaped, a slash too.
void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

void append_path(std::string& out, std::string_view path) {
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    append_encoded(out, segment);
    path.remove_prefix(segment.size());
    if (path.empty()) break;
    out += '/';
    path.remove_prefix(1);
  }
  if (!out.ends_with('/')) out += '/';
}

void append_query(std::string& out, const http::Query& query) {
  std::vector<std::pair<std::string, std::string>> pairs(query.pairs().begin(),
                                                         query.pairs().end());
  std::ranges::sort(pairs);
  for (const auto& [name, value] : pairs) {
    if (&name != &pairs.front().first) out += '&';
    append_encoded(out, name);
    out += '=';
    append_encoded(out, value);
  }
}

// The one header of this name; nothing when there are none, or several.
std::optional<std::string_view> only(http::Headers headers, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : headers) {
    if (!http::equal_ignoring_case(key, name)) continue;
    if (found) return std::nullopt;
    found = trimmed(value);
  }
  return found;
}

bool covers(const SdkSignature& signature, std::string_view name) {
  return std::ranges::binary_search(signature.headers, name);
}

// "20261121T173157Z".
std::optional<Timestamp> parse_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::string compact(text);
  std::ranges::transform(compact, compact.begin(), lower);
  const auto parsed = Timestamp::parse_compact(compact);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

// "a/b; charset=x" → "a/b".
std::string media_type(std::string_view text) {
  std::string type(trimmed(text.substr(0, text.find(';'))));
  std::ranges::transform(type, type.begin(), lower);
  return type;
}

// Is this body a document that a handler reads, whatever the request calls it? Several of ours read
// JSON without looking at the type.
bool may_be_read_as_document(std::string_view type, std::string_view body) {
  if (type.empty() || type.ends_with("json") || type == "application/x-www-form-urlencoded")
    return true;
  simdjson::dom::parser parser;
  return json::parse_strict(parser, body, About::request).has_value();
}

Result<void> check_unsigned(const SdkSignature& signature, const SignedRequest& request,
                            std::string_view body) {
  if (body.empty() && !changes_something(request.method)) return {};
  const auto type = only(request.headers, "content-type");
  if (body.empty() || !type || !covers(signature, "content-type") ||
      may_be_read_as_document(media_type(*type), body))
    return bad("the signature leaves out a body that has to be signed");
  return {};
}

Result<std::string> payload_hash(const SdkSignature& signature, const SignedRequest& request,
                                 std::string_view body) {
  std::string hash = hex_encode(as_view(sha256(body)));
  if (!covers(signature, kHashHeader)) return hash;
  const auto said = only(request.headers, kHashHeader);
  if (said == kUnsigned) {
    VARVE_CHECK(check_unsigned(signature, request, body));
    return std::string(kUnsigned);
  }
  if (said != hash) return bad("the body is not the one whose hash was signed");
  return hash;
}

Result<std::vector<std::string>> parse_names(std::string_view text) {
  std::vector<std::string> names;
  for (;;) {
    const std::string_view name = text.substr(0, text.find(';'));
    if (!is_header_name(name) || (!names.empty() && names.back() >= name))
      return bad("SignedHeaders are names in lower case, in ascending order");
    if (names.size() == kSdkHeadersMax) return bad("too many headers are signed");
    names.emplace_back(name);
    if (name.size() == text.size()) return names;
    text.remove_prefix(name.size() + 1);
  }
}

Result<void> take(std::string_view name, std::string_view value, SdkSignature& signature) {
  if (name == "Access" && signature.access_key.empty()) {
    if (value.empty() || value.size() > kAccessKeyBytesMax) return bad("there is no such Access");
    signature.access_key = value;
    return {};
  }
  if (name == "SignedHeaders" && signature.headers.empty()) {
    VARVE_TRY(signature.headers, parse_names(value));
    return {};
  }
  if (name == "Signature" && signature.mac.empty()) {
    auto mac = hex_decode(value);
    if (!mac || mac->size() != kMacBytes)
      return bad("a Signature is 64 hexadecimal digits in lower case");
    signature.mac = *std::move(mac);
    return {};
  }
  return bad("a signature has one Access, one SignedHeaders and one Signature");
}

}  // namespace

Result<SdkSignature> parse_sdk_signature(std::string_view parameters) {
  SdkSignature signature;
  while (!parameters.empty()) {
    const std::string_view part = parameters.substr(0, parameters.find(','));
    parameters.remove_prefix(std::min(part.size() + 1, parameters.size()));
    const std::string_view pair = trimmed(part);
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) return bad("a signature's parameters are name=value");
    VARVE_CHECK(take(pair.substr(0, equals), pair.substr(equals + 1), signature));
  }
  if (signature.access_key.empty() || signature.headers.empty() || signature.mac.empty())
    return bad("a signature has one Access, one SignedHeaders and one Signature");
  return signature;
}

Result<Timestamp> signed_at(const SdkSignature& signature, http::Headers headers, Timestamp now) {
  if (!covers(signature, "host") || !covers(signature, kDateHeader))
    return bad("a signature covers the headers host and x-sdk-date at least");
  for (const std::string& name : signature.headers)
    if (!only(headers, name)) return bad("a signed header is not there, or more than once");
  const auto date = parse_date(*only(headers, kDateHeader));
  if (!date) return bad("X-Sdk-Date is a time like 20261121T173157Z");
  const std::int64_t off = now.micros - date->micros;
  if (off > kSdkClockWindow.count() || -off > kSdkClockWindow.count())
    return bad("the request was signed more than 15 minutes from now; check the clock");
  return *date;
}

SignedRequest signed_parts(const http::Request& request) {
  return {request.method, request.path, request.query, request.headers};
}

Result<std::string> canonical_request(const SdkSignature& signature, const SignedRequest& request,
                                      std::string_view body) {
  std::string out(http::to_string(request.method));
  out += '\n';
  std::string path;
  append_path(path, request.path);
  out += path;
  out += '\n';
  append_query(out, request.query);
  out += '\n';
  std::string names;
  for (const std::string& name : signature.headers) {
    const auto value = only(request.headers, name);
    if (!value) return bad("a signed header is not there, or more than once");
    out.append(name).append(":").append(*value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  VARVE_TRY(const auto hash, payload_hash(signature, request, body));
  out.append("\n").append(names).append("\n").append(hash);
  return out;
}

bool is_signed_with(const SdkSignature& signature, const SignedRequest& request,
                    std::string_view canonical, std::string_view secret_key) {
  const auto date = only(request.headers, kDateHeader);
  if (!date || signature.mac.size() != kMacBytes) return false;
  std::string text(kSdkAlgorithm);
  text.append("\n").append(*date).append("\n").append(hex_encode(as_view(sha256(canonical))));
  const std::string mac = hmac_sha256(secret_key, text);
  return sodium_memcmp(mac.data(), signature.mac.data(), kMacBytes) == 0;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  static_assert(crypto_auth_hmacsha256_BYTES == kMacBytes);
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes(message), message.size());
  std::array<unsigned char, kMacBytes> mac{};
  crypto_auth_hmacsha256_final(&state, mac.data());
  sodium_memzero(&state, sizeof(state));
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

std::string docker_password(std::string_view access_key, std::string_view secret_key) {
  return hex_encode(hmac_sha256(secret_key, access_key));
}

bool changes_something(http::Method method) {
  return method != http::Method::get && method != http::Method::head &&
         method != http::Method::options;
}

}  // namespace varve::auth
