// What may happen to repositories and blobs, and what it means. Called by core/registry.cpp and
// the rules of other families; the caller has checked that the actor may change anything.
#pragma once

#include <vector>

#include "core/content/query.h"
#include "core/event.h"
#include "core/view.h"

namespace varve::trust {
struct Asker;
}

namespace varve::content {

Result<std::vector<Event>> decide(const LinkBlob& command, const View& view);
Result<std::vector<Event>> decide(const UnlinkBlob& command, const View& view);
Result<std::vector<Event>> decide(const PurgeBlob& command, const View& view);
Result<std::vector<Event>> decide(const SetRepoAttributes& command, const View& view);
Result<std::vector<Event>> decide(const DeleteRepo& command, const View& view);
Result<std::vector<Event>> decide(const CreateNamespace& command, const View& view);
Result<std::vector<Event>> decide(const DeleteNamespace& command, const View& view);
Result<std::vector<Event>> decide(const CreateRepo& command, const trust::Asker& asker,
                                  const View& view);
Result<std::vector<Event>> decide(const UpdateRepo& command, const trust::Asker& asker,
                                  const View& view);

// Adds the event that makes `repo` exist, if it does not: a first push creates its repository.
Result<void> ensure_repo(const RepoName& repo, const View& view, std::vector<Event>& events);
// Adds the event that makes the bytes exist, if they do not. Errors: corrupt when they are recorded
// with another size.
Result<void> ensure_committed(const Digest& digest, std::uint64_t size, const View& view,
                              std::vector<Event>& events);

Result<void> project(const RepoCreated& event, const View& before, Changes& changes);
Result<void> project(const BlobCommitted& event, const View& before, Changes& changes);
Result<void> project(const BlobLinked& event, const View& before, Changes& changes);
Result<void> project(const BlobUnlinked& event, const View& before, Changes& changes);
Result<void> project(const BlobPurged& event, const View& before, Changes& changes);
Result<void> project(const RepoAttributesSet& event, const View& before, Changes& changes);
Result<void> project(const RepoDeleted& event, const View& before, Changes& changes);
Result<void> project(const RepoUpdated& event, const View& before, Changes& changes);
Result<void> project(const NamespaceCreated& event, const View& before, Changes& changes);
Result<void> project(const NamespaceDeleted& event, const View& before, Changes& changes);

// Something in the repository has these from now on: its row says that one must look.
Result<void> note_inside(const RepoName& repo, const Attributes& attributes, const View& before,
                         Changes& changes);

}  // namespace varve::content
