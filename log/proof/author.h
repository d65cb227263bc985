// Is what an author claims in an event true? For whoever reads entries: `varve log`, `verify`,
// fsck, replay. Pure; any thread.
#pragma once

#include <string_view>

#include "core/event.h"

namespace varve {

// The key's id is the key's, the key is sound, its signature is over the statement, and that says
// what the event says, in the log of this origin. An event without an author passes. Errors:
// Errc::invalid, About::signature.
//
// What this does not tell: whose key it was then. The registry looked that up before it wrote the
// entry, and the log's own events about keys say it again.
Result<void> verify_author(const Event& event, std::string_view origin);

}  // namespace varve
