// Pages of the verifiable map: rows and hashes. Pure; any thread.
#include "core/warg/map_page.h"

#include <vector>

#include "core/base/merkle_tree.h"

namespace varve::warg {
namespace {

// A row is its slots one after the other: the digit, with this bit when the key is lonely, and the
// hash; of a lonely key also the key and the leaf's hash.
constexpr unsigned kLonelyBit = 0x10;
constexpr std::size_t kHash = sizeof(Hash256);

Hash256 climb(const Hash256& below, bool right, unsigned height) {
  const Hash256& empty = empty_map_hash(height);
  return right ? node_hash(empty, below) : node_hash(below, empty);
}

Hash256 climb_alone(const Hash256& key, Hash256 hash, unsigned from, unsigned to) {
  for (unsigned h = from; h < to; ++h) hash = climb(hash, goes_right(key, kMapDepth - 1 - h), h);
  return hash;
}

// A record's way up is hashed when its checkpoint is made and again when that is projected, and as
// far as here it does not depend on what else the map holds: keys that share 64 bits are rare.
constexpr unsigned kStemHeight = 192;

struct Stem {
  Hash256 key{};
  Hash256 leaf{};
  Hash256 hash{};
};
constexpr std::size_t kStemsKept = 1'024;  // four batches of the ledger, 96 KiB a thread

Hash256 stem_hash(const Hash256& key, const Hash256& leaf) {
  thread_local std::vector<std::optional<Stem>> stems(kStemsKept);
  auto& kept = stems[static_cast<std::size_t>(leaf[0] << 8 | leaf[1]) % kStemsKept];
  if (!kept || kept->key != key || kept->leaf != leaf)
    kept = Stem{key, leaf, climb_alone(key, leaf, 0, kStemHeight)};
  return kept->hash;
}

std::unexpected<Error> corrupt() {
  return fail(Errc::corrupt, About::storage, "a stored page of the Warg map has the wrong form");
}

std::optional<Hash256> join(const std::optional<Hash256>& left, const std::optional<Hash256>& right,
                            unsigned height) {
  if (!left && !right) return std::nullopt;
  const Hash256& empty = empty_map_hash(height);
  return node_hash(left ? *left : empty, right ? *right : empty);
}

}  // namespace

const Hash256& empty_map_hash(unsigned height) {
  static const std::array<Hash256, kMapDepth + 1> hashes = [] {
    std::array<Hash256, kMapDepth + 1> by_height;
    by_height[0] = leaf_hash({});
    for (unsigned h = 0; h < kMapDepth; ++h)
      by_height[h + 1] = node_hash(by_height[h], by_height[h]);
    return by_height;
  }();
  VARVE_ASSERT(height <= kMapDepth);
  return hashes[height];
}

std::string page_key(const Hash256& key, unsigned level) {
  VARVE_ASSERT(level < kPageLevels);
  std::string row(1, static_cast<char>(level));
  row += as_view(key).substr(0, (level + 1) / 2);
  if (level % 2 != 0) row.back() = static_cast<char>(row.back() & 0xf0);
  return row;
}

std::string encode_page(const Page& page) {
  std::string bytes;
  for (unsigned digit = 0; digit < kPageSlots; ++digit) {
    const auto& slot = page[digit];
    if (!slot) continue;
    bytes += static_cast<char>(digit | (slot->lonely ? kLonelyBit : 0));
    bytes += as_view(slot->hash);
    if (!slot->lonely) continue;
    bytes += as_view(slot->lonely->key);
    bytes += as_view(slot->lonely->leaf);
  }
  return bytes;
}

Result<Page> decode_page(std::string_view bytes) {
  Page page;
  if (bytes.empty()) return corrupt();
  const auto take = [&] {
    const Hash256 hash = hash_from(bytes.substr(0, kHash));
    bytes.remove_prefix(kHash);
    return hash;
  };
  for (unsigned next = 0; !bytes.empty();) {
    const auto head = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    const unsigned digit = head & (kPageSlots - 1);
    const bool lonely = (head & kLonelyBit) != 0;
    if (head >= 2 * kLonelyBit || digit < next || bytes.size() < (lonely ? 3 : 1) * kHash)
      return corrupt();
    Slot& slot = page[digit].emplace();
    slot.hash = take();
    if (lonely) {
      slot.lonely.emplace().key = take();
      slot.lonely->leaf = take();
    }
    next = digit + 1;
  }
  return page;
}

PageNodes hash_page(const Page& page, unsigned level) {
  PageNodes nodes;
  for (unsigned i = 0; i < kPageSlots; ++i)
    if (page[i]) nodes[0][i] = page[i]->hash;
  for (unsigned up = 0; up < kPageBits; ++up)
    for (std::size_t i = 0; i < kPageSlots >> (up + 1); ++i)
      nodes[up + 1][i] = join(nodes[up][2 * i], nodes[up][2 * i + 1], slot_height(level) + up);
  return nodes;
}

Hash256 lonely_hash(const Hash256& key, const Hash256& leaf, unsigned height) {
  VARVE_ASSERT(height <= kMapDepth);
  if (height < kStemHeight) return climb_alone(key, leaf, 0, height);
  return climb_alone(key, stem_hash(key, leaf), kStemHeight, height);
}

}  // namespace varve::warg
