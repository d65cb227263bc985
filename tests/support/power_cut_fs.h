// A disk under RocksDB whose power goes out at a chosen sync, for tests of what survives.
//
// Everything passes through to real files until then; from then on everything that would change the
// disk fails. After the store is closed, apply_power_cut() takes away what no sync vouched for:
// bytes after a file's last sync and, when asked, names made, changed or removed since the last
// sync of their directory. Any thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

namespace rocksdb {
class Env;
}

namespace varve::test {

struct PowerCut {
  std::size_t at_sync = 0;  // of files and directories, counted from 1; 0 = never
  bool after_it = false;    // that sync is done and reported as failed all the same
  bool torn = false;        // half of a file's unsynced bytes survive, instead of none
  bool lose_names = false;  // creations, renames and deletions without a directory sync are undone
};

class PowerCutDisk {
 public:
  // `trash` (made when missing, on the same volume) keeps what was deleted but may come back.
  PowerCutDisk(std::filesystem::path trash, PowerCut plan);
  ~PowerCutDisk();
  PowerCutDisk(const PowerCutDisk&) = delete;
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;

  rocksdb::Env* env() const;
  std::size_t syncs() const;
  bool is_off() const;
  void cut_now();
  void apply_power_cut();  // once, after everything that used env() is closed

  class FileSystem;

 private:
  std::shared_ptr<FileSystem> files_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace varve::test
