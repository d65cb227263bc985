// What may happen to manifests and tags, and what it means. Called by core/registry.cpp; the caller
// has checked that the actor may change anything.
#pragma once

#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/trust/rules.h"
#include "core/view.h"

namespace varve::oci {

Result<std::vector<Event>> decide(const PutManifest& command, const trust::Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const SetTag& command, const View& view);
Result<std::vector<Event>> decide(const DeleteTag& command, const View& view);
Result<std::vector<Event>> decide(const DeleteManifest& command, const View& view);
Result<std::vector<Event>> decide(const SetManifestAttributes& command, const View& view);
Result<std::vector<Event>> decide(const SetTagAttributes& command, const View& view);

// `body`: the manifest itself.
Result<void> project(const ManifestPut& event, std::string_view body, const View& before,
                     Changes& changes);
Result<void> project(const ManifestDeleted& event, const View& before, Changes& changes);
Result<void> project(const TagSet& event, const View& before, Changes& changes);
Result<void> project(const TagDeleted& event, const View& before, Changes& changes);
Result<void> project(const ManifestAttributesSet& event, const View& before, Changes& changes);
Result<void> project(const TagAttributesSet& event, const View& before, Changes& changes);

}  // namespace varve::oci
