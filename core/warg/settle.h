// Warg's tree and map, brought up to date with the records there are: once a batch, not once a
// record, since a record's way up the map is 256 hashes. Pure; the View's thread rules hold.
#pragma once

#include <cstdint>

#include "core/view.h"
#include "core/warg/map.h"
#include "core/warg/tree.h"

namespace varve::warg {

struct Roots {
  std::uint64_t log_length = 0;
  Hash256 log_root{};
  Hash256 map_root{};
  friend bool operator==(const Roots&, const Roots&) = default;
};

// The roots that the next checkpoint has to name: of all records in `before`.
Result<Roots> roots_now(const View& before);
// The same, and the rows that make it so: all of them are written by the checkpoint's event.
Result<Roots> settle(const View& before, Changes& changes);

// Rows as the tree and the map read them. As of an earlier size they are those of then; the view
// must outlive what is returned.
NodeReader tree_rows(const View& view);
PageReader map_rows(const View& view);

}  // namespace varve::warg
