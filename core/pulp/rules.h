// What may happen to packages and their repositories, and what it means. Called by
// core/registry.cpp; the caller has checked that the actor may do this where it is about.
#pragma once

#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/trust/rules.h"
#include "core/view.h"

namespace varve::pulp {

Result<std::vector<Event>> decide(const CreatePackage& command, const trust::Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const DeletePackage& command, const View& view);
Result<std::vector<Event>> decide(const CreateRepository& command, const View& view);
Result<std::vector<Event>> decide(const DeleteRepository& command, const View& view);
Result<std::vector<Event>> decide(const AddPackages& command, const trust::Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const RemovePackages& command, const View& view);

// `details`: what else there is to say of the package. No row is made of it: whoever wants it
// reads the body.
Result<void> project(const PackageCreated& event, std::string_view details, const View& before,
                     Changes& changes);
Result<void> project(const PackageDeleted& event, const View& before, Changes& changes);
Result<void> project(const RepositoryCreated& event, const View& before, Changes& changes);
Result<void> project(const RepositoryDeleted& event, const View& before, Changes& changes);
Result<void> project(const PackageAdded& event, const View& before, Changes& changes);
Result<void> project(const PackageRemoved& event, const View& before, Changes& changes);

}  // namespace varve::pulp
