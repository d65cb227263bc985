// Every key keeps all its versions with the commit that wrote them; a snapshot is a commit number.
// Nothing is ever collected: tests are short. One mutex guards a disk; cursors take it for each
// step.
#include "tests/support/mem_store.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace varve::test {
namespace {

struct Version {
  std::uint64_t commit;
  std::optional<std::string> value;  // absent: erased
};
using Rows = std::map<std::string, std::vector<Version>, std::less<>>;

struct Change {
  Family family;
  std::string key;
  std::optional<std::string> value;
};

class Disk final : public MemDisk {
 public:
  void fail_next_commit(CommitFailure how) override {
    const std::lock_guard lock(mutex_);
    failure_ = how;
  }
  std::size_t commits() const override {
    const std::shared_lock lock(mutex_);
    return last_;
  }
  void lose_unsynced() override {
    const std::lock_guard lock(mutex_);
    VARVE_ASSERT(!open_);
    for (Rows& rows : families_) {
      for (auto& [key, versions] : rows) {
        std::erase_if(versions, [this](const Version& v) { return v.commit > synced_; });
      }
    }
    last_ = synced_;
  }

  Result<void> open() {
    const std::lock_guard lock(mutex_);
    if (open_) return fail(Errc::conflict, About::storage, "the store is already open");
    open_ = true;
    return {};
  }
  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }

  Result<void> apply(std::vector<Change>&& changes, bool sync) {
    const std::lock_guard lock(mutex_);
    const auto failure = std::exchange(failure_, std::nullopt);
    if (failure != CommitFailure::not_applied) {
      ++last_;
      for (Change& change : changes) write(std::move(change));
      if (sync) synced_ = last_;
    }
    if (failure) return fail(Errc::unknown, About::storage, "the commit was made to fail");
    return {};
  }
  void sync() {
    const std::lock_guard lock(mutex_);
    synced_ = last_;
  }

  std::uint64_t now() const {
    const std::shared_lock lock(mutex_);
    return last_;
  }
  std::optional<std::string> get(Family family, std::string_view key, std::uint64_t at) const {
    const std::shared_lock lock(mutex_);
    const auto row = rows(family).find(key);
    if (row == rows(family).end()) return std::nullopt;
    const auto* value = visible(row->second, at);
    return value != nullptr ? *value : std::nullopt;
  }
  // The first live row with a key >= (or, when `after`, >) `key` and < `upper`.
  std::optional<std::pair<std::string, std::string>> find(Family family, std::string_view key,
                                                          bool after, std::string_view upper,
                                                          std::uint64_t at) const {
    const std::shared_lock lock(mutex_);
    const Rows& all = rows(family);
    for (auto row = after ? all.upper_bound(key) : all.lower_bound(key); row != all.end(); ++row) {
      if (!upper.empty() && row->first >= upper) break;
      const auto* value = visible(row->second, at);
      if (value != nullptr && value->has_value()) return std::pair(row->first, **value);
    }
    return std::nullopt;
  }

 private:
  static const std::optional<std::string>* visible(const std::vector<Version>& versions,
                                                   std::uint64_t at) {
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
      if (version->commit <= at) return &version->value;
    }
    return nullptr;
  }
  const Rows& rows(Family family) const {
    return families_[static_cast<std::size_t>(std::to_underlying(family))];
  }
  void write(Change&& change) {
    Rows& all = families_[static_cast<std::size_t>(std::to_underlying(change.family))];
    all[std::move(change.key)].push_back({last_, std::move(change.value)});
  }

  mutable std::shared_mutex mutex_;
  std::array<Rows, std::size(kFamilies)> families_;
  std::uint64_t last_ = 0;
  std::uint64_t synced_ = 0;
  std::optional<CommitFailure> failure_;
  bool open_ = false;
};

class MemCursor final : public Cursor {
 public:
  MemCursor(std::shared_ptr<const Disk> disk, std::uint64_t at, Family family,
            std::string_view lower, std::string_view upper)
      : disk_(std::move(disk)), at_(at), family_(family), lower_(lower), upper_(upper) {}

