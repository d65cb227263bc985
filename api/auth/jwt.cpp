// Making and judging JWTs. Pure; any thread.
#include "api/auth/jwt.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/json.h"

namespace varve::auth {
namespace {

using simdjson::dom::element;

constexpr std::size_t kDepthMax = 5;  // claims, access, one access, its actions
// Two clocks of one machine may differ by a step of NTP.
constexpr std::int64_t kNotBeforeLeeway = 10;

std::unexpected<Error> bad(std::string why) {
  return fail(Errc::unauthorized, About::request, "the token is refused: " + std::move(why));
}

std::string_view name_of(TokenUse use) {
  return use == TokenUse::access ? "access" : "refresh";
}

std::string_view view_of(const KeyId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

std::string key_name(const VerifierKey& key) {
  return hex_encode(view_of(key.id()));
}

std::string header_of(const VerifierKey& key) {
  std::string out;
  json::Writer(out)
      .begin_object()
      .key("alg")
      .string("EdDSA")
      .key("kid")
      .string(key_name(key))
      .key("typ")
      .string("JWT")
      .end_object();
  return out;
}

void write_access(json::Writer& writer, const Access& access) {
  writer.begin_object().key("actions").begin_array();
  for (const std::string& action : access.actions) writer.string(action);
  writer.end_array();
  if (!access.type_class.empty()) writer.key("class").string(access.type_class);
  writer.key("name").string(access.name).key("type").string(access.type).end_object();
}

std::uint64_t seconds(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value));
}

std::string body_of(const Claims& claims) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("access").begin_array();
  for (const Access& access : claims.access) write_access(writer, access);
  writer.end_array().key("aud").string(claims.service);
  if (!claims.credential.empty()) writer.key("cred").string(claims.credential);
  writer.key("exp").number(seconds(claims.expires));
  writer.key("iat").number(seconds(claims.issued_at));
  writer.key("iss").string(claims.service);
  writer.key("jti").string(claims.id);
  writer.key("nbf").number(seconds(claims.issued_at));
  writer.key("sub").string(claims.subject);
  writer.key("use").string(name_of(claims.use)).end_object();
  return out;
}

struct Parts {
  std::string_view header, body, signature, signed_text;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

std::optional<std::string_view> text_of(element object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<std::int64_t> number_of(element object, std::string_view name) {
  std::int64_t number = 0;
  if (object[name].get(number) != simdjson::SUCCESS || number < 0) return std::nullopt;
  return number;
}

Result<void> check_header(std::string_view encoded, const VerifierKey& key) {
  const auto text = base64url_decode(encoded);
  if (!text) return bad("its header is not base64url");
  simdjson::dom::parser parser;
  const auto header = json::parse_strict(parser, *text, About::request, kDepthMax);
  if (!header || !header->is_object()) return bad("its header is not a JSON object");
  if (text_of(*header, "alg") != "EdDSA") return bad("its algorithm is not EdDSA");
  if (text_of(*header, "typ") != "JWT") return bad("its type is not JWT");
  if (text_of(*header, "kid") != key_name(key)) return bad("another key signed it");
  // RFC 7515 §4.1.11: what one does not understand and must, one refuses.
  if ((*header)["crit"].error() == simdjson::SUCCESS) return bad("its header has extensions");
  return {};
}

std::optional<Access> access_of(element item) {
  const auto type = text_of(item, "type");
  const auto name = text_of(item, "name");
  simdjson::dom::array actions;
  if (!type || !name || item["actions"].get(actions) != simdjson::SUCCESS) return std::nullopt;
  Access access{
      std::string(*type), std::string(text_of(item, "class").value_or("")), std::string(*name), {}};
  for (const element action : actions) {
    std::string_view word;
    if (action.get(word) != simdjson::SUCCESS) return std::nullopt;
    access.actions.emplace_back(word);
  }
  return access;
}

std::optional<std::vector<Access>> accesses_of(element claims) {
  simdjson::dom::array array;
  if (claims["access"].get(array) != simdjson::SUCCESS) return std::nullopt;
  std::vector<Access> all;
  for (const element item : array) {
    auto access = access_of(item);
    if (!access || all.size() == kScopesMax) return std::nullopt;
    all.push_back(*std::move(access));
  }
  return all;
}

// We signed it, so its shape is ours; a claim that is missing is a defect that must not grant
// anything.
Result<Claims> read_claims(element object, TokenUse use) {
  const auto subject = text_of(object, "sub");
  const auto service = text_of(object, "aud");
  const auto id = text_of(object, "jti");
  const auto issued_at = number_of(object, "iat");
  const auto expires = number_of(object, "exp");
  auto access = accesses_of(object);
  if (!subject || !service || !id || !issued_at || !expires || !access)
    return bad("a claim is missing");
  return Claims{use,
                std::string(*subject),
                std::string(text_of(object, "cred").value_or("")),
                std::string(*service),
                std::string(*id),
                *issued_at,
                *expires,
                *std::move(access)};
}

Result<void> check_times(element object, const Claims& claims, Timestamp now) {
  const std::int64_t seconds_now = now.micros / 1'000'000;
  const auto not_before = number_of(object, "nbf");
  if (!not_before || *not_before > seconds_now + kNotBeforeLeeway)
    return bad("it is not valid yet");
  if (claims.expires <= seconds_now) return bad("it has expired");
  return {};
}

}  // namespace

std::string base64url_encode(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  text.erase(std::min(text.find('='), text.size()));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.find_first_of("+/=") != text.npos) return std::nullopt;
  std::string plain(text);
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  plain.append((4 - plain.size() % 4) % 4, '=');
  return base64_decode(plain);
}

std::string make_token(const Claims& claims, const Signer& key) {
  std::string token = base64url_encode(header_of(key.verifier()));
  token += '.' + base64url_encode(body_of(claims));
  const std::string signature = key.sign(token);
  return token + '.' + base64url_encode(signature);
}

Result<Claims> verify_token(std::string_view token, const VerifierKey& key,
                            std::string_view service, TokenUse use, Timestamp now) {
  if (token.size() > kTokenBytesMax) return bad("it is too long");
  const auto parts = split(token);
  if (!parts) return bad("it does not have three parts");
  VARVE_CHECK(check_header(parts->header, key));
  const auto signature = base64url_decode(parts->signature);
  if (!signature || !key.verify(parts->signed_text, *signature))
    return bad("its signature does not verify");
  const auto text = base64url_decode(parts->body);
  if (!text) return bad("its claims are not base64url");
  simdjson::dom::parser parser;
  const auto object = json::parse_strict(parser, *text, About::request, kDepthMax);
  if (!object || !object->is_object()) return bad("its claims are not a JSON object");
  VARVE_TRY(auto claims, read_claims(*object, use));
  if (claims.service != service || text_of(*object, "iss") != service)
    return bad("it is for another service");
  if (text_of(*object, "use") != name_of(use)) return bad("it is for another use");
  VARVE_CHECK(check_times(*object, claims, now));
  return claims;
}

}  // namespace varve::auth
