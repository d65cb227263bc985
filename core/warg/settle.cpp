// What lies between the last checkpoint and the newest record, added to the tree and the map.
#include "core/warg/settle.h"

#include <vector>

#include "core/warg/rows.h"

namespace varve::warg {
namespace {

struct Nothing final : Changes {
  void put(Table, std::string_view, std::string) override {}
  void erase(Table, std::string_view) override {}
};

std::unexpected<Error> corrupt(std::string what) {
  return fail(Errc::corrupt, About::storage, std::move(what));
}

}  // namespace

NodeReader tree_rows(const View& view) {
  return [&view](unsigned level, std::uint64_t n) -> Result<Hash256> {
    VARVE_TRY(const auto row, view.get(Table::warg_node, node_key(level, n)));
    if (!row || row->value.size() != sizeof(Hash256))
      return corrupt("a node of Warg's tree is missing or no hash");
    return hash_from(row->value);
  };
}

PageReader map_rows(const View& view) {
  return [&view](std::string_view key) -> Result<std::optional<std::string>> {
    VARVE_TRY(auto row, view.get(Table::warg_map, key));
    if (!row) return std::nullopt;
    return std::move(row->value);
  };
}

Result<Roots> settle(const View& before, Changes& changes) {
  VARVE_TRY(const std::uint64_t settled, find_number(before, kSettled));
  VARVE_TRY(const std::uint64_t length, find_number(before, kLength));
  if (settled > length) return corrupt("more records are settled than there are");
  VARVE_TRY(const auto leaves, leaves_from(before, settled, length - settled));
  if (leaves.size() != length - settled) return corrupt("a record among all is missing");
  std::vector<Hash256> hashes;
  std::vector<MapEntry> entries;  // of several for one log the last counts
  for (const Leaf& leaf : leaves) {
    hashes.push_back(log_leaf_hash(leaf.log, leaf.record));
    entries.push_back({map_key(leaf.log), map_leaf_hash(leaf.record)});
  }
  const auto put_node = [&changes](unsigned level, std::uint64_t n, const Hash256& hash) {
    changes.put(Table::warg_node, node_key(level, n), std::string(as_view(hash)));
  };
  const auto put_page = [&changes](std::string_view key, std::string value) {
    changes.put(Table::warg_map, key, std::move(value));
  };
  Roots roots{length, {}, {}};
  VARVE_TRY(roots.log_root, append_leaves(settled, hashes, tree_rows(before), put_node));
  VARVE_TRY(roots.map_root, set_in_map(entries, map_rows(before), put_page));
  if (length != settled) changes.put(Table::warg, name_key(kSettled), number_value(length));
  return roots;
}

Result<Roots> roots_now(const View& before) {
  Nothing nothing;
  return settle(before, nothing);
}

}  // namespace varve::warg
