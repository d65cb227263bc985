// Numbers that cannot be mixed up: a position is not a count. Any thread.
#pragma once

#include <compare>
#include <cstdint>

namespace varve {

// A count of entries; "as of N" means the state after entries [0, N).
struct TreeSize {
  std::uint64_t value = 0;
  friend auto operator<=>(const TreeSize&, const TreeSize&) = default;
};

// The 0-based position of an entry. Entry i is visible as of size i+1.
struct EntryIndex {
  std::uint64_t value = 0;
  friend auto operator<=>(const EntryIndex&, const EntryIndex&) = default;
};

// The only bridge between the two.
constexpr TreeSize size_after(EntryIndex index) {
  return TreeSize{index.value + 1};
}

// The position the next entry of a log of this size gets.
constexpr EntryIndex next_index(TreeSize size) {
  return EntryIndex{size.value};
}

}  // namespace varve
