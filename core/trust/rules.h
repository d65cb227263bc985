// What may happen to accounts, and what it means. Called by core/registry.cpp, which has asked
// may_ask(), and by the rules of other families.
#pragma once

#include <vector>

#include "core/event.h"
#include "core/trust/query.h"
#include "core/view.h"

namespace varve::trust {

// Who wishes, and when it is judged.
struct Asker {
  const Actor& actor;
  Timestamp now;
};

// Accounts are for administrators; everybody may change their own password and revoke their own
// keys.
template <class Intent>
Result<void> may_ask(const Asker& asker, const Intent&, const View& view) {
  return check(view, asker.actor, Right::administer, asker.now);
}
Result<void> may_ask(const Asker& asker, const AddCredential& command, const View& view);
Result<void> may_ask(const Asker& asker, const RevokeKey& command, const View& view);
// For whoever manages the resource.
Result<void> may_ask(const Asker& asker, const ChangeAccess& command, const View& view);

Result<std::vector<Event>> decide(const CreatePrincipal& command, const Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const DisablePrincipal& command, const Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const EnablePrincipal& command, const Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const AddCredential& command, const Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const RevokeCredential& command, const Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const RegisterKey& command, const Asker& asker, const View& view);
Result<std::vector<Event>> decide(const RevokeKey& command, const Asker& asker, const View& view);
Result<std::vector<Event>> decide(const SetGrant& command, const Asker& asker, const View& view);
Result<std::vector<Event>> decide(const RemoveGrant& command, const Asker& asker, const View& view);
Result<std::vector<Event>> decide(const ChangeAccess& command, const Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const SetPolicy& command, const Asker& asker, const View& view);
Result<std::vector<Event>> decide(const RemovePolicy& command, const Asker& asker,
                                  const View& view);

// What makes everybody able to pull from the repository, or nobody without a grant; nothing when it
// is so. For whoever manages the repository, but what closes the log as well is for administrators.
// Errors: as check_manages().
Result<std::vector<Event>> open_or_close(const RepoName& repo, bool open, const Asker& asker,
                                         const View& view);

// One line, or several where `lines`, without what a terminal that shows an entry would obey?
bool is_plain_text(std::string_view text, bool lines);

// May what an existing tag of the repository points to change, or go? Errors: denied/About::tag.
Result<void> check_tags_may_move(const View& view, const RepoName& repo);

// May the key's holder sign for the repository at all: is the key registered, is its principal
// enabled, and granted push there? The principal's rights count and not the sender's: a pipeline
// sends what a person signed. Errors: denied/About::key.
Result<void> check_signer(const View& view, const warg::KeyId& key, const RepoName& repo);
// The same of what `asker` sends. In dev mode whoever holds a registered key may do everything too.
Result<void> check_signer(const View& view, const warg::KeyId& key, const RepoName& repo,
                          const Asker& asker);

// The accounts a new log starts with: they follow its genesis event in the same run.
void found(const Founding& founding, std::vector<Event>& events);

Result<void> project(const PrincipalCreated& event, const View& before, Changes& changes);
Result<void> project(const PrincipalDisabled& event, const View& before, Changes& changes);
Result<void> project(const PrincipalEnabled& event, const View& before, Changes& changes);
Result<void> project(const CredentialAdded& event, const View& before, Changes& changes);
Result<void> project(const CredentialRevoked& event, const View& before, Changes& changes);
Result<void> project(const KeyRegistered& event, const View& before, Changes& changes);
Result<void> project(const KeyRevoked& event, const View& before, Changes& changes);
Result<void> project(const GrantSet& event, const View& before, Changes& changes);
Result<void> project(const GrantRemoved& event, const View& before, Changes& changes);
Result<void> project(const PolicySet& event, const View& before, Changes& changes);
Result<void> project(const PolicyRemoved& event, const View& before, Changes& changes);

}  // namespace varve::trust
