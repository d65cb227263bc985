// The composition root of a running registry: configuration → data directory → ledger → services →
// HTTP server, and the way back down. The thread of main() only.
#pragma once

#include "api/cli/console.h"
#include "api/config.h"

namespace varve {

// Serves until SIGTERM or SIGINT, then drains: running requests finish, what is committed is
// published. A second signal ends the process at once. Both signals are blocked in every thread
// from here on. Failures: 2 not initialised or badly configured, 6 and 7 about the anchor, 9 when
// another process has the directory or the port.
cli::Outcome<cli::ExitCode> serve(const Config& config, cli::Console& console);

}  // namespace varve
