// Recomputing and comparing everything a log claims. Blocks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "log/directory.h"
#include "log/proof/bundle.h"
#include "log/replay.h"

namespace varve {

struct FsckFinding {
  std::string what;        // "tile", "entry", "body", "blob", "checkpoint", "table", "anchor", "warg"
  std::string detail;      // which one, and what is wrong with it
  bool unchecked = false;  // it could not be read: nothing is proven about it either way
};

struct FsckReport {
  TreeSize size;
  std::uint64_t entries = 0;
  std::uint64_t signatures = 0;
  std::uint64_t tiles = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t bodies = 0;
  std::uint64_t blobs = 0;
  std::uint64_t warg_records = 0;
  std::uint64_t warg_checkpoints = 0;
  std::vector<TableDigest> tables;    // of the store; empty for a remote log
  std::vector<FsckFinding> findings;  // none: everything was read, and holds
};

using FsckProgress =
    std::function<void(std::string_view step, std::uint64_t done, std::uint64_t total)>;

// A directory, everything: entries, signatures, tiles, every kept checkpoint, bodies, blobs
// (re-hashed), the anchor, Warg's records and checkpoints, and every derived table against a replay made in `scratch` (emptied
// afterwards).
Result<FsckReport> fsck_directory(DataDirectory& directory, const BlobStore& blobs, Anchor& anchor,
                                  const std::filesystem::path& scratch,
                                  const FsckProgress& progress);

// A log through its read surface: checkpoint, every tile at every level, every entry and signature.
// Every trusted event key must have been in force in this log, in the order given; the log may have
// had others before, between and since.
Result<FsckReport> fsck_remote(EntrySource& source, const TrustedKeys& keys,
                               const FsckProgress& progress);

}  // namespace varve
