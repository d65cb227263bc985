// Scans with visitors that may fail.
#include "core/scan.h"

namespace varve {
namespace {

// As a View takes it; what went wrong is told by `outcome`, which must outlive it.
View::Visit remembering(const CheckedVisit& visit, Result<void>& outcome) {
  return [&visit, &outcome](std::string_view key, const Row& row) {
    const auto go_on = visit(key, row);
    if (!go_on) outcome = std::unexpected(go_on.error());
    return go_on && *go_on;
  };
}

}  // namespace

Result<void> scan_checked(const View& view, Table table, std::string_view prefix,
                          const CheckedVisit& visit) {
  Result<void> outcome;
  VARVE_CHECK(view.scan(table, prefix, {}, remembering(visit, outcome)));
  return outcome;
}

Result<std::optional<std::string>> scan_some_checked(const View& view, Table table,
                                                     std::string_view prefix,
                                                     std::string_view after, std::size_t rows_max,
                                                     const CheckedVisit& visit) {
  Result<void> outcome;
  auto last = view.scan_some(table, prefix, after, rows_max, remembering(visit, outcome));
  VARVE_CHECK(std::move(outcome));
  return last;
}

Result<bool> has_rows(const View& view, Table table, std::string_view prefix) {
  bool found = false;
  VARVE_CHECK(view.scan(table, prefix, {}, [&found](std::string_view, const Row&) {
    found = true;
    return false;
  }));
  return found;
}

Result<Places> find_places(const View& view, const PageWish& wish, const CheckedVisit& keep) {
  Places page;
  const CheckedVisit visit = [&](std::string_view full, const Row& row) -> Result<bool> {
    const std::string_view key = full.substr(wish.prefix.size());
    VARVE_TRY(const bool kept, keep(key, row));
    if (!kept) return true;
    page.more = page.places.size() == wish.limit;
    if (!page.more) page.places.push_back({std::string(key), row.index});
    return !page.more;
  };
  const std::string after = wish.after.empty() ? std::string() : wish.prefix + wish.after;
  VARVE_TRY(const auto cut,
            scan_some_checked(view, wish.table, wish.prefix, after, wish.rows_max, visit));
  if (!page.places.empty()) page.last = page.places.back().key;
  if (cut && !page.more) {
    page.more = true;
    page.last = cut->substr(wish.prefix.size());
  }
  return page;
}

}  // namespace varve
