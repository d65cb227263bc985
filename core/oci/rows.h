// Keys and values of the rows about manifests and tags: what decide, project and the queries share.
// Inside core only. Any thread.
#pragma once

#include <algorithm>

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

// Who signed, in tag and manifest rows: the id of the author's key.
inline std::string author_value(const std::optional<trust::Author>& author) {
  return author ? std::string(author->key_id.raw()) : std::string();
}
inline std::optional<warg::KeyId> author_of_value(std::string_view value) {
  if (value.size() != sizeof(Hash256)) return std::nullopt;
  return warg::KeyId(hash_from(value));
}

// Tag rows: the digest, in 8 bytes the index of the event that first set the tag, unless that is
// the one that set the row, and in 32 who signed, if anybody did.
inline std::string tag_value(const Digest& digest, std::optional<EntryIndex> created,
                             const std::optional<trust::Author>& author) {
  std::string value = digest.row();
  if (created) append_be64(value, created->value);
  return value + author_value(author);
}
struct TagValue {
  Digest digest;
  std::optional<EntryIndex> created;
  std::optional<warg::KeyId> author;
};
inline Result<TagValue> tag_of_value(std::string_view value) {
  constexpr std::size_t kCreatedBytes = 8;
  const bool sha512 = value.starts_with(static_cast<char>(DigestAlgorithm::sha512));
  const std::size_t digest_bytes = std::min<std::size_t>(sha512 ? 65 : 33, value.size());
  VARVE_TRY(const auto digest, Digest::from_row(value.substr(0, digest_bytes)));
  value.remove_prefix(digest_bytes);
  TagValue tag{digest, std::nullopt, std::nullopt};
  if (value.size() % sizeof(Hash256) == kCreatedBytes) {
    tag.created = EntryIndex{read_be64(value)};
    value.remove_prefix(kCreatedBytes);
  }
  tag.author = author_of_value(value);
  if (value.empty() || tag.author) return tag;
  return fail(Errc::corrupt, About::storage, "a stored tag is longer than any");
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

// Manifest rows: the size as 8 bytes, the media type, and where it was signed 00 and by whom.
inline std::string manifest_value(std::uint64_t size, std::string_view media_type,
                                  const std::optional<trust::Author>& author) {
  std::string value = content::size_value(size);
  value += media_type;
  if (author) value += '\0' + author_value(author);
  return value;
}

}  // namespace varve::oci
