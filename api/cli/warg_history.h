// Whether a Warg registry shows what it showed before, only more of it. The thread of main() only.
//
// As with the main log (history.h): yes; no, with evidence (exit 7); or cannot tell (exit 6), with
// both signed checkpoints saved too.
#pragma once

#include "api/cli/warg_client.h"

namespace varve::cli {

// `view` is verified in itself.
Outcome<void> must_continue(const WargClient& client, const WargStore& store,
                            const WargMemory& memory, const WargView& view,
                            const warg::PackageName& name);

}  // namespace varve::cli
