// Questions about accounts, asked of any View. Pure; the View's thread rules hold.
//
// check() is the one rule of who may do what: I/O threads ask it to refuse early and for reads,
// decide() asks it again at the event's position, where it counts.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/actor.h"
#include "core/base/time.h"
#include "core/trust/trust.h"
#include "core/view.h"

namespace varve::trust {

struct PrincipalRow {
  PrincipalKind kind;
  bool disabled;
  EntryIndex index;  // the event that made it what it is
};
struct CredentialRow {
  PrincipalName principal;
  CredentialKind kind;
  std::optional<Timestamp> expires;
  bool revoked;
  EntryIndex index;

  bool usable(Timestamp now) const { return !revoked && (!expires || now < *expires); }
};
struct KeyRow {
  PrincipalName principal;
  warg::PublicKeyText key;
  bool revoked;
  EntryIndex index;
};
struct Policy {
  bool immutable_tags = false;
  bool require_author_sig = false;
  friend bool operator==(const Policy&, const Policy&) = default;
};

// `anonymous` is always there, in logs older than accounts too.
Result<std::optional<PrincipalRow>> find_principal(const View& view, const PrincipalName& name);
Result<std::optional<CredentialRow>> find_credential(const View& view, const CredentialId& id);
// Registered now or before: a revoked key stays known for ever.
Result<std::optional<KeyRow>> find_key(const View& view, const warg::KeyId& id);
// Exactly this principal's grant on exactly this resource.
Result<std::optional<Rights>> find_grant(const View& view, const PrincipalName& principal,
                                         const Resource& resource);
// What holds for a repository: the most specific policy, or none.
Result<Policy> policy_for(const View& view, const RepoName& repo);

// ---- listings ---- (in byte order; `after` need not exist, "" is the beginning)

struct NamedPrincipal {
  PrincipalName name;
  PrincipalRow row;
};
Result<std::vector<NamedPrincipal>> list_principals(const View& view, std::string_view after,
                                                    std::size_t limit);
struct NamedCredential {
  CredentialId id;
  CredentialRow row;
};
// Those that are not revoked; at most limits::kCredentialsMax of a principal.
Result<std::vector<NamedCredential>> credentials_of(const View& view,
                                                    const PrincipalName& principal);
// Every credential there is or was, revoked ones too, until `visit` says false. Not for I/O
// threads.
using VisitCredential = std::function<Result<bool>(const CredentialId& id, const CredentialRow&)>;
Result<void> each_credential(const View& view, const VisitCredential& visit);
// Was one added to the principal, or revoked, by an event from `since` on?
Result<bool> credentials_changed(const History& history, const PrincipalName& principal,
                                 TreeSize since);
struct NamedKey {
  warg::KeyId id;
  KeyRow row;
};
// Those that are not revoked; at most limits::kKeysMax of a principal.
Result<std::vector<NamedKey>> keys_of(const View& view, const PrincipalName& principal);
struct Grant {
  Resource resource;
  Rights rights;
  EntryIndex index;
};
Result<std::vector<Grant>> grants_of(const View& view, const PrincipalName& principal,
                                     std::string_view after, std::size_t limit);
// Every grant there is, in the order of principals: for whoever asks who may come to a resource.
// A walk over all of them: not for I/O threads.
using VisitGrant = std::function<Result<bool>(const PrincipalName& principal, const Grant& grant)>;
Result<void> each_grant(const View& view, const VisitGrant& visit);
struct NamedPolicy {
  Resource resource;
  Policy policy;
  EntryIndex index;
};
Result<std::vector<NamedPolicy>> list_policies(const View& view, std::string_view after,
                                               std::size_t limit);

// ---- rights ----

// What a principal of this kind can have at most, whatever it is granted.
Rights ceiling_of(PrincipalKind kind);

// What the principal's own most specific grant there says, without anonymous's.
Result<Rights> own_rights(const View& view, const PrincipalName& principal,
                          const Resource& resource);

// May whoever shows no credential pull from it?
Result<bool> is_open(const View& view, const RepoName& repo);

// Is what the caller showed still good: the principal there and enabled, the credential theirs, not
// revoked, not expired at `now`? Nobody, dev mode and the holder of the directory always are.
// Errors: unauthorized.
Result<void> check_credential(const View& view, const Actor& actor, Timestamp now);

// All that the caller may do there: own and anonymous's rights, the own ones within the token's
// limit, all of them within what its kind can have. read_log and administer only of "*". Errors: as
// check_credential().
Result<Rights> rights_on(const View& view, const Actor& actor, const Resource& resource,
                         Timestamp now);

// May the caller do this? Errors: unauthorized when another credential could help (none was shown,
// it is no longer good, or the token was made for less), denied when the principal may not.
Result<void> check(const View& view, const Actor& actor, Right right, const RepoName& repo,
                   Timestamp now);
// The same for what is about the registry: read_log, administer.
Result<void> check(const View& view, const Actor& actor, Right right, Timestamp now);

// May the caller say who else may come there? Administrators, and whoever's own grants give
// everything a repository has to give on all of the resource: one that is narrower and gives less
// stands in the way of granting what is wider. Errors: as check().
Result<void> check_manages(const View& view, const Actor& actor, const Resource& resource,
                           Timestamp now);

}  // namespace varve::trust
