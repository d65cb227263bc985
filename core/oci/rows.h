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

// Tag rows: the digest, and in 8 bytes the index of the event that first set the tag, unless that
// is the one that set the row.
inline std::string tag_value(const Digest& digest, std::optional<EntryIndex> created) {
  std::string value = digest.row();
  if (created) append_be64(value, created->value);
  return value;
}
struct TagValue {
  Digest digest;
  std::optional<EntryIndex> created;
};
inline Result<TagValue> tag_of_value(std::string_view value) {
  constexpr std::size_t kCreatedBytes = 8;
  const bool sha512 = value.starts_with(static_cast<char>(DigestAlgorithm::sha512));
  const std::size_t digest_bytes = sha512 ? 65 : 33;
  const bool moved = value.size() == digest_bytes + kCreatedBytes;
  VARVE_TRY(const auto digest, Digest::from_row(moved ? value.substr(0, digest_bytes) : value));
  if (!moved) return TagValue{digest, std::nullopt};
  return TagValue{digest, EntryIndex{read_be64(value.substr(digest_bytes))}};
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
