// What events about manifests and tags do to the derived tables.
#include "core/oci/rows.h"
#include "core/oci/rules.h"

namespace varve::oci {

Result<void> project(const ManifestPut& event, const View&, Changes& changes) {
  changes.put(Table::manifest, held_key(event.repo, event.digest),
              manifest_value(event.size, event.media_type));
  return {};
}

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
    tag.name(event.repo.text()).name(tag_in_key(key, prefix.bytes().size()));
    changes.erase(Table::tag, tag);
    changes.erase(Table::tag_of, key);
  }
  changes.erase(Table::manifest, prefix);
  return {};
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
