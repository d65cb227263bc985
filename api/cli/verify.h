// varve verify: a proof file against keys a person trusts. No socket is opened here or in anything
// this file includes: what an auditor runs must not depend on the server it doubts. Any thread.
#pragma once

#include <optional>
#include <string>

#include "api/cli/console.h"
#include "log/proof/bundle.h"

namespace varve::cli {

struct VerifyOptions {
  std::optional<std::string> file;  // its hash must be the digest the entry names
  std::string proof;                // the .tlog-proof file
  std::optional<std::string> key;  // all vkeys, in a file or as text; with a policy: the event keys
  std::optional<std::string> policy;           // a tlog-policy file
  std::optional<std::string> required_author;  // a publisher's key: its id, or its text
};

struct VerifyResult {
  Verdict verdict;
  // ok only when every check that was asked for passed; cannot_tell when none failed, and one might
  // pass with a newer version or more keys.
  ExitCode code = ExitCode::internal;
  std::string entry_text;  // the signed line; empty unless code is ok
};

// Failures: 2 for files and keys that cannot be used, 3 for a proof file that is none, 5 for a log
// the policy does not name.
Outcome<VerifyResult> verify_files(const VerifyOptions& options);
Outcome<ExitCode> run_verify(const VerifyOptions& options, Console& console);

// One line a check, with its sign. Used by `prove` too.
void print_checks(const Verdict& verdict, Console& console, std::ostream& out);

}  // namespace varve::cli
