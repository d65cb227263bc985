// Is this text the one spelling of its JSON value (RFC 8785, within varve's rules)? Any thread.
// Two readers that parse an entry differently would see two histories under one signature.
#pragma once

#include <string_view>

#include "core/base/error.h"

namespace varve {

// One value without spaces around it; member names ASCII and ascending; integers only, at most
// 2^53-1 either way. Errc::invalid/About::entry says what is not so.
Result<void> check_canonical_json(std::string_view text);

}  // namespace varve
