// The port between the log and a storage engine: atomic synced batches, snapshots, ordered cursors.
// Nothing above this file knows which engine it is. An engine is one class for each of the four.
//
// Threads: commit() is called by one thread at a time; snapshot() and everything on a Snapshot may
// be called by any thread at any time; a Cursor or Batch belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "log/store/tables.h"

namespace varve {

class Cursor {
 public:
  virtual ~Cursor() = default;
  // Positions at the first key >= `key` inside the cursor's bounds.
  virtual void seek(std::string_view key) = 0;
  virtual void next() = 0;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;    // until the next move
  virtual std::string_view value() const = 0;  // until the next move
  // Not ok once anything could not be read; then valid() is false.
  virtual Result<void> status() const = 0;
};

class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual Result<std::optional<std::string>> get(Family family, std::string_view key) const = 0;
  // Keys in [lower, upper); an empty upper means to the end. Starts unpositioned.
  virtual std::unique_ptr<Cursor> cursor(Family family, std::string_view lower,
                                         std::string_view upper) const = 0;
};

class Batch {
 public:
  virtual ~Batch() = default;
  virtual void put(Family family, std::string_view key, std::string_view value) = 0;
  virtual void erase(Family family, std::string_view key) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual std::unique_ptr<Batch> batch() = 0;
  // All of it or nothing, durable before it returns, visible to snapshots taken afterwards. After
  // an error the outcome is unknown and the store must be closed: only opening it again tells.
  virtual Result<void> commit(std::unique_ptr<Batch> batch) = 0;
  // Like commit(), durable only after the next flush(): for stores that can be made again.
  virtual Result<void> commit_unsynced(std::unique_ptr<Batch> batch) = 0;
  virtual Result<void> flush() = 0;
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
};

// The smallest string greater than every string that starts with `prefix`; empty when there is
// none.
std::string prefix_end(std::string_view prefix);

}  // namespace varve
