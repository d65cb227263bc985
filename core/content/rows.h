// Keys and values of the rows about repositories and blobs: what decide, project and the queries
// share. Inside core only. Any thread.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/content/content.h"
#include "core/view.h"

namespace varve::content {

inline RowKey repo_key(const RepoName& repo) {
  RowKey key;
  key.name(repo.text());
  return key;
}

inline RowKey blob_key(const Digest& digest) {
  RowKey key;
  key.digest(digest);
  return key;
}

// Also the key of a manifest: everything a repository holds by digest.
inline RowKey held_key(const RepoName& repo, const Digest& digest) {
  RowKey key;
  key.name(repo.text()).digest(digest);
  return key;
}

inline std::string size_value(std::uint64_t size) {
  std::string value;
  append_be64(value, size);
  return value;
}

inline Result<std::uint64_t> size_of_value(std::string_view value) {
  if (value.size() != 8) return fail(Errc::corrupt, About::storage, "a stored size is not 8 bytes");
  return read_be64(value);
}

struct SizeRow {
  std::uint64_t size;
  EntryIndex index;
};

inline Result<std::optional<SizeRow>> find_size(const View& view, Table table, const RowKey& key) {
  VARVE_TRY(const auto row, view.get(table, key));
  if (!row) return std::nullopt;
  VARVE_TRY(const auto size, size_of_value(row->value));
  return SizeRow{size, row->index};
}

inline Result<bool> repo_is_there(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto row, view.get(Table::repo, repo_key(repo)));
  return row.has_value();
}

}  // namespace varve::content
