// Small answers about the program itself. The thread of main() only.
#pragma once

#include <string>

#include "api/cli/console.h"

namespace varve::cli {

std::string version_line();
Outcome<ExitCode> run_version(Console& console);
Outcome<ExitCode> print_exit_codes(Console& console);

}  // namespace varve::cli
