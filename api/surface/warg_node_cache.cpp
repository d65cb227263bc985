// The cache of Warg's tree. Any thread.
#include "api/surface/warg_node_cache.h"

#include <utility>

namespace varve::surface {
namespace {

// Never 0. Levels are fewer than 2^7, and a log has at most 2^31 leaves.
std::uint64_t name_of(unsigned level, std::uint64_t n) {
  return (std::uint64_t{level} + 1) << 56 | n;
}

// Fibonacci hashing: neighbours come to lie apart, and so under different mutexes.
std::size_t slot_of(std::uint64_t node) {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  static_assert(WargNodeCache::kSlots == 1 << 16);
  return static_cast<std::size_t>((node * kGolden) >> 48);
}

}  // namespace

std::optional<Hash256> WargNodeCache::find(std::uint64_t node) {
  const std::size_t at = slot_of(node);
  const std::scoped_lock lock(mutexes_[at % kStripes]);
  if (slots_[at].node != node) return std::nullopt;
  return slots_[at].hash;
}

void WargNodeCache::put(std::uint64_t node, const Hash256& hash) {
  const std::size_t at = slot_of(node);
  const std::scoped_lock lock(mutexes_[at % kStripes]);
  slots_[at] = {node, hash};
}

NodeReader WargNodeCache::over(NodeReader rows) {
  return [this, rows = std::move(rows)](unsigned level, std::uint64_t n) -> Result<Hash256> {
    const std::uint64_t node = name_of(level, n);
    if (const auto hash = find(node)) return *hash;
    VARVE_TRY(const Hash256 hash, rows(level, n));
    put(node, hash);
    return hash;
  };
}

}  // namespace varve::surface
