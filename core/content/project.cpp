// What events about repositories and blobs do to the derived tables.
#include "core/content/rows.h"
#include "core/content/rules.h"

namespace varve::content {

Result<void> project(const RepoCreated& event, const View&, Changes& changes) {
  changes.put(Table::repo, repo_key(event.repo), event.format);
  return {};
}

Result<void> project(const BlobCommitted& event, const View&, Changes& changes) {
  changes.put(Table::blob, blob_key(event.digest), size_value(event.size));
  return {};
}

Result<void> project(const BlobLinked& event, const View&, Changes& changes) {
  changes.put(Table::link, held_key(event.repo, event.digest), size_value(event.size));
  changes.put(Table::holder, holder_key(event.digest, event.repo), {});
  return {};
}

Result<void> project(const BlobUnlinked& event, const View&, Changes& changes) {
  changes.erase(Table::link, held_key(event.repo, event.digest));
  changes.erase(Table::holder, holder_key(event.digest, event.repo));
  return {};
}

Result<void> project(const BlobPurged& event, const View&, Changes& changes) {
  changes.erase(Table::blob, blob_key(event.digest));
  return {};
}

}  // namespace varve::content
