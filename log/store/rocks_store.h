// The storage engine of a real log: RocksDB behind the Store port. Threads: as store.h says.
//
// rocks_store.cpp is the only file of varve that sees RocksDB; its statuses become Errors there.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "log/store/store.h"

namespace rocksdb {
class Env;
}

namespace varve {

struct RocksOptions {
  // A frozen view beside a running or dead writer: takes no lock, writes nothing.
  bool read_only = false;
  bool create_if_missing = false;
  // For filling a fresh directory that can be made again: no journal, large memtables, and nothing
  // is durable before flush(). Until then only `now` and `meta` are quick to read. commit()
  // still keeps its promise, by flushing, so callers use commit_unsynced(). After a crash a prefix
  // of whole batches is there; close it and open without `bulk` to serve from it.
  bool bulk = false;
  rocksdb::Env* env = nullptr;  // nullptr: the machine's; must outlive the store and its snapshots
  std::size_t block_cache_bytes = 64u << 20;
};

// Errors: Errc::conflict when another process (or this one) has it open, not_found when there is no
// database and none may be made, corrupt when acknowledged bytes are damaged or missing,
// unavailable when the disk is full. All about storage.
Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& path,
                                                const RocksOptions& options);

}  // namespace varve
