// What the process tells its caller, stable for ever: scripts gate releases on these numbers. One
// mapping from Error to code, so that no command invents its own. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/error.h"

namespace varve::cli {

enum class ExitCode : std::uint8_t {
  ok = 0,
  internal = 1,
  usage = 2,
  proven_false = 3,
  absent = 4,
  policy = 5,
  cannot_tell = 6,
  equivocation = 7,
  authentication = 8,
  conflict = 9,
  interrupted = 130,
};

struct ExitCodeMeaning {
  ExitCode code;
  std::string_view meaning;
};
// In the order `varve help exit-codes` prints them.
std::span<const ExitCodeMeaning> exit_code_meanings();

// Never ExitCode::ok. Whatever is not known to be something else is `internal`.
ExitCode exit_code_of(const Error& error);

}  // namespace varve::cli
