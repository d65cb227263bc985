// The registry's own records in Warg's operator log: made and signed here, by the one key that may.
// Any thread.
#pragma once

#include <string>
#include <vector>

#include "core/body.h"
#include "core/verified.h"
#include "core/warg/record.h"
#include "log/ledger.h"
#include "log/proof/warg_keys.h"

namespace varve {

struct OperatorRecordWish {
  Verified<warg::SignedOperatorRecord> record;
  Body body;  // its bytes, for the command
};
Result<OperatorRecordWish> sign_operator_record(const warg::OperatorRecord& record,
                                                const warg::PrivateKey& key);

// The one after the newest in `view`. Errors: unavailable when the log has not begun.
Result<OperatorRecordWish> next_operator_record(const View& view,
                                                std::vector<warg::OperatorEntry> entries,
                                                const warg::PrivateKey& key, Timestamp now);

// Warg's clients take nothing from a registry whose operator's log is empty: its first record, if
// `view` has none. `request` is a new request id. Blocks as Ledger::run() does.
Result<void> begin_operator_log(Ledger& ledger, const View& view, const warg::PrivateKey& key,
                                Timestamp now, std::string request);

}  // namespace varve
