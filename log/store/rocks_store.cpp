// RocksDB as a Store. Snapshots, cursors and batches share the database, so the order in which a
// caller drops them never matters.
//
// What is refused on purpose: RocksDB's default recovery stops at the first damaged journal record
// and opens without everything after it, acknowledged or not. kTolerateCorruptedTailRecords
// forgives a torn tail only, and cannot be combined with recycled journals (db_impl_open.cc resets
// the number).
#include "log/store/rocks_store.h"

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/limits.h"

namespace varve {
namespace {

constexpr std::size_t kMiB = 1u << 20;
constexpr std::size_t kFamilyCount = std::size(kFamilies);

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

// --- statuses ------------------------------------------------------------------------------------

// `otherwise` is what an I/O error means where it happened: a failed commit may yet be on the disk.
std::unexpected<Error> wrap(const rocksdb::Status& status, Errc otherwise) {
  const std::string text = status.ToString();
  if (status.IsNoSpace()) {
    return fail(Errc::unavailable, About::storage, "no space is left for the log", text);
  }
  if (status.IsCorruption()) {
    return fail(Errc::corrupt, About::storage, "the database is damaged", text);
  }
  return fail(otherwise, About::storage, "the database failed", text);
}

// Remembers the first failure of a write or of background work; from then on the files may lag
// behind what memory shows, so nothing more may be acknowledged.
class Failure final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    remember(*status);
  }
  void remember(const rocksdb::Status& status) {
    const std::lock_guard lock(mutex_);
    if (!failed_.load(std::memory_order_relaxed)) text_ = status.ToString();
    failed_.store(true, std::memory_order_release);
  }
  Result<void> check() const {
    if (!failed_.load(std::memory_order_acquire)) return {};
    const std::lock_guard lock(mutex_);
    return fail(Errc::unavailable, About::storage,
                "the database failed earlier and takes no more writes until it is opened again",
                text_);
  }

 private:
  std::atomic<bool> failed_ = false;
  mutable std::mutex mutex_;
  std::string text_;
};

// --- options -------------------------------------------------------------------------------------

rocksdb::DBOptions database_options(const RocksOptions& wanted) {
  rocksdb::DBOptions db;
  db.env = wanted.env != nullptr ? wanted.env : rocksdb::Env::Default();
  db.create_if_missing = wanted.create_if_missing;
  // A creation cut off half way leaves families missing; nothing can have been acknowledged then.
  db.create_missing_column_families = !wanted.read_only;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.recycle_log_file_num = 0;
  db.paranoid_checks = true;
  db.track_and_verify_wals_in_manifest = true;
  // Failed background work stays failed: retrying a failed sync proves nothing about its pages.
  db.max_bgerror_resume_count = 0;
  // One writer thread: none of the machinery for many.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  // Bounds: the journal bounds the start after a kill, the rest bounds memory and descriptors.
  db.max_total_wal_size = 64 * kMiB;
  db.db_write_buffer_size = wanted.bulk ? 256 * kMiB : 64 * kMiB;
  db.max_open_files = limits::kStoreFilesMax;
  db.max_background_jobs = 2;
  db.max_file_opening_threads = 1;  // the default starts 16 threads a family to read a few footers
  db.bytes_per_sync = kMiB;
  // A batch spans families; without a journal only flushing them together keeps it whole.
  db.atomic_flush = wanted.bulk;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.keep_log_file_num = 2;
  db.max_log_file_size = kMiB;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

// Shared by all families. Each then deviates by how it is read.
struct Tuning {
  std::shared_ptr<rocksdb::Cache> cache;
  bool bulk = false;

  rocksdb::ColumnFamilyOptions base(std::size_t block_bytes, bool bloom) const {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.cache_index_and_filter_blocks = true;  // so that the cache bounds them too
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.block_size = block_bytes;
    table.format_version = 5;
    if (bloom) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    rocksdb::ColumnFamilyOptions family;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    family.level_compaction_dynamic_level_bytes = true;
    family.write_buffer_size = bulk ? 64 * kMiB : 16 * kMiB;
    family.arena_block_size = 256 << 10;  // each family holds at least one block, even when empty
    family.max_write_buffer_number = bulk ? 4 : 3;
    // A load is written once and left; whoever opens it for normal use compacts it in the
    // background.
    family.disable_auto_compactions = bulk;
    if (bulk) family.level0_slowdown_writes_trigger = family.level0_stop_writes_trigger = 1 << 20;
    family.compression = rocksdb::kLZ4Compression;
    return family;
  }
};

// Keys that only grow, or come sorted within a batch: the memtable remembers where the last one
// went instead of searching.
void grows_at_the_end(rocksdb::ColumnFamilyOptions& family, std::size_t prefix_bytes) {
  family.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewCappedPrefixTransform(prefix_bytes));
}

