// Event signatures along a log: the genesis entry names the first event key, each rotation the
// next. Pure; one thread at a time.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/codec.h"
#include "log/crew.h"
#include "log/proof/note.h"

namespace varve {

// An entry taken apart, with the hash of its bytes.
struct OpenedEntry {
  std::string bytes;
  Hash256 leaf{};
  Entry entry;
};

// Checks a log's entries in order, a run at a time, on all threads of a crew.
class EventChain {
 public:
  EventChain(Crew& crew, bool verify_signatures) : crew_(crew), verify_(verify_signatures) {}

  // `first` is the index of run[0], one after the last run's end. Decodes every entry (bytes are
  // taken from run[i].bytes), checks its index, its place in its request's run and, unless told not
  // to, its signature and its author's. Errors: Errc::corrupt about entry or signature, naming the
  // index.
  Result<void> open(EntryIndex first, std::span<OpenedEntry> run);

  // The last run must not end in the middle of a request's run. Not for a log cut at an arbitrary
  // size.
  Result<void> complete() const;

  // What the genesis entry said; empty before it was seen.
  const std::optional<VerifierKey>& log_key() const { return log_key_; }
  // Every event key so far, oldest first.
  const std::vector<VerifierKey>& event_keys() const { return event_keys_; }
  std::uint64_t signatures() const { return signatures_; }

 private:
  Result<void> learn_keys(const OpenedEntry& opened);
  Result<void> check_run(EntryIndex index, const Envelope& envelope);
  Result<void> verify_stretch(EntryIndex first, std::span<OpenedEntry> stretch);

  Crew& crew_;
  bool verify_;
  std::optional<VerifierKey> log_key_;
  std::vector<VerifierKey> event_keys_;
  std::uint64_t signatures_ = 0;
  Timestamp last_at_;
  // The run the last entry belongs to: a request's events stand together, all of them.
  std::string run_request_;
  std::uint32_t run_position_ = 0;
  std::uint32_t run_count_ = 0;
};

}  // namespace varve