  void seek(std::string_view key) override {
    row_ = disk_->find(family_, std::max<std::string_view>(key, lower_), false, upper_, at_);
  }
  void next() override {
    VARVE_ASSERT(row_.has_value());
    row_ = disk_->find(family_, row_->first, true, upper_, at_);
  }
  bool valid() const override { return row_.has_value(); }
  std::string_view key() const override {
    VARVE_ASSERT(row_.has_value());
    return row_->first;
  }
  std::string_view value() const override {
    VARVE_ASSERT(row_.has_value());
    return row_->second;
  }
  Result<void> status() const override { return {}; }

 private:
  std::shared_ptr<const Disk> disk_;
  std::uint64_t at_;
  Family family_;
  std::string lower_;
  std::string upper_;
  std::optional<std::pair<std::string, std::string>> row_;
};

class MemSnapshot final : public Snapshot {
 public:
  explicit MemSnapshot(std::shared_ptr<const Disk> disk)
      : disk_(std::move(disk)), at_(disk_->now()) {}
  Result<std::optional<std::string>> get(Family family, std::string_view key) const override {
    return disk_->get(family, key, at_);
  }
  std::unique_ptr<Cursor> cursor(Family family, std::string_view lower,
                                 std::string_view upper) const override {
    return std::make_unique<MemCursor>(disk_, at_, family, lower, upper);
  }

 private:
  std::shared_ptr<const Disk> disk_;
  std::uint64_t at_;
};

class MemBatch final : public Batch {
 public:
  void put(Family family, std::string_view key, std::string_view value) override {
    changes_.push_back({family, std::string(key), std::string(value)});
  }
  void erase(Family family, std::string_view key) override {
    changes_.push_back({family, std::string(key), std::nullopt});
  }
  std::vector<Change>&& take() { return std::move(changes_); }

 private:
  std::vector<Change> changes_;
};

class MemStore final : public Store {
 public:
  explicit MemStore(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
  MemStore(const MemStore&) = delete;
  MemStore& operator=(const MemStore&) = delete;
  ~MemStore() override { disk_->close(); }

  std::unique_ptr<Batch> batch() override { return std::make_unique<MemBatch>(); }
  Result<void> commit(std::unique_ptr<Batch> batch) override {
    return write(std::move(batch), true);
  }
  Result<void> commit_unsynced(std::unique_ptr<Batch> batch) override {
    return write(std::move(batch), false);
  }
  Result<void> flush() override {
    VARVE_CHECK(writable());
    disk_->sync();
    return {};
  }
  std::shared_ptr<const Snapshot> snapshot() const override {
    return std::make_shared<MemSnapshot>(disk_);
  }

 private:
  Result<void> writable() const {
    if (!failed_) return {};
    return fail(Errc::unavailable, About::storage,
                "the store failed earlier and takes no more writes until it is opened again");
  }
  Result<void> write(std::unique_ptr<Batch> batch, bool sync) {
    VARVE_CHECK(writable());
    auto* changes = dynamic_cast<MemBatch*>(batch.get());
    VARVE_ASSERT(changes != nullptr);
    auto done = disk_->apply(changes->take(), sync);
    if (!done) failed_ = true;
    return done;
  }

  std::shared_ptr<Disk> disk_;
  bool failed_ = false;  // the committing thread's alone
};

}  // namespace

std::shared_ptr<MemDisk> make_mem_disk() {
  return std::make_shared<Disk>();
}

Result<std::unique_ptr<Store>> open_mem_store(std::shared_ptr<MemDisk> disk) {
  auto own = std::dynamic_pointer_cast<Disk>(std::move(disk));
  VARVE_ASSERT(own != nullptr);
  VARVE_CHECK(own->open());
  return std::make_unique<MemStore>(std::move(own));
}

std::unique_ptr<Store> make_mem_store() {
  auto store = open_mem_store(make_mem_disk());
  VARVE_ASSERT(store.has_value());
  return *std::move(store);
}

}  // namespace varve::test
