// How the verifiable map is kept: pages of four levels, sixteen slots each, one row a page. Inside
// core only. Pure; any thread.
//
// The map has 256 levels and few keys, so almost all of it is empty. A page of level L stands for
// the keys that share their first L hex digits; its slots tell by the next digit. A slot is empty,
// a lonely key whose way down is hashed but not kept, or the hash of a page below. Four levels a
// row, because a proof then looks at four rows of a map of 20,000 keys instead of fifteen, and a
// new record writes as many.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/digest.h"

namespace varve::warg {

inline constexpr unsigned kMapDepth = 256;
inline constexpr unsigned kPageBits = 4;
inline constexpr unsigned kPageSlots = 1u << kPageBits;
inline constexpr unsigned kPageLevels = kMapDepth / kPageBits;

// The hash of an empty subtree; height 0 is a leaf, 256 the whole map.
const Hash256& empty_map_hash(unsigned height);

constexpr bool goes_right(const Hash256& key, unsigned depth) {
  return ((key[depth / 8] >> (7 - depth % 8)) & 1) != 0;
}
// The slot of a key in its page of this level.
constexpr unsigned slot_of(const Hash256& key, unsigned level) {
  return (key[level / 2] >> (level % 2 == 0 ? 4 : 0)) & 0xf;
}
// The height of the subtrees that the slots of a page stand for.
constexpr unsigned slot_height(unsigned level) {
  return kMapDepth - kPageBits * (level + 1);
}

// The row key of the page of `level` on the way to `key`: the level as a byte, which tells how many
// bytes follow, and the digits before it, two a byte.
std::string page_key(const Hash256& key, unsigned level);

struct Lonely {
  Hash256 key{};
  Hash256 leaf{};
  friend bool operator==(const Lonely&, const Lonely&) = default;
};

struct Slot {
  std::optional<Lonely> lonely;  // else the slot stands for a page below
  Hash256 hash{};                // of the subtree
  friend bool operator==(const Slot&, const Slot&) = default;
};

using Page = std::array<std::optional<Slot>, kPageSlots>;

// Only slots that are not empty, in order. Decoding refuses (Errc::corrupt) any other spelling.
std::string encode_page(const Page& page);
Result<Page> decode_page(std::string_view bytes);

// The nodes inside a page by their height above its slots: 0 the slots, 4 the page itself. Nothing
// where a subtree is empty.
using PageNodes = std::array<std::array<std::optional<Hash256>, kPageSlots>, kPageBits + 1>;
PageNodes hash_page(const Page& page, unsigned level);

// The subtree of `height` that holds this leaf alone.
Hash256 lonely_hash(const Hash256& key, const Hash256& leaf, unsigned height);

}  // namespace varve::warg
