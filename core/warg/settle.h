// Warg's tree and map, brought up to date with the records there are: once a batch, not once a
// record, since a record's way up the map is 256 hashes. Pure; the View's thread rules hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/view.h"
#include "core/warg/map.h"
#include "core/warg/tree.h"
#include "core/warg/warg.h"

namespace varve::warg {

struct Roots {
  std::uint64_t log_length = 0;
  Hash256 log_root{};
  Hash256 map_root{};
  friend bool operator==(const Roots&, const Roots&) = default;
};

// What the next checkpoint has to name, of all records in `before`, and the rows that make it so.
// To hash them is most of what a record costs: whoever signs the checkpoint has done it and need
// not do it again to write its rows.
struct Settlement {
  struct NewRow {
    Table table;
    std::string key;
    std::string value;
  };
  Roots roots;
  std::vector<NewRow> rows;
};
Result<Settlement> settle(const View& before);
// All that a checkpoint's event does, given the settlement of the rows before it: project() is
// both. Errors: corrupt when the event's roots are others.
Result<void> pin(const CheckpointSigned& event, Settlement settlement, Changes& changes);

// Rows as the tree and the map read them. As of an earlier size they are those of then; the view
// must outlive what is returned.
NodeReader tree_rows(const View& view);
PageReader map_rows(const View& view);

}  // namespace varve::warg
