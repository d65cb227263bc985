// What events about accounts do to the derived tables. Total: an event about something that is not
// there, which no decision of ours makes, changes nothing.
#include "core/trust/rows.h"
#include "core/trust/rules.h"

namespace varve::trust {
namespace {

Result<void> set_disabled(const PrincipalName& name, bool disabled, const View& before,
                          Changes& changes) {
  const RowKey key = name_key(name.text());
  VARVE_TRY(const auto row, before.get(Table::principal, key));
  if (!row) return {};
  VARVE_TRY(const auto principal, principal_of(*row));
  changes.put(Table::principal, key, principal_value(principal.kind, disabled));
  return {};
}

// The few who may administer have rows of their own: whether one is left is asked without looking
// at every grant.
Result<void> set_administrator(const PrincipalName& name, bool administers, const View& before,
                               Changes& changes) {
  const RowKey key = name_key(name.text());
  VARVE_TRY(const auto row, before.get(Table::administrator, key));
  if (administers && !row) changes.put(Table::administrator, key, {});
  if (!administers && row) changes.erase(Table::administrator, key);
  return {};
}

}  // namespace

Result<void> project(const PrincipalCreated& event, const View&, Changes& changes) {
  changes.put(Table::principal, name_key(event.principal.text()),
              principal_value(event.kind, false));
  return {};
}

Result<void> project(const PrincipalDisabled& event, const View& before, Changes& changes) {
  return set_disabled(event.principal, true, before, changes);
}

Result<void> project(const PrincipalEnabled& event, const View& before, Changes& changes) {
  return set_disabled(event.principal, false, before, changes);
}

Result<void> project(const CredentialAdded& event, const View&, Changes& changes) {
  changes.put(Table::credential, name_key(event.credential.text()), credential_value(event, false));
  changes.put(Table::credential_of, pair_key(event.principal.text(), event.credential.text()), {});
  return {};
}

Result<void> project(const CredentialRevoked& event, const View& before, Changes& changes) {
  const RowKey key = name_key(event.credential.text());
  VARVE_TRY(const auto row, before.get(Table::credential, key));
  if (!row) return {};
  VARVE_TRY(const auto credential, credential_of(*row));
  if (credential.revoked) return {};
  changes.put(Table::credential, key, credential_value_revoked(row->value));
  changes.erase(Table::credential_of,
                pair_key(credential.principal.text(), event.credential.text()));
  return {};
}

Result<void> project(const KeyRegistered& event, const View&, Changes& changes) {
  changes.put(Table::key, key_row(event.key_id), key_value(event));
  changes.put(Table::key_of, key_of_row(event.principal, event.key_id), {});
  return {};
}

Result<void> project(const KeyRevoked& event, const View& before, Changes& changes) {
  const RowKey key = key_row(event.key_id);
  VARVE_TRY(const auto row, before.get(Table::key, key));
  if (!row) return {};
  VARVE_TRY(const auto registered, key_of(*row));
  if (registered.revoked) return {};
  changes.put(Table::key, key, key_value_revoked(row->value));
  changes.erase(Table::key_of, key_of_row(registered.principal, event.key_id));
  return {};
}

Result<void> project(const GrantSet& event, const View& before, Changes& changes) {
  changes.put(Table::grant, pair_key(event.principal.text(), event.resource.text()),
              grant_value(event.rights));
  if (!event.resource.is_everything()) return {};
  return set_administrator(event.principal, event.rights.has(Right::administer), before, changes);
}

Result<void> project(const GrantRemoved& event, const View& before, Changes& changes) {
  const RowKey key = pair_key(event.principal.text(), event.resource.text());
  VARVE_TRY(const auto row, before.get(Table::grant, key));
  if (!row) return {};
  changes.erase(Table::grant, key);
  if (!event.resource.is_everything()) return {};
  return set_administrator(event.principal, false, before, changes);
}

Result<void> project(const PolicySet& event, const View&, Changes& changes) {
  changes.put(Table::policy, name_key(event.resource.text()),
              policy_value({event.immutable_tags, event.require_author_sig.value_or(false)}));
  return {};
}

Result<void> project(const PolicyRemoved& event, const View& before, Changes& changes) {
  const RowKey key = name_key(event.resource.text());
  VARVE_TRY(const auto row, before.get(Table::policy, key));
  if (row) changes.erase(Table::policy, key);
  return {};
}

}  // namespace varve::trust
