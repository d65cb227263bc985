// Points in time as integers: microseconds since 1970-01-01T00:00:00Z. Pure: nobody reads a clock
// here; time enters with the command. Any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace varve {

struct Timestamp {
  std::int64_t micros = 0;

  // RFC 3339, any offset, at most 6 fractional digits kept; years 1970..9999.
  static Result<Timestamp> parse(std::string_view text);
  // "20260901t000000z": the form that fits inside a repository name (UTC, whole seconds).
  static Result<Timestamp> parse_compact(std::string_view text);
  std::string to_string() const;  // "2026-11-21T17:20:11.123456Z"

  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

}  // namespace varve
