// What handlers work with: made once by the composition root (api/serve.cpp), shared by all I/O
// threads, never copied.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "api/auth/authenticator.h"
#include "api/config.h"
#include "api/http/message.h"
#include "api/http/pool.h"
#include "api/surface/continuation.h"
#include "api/surface/declared_uploads.h"
#include "api/surface/finished_uploads.h"
#include "api/surface/open_repositories.h"
#include "api/surface/repodata_cache.h"
#include "api/surface/swr_index.h"
#include "api/surface/tickets.h"
#include "api/surface/tile_cache.h"
#include "api/surface/warg_node_cache.h"
#include "log/download_counts.h"
#include "log/head.h"
#include "log/leases.h"
#include "log/ledger.h"
#include "log/proof/note.h"
#include "log/proof/warg_keys.h"
#include "log/purger.h"
#include "log/reader.h"
#include "log/store/blob_store.h"

namespace varve {

// What changes while the server runs. Any thread.
struct RunState {
  std::atomic<bool> draining{false};  // set by the composition root at SIGTERM; /readyz tells
  std::atomic<std::int64_t> disk_checked_ms{0};  // monotonic; 0: never
  std::atomic<bool> disk_low{false};
  surface::TileCache tiles;
  surface::WargNodeCache warg_nodes;
  std::atomic<std::size_t> proof_waiters{0};  // requests that wait for a checkpoint
  surface::FinishedUploads finished_uploads;
  surface::DeclaredUploads declared_uploads;
  surface::OpenRepositories open_repositories;
  surface::Continuations continuations;
  surface::Tickets tickets;
  surface::RepodataCache repodata;
  surface::SwrIndex swr;
  std::atomic<unsigned> swr_of_the_past{0};  // listings of earlier states that run now
};

struct Services {
  const Config& config;
  HeadCell& head;
  Ledger* ledger;  // null on a read-only server
  BlobStore& blobs;
  http::Pool& pool;  // for anything that may block: file syncs, blob reads
  VerifierKey log_key;
  VerifierKey event_key;
  Leases* leases = nullptr;             // null on a read-only server: nothing is purged there
  Purger* purger = nullptr;             // the same
  auth::Authenticator* auth = nullptr;  // null on a read-only server: it has no secrets
  // Signs what the operator says in Warg's operator log; null on a read-only server.
  std::shared_ptr<const warg::PrivateKey> warg_key = nullptr;
  DownloadCounts* downloads = nullptr;  // null: nobody counts
  std::shared_ptr<RunState> state = std::make_shared<RunState>();
  std::size_t scan_rows_max = limits::kScanRowsMax;

  Reader reader() const { return Reader(head.get()); }
  std::string ulid() const;  // a new request id
  Timestamp now() const;
  bool low_on_disk() const;   // below config.disk_low_water; measured at most once a second
  bool measure_disk() const;  // the same, measured now: before every window that is stored
};

// The coroutine's way into the ledger: completes on the caller's executor.
http::net::awaitable<Result<Receipt>> submit(Services& services, Command command);

}  // namespace varve
