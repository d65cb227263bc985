// A Store in memory with the same contract as the real engine, for tests of what stands above it.
// Any thread, as store.h says.
//
// A MemDisk is what survives closing: open, fail, close, open again, and look what is there.
#pragma once

#include <memory>

#include "log/store/store.h"

namespace varve::test {

enum class CommitFailure {
  not_applied,  // it failed, and nothing of it is there
  applied,      // it was reported as failed, and yet all of it is there
};

class MemDisk {
 public:
  virtual ~MemDisk() = default;
  // The next commit() or commit_unsynced() fails this way; afterwards the opened store refuses
  // writes until it is opened again.
  virtual void fail_next_commit(CommitFailure how) = 0;
  // Commits that take effect (applied failures included) so far.
  virtual std::size_t commits() const = 0;
  // Power cut: what was committed unsynced since the last flush() or commit() is gone. Only while
  // no store is open.
  virtual void lose_unsynced() = 0;
};

std::shared_ptr<MemDisk> make_mem_disk();

// Errc::conflict while another store has this disk open.
Result<std::unique_ptr<Store>> open_mem_store(std::shared_ptr<MemDisk> disk);

// On a disk of its own.
std::unique_ptr<Store> make_mem_store();

}  // namespace varve::test
