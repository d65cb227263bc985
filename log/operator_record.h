// The registry's own records in Warg's operator log: made and signed here, by the one key that may.
// Any thread.
#pragma once

#include "core/body.h"
#include "core/verified.h"
#include "core/warg/record.h"
#include "log/proof/warg_keys.h"

namespace varve {

struct OperatorRecordWish {
  Verified<warg::SignedOperatorRecord> record;
  Body body;  // its bytes, for the command
};
Result<OperatorRecordWish> sign_operator_record(const warg::OperatorRecord& record,
                                                const warg::PrivateKey& key);

}  // namespace varve
