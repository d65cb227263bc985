// Reading the rows about the log itself. Any thread, as the View allows.
#include "core/system/query.h"

#include <algorithm>
#include <utility>

#include "core/system/rows.h"

namespace varve::system {
namespace {

Result<std::string> fact(const View& view, std::string_view name) {
  VARVE_TRY(auto row, view.get(Table::system, fact_key(name)));
  if (row) return std::move(row->value);
  return fail(Errc::not_found, About::key, "this log names no " + std::string(name));
}

}  // namespace

std::string LogKeys::lines() const {
  std::string text = log + '\n';
  for (const std::string& key : event) text += key + '\n';
  return text;
}

Result<std::string> origin(const View& view) {
  return fact(view, kOrigin);
}

Result<LogKeys> log_keys(const View& view) {
  LogKeys keys;
  VARVE_TRY(keys.log, fact(view, kLogKey));
  VARVE_TRY(const std::string newest, fact(view, kEventKey));
  std::vector<Row> rows;
  const auto keep = [&](std::string_view, const Row& row) {
    rows.push_back(row);
    return true;
  };
  VARVE_CHECK(view.scan(Table::system, fact_key(kEventKeys), {}, keep));
  std::ranges::sort(rows, {}, [](const Row& row) { return row.index.value; });
  for (Row& row : rows) keys.event.push_back(std::move(row.value));
  if (keys.event.empty() || keys.event.back() != newest)
    return fail(Errc::corrupt, About::key,
                "the newest of the log's event keys is not the current one");
  return keys;
}

}  // namespace varve::system
