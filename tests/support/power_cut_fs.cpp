// The bookkeeping behind PowerCutDisk, over the public rocksdb/file_system.h. Any thread.
//
// Losses are applied after closing, not at the cut: closing a file trims its preallocation to the
// length its writer believes in, which would bring lost bytes back as zeros.
#include "tests/support/power_cut_fs.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"

// RocksDB 7.8's SwitchMemtable forgets the memtable it just made when the journal before it cannot
// be synced, which nobody but this disk makes happen a hundred times in one process.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:rocksdb::ColumnFamilyData::ConstructNewMemtable\n";
}

namespace varve::test {
namespace {

namespace fs = std::filesystem;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus off() {
  return IOStatus::IOError("the power is off");
}

// A change of a directory that no sync of it has covered yet.
struct NameChange {
  fs::path directory;
  fs::path now;                  // where the file is; empty when it was deleted
  fs::path before;               // where it was; empty when it was created
  std::optional<fs::path> kept;  // what stood at `now` (or, deleted, at `before`), in the trash
};

}  // namespace

class PowerCutDisk::FileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FileSystem(fs::path trash, PowerCut plan)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), trash_(std::move(trash)), plan_(plan) {
    fs::create_directories(trash_);
  }
  const char* Name() const override { return "PowerCutFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override;
  IOStatus ReopenWritableFile(const std::string&, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("appending to a file of an earlier life");
  }
  IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* debug) override;
  IOStatus DeleteFile(const std::string& name, const IOOptions&, IODebugContext*) override;
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override;
  IOStatus LinkFile(const std::string&, const std::string&, const IOOptions&,
                    IODebugContext*) override {
    return IOStatus::NotSupported("hard links");
  }

  // Counts a sync; `effect` does it. At the chosen one the power goes out.
  template <class Effect>
  IOStatus sync(const Effect& effect) {
    const std::lock_guard lock(mutex_);
    if (off_) return off();
    const bool last = ++syncs_ == plan_.at_sync;
    if (!last || plan_.after_it) effect();
    off_ = last;
    return last ? off() : IOStatus::OK();
  }
  void cut_now() {
    const std::lock_guard lock(mutex_);
    off_ = true;
  }
  bool is_off() const {
    const std::lock_guard lock(mutex_);
    return off_;
  }
  std::size_t syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }

  struct Length {
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
  };
  using Lengths = std::shared_ptr<Length>;
  IOStatus append(const Lengths& length, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (off_) return off();
    length->written += bytes;
    return IOStatus::OK();
  }
  void directory_synced(const fs::path& directory) {
    std::erase_if(changes_, [&](const NameChange& c) { return c.directory == directory; });
  }
  void apply_power_cut();

 private:
  fs::path move_to_trash(const fs::path& file) {
    fs::path kept = trash_ / std::to_string(trashed_++);
    move(file, kept);
    return kept;
  }
  void move(const fs::path& from, const fs::path& to) {
    fs::rename(from, to);
    lengths_.erase(to);
    if (auto length = lengths_.extract(from)) {
      length.key() = to;
      lengths_.insert(std::move(length));
    }
  }
  void undo(const NameChange& change);

  mutable std::mutex mutex_;
  fs::path trash_;
  PowerCut plan_;
  std::size_t syncs_ = 0;
  std::size_t trashed_ = 0;
  bool off_ = false;
  std::map<fs::path, Lengths> lengths_;  // of files written in this life, by where they are now
  std::vector<NameChange> changes_;
};

