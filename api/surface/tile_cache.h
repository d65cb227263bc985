// Full tiles and bundles in memory. A full tile never changes, so a cached one is never wrong and
// nothing invalidates it. Direct-mapped: one slot for each key, the newcomer wins; a bound without
// bookkeeping. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "log/proof/tile.h"

namespace varve::surface {

class TileCache {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  // Null when it is not here. `path` names a full tile or bundle.
  Bytes find(const TilePath& path) const;
  // A full bundle is 110 KiB when entries are of the usual length. One of unusually long entries is
  // not kept, so memory is bounded: 8 MiB of tiles and 64 MiB of bundles.
  static constexpr std::size_t kBytesMax = 512 << 10;
  void put(const TilePath& path, Bytes bytes);

 private:
  static constexpr std::size_t kTileSlots = 1024;
  static constexpr std::size_t kBundleSlots = 128;
  struct Slot {
    mutable std::mutex mutex;
    TilePath path;
    Bytes bytes;
  };
  static std::size_t slot_of(const TilePath& path);
  std::array<Slot, kTileSlots + kBundleSlots> slots_;  // bundles behind the tiles
};

}  // namespace varve::surface
