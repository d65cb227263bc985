// Takes away what nobody can reach any more: links that no manifest needs, blobs that no repository
// links, files that no row knows. One pass at a time, and dry runs beside it; a pass blocks on the
// disk and the ledger: a thread of its own or of the pool, never an I/O thread.
//
// Nothing goes before it was unreachable for the whole grace period, as the passes of this process
// and the rows of the past tell (what was needed between two passes begins anew), nor while anybody
// counts on it (log/leases.h). The log decides each case at its
// position: a manifest that was put in the meantime wins. A file goes only after `blob.purged` is
// durable; a crash in between leaves a file that no row knows, which a later pass sweeps.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/content/content.h"
#include "log/head.h"
#include "log/leases.h"
#include "log/ledger.h"
#include "log/reader.h"
#include "log/store/blob_store.h"

namespace varve {

struct PurgeReport {
  enum class Outcome : std::uint8_t {
    waiting,   // inside the grace period
    leased,    // somebody counts on it
    kept,      // the log or the disk said no at the last moment
    unlinked,  // from `repo`
    purged,    // its bytes are gone
    swept,     // a file without a row, gone
    due,       // a dry run would have taken it now
  };
  struct Item {
    Outcome outcome;
    std::optional<RepoName> repo;  // of a link
    Digest digest;
    std::uint64_t size;
  };
  std::map<Outcome, std::uint64_t> counts;
  std::uint64_t bytes_freed = 0;
  std::vector<Item> items;  // the first limits::kPurgeItemsMax; counts has them all
};
std::string_view to_string(PurgeReport::Outcome outcome);

class Purger {
 public:
  struct Options {
    std::chrono::milliseconds grace{std::chrono::hours(2)};
    Leases::Now steady = &Leases::Clock::now;
    std::function<Timestamp()> clock;      // files tell their age by it
    std::function<std::string()> request;  // a new ULID
  };
  Purger(Ledger& ledger, HeadCell& head, BlobStore& blobs, Leases& leases, Options options);

  // `stop` is asked between steps: what is left is for the next pass. A dry run says what would go
  // and changes nothing at all: no lease, no waiting time, no pass that runs beside it. Errors: the
  // first that is about the store, the disk or the ledger as a whole; conflict for a second pass.
  using Stop = std::function<bool()>;
  Result<PurgeReport> pass(bool dry_run, const Stop& stop = [] { return false; });

 private:
  class Pass;

  Ledger& ledger_;
  HeadCell& head_;
  BlobStore& blobs_;
  Leases& leases_;
  const Options options_;
  std::mutex one_at_a_time_;

  // When each was first found unreachable, in the passes since without a break, and where the log
  // stood.
  struct Found {
    Leases::Clock::time_point time;
    TreeSize size;
  };
  using Since = std::map<std::string, Found>;
  std::shared_ptr<const Since> remembered() const;
  void remember(Since since);
  mutable std::mutex since_mutex_;
  std::shared_ptr<const Since> since_ = std::make_shared<const Since>();
};

}  // namespace varve
