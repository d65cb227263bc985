// Whether two signed checkpoints belong to one history, and the evidence when they do not. The
// thread of main() only.
//
// Three answers: yes; no, with evidence that convinces a third party (exit 7); cannot tell (exit
// 6). A server decides what is answered, so it must not be able to turn a "no" into anything
// quieter than "cannot tell": both notes are saved then too.
#pragma once

#include <string>
#include <string_view>

#include "api/cli/server.h"
#include "api/cli/trust.h"
#include "log/proof/tile.h"

namespace varve::cli {

// Tiles as the server gives them: check what is computed from them.
TileReader tiles_of(Server& server);

// A checkpoint whose signature was verified, and the note it came in. Views of the caller's.
struct SeenCheckpoint {
  const Checkpoint& checkpoint;
  std::string_view note;
};

// In any order of sizes. Failures: 7 for two histories, 6 when the server does not give what would
// tell.
Outcome<void> must_be_one_history(Server& server, const TrustStore& store,
                                  const SeenCheckpoint& remembered, const SeenCheckpoint& served);

// Saves the evidence and says where it is. `proof`, when not empty, is kept beside the notes.
std::unexpected<Failure> equivocation(const TrustStore& store, const SeenCheckpoint& remembered,
                                      const SeenCheckpoint& served, std::string what,
                                      std::string why, std::string_view proof = {});

}  // namespace varve::cli
