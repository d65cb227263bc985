// From a header to a claim that was checked.
#include "api/surface/author.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/trust/query.h"
#include "log/proof/warg_keys.h"

namespace varve::surface {
namespace {

struct Claim {
  warg::KeyId key;
  warg::SignatureText signature;
};

std::unexpected<Error> malformed() {
  return fail(Errc::invalid, About::signature,
              std::string(trust::kAuthorHeader) +
                  " is a key id (sha256: and 64 hex digits), a space, and the base 64 of 64 bytes, "
                  "once");
}

Result<Claim> parse(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos) return malformed();
  const auto key = warg::KeyId::parse(value.substr(0, space));
  auto signature = warg::SignatureText::parse("ed25519:" + std::string(value.substr(space + 1)));
  if (!key || !signature) return malformed();
  return Claim{*key, *std::move(signature)};
}

bool is_the_header(std::string_view name) {
  return std::ranges::equal(name, trust::kAuthorHeader, [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(a) == lower(b);
  });
}

// The public key that the newest state has for the id, found sound once more: how it came to be
// registered is not for this place to believe.
Result<warg::PublicKey> key_behind(const Services& services, const warg::KeyId& id) {
  VARVE_TRY(const auto row, trust::find_key(*services.reader().view(), id));
  if (!row)
    return fail(Errc::denied, About::key, "this key is registered to nobody", id.to_string());
  auto key = warg::PublicKey::parse(row->key.text());
  if (!key) return fail(Errc::denied, About::key, key.error().what, id.to_string());
  if (key->algorithm() == warg::KeyAlgorithm::ed25519) return key;
  return fail(Errc::denied, About::key, "an author signs with an ed25519 key", id.to_string());
}

}  // namespace

bool claims_author(const http::Request& request) {
  return std::ranges::any_of(request.headers, is_the_header,
                             [](const auto& header) { return header.first; });
}

Result<std::optional<Verified<trust::Author>>> author_of(const Services& services,
                                                         const http::Request& request,
                                                         const trust::AuthorStatement& statement) {
  std::optional<std::string_view> value;
  for (const auto& [name, text] : request.headers) {
    if (!is_the_header(name)) continue;
    if (value) return malformed();
    value = text;
  }
  if (!value) return std::nullopt;
  VARVE_TRY(const Claim claim, parse(*value));
  VARVE_TRY(const auto key, key_behind(services, claim.key));
  auto author = SignatureChecks::author(statement, key, claim.signature);
  // Not 401: no other credential would help, and clients would ask their users for one.
  if (!author)
    return fail(Errc::denied, About::signature, author.error().what, claim.key.to_string());
  return *std::move(author);
}

}  // namespace varve::surface
