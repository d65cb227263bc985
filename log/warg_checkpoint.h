// Warg's checkpoints between the event that pins one and what is signed and shown. Any thread.
#pragma once

#include <chrono>
#include <string>

#include "core/warg/warg.h"
#include "log/ledger.h"
#include "log/proof/warg_keys.h"

namespace varve {

warg::CheckpointSigned as_event(const warg::SignedCheckpoint& checkpoint);
warg::SignedCheckpoint as_shown(const warg::CheckpointSigned& event);

// Has the newest checkpoint signed again once it is as old as `age`; false when it is not, or there
// is none. `request` is a new request id. Blocks as Ledger::run() does.
Result<bool> renew_checkpoint(Ledger& ledger, const View& view, const warg::PrivateKey& key,
                              std::chrono::seconds age, Timestamp now, std::string request);

}  // namespace varve
