// Rules about accounts. Pure; any thread, as the View allows.
#include <algorithm>
#include <iterator>

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/trust/rows.h"
#include "core/trust/rules.h"

namespace varve::trust {
namespace {

using Events = std::vector<Event>;

constexpr Rights kOfTheRegistry{Right::read_log, Right::administer};
constexpr Rights kForEverybody{Right::pull, Right::read_log};

// C0, DEL and, in UTF-8, C1 (U+0080 to U+009F): a terminal that shows an entry obeys them.
bool has_control(std::string_view text, bool lines) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool ends_line = byte == '\n' || byte == '\r' || byte == '\t';
    if ((byte < 0x20 && !(lines && ends_line)) || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0)
      return true;
  }
  return false;
}

Result<void> check_reason(std::string_view reason) {
  if (reason.size() <= limits::kReasonBytesMax && is_plain_text(reason, false)) return {};
  return fail(Errc::invalid, About::request,
              "a reason is one line of at most " + std::to_string(limits::kReasonBytesMax) +
                  " bytes of UTF-8 without control characters");
}

Result<PrincipalRow> existing(const View& view, const PrincipalName& name) {
  VARVE_TRY(const auto row, find_principal(view, name));
  if (row) return *row;
  return fail(Errc::not_found, About::name, "there is no such principal", name.text());
}

Result<void> not_anonymous(const PrincipalName& name, std::string_view what) {
  if (!name.is_anonymous()) return {};
  return fail(Errc::invalid, About::name,
              "anonymous is whoever shows no credential: it " + std::string(what));
}

// ---- the last administrator ----

// What a command is about to take away.
struct Without {
  const PrincipalName* administrator = nullptr;
  const CredentialId* credential = nullptr;
};

// Whether certificates are believed at all is a server's configuration: whoever has nothing else
// might be locked out.
bool opens_by_itself(const CredentialRow& credential, Timestamp now) {
  return credential.kind != CredentialKind::x509 && credential.usable(now);
}

Result<bool> can_administer(const View& view, const PrincipalName& name, const Without& without,
                            Timestamp now) {
  if (without.administrator != nullptr && *without.administrator == name) return false;
  VARVE_TRY(const auto principal, find_principal(view, name));
  if (!principal || principal->disabled || !ceiling_of(principal->kind).has(Right::administer))
    return false;
  VARVE_TRY(const auto credentials, credentials_of(view, name));
  for (const NamedCredential& credential : credentials)
    if (opens_by_itself(credential.row, now) &&
        (without.credential == nullptr || *without.credential != credential.id))
      return true;
  return false;
}

// A registry that nobody can administer stays as it is for ever; only who holds the directory may
// make it so. In dev mode everybody administers anyway.
Result<void> keep_an_administrator(const Asker& asker, const View& view, const Without& without) {
  if (asker.actor.auth == Auth::local || asker.actor.auth == Auth::dev) return {};
  std::vector<std::string> names;
  VARVE_CHECK(view.scan(Table::administrator, {}, {}, [&](std::string_view key, const Row&) {
    names.emplace_back(name_in_key(key));
    return true;
  }));
  for (const std::string& text : names) {
    VARVE_TRY(const auto name, PrincipalName::parse(text));
    VARVE_TRY(const bool remains, can_administer(view, name, without, asker.now));
    if (remains) return {};
  }
  return fail(Errc::conflict, About::request,
              "nobody could administer this registry any more; let another principal do so first");
}

// ---- who may read the log ----

// Entries tell of every repository. When anonymous no longer pulls everything, it no longer reads
// them either, in the same run.
Result<void> take_read_log(const View& view, Events& events) {
  const PrincipalName& anonymous = PrincipalName::anonymous();
  VARVE_TRY(const auto rights, find_grant(view, anonymous, Resource::everything()));
  if (rights && rights->has(Right::read_log))
    events.emplace_back(
        GrantSet{anonymous, Resource::everything(), *rights - Rights{Right::read_log}});
  return {};
}

