// This machine's clock, for commands that write a log of their own. Any thread.
#pragma once

#include "core/base/time.h"

namespace varve::cli {

Timestamp machine_now();

}  // namespace varve::cli
