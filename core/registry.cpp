// The switchboards. Overload resolution finds each family's rules; an alternative without rules
// does not compile.
#include "core/registry.h"

#include <algorithm>
#include <concepts>

#include "core/base/limits.h"
#include "core/content/rules.h"
#include "core/oci/rules.h"
#include "core/pulp/rules.h"
#include "core/system/rules.h"
#include "core/trust/rules.h"
#include "core/warg/rules.h"

namespace varve {
namespace {

using trust::Asker;

template <class Intent>
concept AboutTheLog =
    std::same_as<Intent, system::Initialise> || std::same_as<Intent, system::EnableDevMode> ||
    std::same_as<Intent, system::RotateEventKey>;

// What each wish needs, judged at its position in the log: a credential revoked while its request
// was uploading or queued writes nothing.

// The log's own facts are for whoever holds the directory: even dev mode does not give away keys.
template <AboutTheLog Intent>
Result<void> authorise(const Asker& asker, const Intent&, const View&) {
  VARVE_CHECK(may_mutate(asker.actor));
  if (asker.actor.auth == Auth::local) return {};
  return fail(Errc::denied, About::request, "only the holder of the data directory may do this");
}

Result<void> needs(Right right, const RepoName& repo, const Asker& asker, const View& view) {
  return trust::check(view, asker.actor, right, repo, asker.now);
}
Result<void> authorise(const Asker& asker, const content::LinkBlob& wish, const View& view) {
  if (wish.from) VARVE_CHECK(needs(Right::pull, *wish.from, asker, view));
  return needs(Right::push, wish.repo, asker, view);
}
Result<void> authorise(const Asker& asker, const content::UnlinkBlob& wish, const View& view) {
  return needs(Right::del, wish.repo, asker, view);
}
Result<void> authorise(const Asker& asker, const content::PurgeBlob&, const View& view) {
  return trust::check(view, asker.actor, Right::administer, asker.now);
}
Result<void> authorise(const Asker& asker, const oci::SetTag& wish, const View& view) {
  return needs(Right::push, wish.repo, asker, view);
}
Result<void> authorise(const Asker& asker, const oci::PutManifest& wish, const View& view) {
  return needs(Right::push, wish.repo, asker, view);
}
Result<void> authorise(const Asker& asker, const oci::DeleteTag& wish, const View& view) {
  return needs(Right::del, wish.repo, asker, view);
}
Result<void> authorise(const Asker& asker, const oci::DeleteManifest& wish, const View& view) {
  return needs(Right::del, wish.repo, asker, view);
}

// Whoever may only push can take off no lock: it is there to hold them too.
template <class Intent>
concept AboutWhatMayBeDone =
    std::same_as<Intent, content::SetRepoAttributes> ||
    std::same_as<Intent, oci::SetManifestAttributes> || std::same_as<Intent, oci::SetTagAttributes>;
template <AboutWhatMayBeDone Intent>
Result<void> authorise(const Asker& asker, const Intent& wish, const View& view) {
  return needs(Right::del, wish.repo, asker, view);
}
Result<void> authorise(const Asker& asker, const content::DeleteRepo& wish, const View& view) {
  return needs(Right::del, wish.repo, asker, view);
}

// Whoever may push makes a repository by pushing, and says what is in it. Who may open and close it
// is asked where it is decided whether that is what happens.
template <class Intent>
concept AboutARepository =
    std::same_as<Intent, content::CreateRepo> || std::same_as<Intent, content::UpdateRepo>;
template <AboutARepository Intent>
Result<void> authorise(const Asker& asker, const Intent& wish, const View& view) {
  return needs(Right::push, wish.repo, asker, view);
}
template <class Intent>
concept AboutANamespace = std::same_as<Intent, content::CreateNamespace> ||
                          std::same_as<Intent, content::DeleteNamespace>;
template <AboutANamespace Intent>
Result<void> authorise(const Asker& asker, const Intent& wish, const View& view) {
  return trust::check_manages(view, asker.actor, Resource::below(wish.name_space), asker.now);
}

// What the registry itself says to Warg's clients.
template <class Intent>
concept TheOperatorsOwn =
    std::same_as<Intent, warg::AppendOperatorRecord> || std::same_as<Intent, warg::RenewCheckpoint>;
template <TheOperatorsOwn Intent>
Result<void> authorise(const Asker& asker, const Intent&, const View& view) {
  return trust::check(view, asker.actor, Right::administer, asker.now);
}
// A record's own signature is what lets it in, and who begins a log is asked where the record is
// judged. Content is brought by whoever has the very bytes that an accepted record names: Warg's
// clients send nothing along with them that says who they are. But the entry names who asked, and
// then that must be true.
template <class Intent>
concept SignedOrNamedByItsDigest =
    std::same_as<Intent, warg::SubmitRecord> || std::same_as<Intent, warg::ReceiveContent>;
template <SignedOrNamedByItsDigest Intent>
Result<void> authorise(const Asker& asker, const Intent&, const View& view) {
  return trust::check_credential(view, asker.actor, asker.now);
}

// Whoever takes a blob for a package's file must be able to reach it.
Result<void> authorise(const Asker& asker, const pulp::CreatePackage& wish, const View& view) {
  if (wish.file && wish.file->from) VARVE_CHECK(needs(Right::pull, *wish.file->from, asker, view));
  return needs(Right::push, pulp::resource_of(wish.package), asker, view);
}
Result<void> authorise(const Asker& asker, const pulp::DeletePackage& wish, const View& view) {
  return needs(Right::del, pulp::resource_of(wish.package), asker, view);
}
template <class Intent>
concept FillsARepository =
    std::same_as<Intent, pulp::CreateRepository> || std::same_as<Intent, pulp::AddPackages>;
template <FillsARepository Intent>
Result<void> authorise(const Asker& asker, const Intent& wish, const View& view) {
  return needs(Right::push, pulp::resource_of(wish.repository), asker, view);
}
template <class Intent>
concept EmptiesARepository =
    std::same_as<Intent, pulp::DeleteRepository> || std::same_as<Intent, pulp::RemovePackages>;
template <EmptiesARepository Intent>
Result<void> authorise(const Asker& asker, const Intent& wish, const View& view) {
  return needs(Right::del, pulp::resource_of(wish.repository), asker, view);
}

template <class Intent>
  requires requires(const Intent& wish, const Asker& asker, const View& view) {
    trust::decide(wish, asker, view);
  }
Result<void> authorise(const Asker& asker, const Intent& wish, const View& view) {
  return trust::may_ask(asker, wish, view);
}

// Most rules are about the state alone; those about accounts also ask who wishes, and when.
template <class Intent>
Result<std::vector<Event>> decide_wish(const Asker& asker, const Intent& wish, const View& view) {
  if constexpr (requires { decide(wish, asker, view); })
    return decide(wish, asker, view);
  else
    return decide(wish, view);
}

}  // namespace

Result<std::vector<Event>> decide(const Command& command, const View& view) {
  return std::visit(
      [&](const auto& intent) -> Result<std::vector<Event>> {
        const Asker asker{command.actor, command.now};
        VARVE_CHECK(authorise(asker, intent, view));
        return decide_wish(asker, intent, view);
      },
      command.intent);
}

std::size_t events_max(const Intent& intent) {
  if (const auto* put = std::get_if<oci::PutManifest>(&intent))
    return 2 + std::min(put->tags.size(), limits::kTagsPutMax);  // repo.created, oci.manifest.put
  if (const auto* add = std::get_if<pulp::AddPackages>(&intent))
    return std::clamp<std::size_t>(add->packages.size(), 1, pulp::kPackagesListedMax);
  if (const auto* remove = std::get_if<pulp::RemovePackages>(&intent))
    return std::clamp<std::size_t>(remove->packages.size(), 1, pulp::kPackagesListedMax);
  if (const auto* access = std::get_if<trust::ChangeAccess>(&intent))
    return std::min(access->who.size(), limits::kAccessChangesMax);
  return 6;  // the genesis entry and the first accounts; everything else is shorter
}

// Most events say all there is to say; some leave the rest to the body they name.
Result<void> project(const Event& event, Bodies bodies, const View& before, Changes& changes) {
  return std::visit(
      [&](const auto& e) -> Result<void> {
        if constexpr (requires(std::string_view body) { project(e, body, before, changes); }) {
          VARVE_TRY(const std::string_view body, body_among(bodies, body_of(event)->digest));
          return project(e, body, before, changes);
        } else {
          return project(e, before, changes);
        }
      },
      event);
}

std::optional<BodyName> body_of(const Event& event) {
  return std::visit(
      [](const auto& e) -> std::optional<BodyName> {
        if constexpr (requires(std::string_view body, const View& before, Changes& changes) {
                        project(e, body, before, changes);
                      })
          return BodyName{e.digest, e.size};
        else
          return std::nullopt;
      },
      event);
}

}  // namespace varve
