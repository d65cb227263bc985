// Setting, proving and verifying in the verifiable map. Pure; any thread.
#include "core/warg/map.h"

#include <algorithm>
#include <bit>
#include <map>

#include "core/base/merkle_tree.h"
#include "core/warg/map_page.h"

namespace varve::warg {
namespace {

unsigned shared_bits(const Hash256& a, const Hash256& b) {
  for (unsigned i = 0; i < a.size(); ++i) {
    const auto differ = static_cast<std::uint8_t>(a[i] ^ b[i]);
    if (differ != 0) return 8 * i + static_cast<unsigned>(std::countl_zero(differ));
  }
  return kMapDepth;
}

std::unexpected<Error> corrupt(std::string_view why) {
  return fail(Errc::corrupt, About::storage, std::string(why));
}

Result<std::optional<Page>> find_page(const PageReader& pages, const Hash256& key, unsigned level) {
  VARVE_TRY(const auto row, pages(page_key(key, level)));
  if (!row) return std::optional<Page>{};
  VARVE_TRY(const Page page, decode_page(*row));
  // What follows counts on a lonely key being where its digits lead.
  for (unsigned digit = 0; digit < kPageSlots; ++digit) {
    if (!page[digit] || !page[digit]->lonely) continue;
    const Hash256& lonely = page[digit]->lonely->key;
    if (shared_bits(lonely, key) < kPageBits * level || slot_of(lonely, level) != digit)
      return corrupt("a page of the Warg map holds a key of another page");
  }
  return std::optional<Page>{page};
}

// The page that a slot above stands for.
Result<Page> page_below(const PageReader& pages, const Hash256& key, unsigned level) {
  if (level == kPageLevels) return corrupt("the Warg map is deeper than a hash is long");
  VARVE_TRY(const auto page, find_page(pages, key, level));
  if (!page) return corrupt("a page of the Warg map is missing");
  return *page;
}

// What is set, sorted by key and each key once.
class Setter {
 public:
  Setter(const PageReader& pages, const PageWriter& write) : pages_(pages), write_(write) {}

  Result<Hash256> set_root(std::vector<MapEntry> entries) {
    VARVE_TRY(const auto page, find_page(pages_, Hash256{}, 0));
    if (entries.empty() && !page) return empty_map_hash(kMapDepth);
    return set_page(page.value_or(Page{}), 0, entries);
  }

 private:
  // The page's hash after `entries`, which all lead through it.
  Result<Hash256> set_page(Page page, unsigned level, std::span<const MapEntry> entries) {
    const Page before = page;
    for (auto rest = entries; !rest.empty();) {
      const unsigned digit = slot_of(rest.front().key, level);
      const auto end = std::ranges::find_if(
          rest, [&](const MapEntry& entry) { return slot_of(entry.key, level) != digit; });
      const auto count = static_cast<std::size_t>(end - rest.begin());
      VARVE_TRY(page[digit], set_slot(page[digit], level, rest.first(count)));
      rest = rest.subspan(count);
    }
    if (page != before) write_(page_key(entries.front().key, level), encode_page(page));
    return hash_page(page, level)[kPageBits][0].value_or(
        empty_map_hash(slot_height(level) + kPageBits));
  }

  Result<Slot> set_slot(const std::optional<Slot>& old, unsigned level,
                        std::span<const MapEntry> entries) {
    const Hash256& key = entries.front().key;
    if (old && !old->lonely) {
      VARVE_TRY(const Page below, page_below(pages_, key, level + 1));
      VARVE_TRY(const Hash256 hash, set_page(below, level + 1, entries));
      return Slot{std::nullopt, hash};
    }
    const bool replaces =
        !old || std::ranges::binary_search(entries, old->lonely->key, {}, &MapEntry::key);
    if (replaces && entries.size() == 1) return lonely_slot(old, level, entries.front());
    std::vector<MapEntry> together(entries.begin(), entries.end());
    if (!replaces) {
      const MapEntry displaced{old->lonely->key, old->lonely->leaf};
      together.insert(std::ranges::upper_bound(together, displaced.key, {}, &MapEntry::key),
                      displaced);
    }
    VARVE_TRY(const Hash256 hash, set_page(Page{}, level + 1, together));
    return Slot{std::nullopt, hash};
  }

  static Slot lonely_slot(const std::optional<Slot>& old, unsigned level, const MapEntry& entry) {
    const Lonely lonely{entry.key, entry.leaf};
    if (old && old->lonely == lonely) return *old;
    return Slot{lonely, lonely_hash(entry.key, entry.leaf, slot_height(level))};
  }

