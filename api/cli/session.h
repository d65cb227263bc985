// One command's dealings with one server: the checkpoint is fetched, verified and compared with the
// remembered one before anything else is believed. Other commands may use the same memory
// meanwhile. The thread of main() only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/cli/history.h"
#include "api/cli/server.h"
#include "api/cli/trust.h"

namespace varve::cli {

class Session {
 public:
  // `keys`, when given, are believed instead of remembered ones. Failures: 7 with both notes saved
  // when the server shows another history than before or, without keys, another log than before, 6
  // with both notes saved when it keeps back what would tell, 3 for a checkpoint that does not
  // verify.
  static Outcome<Session> open(Server& server, TrustStore store,
                               const std::optional<TrustedKeys>& keys, Console& console);

  Server& server() const { return *server_; }
  const TrustedLog& log() const { return log_; }
  TreeSize size() const { return log_.checkpoint.size; }
  // Fetches the checkpoint again.
  Outcome<void> refresh();
  // A checkpoint that came another way (inside a proof), older or newer than ours: verified,
  // compared, remembered when newer.
  Outcome<void> accept(std::string_view note);
  // Part of this log's chain of event keys, oldest first, as far as it was followed: the newest is
  // what the next command starts from, the others stay trusted for what they signed.
  Outcome<void> remember_event_keys(std::span<const VerifierKey> chain);
  // Tiles of the current tree, as the server gives them: check what is computed from them.
  TileReader tiles() const { return tiles_of(*server_); }

 private:
  Session(Server& server, TrustStore store, TrustedLog log, std::string base_note, bool remember)
      : server_(&server),
        store_(std::move(store)),
        log_(std::move(log)),
        base_note_(std::move(base_note)),
        remember_(remember) {}
  static Outcome<Session> first_use(Server& server, TrustStore store,
                                    const std::optional<TrustedKeys>& keys, std::string note,
                                    Console& console);
  Outcome<void> advance(const Checkpoint& checkpoint, std::string_view note);
  SeenCheckpoint seen() const { return {log_.checkpoint, log_.note}; }
  Outcome<void> save();
  Outcome<void> join_stored();
  Outcome<void> remember_address(bool replace);

  Server* server_;
  TrustStore store_;
  TrustedLog log_;
  std::string base_note_;  // what the store held when it was last read or written; empty: nothing
  bool
      remember_;  // false: the caller's keys contradict the remembered ones, which stay as they are
};

}  // namespace varve::cli
