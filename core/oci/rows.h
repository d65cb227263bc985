// Keys and values of the rows about manifests and tags: what decide, project and the queries share.
// Inside core only. Any thread.
#pragma once

#include "core/content/rows.h"
#include "core/oci/oci.h"
#include "core/view.h"

namespace varve::oci {

using content::held_key;  // of a manifest

inline RowKey tag_key(const RepoName& repo, const Tag& tag) {
  RowKey key;
  key.name(repo.text()).name(tag.text());
  return key;
}

inline RowKey tag_of_key(const RepoName& repo, const Digest& digest, const Tag& tag) {
  RowKey key;
  key.name(repo.text()).digest(digest).name(tag.text());
  return key;
}

// The tag at the end of a tag or tag_of key, whose earlier parts are `prefix_size` long.
inline std::string_view tag_in_key(std::string_view key, std::size_t prefix_size) {
  VARVE_ASSERT(key.size() > prefix_size + 1 && key.back() == '\0');
  return key.substr(prefix_size, key.size() - prefix_size - 1);
}

// Manifest rows: the size as 8 bytes, then the media type.
inline std::string manifest_value(std::uint64_t size, std::string_view media_type) {
  std::string value = content::size_value(size);
  value += media_type;
  return value;
}

}  // namespace varve::oci
