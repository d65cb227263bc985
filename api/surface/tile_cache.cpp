// One mutex a slot: two readers meet only when they want the same tile, for the length of a copy of
// a shared pointer.
#include "api/surface/tile_cache.h"

#include <utility>

namespace varve::surface {

// Neighbours get different slots; levels start far apart.
std::size_t TileCache::slot_of(const TilePath& path) {
  if (path.entries) return kTileSlots + static_cast<std::size_t>(path.n % kBundleSlots);
  return static_cast<std::size_t>((path.n + path.level * 131) % kTileSlots);
}

TileCache::Bytes TileCache::find(const TilePath& path) const {
  const Slot& slot = slots_[slot_of(path)];
  const std::lock_guard lock(slot.mutex);
  return slot.path == path ? slot.bytes : nullptr;
}

void TileCache::put(const TilePath& path, Bytes bytes) {
  if (bytes->size() > kBytesMax) return;
  Slot& slot = slots_[slot_of(path)];
  const std::lock_guard lock(slot.mutex);
  slot.path = path;
  slot.bytes.swap(bytes);
}

}  // namespace varve::surface
