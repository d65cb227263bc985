// Rules about repositories and blobs. Pure; any thread, as the View allows.
#include "core/content/rows.h"
#include "core/content/rules.h"

namespace varve::content {
namespace {

// One digest cannot have two sizes: either a stored row or the blob store lies.
Result<bool> is_there(const View& view, Table table, const RowKey& key, const LinkBlob& command) {
  VARVE_TRY(const auto row, find_size(view, table, key));
  if (row && row->size != command.size)
    return fail(Errc::corrupt, About::blob,
                "a blob is recorded with " + std::to_string(row->size) +
                    " bytes and offered with " + std::to_string(command.size),
                command.digest.to_string());
  return row.has_value();
}

}  // namespace

Result<void> ensure_repo(const RepoName& repo, const View& view, std::vector<Event>& events) {
  VARVE_TRY(const bool there, repo_is_there(view, repo));
  if (!there) events.emplace_back(RepoCreated{"oci", repo});
  return {};
}

Result<std::vector<Event>> decide(const LinkBlob& command, const View& view) {
  std::vector<Event> events;
  VARVE_CHECK(ensure_repo(command.repo, view, events));
  VARVE_TRY(const bool committed, is_there(view, Table::blob, blob_key(command.digest), command));
  if (!committed) events.emplace_back(BlobCommitted{command.digest, command.size});
  VARVE_TRY(const bool linked,
            is_there(view, Table::link, held_key(command.repo, command.digest), command));
  if (!linked) events.emplace_back(BlobLinked{command.digest, command.repo, command.size});
  return events;
}

}  // namespace varve::content
