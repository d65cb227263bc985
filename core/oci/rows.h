// Keys and values of the rows about manifests and tags: what decide, project and the queries share.
// Inside core only. Any thread.
#pragma once

#include "core/content/rows.h"
#include "core/oci/oci.h"
#include "core/view.h"

namespace varve::oci {

using content::held_key;  // of a manifest
using content::name_in_key;
using content::use_key;

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

inline RowKey referrer_prefix(const RepoName& repo, std::string_view subject) {
  RowKey key;
  key.name(repo.text()).name(subject);
  return key;
}
inline RowKey referrer_key(const RepoName& repo, std::string_view subject, const Digest& digest) {
  RowKey key = referrer_prefix(repo, subject);
  key.digest(digest);
  return key;
}

// Referrer rows: the size as 8 bytes, the media type's length as 2, media type, artifact type.
inline std::string referrer_value(std::uint64_t size, std::string_view media_type,
                                  std::string_view artifact_type) {
  std::string value = content::size_value(size);
  append_be16(value, static_cast<std::uint16_t>(media_type.size()));
  value += media_type;
  value += artifact_type;
  return value;
}

// Manifest rows: the size as 8 bytes, then the media type.
inline std::string manifest_value(std::uint64_t size, std::string_view media_type) {
  std::string value = content::size_value(size);
  value += media_type;
  return value;
}

}  // namespace varve::oci
