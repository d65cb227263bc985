// The keys a person hands in. The thread of main() only; nothing here reaches the network.
#pragma once

#include <string>

#include "api/cli/console.h"
#include "log/proof/bundle.h"

namespace varve::cli {

// The log's key and its event keys, from a file or from the text itself (vkeys hold '+', which
// paths rarely do). A text with whitespace between vkeys is fine. Nothing is skipped: all keys or a
// refusal.
Outcome<TrustedKeys> load_keys(const std::string& file_or_vkeys);

// The text behind load_keys(), for the commands that accept fewer keys.
Outcome<std::string> key_text(const std::string& file_or_vkeys);

}  // namespace varve::cli
