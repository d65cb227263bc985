// The whole command line: from words to a command and an exit code. The thread of main() only.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "api/cli/console.h"

namespace varve::cli {

// `words` without the program's name. Never throws; whatever goes wrong is reported on the
// console's second stream and becomes an exit code.
ExitCode run(std::span<const std::string> words, Console& console);

// What the terminal and the environment (NO_COLOR, TERM) allow.
ConsoleOptions console_options_for_process();

}  // namespace varve::cli
