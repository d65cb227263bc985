// What events about manifests and tags do to the derived tables.
#include "core/content/locks.h"
#include "core/content/rules.h"
#include "core/oci/links.h"
#include "core/oci/query.h"
#include "core/oci/rows.h"
#include "core/oci/rules.h"

namespace varve::oci {

Result<void> project(const ManifestPut& event, std::string_view body, const View&,
                     Changes& changes) {
  VARVE_TRY(const Links links, links_of(body, event.media_type));
  const RowKey key = held_key(event.repo, event.digest);
  changes.put(Table::manifest, key, manifest_value(event.size, event.media_type, event.author));
  for (const Digest& blob : links.blobs)
    changes.put(Table::blob_in, use_key(event.repo, blob, event.digest), {});
  for (const Digest& child : links.manifests)
    changes.put(Table::child_in, use_key(event.repo, child, event.digest), {});
  if (links.subject)
    changes.put(Table::referrer, referrer_key(event.repo, *links.subject, event.digest),
                referrer_value(event.size, event.media_type, links.artifact_type));
  if (!links.empty()) changes.put(Table::refers, key, links_value(links));
  return {};
}

namespace {

// Everything project(ManifestPut) wrote beside the manifest's own row.
Result<void> erase_links(const ManifestDeleted& event, const View& before, Changes& changes) {
  const RowKey key = held_key(event.repo, event.digest);
  VARVE_TRY(const auto row, before.get(Table::refers, key));
  if (!row) return {};
  VARVE_TRY(const Links links, links_of_value(row->value));
  for (const Digest& blob : links.blobs)
    changes.erase(Table::blob_in, use_key(event.repo, blob, event.digest));
  for (const Digest& child : links.manifests)
    changes.erase(Table::child_in, use_key(event.repo, child, event.digest));
  if (links.subject)
    changes.erase(Table::referrer, referrer_key(event.repo, *links.subject, event.digest));
  changes.erase(Table::refers, key);
  return {};
}

// In nearly every repository nothing has attributes: its one row says so.
Result<void> erase_attributes(const RepoName& repo, Table table, const RowKey& key,
                              const View& before, Changes& changes) {
  VARVE_TRY(const auto locks, content::locks_of(before, repo));
  if (locks.inside == content::Attributes{}) return {};
  VARVE_TRY(const auto row, before.get(table, key));
  if (row) changes.erase(table, key);
  return {};
}

void note_trimmed(const RepoName& repo, Changes& changes) {
  changes.put(Table::repo_trimmed, content::repo_key(repo), {});
}

}  // namespace

// Its tags go with it. They are read from the rows, since an event has no list that grows.
Result<void> project(const ManifestDeleted& event, const View& before, Changes& changes) {
  const RowKey prefix = held_key(event.repo, event.digest);
  std::vector<std::string> tag_of_keys;
  VARVE_CHECK(before.scan(Table::tag_of, prefix, {}, [&](std::string_view key, const Row&) {
    tag_of_keys.emplace_back(key);
    return true;
  }));
  for (const std::string& key : tag_of_keys) {
    RowKey tag;
    tag.name(event.repo.text()).name(name_in_key(key, prefix.bytes().size()));
    changes.erase(Table::tag, tag);
    changes.erase(Table::tag_of, key);
    VARVE_CHECK(erase_attributes(event.repo, Table::tag_attributes, tag, before, changes));
  }
  changes.erase(Table::manifest, prefix);
  note_trimmed(event.repo, changes);
  VARVE_CHECK(erase_attributes(event.repo, Table::manifest_attributes, prefix, before, changes));
  return erase_links(event, before, changes);
}

// A tag that moves keeps the time it was made.
Result<void> project(const TagSet& event, const View& before, Changes& changes) {
  const RowKey key = tag_key(event.repo, event.tag);
  std::optional<EntryIndex> created;
  if (event.previous) {
    VARVE_TRY(const auto row, find_tag(before, event.repo, event.tag));
    if (row) created = row->created;
  }
  if (event.previous && *event.previous != event.digest)
    changes.erase(Table::tag_of, tag_of_key(event.repo, *event.previous, event.tag));
  changes.put(Table::tag, key, tag_value(event.digest, created, event.author));
  changes.put(Table::tag_of, tag_of_key(event.repo, event.digest, event.tag), {});
  return {};
}

Result<void> project(const TagDeleted& event, const View& before, Changes& changes) {
  const RowKey key = tag_key(event.repo, event.tag);
  changes.erase(Table::tag, key);
  changes.erase(Table::tag_of, tag_of_key(event.repo, event.digest, event.tag));
  note_trimmed(event.repo, changes);
  return erase_attributes(event.repo, Table::tag_attributes, key, before, changes);
}

Result<void> project(const ManifestAttributesSet& event, const View& before, Changes& changes) {
  content::put_attributes(changes, Table::manifest_attributes, held_key(event.repo, event.digest),
                          event.attributes);
  return content::note_inside(event.repo, event.attributes, before, changes);
}

Result<void> project(const TagAttributesSet& event, const View& before, Changes& changes) {
  content::put_attributes(changes, Table::tag_attributes, tag_key(event.repo, event.tag),
                          event.attributes);
  return content::note_inside(event.repo, event.attributes, before, changes);
}

}  // namespace varve::oci
