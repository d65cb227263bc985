// Reading the rows about accounts.
#include "core/trust/query.h"

#include "core/base/limits.h"
#include "core/scan.h"
#include "core/trust/rows.h"

namespace varve::trust {
namespace {

constexpr Rights kOfTheRegistry{Right::read_log, Right::administer};

// What stands in a key was parsed before it was written.
template <class Name>
Result<Name> stored(Result<Name> name) {
  if (name) return name;
  return fail(Errc::corrupt, About::storage, "a stored key is malformed: " + name.error().what);
}

// Calls `keep(name, row)` for at most `limit` rows below `prefix` whose last part comes after
// `after`, which may hold anything: it is a place in the order, not a key.
template <class Keep>
Result<void> page(const View& view, Table table, const std::string& prefix, std::string_view after,
                  std::size_t limit, const Keep& keep) {
  std::string from;
  if (!after.empty()) from.append(prefix).append(after).push_back('\0');
  Result<void> outcome;
  std::size_t count = 0;
  VARVE_CHECK(view.scan(table, prefix, from, [&](std::string_view key, const Row& row) {
    if (count++ == limit) return false;
    outcome = keep(name_in_key(key, prefix.size()), row);
    return outcome.has_value();
  }));
  return outcome;
}

std::unexpected<Error> unauthorized(std::string what) {
  return fail(Errc::unauthorized, About::request, std::move(what));
}

// The rights of the registry count on "*" alone, wherever they are written.
Rights where_they_count(Rights rights, const Resource& resource) {
  return resource.is_everything() ? rights : rights - kOfTheRegistry;
}

bool trusted(const Actor& actor) {
  return actor.auth == Auth::dev || actor.auth == Auth::local;
}

// Does the wider resource cover all of the narrower one?
bool covers(const Resource& wide, const Resource& narrow) {
  for (const std::string& resource : narrow.and_wider())
    if (resource == wide.text()) return true;
  return false;
}

Rights limit_of(const Actor& actor, const Resource& resource) {
  if (!actor.limit) return Rights::all();
  Rights limit;
  for (const Scope& scope : *actor.limit)
    if (covers(scope.resource, resource)) limit = limit | scope.rights;
  return where_they_count(limit, resource);
}

// Who is behind a credential that is still good, and what they can have at most.
struct Holder {
  std::optional<PrincipalName> name;  // none: nobody
  Rights ceiling;
};

Result<Holder> holder_of(const View& view, const Actor& actor, Timestamp now) {
  // A token for nobody has no credential behind it, and nobody changes anything.
  if (is_anonymous(actor)) return Holder{std::nullopt, Rights::of_a_reader()};
  const auto name = PrincipalName::parse(actor.id);
  if (!name || !actor.credential) return unauthorized("no credential of a principal was shown");
  VARVE_TRY(const auto principal, find_principal(view, *name));
  if (!principal) return unauthorized("there is no such principal any more");
  if (principal->disabled) return unauthorized("this principal is disabled");
  VARVE_TRY(const auto credential, find_credential(view, *actor.credential));
  if (!credential || credential->principal != *name)
    return unauthorized("this credential is not one of the principal's");
  if (credential->revoked) return unauthorized("this credential is revoked");
  if (!credential->usable(now)) return unauthorized("this credential has expired");
  return Holder{*name, ceiling_of(principal->kind)};
}

Result<void> judge(const View& view, const Actor& actor, Right right, const Resource& resource,
                   Timestamp now) {
  if (trusted(actor)) return {};
  VARVE_TRY(const Holder holder, holder_of(view, actor, now));
  Rights own;
  if (holder.name) {
    VARVE_TRY(own, own_rights(view, *holder.name, resource));
    own = own & holder.ceiling;
    if (own.has(right) && limit_of(actor, resource).has(right)) return {};
  }
  // Whoever shows a credential may still do what everybody is granted.
  VARVE_TRY(const Rights shared, own_rights(view, PrincipalName::anonymous(), resource));
  if ((shared & holder.ceiling).has(right)) return {};
  const std::string wish =
      std::string(to_string(right)) + (resource.is_everything() ? "" : " on " + resource.text());
  if (!holder.name) return unauthorized("this needs credentials that allow: " + wish);
  if (own.has(right)) return unauthorized("the token was not made for: " + wish);
  if (!holder.ceiling.has(right))
    return fail(Errc::denied, About::request, actor.id + " is a consumer, which only reads");
  return fail(Errc::denied, About::request, actor.id + " is not granted: " + wish);
}

}  // namespace

Rights ceiling_of(PrincipalKind kind) {
  const bool reads = kind == PrincipalKind::consumer || kind == PrincipalKind::anonymous;
  return reads ? Rights::of_a_reader() : Rights::all();
}

Result<std::optional<PrincipalRow>> find_principal(const View& view, const PrincipalName& name) {
  VARVE_TRY(const auto row, view.get(Table::principal, name_key(name.text())));
  if (row) return principal_of(*row);
  if (name.is_anonymous()) return PrincipalRow{PrincipalKind::anonymous, false, EntryIndex{}};
  return std::nullopt;
}

Result<std::optional<CredentialRow>> find_credential(const View& view, const CredentialId& id) {
  VARVE_TRY(const auto row, view.get(Table::credential, name_key(id.text())));
  if (!row) return std::nullopt;
  return credential_of(*row);
}

Result<std::optional<KeyRow>> find_key(const View& view, const warg::KeyId& id) {
  VARVE_TRY(const auto row, view.get(Table::key, key_row(id)));
  if (!row) return std::nullopt;
  return key_of(*row);
}

Result<std::optional<Rights>> find_grant(const View& view, const PrincipalName& principal,
                                         const Resource& resource) {
  VARVE_TRY(const auto row, view.get(Table::grant, pair_key(principal.text(), resource.text())));
  if (!row) return std::nullopt;
  return rights_of(row->value);
}

Result<Policy> policy_for(const View& view, const RepoName& repo) {
  for (const std::string& resource : Resource(repo).and_wider()) {
    VARVE_TRY(const auto row, view.get(Table::policy, name_key(resource)));
    if (row) return policy_of(row->value);
  }
  return Policy{};
}

Result<std::vector<NamedPrincipal>> list_principals(const View& view, std::string_view after,
                                                    std::size_t limit) {
  std::vector<NamedPrincipal> all;
  const auto keep = [&](std::string_view text, const Row& stored_row) -> Result<void> {
    VARVE_TRY(auto name, stored(PrincipalName::parse(text)));
    VARVE_TRY(const auto row, principal_of(stored_row));
    all.push_back({std::move(name), row});
    return {};
  };
  VARVE_CHECK(page(view, Table::principal, {}, after, limit, keep));
  return all;
}

Result<std::vector<NamedCredential>> credentials_of(const View& view,
                                                    const PrincipalName& principal) {
  std::vector<NamedCredential> all;
  std::vector<CredentialId> ids;
  const auto keep = [&](std::string_view text, const Row&) -> Result<void> {
    VARVE_TRY(auto id, stored(CredentialId::parse(text)));
    ids.push_back(std::move(id));
    return {};
  };
  VARVE_CHECK(page(view, Table::credential_of, name_key(principal.text()).bytes(), {},
                   limits::kCredentialsMax, keep));
  for (CredentialId& id : ids) {
    VARVE_TRY(auto row, find_credential(view, id));
    if (!row)
      return fail(Errc::corrupt, About::storage, "a principal's credential is not stored",
                  id.text());
    all.push_back({std::move(id), *std::move(row)});
  }
  return all;
}

Result<void> each_credential(const View& view, const VisitCredential& visit) {
  const auto look = [&](std::string_view key, const Row& row) -> Result<bool> {
    VARVE_TRY(const auto id, stored(CredentialId::parse(name_in_key(key))));
    VARVE_TRY(const auto credential, credential_of(row));
    return visit(id, credential);
  };
  return scan_checked(view, Table::credential, {}, look);
}

Result<bool> credentials_changed(const History& history, const PrincipalName& principal,
                                 TreeSize since) {
  return history.changed_since(Table::credential_of, name_key(principal.text()), since);
}

Result<std::vector<NamedKey>> keys_of(const View& view, const PrincipalName& principal) {
  const std::string prefix = name_key(principal.text()).bytes();
  std::vector<warg::KeyId> ids;
  VARVE_CHECK(view.scan(Table::key_of, prefix, {}, [&](std::string_view key, const Row&) {
    const std::string_view hash = key.substr(prefix.size());
    if (hash.size() == sizeof(Hash256)) ids.emplace_back(hash_from(hash));
    return ids.size() < limits::kKeysMax;
  }));
  std::vector<NamedKey> all;
  for (const warg::KeyId& id : ids) {
    VARVE_TRY(auto row, find_key(view, id));
    if (!row)
      return fail(Errc::corrupt, About::storage, "a principal's key is not stored", id.to_string());
    all.push_back({id, *std::move(row)});
  }
  return all;
}

Result<std::vector<Grant>> grants_of(const View& view, const PrincipalName& principal,
                                     std::string_view after, std::size_t limit) {
  std::vector<Grant> all;
  const auto keep = [&](std::string_view text, const Row& row) -> Result<void> {
    VARVE_TRY(auto resource, stored(Resource::parse(text)));
    VARVE_TRY(const auto rights, rights_of(row.value));
    all.push_back({std::move(resource), rights, row.index});
    return {};
  };
  VARVE_CHECK(page(view, Table::grant, name_key(principal.text()).bytes(), after, limit, keep));
  return all;
}

Result<void> each_grant(const View& view, const VisitGrant& visit) {
  const auto look = [&](std::string_view key, const Row& row) -> Result<bool> {
    const std::size_t end = key.find('\0');
    VARVE_TRY(const auto principal, stored(PrincipalName::parse(key.substr(0, end))));
    VARVE_TRY(auto resource, stored(Resource::parse(name_in_key(key, end + 1))));
    VARVE_TRY(const auto rights, rights_of(row.value));
    return visit(principal, {std::move(resource), rights, row.index});
  };
  return scan_checked(view, Table::grant, {}, look);
}

Result<std::vector<NamedPolicy>> list_policies(const View& view, std::string_view after,
                                               std::size_t limit) {
  std::vector<NamedPolicy> all;
  const auto keep = [&](std::string_view text, const Row& row) -> Result<void> {
    VARVE_TRY(auto resource, stored(Resource::parse(text)));
    VARVE_TRY(const auto policy, policy_of(row.value));
    all.push_back({std::move(resource), policy, row.index});
    return {};
  };
  VARVE_CHECK(page(view, Table::policy, {}, after, limit, keep));
  return all;
}

Result<Rights> own_rights(const View& view, const PrincipalName& principal,
                          const Resource& resource) {
  for (const std::string& candidate : resource.and_wider()) {
    VARVE_TRY(const auto row, view.get(Table::grant, pair_key(principal.text(), candidate)));
    if (!row) continue;
    VARVE_TRY(const auto rights, rights_of(row->value));
    return where_they_count(rights, resource);
  }
  return Rights{};
}

Result<void> check_credential(const View& view, const Actor& actor, Timestamp now) {
  if (trusted(actor)) return {};
  VARVE_CHECK(holder_of(view, actor, now));
  return {};
}

Result<Rights> rights_on(const View& view, const Actor& actor, const Resource& resource,
                         Timestamp now) {
  if (trusted(actor)) return where_they_count(Rights::all(), resource);
  VARVE_TRY(const Holder holder, holder_of(view, actor, now));
  VARVE_TRY(const Rights shared, own_rights(view, PrincipalName::anonymous(), resource));
  if (!holder.name) return shared & holder.ceiling;
  VARVE_TRY(const Rights own, own_rights(view, *holder.name, resource));
  return (shared | (own & limit_of(actor, resource))) & holder.ceiling;
}

Result<void> check(const View& view, const Actor& actor, Right right, const RepoName& repo,
                   Timestamp now) {
  return judge(view, actor, right, Resource(repo), now);
}

Result<void> check(const View& view, const Actor& actor, Right right, Timestamp now) {
  return judge(view, actor, right, Resource::everything(), now);
}

Result<bool> is_open(const View& view, const RepoName& repo) {
  VARVE_TRY(const Rights rights, own_rights(view, PrincipalName::anonymous(), Resource(repo)));
  return rights.has(Right::pull);
}

namespace {

constexpr Rights kWhole = Rights::of_a_repository();

// Is there a grant on part of the resource that gives less than all?
Result<bool> lacks_a_part(const View& view, const PrincipalName& name, const Resource& resource) {
  if (!resource.text().ends_with('*')) return false;
  const std::string start = name_key(name.text()).bytes();
  const std::string prefix = start + resource.text().substr(0, resource.text().size() - 1);
  bool lacks = false;
  Result<void> outcome;
  VARVE_CHECK(view.scan(Table::grant, prefix, {}, [&](std::string_view, const Row& row) {
    const auto rights = rights_of(row.value);
    if (!rights) outcome = std::unexpected(rights.error());
    lacks = rights && (*rights & kWhole) != kWhole;
    return rights && !lacks;
  }));
  VARVE_CHECK(std::move(outcome));
  return lacks;
}

}  // namespace

Result<void> check_manages(const View& view, const Actor& actor, const Resource& resource,
                           Timestamp now) {
  const auto administers = check(view, actor, Right::administer, now);
  const bool refused = !administers && (administers.error().code == Errc::unauthorized ||
                                        administers.error().code == Errc::denied);
  if (!refused) return administers;
  VARVE_TRY(const Holder holder, holder_of(view, actor, now));
  const std::string wish = "managing " + resource.text();
  if (!holder.name) return unauthorized("this needs credentials that allow: " + wish);
  VARVE_TRY(const Rights own, own_rights(view, *holder.name, resource));
  VARVE_TRY(const bool lacks, lacks_a_part(view, *holder.name, resource));
  if ((own & holder.ceiling & kWhole) != kWhole || lacks)
    return fail(Errc::denied, About::request,
                actor.id + " is not granted pull, push and delete on all of " + resource.text() +
                    ", which " + wish + " takes");
  if ((limit_of(actor, resource) & kWhole) == kWhole) return {};
  return unauthorized("the token was not made for: " + wish);
}

}  // namespace varve::trust