  const PageReader& pages_;
  const PageWriter& write_;
};

struct WayDown {
  std::vector<std::optional<Hash256>> peers;  // from the bottom, beginning at `height`
  unsigned height = kMapDepth;                // of the subtree where the way ends
  std::optional<Lonely> end;                  // the one key that is in it
};

// The siblings inside a page, from its slots up. Empty ones have their hash, as Warg writes them.
void append_peers(const PageNodes& nodes, unsigned level, unsigned digit,
                  std::vector<std::optional<Hash256>>& peers) {
  for (unsigned up = 0; up < kPageBits; ++up) {
    const auto& peer = nodes[up][(digit >> up) ^ 1];
    peers.emplace_back(peer ? *peer : empty_map_hash(slot_height(level) + up));
  }
}

Result<WayDown> walk_down(const Hash256& key, const PageReader& pages) {
  WayDown way;
  VARVE_TRY(auto page, find_page(pages, key, 0));
  std::vector<std::vector<std::optional<Hash256>>> by_page;
  for (unsigned level = 0; page; ++level) {
    const unsigned digit = slot_of(key, level);
    append_peers(hash_page(*page, level), level, digit, by_page.emplace_back());
    way.height = slot_height(level);
    const std::optional<Slot> slot = (*page)[digit];
    page.reset();
    if (!slot) break;
    way.end = slot->lonely;
    if (way.end) break;
    VARVE_TRY(page, page_below(pages, key, level + 1));
  }
  for (auto peers = by_page.rbegin(); peers != by_page.rend(); ++peers)
    way.peers.insert(way.peers.end(), peers->begin(), peers->end());
  return way;
}

// `bottom` is the height of the first peer. The last one stays: without any, a map of one key would
// have a proof that looks like none at all, and Warg's own map writes that one too.
MapProof without_empty_bottom(std::vector<std::optional<Hash256>> peers, unsigned bottom) {
  std::size_t empty = 0;
  while (empty + 1 < peers.size() &&
         *peers[empty] == empty_map_hash(bottom + static_cast<unsigned>(empty)))
    ++empty;
  peers.erase(peers.begin(), peers.begin() + static_cast<std::ptrdiff_t>(empty));
  return MapProof{std::move(peers)};
}

std::unexpected<Error> refuse(std::string_view why) {
  return fail(Errc::invalid, About::proof, std::string(why));
}

}  // namespace

Hash256 map_key(const LogId& log_id) {
  return sha256(log_id.raw());
}

std::string map_leaf(const RecordId& record_id) {
  std::string leaf = "WARG-MAP-LEAF-V0";
  append_string(leaf, record_id.to_string());
  return leaf;
}

Hash256 map_leaf_hash(const RecordId& record_id) {
  return leaf_hash(map_leaf(record_id));
}

Hash256 empty_map_root() {
  return empty_map_hash(kMapDepth);
}

Result<Hash256> set_in_map(std::span<const MapEntry> entries, const PageReader& pages,
                           const PageWriter& write) {
  std::map<Hash256, Hash256> last;
  for (const MapEntry& entry : entries) last[entry.key] = entry.leaf;
  std::vector<MapEntry> sorted;
  sorted.reserve(last.size());
  for (const auto& [key, leaf] : last) sorted.push_back({key, leaf});
  return Setter(pages, write).set_root(std::move(sorted));
}

Result<Hash256> map_root(const PageReader& pages) {
  VARVE_TRY(const auto page, find_page(pages, Hash256{}, 0));
  if (!page) return empty_map_root();
  return hash_page(*page, 0)[kPageBits][0].value_or(empty_map_root());
}

Result<MapProof> prove_in_map(const Hash256& key, const PageReader& pages) {
  VARVE_TRY(WayDown way, walk_down(key, pages));
  if (!way.end || way.end->key != key)
    return fail(Errc::not_found, About::proof, "the map holds nothing for this log");
  return without_empty_bottom(std::move(way.peers), way.height);
}

Result<MapProof> prove_absence(const Hash256& key, const PageReader& pages) {
  VARVE_TRY(WayDown way, walk_down(key, pages));
  if (way.end && way.end->key == key)
    return fail(Errc::conflict, About::proof, "the map holds a record of this log");
  if (way.end) {
    // Another key is alone here. The ways to both part further down, where its subtree is the
    // sibling; above that and below the slot there is nothing.
    const unsigned parting = kMapDepth - 1 - shared_bits(key, way.end->key);
    std::vector<std::optional<Hash256>> peers;
    peers.emplace_back(lonely_hash(way.end->key, way.end->leaf, parting));
    for (unsigned h = parting + 1; h < way.height; ++h) peers.emplace_back(empty_map_hash(h));
    way.peers.insert(way.peers.begin(), peers.begin(), peers.end());
    way.height = parting;
  }
  return without_empty_bottom(std::move(way.peers), way.height);
}

Result<Hash256> root_of_proof(const MapEntry& entry, const MapProof& proof) {
  if (proof.peers.size() > kMapDepth) return refuse("a map proof has more peers than levels");
  unsigned height = kMapDepth - static_cast<unsigned>(proof.peers.size());
  Hash256 hash = entry.leaf == empty_map_hash(0) ? empty_map_hash(height)
                                                 : lonely_hash(entry.key, entry.leaf, height);
  for (const auto& peer : proof.peers) {
    const Hash256& other = peer ? *peer : empty_map_hash(height);
    const bool right = goes_right(entry.key, kMapDepth - 1 - height);
    hash = right ? node_hash(other, hash) : node_hash(hash, other);
    ++height;
  }
  return hash;
}

Result<void> verify_in_map(const MapEntry& entry, const MapProof& proof, const Hash256& root) {
  VARVE_TRY(const Hash256 found, root_of_proof(entry, proof));
  if (found != root) return refuse("the map proof leads to another root");
  return {};
}

Result<void> verify_absence(const Hash256& key, const MapProof& proof, const Hash256& root) {
  return verify_in_map({key, empty_map_hash(0)}, proof, root);
}

}  // namespace varve::warg
