// Reading Authorization. Pure; any thread.
#include "api/auth/presented.h"

#include <algorithm>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::auth {
namespace {

// No part of the header is repeated: it may hold a secret.
std::unexpected<Error> bad(std::string why) {
  return fail(Errc::unauthorized, About::request, std::move(why));
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// RFC 6750's b64token, without the padding no token of ours has.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

// Pulp's clients append the scheme of a second login that is not there.
std::string_view without_blank_basic(std::string_view encoded) {
  const std::size_t comma = encoded.find(',');
  if (comma == encoded.npos) return encoded;
  const std::size_t word = encoded.find_first_not_of(' ', comma + 1);
  if (word == encoded.npos) return encoded;
  std::string_view rest = encoded.substr(word);
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  return http::equal_ignoring_case(rest, "basic") ? encoded.substr(0, comma) : encoded;
}

Result<Presented> parse_basic(std::string_view encoded) {
  const auto decoded = base64_decode(encoded);
  if (!decoded) return bad("the Basic credentials are not base64");
  const std::size_t colon = decoded->find(':');  // the first: a password may hold more of them
  if (colon == decoded->npos) return bad("the Basic credentials hold no colon");
  if (has_control(*decoded) || !is_valid_utf8(*decoded))
    return bad("the Basic credentials hold bytes that no name or password has");
  if (decoded->size() == 1) return Nothing{};  // skopeo and podman without a login, asked for Basic
  if (colon > limits::kShownUserBytesMax ||
      decoded->size() - colon - 1 > limits::kShownPasswordBytesMax)
    return bad("the Basic credentials are too long");
  return Password{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

Result<Presented> parse_value(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == value.npos) {
    if (!is_token(value)) return bad("the Authorization header is malformed");
    return Token{std::string(value)};
  }
  const std::string_view scheme = value.substr(0, space);
  const std::size_t start = value.find_first_not_of(' ', space);
  const std::string_view rest = start == value.npos ? std::string_view() : value.substr(start);
  if (http::equal_ignoring_case(scheme, "basic")) return parse_basic(without_blank_basic(rest));
  if (http::equal_ignoring_case(scheme, kSdkAlgorithm)) {
    VARVE_TRY(auto signature, parse_sdk_signature(rest));
    return signature;
  }
  if (!http::equal_ignoring_case(scheme, "bearer"))
    return bad("this kind of credentials is not known here");
  if (!is_token(rest)) return bad("the Bearer token is malformed");
  return Token{std::string(rest)};
}

}  // namespace

Result<Presented> parse_authorization(http::Headers headers) {
  std::optional<std::string_view> value;
  bool token = false;
  for (const auto& [name, text] : headers) {
    const bool auth_token = http::equal_ignoring_case(name, "x-auth-token");
    if (!auth_token && !http::equal_ignoring_case(name, "authorization")) continue;
    if (value) return bad("a request has one Authorization header, or one X-Auth-Token");
    value = text;
    token = auth_token;
  }
  if (!value) return Nothing{};
  if (!token) return parse_value(*value);
  if (!is_token(*value)) return bad("the X-Auth-Token is malformed");
  return Token{std::string(*value)};
}

std::optional<CredentialId> access_key_in(std::string_view user) {
  const std::size_t at = user.rfind('@');
  if (at == user.npos) return std::nullopt;
  const auto id = CredentialId::parse(user.substr(at + 1));
  return id ? std::optional(*id) : std::nullopt;
}

}  // namespace varve::auth
