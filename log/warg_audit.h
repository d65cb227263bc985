// Warg's logs and checkpoints as a distrustful client would check them: every signature, every
// rule. What replay cannot see: it copies signatures, and takes records for what was decided.
// Blocks.
#pragma once

#include <cstdint>
#include <functional>

#include "log/reader.h"

namespace varve {

struct WargAudit {
  std::uint64_t records = 0;
  std::uint64_t checkpoints = 0;
};
// Calls `finding` for what does not hold, and goes on. Errors: rows that cannot be read.
Result<WargAudit> audit_warg(const Reader& reader,
                             const std::function<void(const Error& error)>& finding);

}  // namespace varve
