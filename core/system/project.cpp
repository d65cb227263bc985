// What events about the log itself do to the derived tables.
#include "core/system/rows.h"
#include "core/system/rules.h"

namespace varve::system {

Result<void> project(const Genesis& event, const View&, Changes& changes) {
  changes.put(Table::system, fact_key(kOrigin), event.origin);
  changes.put(Table::system, fact_key(kLogKey), event.log_key);
  changes.put(Table::system, fact_key(kEventKey), event.event_key);
  changes.put(Table::system, event_key_row(event.event_key), event.event_key);
  return {};
}

Result<void> project(const DevModeEnabled&, const View&, Changes& changes) {
  changes.put(Table::system, fact_key(kDevMode), std::string(kDevModeOn));
  return {};
}

Result<void> project(const EventKeyRotated& event, const View&, Changes& changes) {
  changes.put(Table::system, fact_key(kEventKey), event.new_key);
  changes.put(Table::system, event_key_row(event.new_key), event.new_key);
  return {};
}

}  // namespace varve::system