// Which of the registry's rights somebody loses by a change on "*".
Result<void> check_loss_of_administer(const Asker& asker, const View& view,
                                      const PrincipalName& principal, const Resource& resource,
                                      Rights before, Rights after) {
  const bool lost =
      resource.is_everything() && before.has(Right::administer) && !after.has(Right::administer);
  return lost ? keep_an_administrator(asker, view, {.administrator = &principal}) : Result<void>();
}

// Of these a principal has one: whoever sets a new password expects that the old one no longer
// opens, and whoever ends the x509 that there is, that no certificate does.
bool replaces_its_like(CredentialKind kind) {
  return kind == CredentialKind::password || kind == CredentialKind::x509;
}

// An administrator, or where `own` the principal with its password: a leaked machine token, a token
// made for one repository, or a refresh token out of a client's configuration must not become the
// account, nor end what the account rests on.
Result<void> may_ask_about(const PrincipalName& principal, bool own, const Asker& asker,
                           const View& view, const char* otherwise) {
  const auto administers = check(view, asker.actor, Right::administer, asker.now);
  own = own && asker.actor.id == principal.text() && asker.actor.credential;
  if (administers || !own) return administers;
  VARVE_CHECK(check_credential(view, asker.actor, asker.now));
  VARVE_TRY(const auto shown, find_credential(view, *asker.actor.credential));
  const bool password = shown && shown->kind == CredentialKind::password;
  if (password && asker.actor.auth == Auth::basic && !asker.actor.limit) return {};
  return fail(Errc::unauthorized, About::request, otherwise);
}

}  // namespace

Result<void> may_ask(const Asker& asker, const AddCredential& command, const View& view) {
  return may_ask_about(command.principal, command.kind == CredentialKind::password, asker, view,
                       "to change your password, show the password you have now");
}

Result<void> may_ask(const Asker& asker, const RevokeKey& command, const View& view) {
  return may_ask_about(command.principal, true, asker, view,
                       "to revoke your key, show your password");
}

Result<void> may_ask(const Asker& asker, const ChangeAccess& command, const View& view) {
  return check_manages(view, asker.actor, command.resource, asker.now);
}

bool is_plain_text(std::string_view text, bool lines) {
  return is_valid_utf8(text) && !has_control(text, lines);
}

Result<Events> decide(const CreatePrincipal& command, const Asker&, const View& view) {
  if (command.kind == PrincipalKind::anonymous || command.principal.is_anonymous())
    return fail(Errc::conflict, About::name, "there is exactly one anonymous, and it is here");
  if (command.principal.is_reserved())
    return fail(Errc::conflict, About::name, "entries carry this name for the registry itself",
                command.principal.text());
  VARVE_TRY(const auto row, find_principal(view, command.principal));
  if (!row) return Events{PrincipalCreated{command.kind, command.principal}};
  if (row->kind == command.kind) return Events{};
  return fail(Errc::conflict, About::name,
              "this principal is here already, as a " + std::string(to_string(row->kind)),
              command.principal.text());
}

Result<Events> decide(const DisablePrincipal& command, const Asker& asker, const View& view) {
  VARVE_CHECK(check_reason(command.reason));
  VARVE_CHECK(not_anonymous(command.principal, "cannot be disabled; take its grants away"));
  VARVE_TRY(const auto row, existing(view, command.principal));
  if (row.disabled) return Events{};
  VARVE_TRY(const auto own, own_rights(view, command.principal, Resource::everything()));
  VARVE_CHECK(
      check_loss_of_administer(asker, view, command.principal, Resource::everything(), own, {}));
  return Events{PrincipalDisabled{command.principal, command.reason}};
}

Result<Events> decide(const EnablePrincipal& command, const Asker&, const View& view) {
  VARVE_TRY(const auto row, existing(view, command.principal));
  if (!row.disabled) return Events{};
  return Events{PrincipalEnabled{command.principal}};
}

