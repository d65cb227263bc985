// Keys and values of the rows about accounts: what decide, project and the queries share. Inside
// core only. Any thread.
//
//   principal      name                   kind u8, disabled u8
//   administrator  name                   nothing: who is granted `administer`
//   credential     id                     kind u8, revoked u8, expiry u64 (0: never), principal
//   credential_of  principal, id          nothing: those that are not revoked
//   key            key id                 revoked u8, principal, 00, public key text
//   key_of         principal, key id      nothing: those that are not revoked
//   grant          principal, resource    rights u8
//   policy         resource               bits u8
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/trust/query.h"
#include "core/trust/trust.h"
#include "core/view.h"

namespace varve::trust {

inline RowKey name_key(std::string_view name) {
  RowKey key;
  key.name(name);
  return key;
}
inline RowKey pair_key(std::string_view first, std::string_view second) {
  RowKey key;
  key.name(first).name(second);
  return key;
}
inline RowKey key_row(const warg::KeyId& id) {
  RowKey key;
  key.hash(id.hash());
  return key;
}
inline RowKey key_of_row(const PrincipalName& principal, const warg::KeyId& id) {
  RowKey key;
  key.name(principal.text()).hash(id.hash());
  return key;
}
// The last part of a key whose earlier parts are `prefix_size` long.
inline std::string_view name_in_key(std::string_view key, std::size_t prefix_size = 0) {
  VARVE_ASSERT(key.size() > prefix_size + 1 && key.back() == '\0');
  return key.substr(prefix_size, key.size() - prefix_size - 1);
}

std::string principal_value(PrincipalKind kind, bool disabled);
std::string credential_value(const CredentialAdded& added, bool revoked);
std::string credential_value_revoked(std::string_view value);
std::string key_value(const KeyRegistered& registered);
std::string key_value_revoked(std::string_view value);
std::string grant_value(Rights rights);
std::string policy_value(const Policy& policy);

// Errors: Errc::corrupt, About::storage for what this program never wrote.
Result<PrincipalRow> principal_of(const Row& row);
Result<CredentialRow> credential_of(const Row& row);
Result<KeyRow> key_of(const Row& row);
Result<Rights> rights_of(std::string_view value);
Result<Policy> policy_of(std::string_view value);

}  // namespace varve::trust
