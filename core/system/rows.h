// Keys of the rows about the log itself; values are text. Inside core only. Any thread.
#pragma once

#include "core/view.h"

namespace varve::system {

inline constexpr std::string_view kOrigin = "origin";
inline constexpr std::string_view kLogKey = "log_key";
inline constexpr std::string_view kEventKey = "event_key";    // the one that signs the next entry
inline constexpr std::string_view kEventKeys = "event_keys";  // … and every one so far, a row each
inline constexpr std::string_view kDevMode = "dev_mode";
inline constexpr std::string_view kDevModeOn = "on";

inline RowKey fact_key(std::string_view fact) {
  RowKey key;
  key.name(fact);
  return key;
}

// By a hash: a replayed log's key may be any text, 00 included.
inline RowKey event_key_row(std::string_view event_key) {
  RowKey key;
  key.name(kEventKeys).digest(Digest::of(event_key));
  return key;
}

}  // namespace varve::system