Result<Events> decide(const AddCredential& command, const Asker& asker, const View& view) {
  VARVE_CHECK(not_anonymous(command.principal, "has no credentials"));
  VARVE_CHECK(existing(view, command.principal));
  VARVE_TRY(const auto known, find_credential(view, command.credential));
  if (known) {
    const bool same = known->principal == command.principal && known->kind == command.kind &&
                      known->expires == command.expires && !known->revoked;
    if (same) return Events{};
    return fail(Errc::conflict, About::name, "this credential is here already",
                command.credential.text());
  }
  if (command.expires && *command.expires <= asker.now)
    return fail(Errc::invalid, About::request, "this credential would have expired already");
  VARVE_TRY(const auto others, credentials_of(view, command.principal));
  Events events{
      CredentialAdded{command.credential, command.expires, command.kind, command.principal}};
  if (replaces_its_like(command.kind))
    for (const NamedCredential& other : others)
      if (other.row.kind == command.kind)
        events.emplace_back(CredentialRevoked{other.id, command.principal, "replaced"});
  if (events.size() == 1 && others.size() >= limits::kCredentialsMax)
    return fail(
        Errc::too_large, About::request,
        "this principal has " + std::to_string(others.size()) + " credentials; revoke one first");
  return events;
}

Result<Events> decide(const RevokeCredential& command, const Asker& asker, const View& view) {
  VARVE_CHECK(check_reason(command.reason));
  VARVE_CHECK(existing(view, command.principal));
  VARVE_TRY(const auto row, find_credential(view, command.credential));
  if (!row || row->principal != command.principal)
    return fail(Errc::not_found, About::name, "this principal has no such credential",
                command.credential.text());
  if (row->revoked) return Events{};
  VARVE_TRY(const auto own, own_rights(view, command.principal, Resource::everything()));
  if (own.has(Right::administer) && row->usable(asker.now))
    VARVE_CHECK(keep_an_administrator(asker, view, {.credential = &command.credential}));
  return Events{CredentialRevoked{command.credential, command.principal, command.reason}};
}

Result<Events> decide(const RegisterKey& command, const Asker&, const View& view) {
  VARVE_CHECK(not_anonymous(command.principal, "has no keys"));
  VARVE_CHECK(existing(view, command.principal));
  const warg::KeyId id = warg::key_id(*command.key);
  VARVE_TRY(const auto known, find_key(view, id));
  if (known && known->revoked)
    return fail(Errc::conflict, About::key, "this key was revoked, and never comes back",
                id.to_string());
  if (known && known->principal == command.principal) return Events{};
  if (known)
    return fail(Errc::conflict, About::key, "this key is another principal's", id.to_string());
  VARVE_TRY(const auto others, keys_of(view, command.principal));
  if (others.size() >= limits::kKeysMax)
    return fail(Errc::too_large, About::request,
                "this principal has " + std::to_string(others.size()) + " keys; revoke one first");
  return Events{KeyRegistered{id, command.principal, *command.key}};
}

Result<Events> decide(const RevokeKey& command, const Asker&, const View& view) {
  VARVE_CHECK(check_reason(command.reason));
  VARVE_CHECK(existing(view, command.principal));
  VARVE_TRY(const auto row, find_key(view, command.key));
  if (!row || row->principal != command.principal)
    return fail(Errc::not_found, About::key, "this principal has no such key",
                command.key.to_string());
  if (row->revoked) return Events{};
  return Events{KeyRevoked{command.key, command.principal, command.reason}};
}

