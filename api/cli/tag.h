// varve tag restore: a tag set back to what it was. The thread of main() only.
#pragma once

#include <cstdint>
#include <string>

#include "api/cli/commands.h"

namespace varve::cli {

struct TagRestoreOptions {
  ServerAddress server;
  std::string ref;
  std::uint64_t to = 0;  // the index of an event
};
Outcome<ExitCode> run_tag_restore(const TagRestoreOptions& options, Console& console);

}  // namespace varve::cli
