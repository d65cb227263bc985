// What events about manifests and tags do to the derived tables.
#include "core/oci/links.h"
#include "core/oci/rows.h"
#include "core/oci/rules.h"

namespace varve::oci {

Result<void> project(const ManifestPut& event, std::string_view body, const View&,
                     Changes& changes) {
  VARVE_TRY(const Links links, links_of(body, event.media_type));
  const RowKey key = held_key(event.repo, event.digest);
  changes.put(Table::manifest, key, manifest_value(event.size, event.media_type));
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
  }
  changes.erase(Table::manifest, prefix);
  return erase_links(event, before, changes);
}

Result<void> project(const TagSet& event, const View&, Changes& changes) {
  if (event.previous && *event.previous != event.digest)
    changes.erase(Table::tag_of, tag_of_key(event.repo, *event.previous, event.tag));
  changes.put(Table::tag, tag_key(event.repo, event.tag), event.digest.row());
  changes.put(Table::tag_of, tag_of_key(event.repo, event.digest, event.tag), {});
  return {};
}

Result<void> project(const TagDeleted& event, const View&, Changes& changes) {
  changes.erase(Table::tag, tag_key(event.repo, event.tag));
  changes.erase(Table::tag_of, tag_of_key(event.repo, event.digest, event.tag));
  return {};
}

}  // namespace varve::oci