Result<Events> decide(const SetGrant& command, const Asker& asker, const View& view) {
  VARVE_TRY(const auto row, existing(view, command.principal));
  if (row.kind == PrincipalKind::consumer &&
      !(command.rights - ceiling_of(PrincipalKind::consumer)).empty())
    return fail(Errc::invalid, About::request,
                "a consumer only reads: it can be granted pull and read_log",
                command.principal.text());
  if (!command.resource.is_everything() && !(command.rights & kOfTheRegistry).empty())
    return fail(Errc::invalid, About::request,
                "read_log and administer are about the whole registry: grant them on *",
                command.resource.text());
  if (command.principal.is_anonymous() && command.rights.has(Right::administer))
    return fail(Errc::invalid, About::request, "nobody administers without a credential");
  VARVE_TRY(const auto granted, find_grant(view, command.principal, command.resource));
  VARVE_CHECK(check_loss_of_administer(asker, view, command.principal, command.resource,
                                       granted.value_or(Rights{}), command.rights));
  Events events;
  if (granted != command.rights)
    events.emplace_back(GrantSet{command.principal, command.resource, command.rights});
  if (!command.principal.is_anonymous() || command.resource.is_everything() ||
      command.keep_read_log || command.rights.has(Right::pull))
    return events;
  VARVE_TRY(const auto before, own_rights(view, command.principal, command.resource));
  if (before.has(Right::pull)) VARVE_CHECK(take_read_log(view, events));
  return events;
}

Result<Events> decide(const RemoveGrant& command, const Asker& asker, const View& view) {
  VARVE_CHECK(existing(view, command.principal));
  VARVE_TRY(const auto granted, find_grant(view, command.principal, command.resource));
  if (!granted)
    return fail(Errc::not_found, About::name,
                "there is no grant for " + command.principal.text() + " on exactly this",
                command.resource.text());
  VARVE_CHECK(
      check_loss_of_administer(asker, view, command.principal, command.resource, *granted, {}));
  Events events{GrantRemoved{command.principal, command.resource}};
  if (!command.principal.is_anonymous() || command.resource.is_everything() ||
      command.keep_read_log || !granted->has(Right::pull))
    return events;
  const auto wider = command.resource.and_wider();
  VARVE_TRY(const auto next, Resource::parse(wider[1]));
  VARVE_TRY(const auto after, own_rights(view, command.principal, next));
  if (!after.has(Right::pull)) VARVE_CHECK(take_read_log(view, events));
  return events;
}

namespace {

// Whoever manages a repository gives away what is theirs to give, and no more.
Result<void> check_form(const ChangeAccess& command) {
  const auto refuse = [&](Errc code, std::string why) {
    return fail(code, About::request, std::move(why), command.resource.text());
  };
  if (command.resource.is_everything())
    return refuse(Errc::invalid, "access is given on a namespace or a repository");
  if (command.who.empty()) return refuse(Errc::invalid, "nobody is named");
  if (command.who.size() > limits::kAccessChangesMax)
    return refuse(Errc::too_large, "one request changes the access of at most " +
                                       std::to_string(limits::kAccessChangesMax) + " principals");
  std::vector<std::string_view> names;
  for (const ChangeAccess::Share& share : command.who) {
    VARVE_CHECK(not_anonymous(share.principal, "gets access when a repository is made public"));
    if (!(share.rights - Rights::of_a_repository()).empty())
      return refuse(Errc::invalid, "access to a repository is pull, push and delete");
    names.push_back(share.principal.text());
  }
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) == names.end()) return {};
  return refuse(Errc::invalid, "a principal is named twice");
}

Result<void> check_share(const ChangeAccess& command, const PrincipalName& principal,
                         const View& view) {
  VARVE_CHECK(existing(view, principal));
  VARVE_TRY(const auto granted, find_grant(view, principal, command.resource));
  const bool adds = command.kind == ChangeAccess::Kind::add;
  if (granted.has_value() != adds) return {};
  if (adds)
    return fail(Errc::conflict, About::request,
                "something is granted to " + principal.text() + " on exactly this already",
                command.resource.text());
  return fail(Errc::not_found, About::name,
              "nothing is granted to " + principal.text() + " on exactly this",
              command.resource.text());
}

}  // namespace

Result<Events> decide(const ChangeAccess& command, const Asker& asker, const View& view) {
  VARVE_CHECK(check_form(command));
  Events events;
  for (const ChangeAccess::Share& share : command.who) {
    VARVE_CHECK(check_share(command, share.principal, view));
    const bool removes = command.kind == ChangeAccess::Kind::remove;
    auto one = removes
                   ? decide(RemoveGrant{share.principal, command.resource}, asker, view)
                   : decide(SetGrant{share.principal, command.resource, share.rights}, asker, view);
    if (!one) return one;
    std::ranges::move(*one, std::back_inserter(events));
  }
  return events;
}

