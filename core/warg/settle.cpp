// What lies between the last checkpoint and the newest record, added to the tree and the map.
#include "core/warg/settle.h"

#include <vector>

#include "core/warg/rows.h"

namespace varve::warg {
namespace {

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

Result<Settlement> settle(const View& before) {
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
  Settlement made{{length, {}, {}}, {}};
  const auto put_node = [&made](unsigned level, std::uint64_t n, const Hash256& hash) {
    made.rows.push_back({Table::warg_node, node_key(level, n).bytes(), std::string(as_view(hash))});
  };
  const auto put_page = [&made](std::string_view key, std::string value) {
    made.rows.push_back({Table::warg_map, std::string(key), std::move(value)});
  };
  VARVE_TRY(made.roots.log_root, append_leaves(settled, hashes, tree_rows(before), put_node));
  VARVE_TRY(made.roots.map_root, set_in_map(entries, map_rows(before), put_page));
  if (length != settled)
    made.rows.push_back({Table::warg, name_key(kSettled).bytes(), number_value(length)});
  return made;
}

Result<void> pin(const CheckpointSigned& event, Settlement settlement, Changes& changes) {
  const Roots& roots = settlement.roots;
  if (roots.log_length != event.log_length || as_view(roots.log_root) != event.log_root.raw() ||
      as_view(roots.map_root) != event.map_root.raw())
    return corrupt("a checkpoint of Warg's is not about the records before it");
  for (auto& row : settlement.rows) changes.put(row.table, row.key, std::move(row.value));
  changes.put(Table::warg_checkpoint, number_key(event.log_length), checkpoint_value(event));
  return {};
}

}  // namespace varve::warg
