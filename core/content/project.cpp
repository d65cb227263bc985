// What events about repositories and blobs do to the derived tables.
#include "core/content/rows.h"
#include "core/content/rules.h"

namespace varve::content {

namespace {

Result<void> note_namespace(std::string_view name, const View& before, Changes& changes) {
  const RowKey key = namespace_first_key(name);
  VARVE_TRY(const auto row, before.get(Table::namespace_first, key));
  if (!row) changes.put(Table::namespace_first, key, {});
  return {};
}

}  // namespace

Result<void> project(const RepoCreated& event, const View& before, Changes& changes) {
  changes.put(Table::repo, repo_key(event.repo), event.format);
  return note_namespace(namespace_of(event.repo), before, changes);
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

Result<void> project(const RepoAttributesSet& event, const View& before, Changes& changes) {
  VARVE_TRY(const auto locks, locks_of(before, event.repo));
  put_repo_locks(changes, event.repo, {event.attributes, locks.inside});
  return {};
}

Result<void> note_inside(const RepoName& repo, const Attributes& attributes, const View& before,
                         Changes& changes) {
  VARVE_TRY(const auto locks, locks_of(before, repo));
  const Attributes& old = locks.inside;
  const Attributes inside{old.del && attributes.del, old.list && attributes.list,
                          old.read && attributes.read, old.write && attributes.write};
  if (inside != old) put_repo_locks(changes, repo, {locks.own, inside});
  return {};
}

namespace {

// The digest of a link's key is the beginning of the way back.
Result<void> erase_holder(const RepoName& repo, std::string_view key, Changes& changes) {
  VARVE_TRY(const auto digest, Digest::from_row(key.substr(repo.text().size() + 1)));
  changes.erase(Table::holder, holder_key(digest, repo));
  return {};
}

}  // namespace

Result<void> project(const RepoDeleted& event, const View& before, Changes& changes) {
  for (const Table table : kTablesOfARepo) {
    std::vector<std::string> keys;
    VARVE_CHECK(before.scan(table, repo_key(event.repo), {}, [&](std::string_view key, const Row&) {
      keys.emplace_back(key);
      return true;
    }));
    for (const std::string& key : keys) {
      if (table == Table::link) VARVE_CHECK(erase_holder(event.repo, key, changes));
      changes.erase(table, key);
    }
  }
  return {};
}

Result<void> project(const RepoUpdated& event, const View& before, Changes& changes) {
  VARVE_TRY(auto said, description_of(before, event.repo));
  if (event.category) said.category = *event.category;
  if (event.description) said.text = *event.description;
  put_description(changes, event.repo, said);
  return {};
}

Result<void> project(const NamespaceCreated& event, const View& before, Changes& changes) {
  changes.put(Table::name_space, namespace_key(event.name_space), {});
  return note_namespace(event.name_space.text(), before, changes);
}

Result<void> project(const NamespaceDeleted& event, const View&, Changes& changes) {
  changes.erase(Table::name_space, namespace_key(event.name_space));
  return {};
}

}  // namespace varve::content
