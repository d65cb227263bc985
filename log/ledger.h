// The single writer: decides commands in order, signs what they cause, and commits batches.
//
// submit() may be called by any thread. Everything else about the log's growth happens on the
// ledger's own threads: one decides, signs, hashes and projects batch n+1 while another syncs batch
// n; alone in the queue, a command is committed inline. Completions run on a ledger thread: they
// must only post.
//
// Nothing of a batch leaves the process before the batch is durable: not its receipts, not an error
// or an empty outcome that was decided on top of it, and least of all a checkpoint.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/registry.h"
#include "log/anchor.h"
#include "log/head.h"
#include "log/proof/note.h"
#include "log/proof/warg_keys.h"
#include "log/store/store.h"

namespace varve {

// Where a command's run of events stands. `count` is 0 for an idempotent repeat.
struct Receipt {
  EntryIndex first;
  std::uint32_t count = 0;
  TreeSize size;  // a committed size at which the outcome is visible
};

struct LedgerOptions {
  std::chrono::milliseconds publish_interval{1000};
  std::size_t signing_threads = 2;  // 1: the ledger thread alone
  // Microseconds since the epoch; tests replace it.
  std::function<Timestamp()> clock;
};

struct LedgerKeys {
  Signer log;    // name = origin
  Signer event;  // name = origin + "/events"
  // Signs Warg's checkpoints (P-256: Warg's client knows nothing else). None: they are not made.
  std::shared_ptr<const warg::PrivateKey> warg = nullptr;
};

class Ledger {
 public:
  using Done = std::move_only_function<void(Result<Receipt>)>;

  // Opens the log in `store`: rebuilds the edge, checks it against the stored head and against the
  // anchor, publishes what is unpublished, and puts the state into `head`. A store without entries
  // is refused (not_found): initialise() makes the first one. Errors: corrupt (store contradicts
  // itself), conflict about checkpoint (store shorter than or different from its anchor: exit 7),
  // unavailable about checkpoint (anchor missing though the store has published: exit 6).
  static Result<std::unique_ptr<Ledger>> open(Store& store, Anchor& anchor, HeadCell& head,
                                              LedgerKeys keys, LedgerOptions options);
  // Writes the genesis entry into an empty store and publishes it.
  static Result<void> initialise(Store& store, Anchor& anchor, LedgerKeys keys, Command genesis,
                                 Timestamp now);
  ~Ledger();  // drains

  // Queues the command, or completes it at once with Errc::overloaded (queue full) or
  // Errc::unavailable (draining, stopped). `done` is called exactly once.
  void submit(Command command, Done done);
  // The same for a thread that may wait: never one of the ledger's or of an I/O loop.
  Result<Receipt> run(Command command);

  // Refuses new commands, commits what is queued, publishes last. Idempotent; blocks.
  void drain();

  // Why nothing is accepted any more, once a commit or an anchor failed; empty while all is well.
  std::string fatal() const;

 private:
  class Writer;
  explicit Ledger(std::unique_ptr<Writer> writer);
  std::unique_ptr<Writer> writer_;
};

}  // namespace varve
