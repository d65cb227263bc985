// C2SP tlog-policy files: which logs a verifier believes, and how many witnesses must have seen a
// checkpoint. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "log/proof/note.h"

namespace varve::cli {

struct Policy {
  std::vector<VerifierKey> logs;
  std::string quorum;  // "none", or the witness or group that must agree
  bool needs_witnesses() const { return quorum != "none"; }
};

// Strict (Errc::invalid, About::request, naming the line): octets 09 0A 20–7E 80–FF, "#" comments,
// backward references only, a name in at most one group, no key twice, exactly one quorum.
Result<Policy> parse_policy(std::string_view file);

}  // namespace varve::cli