rocksdb::ColumnFamilyOptions family_options(Family family, const Tuning& tuning) {
  switch (family) {
    case Family::meta: {
      auto options = tuning.base(4 << 10, false);
      options.write_buffer_size = kMiB;
      return options;
    }
    case Family::entry: {
      // Large, sequential, mostly read in ranges: one compression at every level, so that files
      // that do not overlap are moved down instead of rewritten.
      auto options = tuning.base(16 << 10, false);
      options.compression = rocksdb::kZSTD;
      options.compression_opts.level = 1;
      grows_at_the_end(options, 1);
      return options;
    }
    case Family::tile: {
      auto options = tuning.base(16 << 10, false);
      options.compression = rocksdb::kNoCompression;  // hashes do not compress
      grows_at_the_end(options, 1);
      return options;
    }
    case Family::body: {
      // Written once under a random key: kept out of the tree, or compaction would rewrite it.
      auto options = tuning.base(16 << 10, true);
      options.enable_blob_files = true;
      options.min_blob_size = 4 << 10;
      options.blob_compression_type = rocksdb::kZSTD;
      options.compression = rocksdb::kZSTD;
      options.compression_opts.level = 1;
      return options;
    }
    case Family::checkpoint: {
      auto options = tuning.base(4 << 10, false);
      options.write_buffer_size = 2 * kMiB;
      grows_at_the_end(options, 1);
      return options;
    }
    case Family::now: {
      // The ledger asks for rows that mostly do not exist yet: filters answer on both sides.
      auto options = tuning.base(8 << 10, true);
      options.memtable_prefix_bloom_size_ratio = 0.02;
      options.memtable_whole_key_filtering = true;
      grows_at_the_end(options, 1);
      // A listing must not walk over what was deleted: such files are rewritten soon.
      options.table_properties_collector_factories.push_back(
          rocksdb::NewCompactOnDeletionCollectorFactory(4'096, 2'048));
      return options;
    }
    case Family::past: {
      auto options = tuning.base(8 << 10, true);
      grows_at_the_end(options, 1);
      return options;
    }
  }
  VARVE_ASSERT(false);
}

// --- the database and what hangs on it -----------------------------------------------------------

using FamilyHandle = rocksdb::ColumnFamilyHandle;

struct Database {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<FamilyHandle*> all;                      // as opened, "default" included
  std::array<FamilyHandle*, kFamilyCount> families{};  // by Family
  std::shared_ptr<Failure> failure;
  bool read_only = false;
  bool bulk = false;

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    if (db == nullptr) return;
    for (FamilyHandle* handle : all) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    db->Close().PermitUncheckedError();
  }
  FamilyHandle* handle(Family family) const {
    return families[static_cast<std::size_t>(std::to_underlying(family))];
  }
};

class RocksSnapshot;

class RocksCursor final : public Cursor {
 public:
  RocksCursor(std::shared_ptr<const RocksSnapshot> snapshot, const Database& database,
              Family family, const rocksdb::Snapshot* at, std::string_view lower,
              std::string_view upper)
      : snapshot_(std::move(snapshot)), lower_(lower), upper_(upper) {
    lower_slice_ = lower_;
    upper_slice_ = upper_;
    rocksdb::ReadOptions options;
    options.snapshot = at;
    options.total_order_seek = true;
    options.iterate_lower_bound = &lower_slice_;
    if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
    iterator_.reset(database.db->NewIterator(options, database.handle(family)));
  }

