// Questions about the log itself, asked of any View: the present, an earlier size, a replayed
// store. Pure; the View's thread rules hold.
#pragma once

#include <string>
#include <vector>

#include "core/view.h"

namespace varve::system {

// The log's name. Errc::not_found for a log without a genesis.
Result<std::string> origin(const View& view);

// The verifier keys the log names itself, as it names them.
struct LogKeys {
  std::string log;
  std::vector<std::string> event;  // every one that ever signed entries, oldest first
  // What a key file holds: one a line, the log's first.
  std::string lines() const;
};
// Errc::not_found for a log without a genesis, corrupt when the rows contradict each other.
Result<LogKeys> log_keys(const View& view);

}  // namespace varve::system
