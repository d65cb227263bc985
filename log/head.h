// The newest committed state, published atomically by the ledger and read by everybody. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/view.h"
#include "log/proof/note.h"
#include "log/proof/tile.h"
#include "log/store/store.h"

namespace varve {

// Immutable. Whoever holds one sees one state, whatever is committed meanwhile.
struct Head {
  TreeSize size;
  Hash256 root{};
  Timestamp last_at;
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const TreeEdge> edge;  // at `size`
  TreeSize published;                    // size of `checkpoint`
  std::shared_ptr<const std::string>
      checkpoint;  // newest checkpoint that is anchored; null: none yet
};

// The one place the newest Head is. A mutex, not an atomic shared_ptr: it is held for a copy only.
class HeadCell {
 public:
  std::shared_ptr<const Head> get() const {
    const std::lock_guard lock(mutex_);
    return head_;
  }
  void publish(std::shared_ptr<const Head> head) {
    const std::lock_guard lock(mutex_);
    head_.swap(head);  // the old one is released by the caller's argument, outside the lock …
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Head> head_;
};

// Which stores are good enough: to make their derived rows again, all are.
enum class Rows : std::uint8_t { of_our_format, of_any_format };

// The state a store holds: its head row, its edge rebuilt and checked against it, its newest
// checkpoint. Errors: not_found/storage for an empty store, corrupt when it contradicts itself,
// unsupported/storage when its rows have another format (kRowsFormat in log/store/tables.h).
Result<std::shared_ptr<const Head>> load_head(const Store& store, Rows rows = Rows::of_our_format);

// The public keys the log itself names as of this state.
struct NamedKeys {
  VerifierKey log;
  VerifierKey event;
};
Result<NamedKeys> named_keys(const View& view);

}  // namespace varve
