// Warg's verifiable map: for every log its latest record, as a sparse Merkle tree of 256 levels.
// Set, prove, verify. Pure; any thread.
//
// A key is SHA-256 of the log id; its bits say the way down, the first one at the root, 0 to the
// left. An empty leaf is SHA-256(00), so that the same proof that shows what is at a key shows that
// nothing is: no registry can then claim to have no such package and be believed for nothing.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/warg/names.h"

namespace varve::warg {

Hash256 map_key(const LogId& log_id);
std::string map_leaf(const RecordId& record_id);  // 88 bytes
Hash256 map_leaf_hash(const RecordId& record_id);
Hash256 empty_map_root();

struct MapEntry {
  Hash256 key{};
  Hash256 leaf{};
};

// Rows of the map: keys of the form that page_key() makes, none a prefix of another. A row is
// rewritten when something below it changes and never deleted, so that the rows as of an earlier
// state are the map of that state.
using PageReader = std::function<Result<std::optional<std::string>>(std::string_view key)>;
using PageWriter = std::function<void(std::string_view key, std::string value)>;

// Sets all entries at once, of several for one key the last; each row is written once. Returns the
// new root, which depends on nothing but what the map holds.
Result<Hash256> set_in_map(std::span<const MapEntry> entries, const PageReader& pages,
                           const PageWriter& write);
Result<Hash256> map_root(const PageReader& pages);

// The siblings on the way from a leaf to the root, from the bottom; nothing is an empty subtree.
// Empty ones at the bottom are left out: there are about 240 of them.
struct MapProof {
  std::vector<std::optional<Hash256>> peers;
  friend bool operator==(const MapProof&, const MapProof&) = default;
};
// Errc::not_found when the map has nothing there.
Result<MapProof> prove_in_map(const Hash256& key, const PageReader& pages);
// Errc::conflict when the map has something there.
Result<MapProof> prove_absence(const Hash256& key, const PageReader& pages);

// The root that a proof leads to. Errc::invalid with more peers than levels.
Result<Hash256> root_of_proof(const MapEntry& entry, const MapProof& proof);
Result<void> verify_in_map(const MapEntry& entry, const MapProof& proof, const Hash256& root);
Result<void> verify_absence(const Hash256& key, const MapProof& proof, const Hash256& root);

}  // namespace varve::warg
