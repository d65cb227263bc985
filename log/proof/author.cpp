// An author's claim, checked from the event alone.
#include "log/proof/author.h"

#include "log/proof/warg_keys.h"

namespace varve {
namespace {

std::unexpected<Error> not_true(std::string why, const trust::Author& author) {
  return fail(Errc::invalid, About::signature, std::move(why), author.key_id.to_string());
}

bool says_the_same(const Event& event, std::string_view origin,
                   const trust::AuthorStatement& statement) {
  if (const auto* put = std::get_if<oci::ManifestPut>(&event))
    return oci::is_about(statement, origin, *put);
  if (const auto* created = std::get_if<pulp::PackageCreated>(&event))
    return pulp::is_about(statement, origin, *created);
  const auto* set = std::get_if<oci::TagSet>(&event);
  return set != nullptr && oci::is_about(statement, origin, *set);
}

}  // namespace

Result<void> verify_author(const Event& event, std::string_view origin) {
  const trust::Author* author = author_of(event);
  if (author == nullptr) return {};
  if (warg::key_id(author->public_key) != author->key_id)
    return not_true("the author's key has another id than the entry says", *author);
  const auto key = warg::PublicKey::parse(author->public_key.text());
  if (!key) return not_true("the author's key is none that can sign", *author);
  if (!key->verify_statement(author->statement, author->signature))
    return not_true("the author's signature is not one of its key", *author);
  const auto statement = trust::AuthorStatement::parse(author->statement);
  if (!statement || !says_the_same(event, origin, *statement))
    return not_true("the author signed something else than the entry says", *author);
  return {};
}

}  // namespace varve
