// What the findings of a check mean together: false, or only not readable. Any thread.
#pragma once

#include <optional>
#include <span>

#include "api/cli/exit_code.h"
#include "log/fsck.h"

namespace varve::cli {

bool is_about_anchor(const FsckFinding& finding);
// Something that was read and is wrong, wherever it is.
bool is_proven(const FsckFinding& finding);

// `anchor` is what the anchor alone means, when a finding is about it. A log that lost entries it
// had published (7) outweighs everything else, what is proven false (3) outweighs what cannot be
// told (6).
ExitCode verdict_of(std::span<const FsckFinding> findings, std::optional<ExitCode> anchor);

}  // namespace varve::cli
