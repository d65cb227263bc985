// C2SP tlog-proof files (".tlog-proof"): one entry, its inclusion proof and a signed checkpoint,
// verifiable offline. The entry travels in `extra`; it is authenticated because SHA-256(00 ‖ entry)
// must reproduce the root. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/codec.h"
#include "log/proof/note.h"

namespace varve {

struct ProofBundle {
  std::string entry;  // the signed note bytes in `extra`
  EntryIndex index;
  std::vector<Hash256> hashes;  // the leaf's sibling first
  std::string checkpoint;       // verbatim note, with all cosignatures
};
// Strict both ways: format(parse(x)) == x for every x that parses. At most 128 KiB + entry.
Result<ProofBundle> parse_bundle(std::string_view file);
std::string format_bundle(const ProofBundle& bundle);

// One line of what `varve verify` prints.
struct Check {
  enum class Outcome { passed, failed, absent };
  std::string name;    // "checkpoint signature", "inclusion", "event signature", …
  Outcome outcome;
  std::string detail;  // why, with ids and sizes
};

struct Verdict {
  std::vector<Check> checks;
  std::optional<Entry> entry;  // decoded, present when every cryptographic check passed
  bool proven() const;         // no check failed, and there was at least one
};

// What the verifier trusts. Both keys are needed: there is no way to skip a check.
struct TrustedKeys {
  VerifierKey log;
  VerifierKey event;  // name = origin + "/events"
};
// A key file: one vkey a line, "#" comments; exactly one ends in "/events" and the other is its
// origin. Errc::invalid/About::key otherwise.
Result<TrustedKeys> parse_trusted_keys(std::string_view file);

// Runs every check in order and reports each; the index inside the entry must be the proven one,
// and its own origin (key name) the checkpoint's. When `file_digest` is given, the entry's `data`
// must name it. When `author` is given (a key id), the entry must carry that publisher's signature;
// else the absence is reported as a check with Outcome::absent.
Verdict verify_bundle(const ProofBundle& bundle, const TrustedKeys& keys,
                      const std::optional<Digest>& file_digest,
                      const std::optional<std::string>& required_author);

}  // namespace varve
