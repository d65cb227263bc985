// C2SP tlog-proof files (".tlog-proof"): one entry, its inclusion proof and a signed checkpoint,
// verifiable offline. The entry travels in `extra`; it is authenticated because SHA-256(00 ‖ entry)
// must reproduce the root. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/limits.h"
#include "core/codec.h"
#include "log/proof/note.h"

namespace varve {

struct ProofBundle {
  std::string entry;  // the signed note bytes in `extra`
  EntryIndex index;
  std::vector<Hash256> hashes;  // the leaf's sibling first
  std::string checkpoint;       // verbatim note, with all cosignatures
};
// The whole file: 128 KiB for index, hashes and a checkpoint with many cosignatures, and the entry.
inline constexpr std::size_t kProofFileBytesMax =
    (128 << 10) + (limits::kEntryBytesMax + 2) / 3 * 4;
// Strict both ways: format(parse(x)) == x for every x that parses. C2SP lets `extra` be missing; we
// refuse that (Errc::unsupported), having nothing to hash then. Whether the checkpoint is a note is
// for verify_bundle to say.
Result<ProofBundle> parse_bundle(std::string_view file);
std::string format_bundle(const ProofBundle& bundle);

inline constexpr std::string_view kEventSignatureCheck = "event signature";
// Whether an author's signature in the entry is true; and whether it is whose was required, which
// is no statement about the entry but about what its reader wants.
inline constexpr std::string_view kPublisherCheck = "publisher signature";
inline constexpr std::string_view kRequiredPublisherCheck = "required publisher";
// One line of what `varve verify` prints.
struct Check {
  // absent: there is nothing to check, or an earlier failure leaves nothing to check it against.
  // unknown: this verifier cannot tell, another might; nothing is proven, and nothing is false.
  enum class Outcome { passed, failed, absent, unknown };
  std::string name;  // "checkpoint signature", "inclusion", "event signature", …
  Outcome outcome;
  std::string detail;  // why, with ids and sizes
};

struct Verdict {
  std::vector<Check> checks;
  // Decoded; present when everything about the entry itself passed: checkpoint, origin, inclusion,
  // event signature, index. A wrong file or a missing publisher does not take it away.
  std::optional<Entry> entry;
  bool proven() const;     // none failed, none is unknown, at least one passed
  bool disproven() const;  // one failed
};

// What the verifier trusts. The log's key and an event key are needed: there is no way to skip a
// check.
struct TrustedKeys {
  VerifierKey log;
  VerifierKey event;                      // name = origin + "/events"; the newest one known
  std::vector<VerifierKey> earlier = {};  // oldest first: they signed before a rotation

  std::vector<VerifierKey> event_keys() const;  // all, oldest first
  // The event key with this name and id; null when it is not among them.
  const VerifierKey* find_event_key(const NoteSignature& signature) const;
  // A later event key takes over; the one before it stays trusted for what it signed.
  void rotate_to(VerifierKey next);
};
// One log's key, named by its origin, and one event key or more, named by that and "/events",
// oldest first. No key twice, none serves for both, and no two event keys share an id.
// Errc::invalid/About::key otherwise.
Result<TrustedKeys> trusted_keys(std::vector<VerifierKey> keys);
// A key file: such keys, one a line; empty lines and "#" comment lines. The log's may stand
// anywhere.
inline constexpr std::size_t kKeyFileBytesMax = 64 << 10;
Result<TrustedKeys> parse_trusted_keys(std::string_view file);
// Every line of a file as a key, whatever the keys are for.
Result<std::vector<VerifierKey>> parse_key_lines(std::string_view file);
// The file that parses to these: what /log/vkey serves.
std::string format_trusted_keys(const TrustedKeys& keys);

// Runs every check in order and reports each; the index inside the entry must be the proven one,
// and its own origin (key name) the checkpoint's. When `file_digest` is given, it must be
// the digest of what the entry puts or points to. A publisher's signature in the entry must be true
// (author.h); that there is none is a check with Outcome::absent. With `required_author` there must
// be one, and by this key: a check of its own.
// What cannot be checked because an earlier check failed is absent too, and says so. An entry of a
// type or version that this one does not know is `unknown`: it may be sound. So is an entry signed
// by an event key of this log that is not among `keys`, after a rotation. Which key was in force at
// which index only the log itself tells: any of the given event keys may have signed any entry.
//
// Not covered: cosignatures of keys that are not in `keys` (C2SP: unknown signatures are ignored).
Verdict verify_bundle(const ProofBundle& bundle, const TrustedKeys& keys,
                      const std::optional<Digest>& file_digest,
                      const std::optional<warg::KeyId>& required_author);

}  // namespace varve
