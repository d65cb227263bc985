// Keys and values of the rows about repositories and blobs: what decide, project and the queries
// share. Inside core only. Any thread.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/content/content.h"
#include "core/content/locks.h"
#include "core/content/query.h"
#include "core/scan.h"
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

// The name at the end of a key whose earlier parts are `prefix_size` long.
inline std::string_view name_in_key(std::string_view key, std::size_t prefix_size) {
  VARVE_ASSERT(key.size() > prefix_size + 1 && key.back() == '\0');
  return key.substr(prefix_size, key.size() - prefix_size - 1);
}

inline RowKey holder_key(const Digest& digest, const RepoName& repo) {
  RowKey key;
  key.digest(digest).name(repo.text());
  return key;
}

// Of blob_in and child_in: `used` cannot go while `user` is there.
inline RowKey use_key(const RepoName& repo, const Digest& used, const Digest& user) {
  RowKey key = held_key(repo, used);
  key.digest(user);
  return key;
}

// One that uses it, if any does: the digest at the end of the first key.
inline Result<std::optional<Digest>> find_user(const View& view, Table table, const RepoName& repo,
                                               const Digest& used) {
  const RowKey prefix = held_key(repo, used);
  std::string user;
  VARVE_CHECK(view.scan(table, prefix, {}, [&](std::string_view key, const Row&) {
    user = key.substr(prefix.bytes().size());
    return false;
  }));
  if (user.empty()) return std::nullopt;
  VARVE_TRY(const Digest digest, Digest::from_row(user));
  return digest;
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

// Of the three tables of attributes: a bit for each of what is allowed.
inline char attributes_byte(const Attributes& a) {
  return static_cast<char>((a.del ? 1 : 0) | (a.list ? 2 : 0) | (a.read ? 4 : 0) |
                           (a.write ? 8 : 0));
}
inline Attributes attributes_of_byte(char byte) {
  const auto has = [byte](int bit) { return (byte & bit) != 0; };
  return {has(1), has(2), has(4), has(8)};
}
inline Result<Attributes> attributes_in(const View& view, Table table, const RowKey& key) {
  VARVE_TRY(const auto row, view.get(table, key));
  if (!row) return Attributes{};
  if (row->value.size() != 1)
    return fail(Errc::corrupt, About::storage, "a row of attributes is not one byte");
  return attributes_of_byte(row->value.front());
}
// What is allowed without a row needs none.
inline void put_attributes(Changes& changes, Table table, const RowKey& key, const Attributes& a) {
  if (a == Attributes{})
    changes.erase(table, key);
  else
    changes.put(table, key, std::string(1, attributes_byte(a)));
}

// Of a repository: a byte for its own, one for what is in it.
inline Result<RepoLocks> repo_locks_of_value(std::string_view value) {
  if (value.size() != 2)
    return fail(Errc::corrupt, About::storage, "a repository's row of attributes is not two bytes");
  return RepoLocks{attributes_of_byte(value[0]), attributes_of_byte(value[1])};
}
inline void put_repo_locks(Changes& changes, const RepoName& repo, const RepoLocks& locks) {
  if (locks == RepoLocks{})
    changes.erase(Table::attributes, repo_key(repo));
  else
    changes.put(Table::attributes, repo_key(repo),
                {attributes_byte(locks.own), attributes_byte(locks.inside)});
}

// The tables whose keys begin with a repository's name: what goes with it. `holder` has it at the
// end.
inline constexpr Table kTablesOfARepo[] = {Table::repo,
                                           Table::link,
                                           Table::manifest,
                                           Table::tag,
                                           Table::tag_of,
                                           Table::blob_in,
                                           Table::child_in,
                                           Table::refers,
                                           Table::referrer,
                                           Table::attributes,
                                           Table::manifest_attributes,
                                           Table::tag_attributes,
                                           Table::repo_description,
                                           Table::repo_trimmed};

inline RowKey namespace_key(const NamespaceName& name_space) {
  RowKey key;
  key.name(name_space.text());
  return key;
}

// Of Table::namespace_first: a namespace is known by the index of this row for ever, so it is
// written once, by the first event that makes a namespace or a repository of that name, and never
// erased: what is made again under a name is the same namespace.
inline RowKey namespace_first_key(std::string_view name) {
  RowKey key;
  key.name(name);
  return key;
}

// A byte for the category, then the description.
inline std::string description_value(const RepoDescription& said) {
  return std::string(1, static_cast<char>(said.category)) + said.text;
}
// What nobody said anything about needs no row.
inline void put_description(Changes& changes, const RepoName& repo, const RepoDescription& said) {
  if (said.category == Category::other && said.text.empty())
    changes.erase(Table::repo_description, repo_key(repo));
  else
    changes.put(Table::repo_description, repo_key(repo), description_value(said));
}

// Does anything keep the bytes: a repository that links them, a package whose file they are, or
// Warg, whose content stays?
inline Result<bool> is_held(const View& view, const Digest& digest) {
  VARVE_TRY(const auto warg, view.get(Table::warg_content, blob_key(digest)));
  if (warg) return true;
  VARVE_TRY(const bool file, has_rows(view, Table::package_file, blob_key(digest)));
  if (file) return true;
  return has_rows(view, Table::holder, blob_key(digest));
}

}  // namespace varve::content
