// Hashes of Warg's tree in memory. A node never changes once it is there, so a cached one is never
// wrong and nothing invalidates it. Direct-mapped: one slot for each node, the newcomer wins; a
// bound without bookkeeping. Any thread.
//
// A proof is some thirty nodes, most of them the same as in other proofs: a look-up here takes a
// twentieth of one in the store.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/merkle_tree.h"

namespace varve::surface {

class WargNodeCache {
 public:
  static constexpr std::size_t kSlots = 1 << 16;  // 40 bytes each

  WargNodeCache() : slots_(kSlots) {}
  // `rows` through the cache, which must outlive what is returned. What fails is not kept.
  NodeReader over(NodeReader rows);

 private:
  static constexpr std::size_t kStripes = 64;
  struct Slot {
    std::uint64_t node = 0;  // 0: nothing
    Hash256 hash{};
  };
  std::optional<Hash256> find(std::uint64_t node);
  void put(std::uint64_t node, const Hash256& hash);

  std::vector<Slot> slots_;
  std::array<std::mutex, kStripes> mutexes_;
};

}  // namespace varve::surface
