// Authors who really sign what they put, for tests that go through the gate. Any thread.
#pragma once

#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/oci/oci.h"
#include "core/trust/trust.h"
#include "log/proof/warg_keys.h"

namespace varve::test {

inline constexpr std::string_view kAuthorsOrigin = "registry.example";

// What an author signs for this wish: by its tag, or by its digest when it sets none.
inline trust::AuthorStatement statement_of(const oci::PutManifest& put,
                                           std::string_view origin = kAuthorsOrigin) {
  return {std::string(origin), std::string(trust::kPut), put.media_type,
          put.tags.empty() ? oci::signed_resource(put.repo, put.digest)
                           : oci::signed_resource(put.repo, put.tags.front()),
          hash_from(put.digest.raw())};
}

// Somebody with a key that is made of a letter.
class AuthorKey {
 public:
  explicit AuthorKey(char letter, warg::KeyAlgorithm algorithm = warg::KeyAlgorithm::ed25519)
      : key_(warg::PrivateKey::parse(std::string(to_string(algorithm)) + ':' +
                                     base64_encode(std::string(32, letter)))
                 .value()) {}
  const warg::PublicKeyText& text() const { return key_.public_key().text(); }
  const warg::KeyId& id() const { return key_.public_key().id(); }
  std::string secret() const { return key_.to_string(); }
  Verified<warg::PublicKeyText> sound() const { return SignatureChecks::key(key_.public_key()); }
  trust::RegisterKey registration(const PrincipalName& principal) const {
    return {principal, sound()};
  }
  trust::KeyRegistered registered(const PrincipalName& principal) const {
    return {id(), principal, text()};
  }
  trust::KeyRevoked revoked(const PrincipalName& principal) const { return {id(), principal, ""}; }

  warg::SignatureText signature(const std::string& statement) const {
    return key_.sign_statement(statement).value();
  }
  Verified<trust::Author> sign(const trust::AuthorStatement& statement) const {
    return SignatureChecks::author(statement, key_.public_key(), signature(statement.text()))
        .value();
  }
  oci::PutManifest sign(oci::PutManifest put) const {
    put.author = sign(statement_of(put));
    return put;
  }
  trust::Author claim(const trust::AuthorStatement& statement) const { return *sign(statement); }

 private:
  warg::PrivateKey key_;
};

}  // namespace varve::test