namespace {

using Disk = PowerCutDisk::FileSystem;

class CutFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  CutFile(std::unique_ptr<rocksdb::FSWritableFile> file, Disk& disk, Disk::Lengths length)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), length_(std::move(length)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (auto status = disk_.append(length_, data.size()); !status.ok()) return status;
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return disk_.sync([this] { length_->synced = length_->written; });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // Hints to the kernel, and no promises. In memory a reservation would cost real pages.
  void PrepareWrite(std::size_t, std::size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Allocate(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  Disk& disk_;
  Disk::Lengths length_;
};

class CutDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  CutDirectory(std::unique_ptr<rocksdb::FSDirectory> directory, Disk& disk, fs::path path)
      : FSDirectoryWrapper(std::move(directory)), disk_(disk), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return disk_.sync([this] { disk_.directory_synced(path_); });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  Disk& disk_;
  fs::path path_;
};

// RocksDB sleeps a second after each failed flush, hoping for better times. None come here.
class ImpatientClock final : public rocksdb::SystemClockWrapper {
 public:
  ImpatientClock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "ImpatientClock"; }
  void SleepForMicroseconds(int micros) override {
    SystemClockWrapper::SleepForMicroseconds(std::min(micros, 1'000));
  }
};

class CutEnv final : public rocksdb::EnvWrapper {
 public:
  explicit CutEnv(const std::shared_ptr<rocksdb::FileSystem>& files)
      : EnvWrapper(std::shared_ptr<rocksdb::Env>(rocksdb::NewCompositeEnv(files))) {
    file_system_ = files;
    system_clock_ = std::make_shared<ImpatientClock>();
  }
  const char* Name() const override { return "PowerCutEnv"; }
};

fs::path clean(const std::string& name) {
  fs::path path = fs::path(name).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

IOStatus PowerCutDisk::FileSystem::NewWritableFile(const std::string& name,
                                                   const FileOptions& options,
                                                   std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                   IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (off_) return off();
  const fs::path path = clean(name);
  NameChange change{path.parent_path(), path, {}, std::nullopt};
  if (fs::exists(path)) change.kept = move_to_trash(path);
  FileOptions plain = options;
  plain.use_direct_writes = false;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  if (auto status = target()->NewWritableFile(name, plain, &file, debug); !status.ok()) {
    return status;
  }
  changes_.push_back(std::move(change));
  const auto length = lengths_[path] = std::make_shared<Length>();
  *result = std::make_unique<CutFile>(std::move(file), *this, length);
  return IOStatus::OK();
}

IOStatus PowerCutDisk::FileSystem::NewDirectory(const std::string& name, const IOOptions& options,
                                                std::unique_ptr<rocksdb::FSDirectory>* result,
                                                IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  if (auto status = target()->NewDirectory(name, options, &directory, debug); !status.ok()) {
    return status;
  }
  *result = std::make_unique<CutDirectory>(std::move(directory), *this, clean(name));
  return IOStatus::OK();
}

IOStatus PowerCutDisk::FileSystem::DeleteFile(const std::string& name, const IOOptions&,
                                              IODebugContext*) {
  const std::lock_guard lock(mutex_);
  if (off_) return off();
  const fs::path path = clean(name);
  if (!fs::exists(path)) return IOStatus::PathNotFound(name);
  const fs::path kept = move_to_trash(path);
  changes_.push_back({path.parent_path(), {}, path, kept});
  return IOStatus::OK();
}

IOStatus PowerCutDisk::FileSystem::RenameFile(const std::string& from, const std::string& to,
                                              const IOOptions&, IODebugContext*) {
  const std::lock_guard lock(mutex_);
  if (off_) return off();
  NameChange change{clean(to).parent_path(), clean(to), clean(from), std::nullopt};
  if (!fs::exists(change.before)) return IOStatus::PathNotFound(from);
  if (fs::exists(change.now)) change.kept = move_to_trash(change.now);
  move(change.before, change.now);
  changes_.push_back(std::move(change));
  return IOStatus::OK();
}

void PowerCutDisk::FileSystem::undo(const NameChange& change) {
  if (change.now.empty()) {
    fs::rename(*change.kept, change.before);
    return;
  }
  if (change.before.empty()) {
    fs::remove(change.now);
  } else {
    fs::rename(change.now, change.before);
  }
  if (change.kept) fs::rename(*change.kept, change.now);
}

void PowerCutDisk::FileSystem::apply_power_cut() {
  const std::lock_guard lock(mutex_);
  off_ = true;
  for (const auto& [path, length] : lengths_) {
    const std::uint64_t unsynced = length->written - length->synced;
    fs::resize_file(path, length->synced + (plan_.torn ? unsynced / 2 : 0));
  }
  if (plan_.lose_names) {
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) undo(*change);
  }
  changes_.clear();
  lengths_.clear();
}

PowerCutDisk::PowerCutDisk(std::filesystem::path trash, PowerCut plan)
    : files_(std::make_shared<FileSystem>(std::move(trash), plan)),
      env_(std::make_unique<CutEnv>(files_)) {}
PowerCutDisk::~PowerCutDisk() = default;

rocksdb::Env* PowerCutDisk::env() const {
  return env_.get();
}
std::size_t PowerCutDisk::syncs() const {
  return files_->syncs();
}
bool PowerCutDisk::is_off() const {
  return files_->is_off();
}
void PowerCutDisk::cut_now() {
  files_->cut_now();
}
void PowerCutDisk::apply_power_cut() {
  files_->apply_power_cut();
}

}  // namespace varve::test