  void seek(std::string_view key) override { iterator_->Seek(slice(key)); }
  void next() override { iterator_->Next(); }
  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return view(iterator_->key()); }
  std::string_view value() const override { return view(iterator_->value()); }
  Result<void> status() const override {
    if (auto status = iterator_->status(); !status.ok()) return wrap(status, Errc::unavailable);
    return {};
  }

 private:
  std::shared_ptr<const RocksSnapshot> snapshot_;  // outlives the iterator: declared first
  std::string lower_;
  std::string upper_;
  rocksdb::Slice lower_slice_;
  rocksdb::Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksSnapshot final : public Snapshot, public std::enable_shared_from_this<RocksSnapshot> {
 public:
  explicit RocksSnapshot(std::shared_ptr<const Database> database)
      : database_(std::move(database)), at_(database_->db->GetSnapshot()) {}
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;
  ~RocksSnapshot() override {
    if (at_ != nullptr) database_->db->ReleaseSnapshot(at_);
  }

  Result<std::optional<std::string>> get(Family family, std::string_view key) const override {
    rocksdb::ReadOptions options;
    options.snapshot = at_;
    rocksdb::PinnableSlice value;
    const auto status = database_->db->Get(options, database_->handle(family), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return wrap(status, Errc::unavailable);
    return std::string(value.data(), value.size());
  }

  std::unique_ptr<Cursor> cursor(Family family, std::string_view lower,
                                 std::string_view upper) const override {
    return std::make_unique<RocksCursor>(shared_from_this(), *database_, family, at_, lower, upper);
  }

 private:
  std::shared_ptr<const Database> database_;
  const rocksdb::Snapshot* at_;  // nullptr in a read-only database, which never changes
};

class RocksBatch final : public Batch {
 public:
  explicit RocksBatch(std::shared_ptr<const Database> database) : database_(std::move(database)) {}
  void put(Family family, std::string_view key, std::string_view value) override {
    remember(rows_.Put(database_->handle(family), slice(key), slice(value)));
  }
  void erase(Family family, std::string_view key) override {
    remember(rows_.Delete(database_->handle(family), slice(key)));
    if (family == Family::now) ++erased_;
  }
  std::size_t erased() const { return erased_; }

  rocksdb::WriteBatch& rows() { return rows_; }
  const rocksdb::Status& status() const { return status_; }
  bool made_by(const Database* database) const { return database_.get() == database; }

 private:
  void remember(rocksdb::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  std::shared_ptr<const Database> database_;
  rocksdb::WriteBatch rows_;
  std::size_t erased_ = 0;  // rows of the present
  rocksdb::Status status_;  // the first row that could not be added: half a batch is never written
};

class RocksStore final : public Store {
 public:
  explicit RocksStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  std::unique_ptr<Batch> batch() override { return std::make_unique<RocksBatch>(database_); }

  Result<void> commit(std::unique_ptr<Batch> batch) override {
    VARVE_CHECK(write(std::move(batch), !database_->bulk));
    if (database_->bulk) return flush_memtables();
    return {};
  }
  Result<void> commit_unsynced(std::unique_ptr<Batch> batch) override {
    return write(std::move(batch), false);
  }

  Result<void> flush() override {
    VARVE_CHECK(writable());
    if (!database_->bulk) return settle(database_->db->FlushWAL(true));
    return flush_memtables();
  }

  std::shared_ptr<const Snapshot> snapshot() const override {
    return std::make_shared<RocksSnapshot>(database_);
  }

 private:
  Result<void> writable() const {
    if (database_->read_only) {
      return fail(Errc::unsupported, About::storage, "the database was opened for reading only");
    }
    return database_->failure->check();
  }

  Result<void> write(std::unique_ptr<Batch> batch, bool sync) {
    VARVE_CHECK(writable());
    auto* rows = dynamic_cast<RocksBatch*>(batch.get());
    VARVE_ASSERT(rows != nullptr && rows->made_by(database_.get()));
    // Nothing reached the database yet, but half a batch in hand is a defect.
    if (!rows->status().ok()) return wrap(rows->status(), Errc::internal);
    rocksdb::WriteOptions options;
    options.sync = sync;
    options.disableWAL = database_->bulk;
    VARVE_CHECK(settle(database_->db->Write(options, &rows->rows())));
    return bury(rows->erased());
  }

  // Deleted rows lie in the memtable until it is flushed, and every listing walks over them.
  Result<void> bury(std::size_t erased) {
    constexpr std::size_t kErasedMax = 20'000;  // some 2 ms to walk over
    erased_ += erased;
    if (erased_ < kErasedMax || database_->bulk) return {};
    erased_ = 0;
    rocksdb::FlushOptions begin;
    begin.wait = false;
    begin.allow_write_stall = true;  // the writer waits for nobody
    return settle(database_->db->Flush(begin, database_->handle(Family::now)));
  }

  Result<void> settle(const rocksdb::Status& status) {
    if (status.ok()) return {};
    database_->failure->remember(status);
    return wrap(status, Errc::unknown);
  }

  Result<void> flush_memtables() {
    rocksdb::FlushOptions wait;
    wait.wait = true;
    return settle(database_->db->Flush(wait, database_->all));
  }

  std::shared_ptr<Database> database_;
  std::size_t erased_ = 0;  // since the last flush for their sake; the writing thread's
};

// --- opening -------------------------------------------------------------------------------------

bool holds_data(const std::string& name) {
  return name.ends_with(".sst") || name.ends_with(".blob") || name.ends_with(".log");
}

// RocksDB takes a directory without CURRENT for an empty one. With data files in it the pointer to
// them is lost, and starting over would bury acknowledged entries.
Result<void> check_directory(rocksdb::Env& env, const std::filesystem::path& path,
                             const RocksOptions& options) {
  if (env.FileExists((path / "CURRENT").string()).ok()) return {};
  std::vector<std::string> names;
  env.GetChildren(path.string(), &names).PermitUncheckedError();  // it may not exist yet
  for (const std::string& name : names) {
    if (holds_data(name)) {
      return fail(Errc::corrupt, About::storage,
                  "the database has data files but its CURRENT file is missing", path.string());
    }
  }
  if (options.create_if_missing && !options.read_only) return {};
  return fail(Errc::not_found, About::storage, "there is no database here", path.string());
}

// Reading beside a writer: what its journal holds may still be on the way to the disk, and must not
// be shown before it is there.
Result<void> sync_journals(const std::filesystem::path& path) {
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(path, error)) {
    if (file.path().extension() != ".log") continue;
    const int fd = ::open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;  // the writer was done with it
    const bool synced = ::fdatasync(fd) == 0;
    ::close(fd);
    if (!synced)
      return fail(Errc::unavailable, About::storage, "the journal cannot be synced", path.string());
  }
  return {};
}

std::unexpected<Error> open_failed(const rocksdb::Status& status,
                                   const std::filesystem::path& path) {
  const std::string text = status.ToString();
  // fs_posix.cc LockFile: "While lock file: ..." from another process, "lock hold by current
  // process" from this one. There is no code for it.
  if (status.IsIOError() && (text.find("While lock file") != std::string::npos ||
                             text.find("lock hold by") != std::string::npos)) {
    return fail(Errc::conflict, About::storage,
                "the directory " + path.string() + " is in use by another varve", text);
  }
  // A table file that the manifest names and the directory lacks is an I/O error to RocksDB.
  if (status.IsPathNotFound() || status.IsNotFound()) {
    return fail(Errc::corrupt, About::storage, "a file of the database is missing", text);
  }
  return wrap(status, Errc::unavailable);
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(const RocksOptions& options) {
  // Few shards: a filter of a full table is over a megabyte, and what does not fit into one shard
  // is read from the disk again for every look-up (64 shards by default: 500 us instead of 5).
  const auto tuned = [&](Family family, const Tuning& tuning) {
    auto tuned_options = family_options(family, tuning);
    // What a bulk load never reads back is only appended, and sorted once when it is flushed.
    if (options.bulk && family != Family::now && family != Family::meta)
      tuned_options.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
    return tuned_options;
  };
  const Tuning tuning{.cache = rocksdb::NewLRUCache(options.block_cache_bytes, 2),
                      .bulk = options.bulk};
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  all.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options(Family::meta, tuning));
  for (const Family family : kFamilies) {
    const auto name = kFamilyNames[static_cast<std::size_t>(std::to_underlying(family))];
    all.emplace_back(std::string(name), tuned(family, tuning));
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& path,
                                                const RocksOptions& options) {
  auto database = std::make_shared<Database>();
  database->failure = std::make_shared<Failure>();
  database->read_only = options.read_only;
  database->bulk = options.bulk && !options.read_only;
  rocksdb::DBOptions db_options = database_options(options);
  db_options.listeners.push_back(database->failure);
  VARVE_CHECK(check_directory(*db_options.env, path, options));

  rocksdb::DB* db = nullptr;
  const auto status =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, path.string(), descriptors(options),
                                         &database->all, &db)
          : rocksdb::DB::Open(db_options, path.string(), descriptors(options), &database->all, &db);
  if (!status.ok()) return open_failed(status, path);
  database->db.reset(db);
  if (options.read_only && options.env == nullptr) VARVE_CHECK(sync_journals(path));
  std::copy(database->all.begin() + 1, database->all.end(), database->families.begin());
  return std::make_unique<RocksStore>(std::move(database));
}

}  // namespace varve
