// One digest a table, over its rows in key order: how two stores are compared without looking at
// both.
#include "core/base/bytes.h"
#include "log/replay.h"

namespace varve {
namespace {

// A row enters the hash with both lengths before it, so that no two tables read the same.
Result<TableDigest> digest_range(const Snapshot& snapshot, std::string name, Family family,
                                 std::string_view prefix) {
  Hasher hasher;
  std::uint64_t rows = 0;
  std::string lengths;
  const auto cursor = snapshot.cursor(family, prefix, prefix.empty() ? "" : prefix_end(prefix));
  for (cursor->seek(prefix); cursor->valid(); cursor->next(), ++rows) {
    lengths.clear();
    append_be32(lengths, static_cast<std::uint32_t>(cursor->key().size()));
    append_be32(lengths, static_cast<std::uint32_t>(cursor->value().size()));
    hasher.update(lengths);
    hasher.update(cursor->key());
    hasher.update(cursor->value());
  }
  VARVE_CHECK(cursor->status());
  return TableDigest{std::move(name), rows, hasher.finish()};
}

}  // namespace

Result<std::vector<TableDigest>> table_digests(const Snapshot& snapshot) {
  std::vector<TableDigest> digests;
  for (const Family family : {Family::entry, Family::body, Family::tile}) {
    const std::string name(kFamilyNames[static_cast<std::size_t>(family)]);
    VARVE_TRY(auto digest, digest_range(snapshot, name, family, ""));
    digests.push_back(std::move(digest));
  }
  for (const Table table : kTables) {
    for (const Family family : {Family::now, Family::past}) {
      std::string name(table_name(table));
      name += family == Family::now ? ".now" : ".past";
      VARVE_TRY(auto digest, digest_range(snapshot, std::move(name), family, now_key(table, "")));
      digests.push_back(std::move(digest));
    }
  }
  return digests;
}

}  // namespace varve
