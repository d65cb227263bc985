// Walking over rows where looking at one may fail, and pages of such walks. Pure; the View's thread
// rules hold.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/view.h"

namespace varve {

using CheckedVisit = std::function<Result<bool>(std::string_view key, const Row& row)>;

// View::scan until `visit` says no or fails.
Result<void> scan_checked(const View& view, Table table, std::string_view prefix,
                          const CheckedVisit& visit);

// View::scan_some, the same.
Result<std::optional<std::string>> scan_some_checked(const View& view, Table table,
                                                     std::string_view prefix,
                                                     std::string_view after, std::size_t rows_max,
                                                     const CheckedVisit& visit);

Result<bool> has_rows(const View& view, Table table, std::string_view prefix);

// A row by what its key has behind the prefix.
struct Place {
  std::string key;
  EntryIndex index;  // of the event that made it
};
struct Places {
  std::vector<Place> places;
  bool more = false;
  std::string last;  // where the next page goes on; not in `places` when they ended with rows_max
};
struct PageWish {
  Table table;
  std::string prefix;
  std::string after;  // behind the prefix, need not exist; empty: from the beginning
  std::size_t limit;
  std::size_t rows_max;  // looks at no more, those that it leaves out included
};
// One page, in byte order, of the rows that `keep` says yes to.
Result<Places> find_places(const View& view, const PageWish& wish, const CheckedVisit& keep);

}  // namespace varve
