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
  // Bundles of unusually long entries are not kept: kSlots × kBytesMax bounds the memory at 64 MiB.
  void put(const TilePath& path, Bytes bytes);

 private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kBytesMax = 64 << 10;
  struct Slot {
    mutable std::mutex mutex;
    TilePath path;
    Bytes bytes;
  };
  static std::size_t slot_of(const TilePath& path);
  std::array<Slot, kSlots> slots_;
};

}  // namespace varve::surface