Result<Events> open_or_close(const RepoName& repo, bool open, const Asker& asker,
                             const View& view) {
  VARVE_TRY(const bool is_so, is_open(view, repo));
  if (is_so == open) return Events{};
  VARVE_CHECK(check_manages(view, asker.actor, Resource(repo), asker.now));
  const Rights rights = open ? Rights{Right::pull} : Rights{};
  VARVE_TRY(auto events,
            decide(SetGrant{PrincipalName::anonymous(), Resource(repo), rights}, asker, view));
  if (events.size() == 1) return events;
  const auto administers = check(view, asker.actor, Right::administer, asker.now);
  if (administers) return events;
  if (administers.error().code != Errc::denied) return std::unexpected(administers.error());
  return fail(Errc::denied, About::request,
              "everybody may read the log, which tells of every repository: closing one closes the "
              "log to everybody, which takes an administrator",
              repo.text());
}

Result<Events> decide(const SetPolicy& command, const Asker&, const View& view) {
  VARVE_TRY(const auto row, view.get(Table::policy, name_key(command.resource.text())));
  if (row) {
    VARVE_TRY(const auto policy, policy_of(row->value));
    if (policy == Policy{command.immutable_tags, command.require_author_sig}) return Events{};
  }
  PolicySet set{command.immutable_tags, command.resource};
  if (command.require_author_sig) set.require_author_sig = true;
  return Events{std::move(set)};
}

Result<Events> decide(const RemovePolicy& command, const Asker&, const View& view) {
  VARVE_TRY(const auto row, view.get(Table::policy, name_key(command.resource.text())));
  if (row) return Events{PolicyRemoved{command.resource}};
  return fail(Errc::not_found, About::name, "there is no policy on exactly this",
              command.resource.text());
}

Result<void> check_tags_may_move(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto policy, policy_for(view, repo));
  if (!policy.immutable_tags) return {};
  return fail(Errc::denied, About::tag, "a policy keeps the tags of this repository where they are",
              repo.text());
}

Result<void> check_signer(const View& view, const warg::KeyId& key, const RepoName& repo) {
  const auto denied = [&](std::string why) {
    return fail(Errc::denied, About::key, std::move(why), key.to_string());
  };
  VARVE_TRY(const auto row, find_key(view, key));
  if (!row) return denied("this key is registered to nobody");
  if (row->revoked) return denied("this key is revoked");
  VARVE_TRY(const auto principal, find_principal(view, row->principal));
  if (!principal || principal->disabled) return denied("the principal of this key is disabled");
  VARVE_TRY(const auto rights, own_rights(view, row->principal, Resource(repo)));
  if ((rights & ceiling_of(principal->kind)).has(Right::push)) return {};
  return denied("the principal of this key may not push to " + repo.text());
}

Result<void> check_signer(const View& view, const warg::KeyId& key, const RepoName& repo,
                          const Asker& asker) {
  if (asker.actor.auth != Auth::dev) return check_signer(view, key, repo);
  VARVE_TRY(const auto row, find_key(view, key));
  return row && !row->revoked ? Result<void>() : check_signer(view, key, repo);
}

void found(const Founding& founding, std::vector<Event>& events) {
  const PrincipalName& anonymous = PrincipalName::anonymous();
  events.emplace_back(PrincipalCreated{PrincipalKind::anonymous, anonymous});
  events.emplace_back(GrantSet{anonymous, Resource::everything(), kForEverybody});
  if (!founding.admin_password) return;
  const PrincipalName admin = PrincipalName::parse("admin").value();
  events.emplace_back(PrincipalCreated{PrincipalKind::user, admin});
  events.emplace_back(
      CredentialAdded{*founding.admin_password, std::nullopt, CredentialKind::password, admin});
  events.emplace_back(GrantSet{admin, Resource::everything(), Rights::all()});
}

}  // namespace varve::trust
