// The two switchboards: decide() says what may happen, project() says what it means. Pure; any
// thread, as the View allows.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/actor.h"
#include "core/body.h"
#include "core/event.h"
#include "core/view.h"

namespace varve {

using Intent = std::variant<
    system::Initialise, system::EnableDevMode, system::RotateEventKey, content::LinkBlob,
    content::UnlinkBlob, content::PurgeBlob, content::SetRepoAttributes, content::DeleteRepo,
    oci::SetManifestAttributes, oci::SetTagAttributes, oci::PutManifest, oci::SetTag,
    oci::DeleteTag, oci::DeleteManifest, trust::CreatePrincipal, trust::DisablePrincipal,
    trust::EnablePrincipal, trust::AddCredential, trust::RevokeCredential, trust::RegisterKey,
    trust::RevokeKey, trust::SetGrant, trust::RemoveGrant, trust::SetPolicy, trust::RemovePolicy,
    warg::AppendOperatorRecord, warg::SubmitRecord, warg::ReceiveContent, warg::RenewCheckpoint,
    pulp::CreatePackage, pulp::DeletePackage, pulp::CreateRepository, pulp::DeleteRepository,
    pulp::AddPackages, pulp::RemovePackages, content::CreateNamespace, content::DeleteNamespace,
    content::CreateRepo, content::UpdateRepo, trust::ChangeAccess>;

// A wish, with everything that is not a function of the state: who, through what, which bytes.
struct Command {
  Actor actor;
  std::string request;  // ULID
  std::string surface;
  Intent intent;
  std::vector<Body> bodies;
  // When it is judged, for what expires. The ledger writes here the time that the entries get, so
  // that whoever reads the log can judge again.
  Timestamp now{};
};

// Every rule, authorisation included, judged at the command's position in the log. An idempotent
// repeat is an empty list. `view` sees every earlier command, durable or not.
Result<std::vector<Event>> decide(const Command& command, const View& view);

// How many events this wish can become at most: the ledger never splits a run.
std::size_t events_max(const Intent& intent);

// What the event does to the derived tables. Total: it fails only when `before` cannot be read or
// the body that the event names is not among `bodies`. Reads nothing but these.
Result<void> project(const Event& event, Bodies bodies, const View& before, Changes& changes);

// The body an event names, if any: its digest and exact size.
struct BodyName {
  Digest digest;
  std::uint64_t size;
};
std::optional<BodyName> body_of(const Event& event);

}  // namespace varve
