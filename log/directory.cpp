// Opening and making data directories.
#include "log/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <future>
#include <sstream>

#include "log/reader.h"
#include "log/rows_view.h"
#include "log/store/rocks_store.h"

namespace varve {
namespace fs = std::filesystem;
namespace {

constexpr const char* kEventKeySuffix = "/events";
constexpr const char* kUnfinished = "init.unfinished";

std::unexpected<Error> storage_error(Errc code, std::string what) {
  return fail(code, About::storage, std::move(what));
}

fs::path keys_of(const fs::path& root) { return root / "secrets" / "keys"; }

Result<std::string> read_secret(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    return fail(Errc::unavailable, About::key, "a key file cannot be read", file.filename().string());
  std::string key = text.str();
  if (!key.empty() && key.back() == '\n') key.pop_back();
  return key;
}

Result<void> write_secret(const fs::path& file, const Signer& signer) {
  const std::string text = signer.to_string() + "\n";
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = written && FileSteps().sync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced || FileSteps().sync_directory(file.parent_path()) != 0)
    return fail(Errc::unavailable, About::key,
                std::string("a key file cannot be written: ") + std::strerror(errno),
                file.filename().string());
  return {};
}

Result<Signer> load_signer(const fs::path& file) {
  VARVE_TRY(auto text, read_secret(file));
  return Signer::parse(text);
}

// The lock is the kernel's: it goes with the process, however it ends.
Result<int> take_lock(const fs::path& root) {
  const int fd = ::open((root / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return storage_error(Errc::unavailable, std::string("the data directory cannot be locked: ") +
                                                std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return storage_error(Errc::conflict, "another process is writing to this data directory");
}

Result<void> rename_into_place(const fs::path& from, const fs::path& to) {
  FileSteps steps;
  if (steps.rename(from, to) != 0 || steps.sync_directory(to.parent_path()) != 0)
    return storage_error(Errc::unavailable,
                         "the data directory cannot be set up: " + std::string(std::strerror(errno)));
  return {};
}

Result<void> make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return storage_error(Errc::unavailable, "a directory cannot be made: " + error.message());
  fs::permissions(path, fs::perms::owner_all, error);
  return {};
}

// Keys without a store are somebody's log that lost its store: never to be overwritten. Only beside the
// mark of an interrupted initialisation are they leftovers.
Result<void> check_vacant(const fs::path& root, const fs::path& anchor_file) {
  if (DataDirectory::is_initialised(root))
    return storage_error(Errc::conflict, "this directory already holds a registry");
  std::error_code error;
  if (fs::exists(root / kUnfinished, error)) return {};
  for (const auto& item : fs::directory_iterator(root, error))
    if (item.path().filename() != "lock")
      return storage_error(Errc::conflict,
                           "the directory is not empty: it holds " + item.path().filename().string());
  if (fs::exists(anchor_file, error))
    return storage_error(Errc::conflict, "the anchor of another log is there already");
  return {};
}

// Keys, the genesis entry, its checkpoint and the anchor, in a directory nobody looks at yet.
Result<void> make_log(const fs::path& aside, const std::string& origin, const fs::path& anchor_file,
                      const std::string& request, Timestamp now) {
  VARVE_CHECK(make_directories(aside / "secrets" / "keys"));
  LedgerKeys keys{Signer::generate(origin), Signer::generate(origin + kEventKeySuffix)};
  VARVE_CHECK(write_secret(aside / "secrets" / "keys" / "log", keys.log));
  VARVE_CHECK(write_secret(aside / "secrets" / "keys" / "event", keys.event));

  Command genesis{Actor{"operator", Auth::local}, request, "local",
                  system::Initialise{origin, keys.log.verifier().to_string(),
                                     keys.event.verifier().to_string()},
                  {}};
  {
    RocksOptions options;
    options.create_if_missing = true;
    VARVE_TRY(auto store, open_rocks_store(aside / "store", options));
    FileAnchor anchor(anchor_file);
    VARVE_CHECK(Ledger::initialise(*store, anchor, std::move(keys), std::move(genesis), now));
    VARVE_CHECK(store->flush());
  }
  return {};
}

struct CloseLock {
  int fd;
  ~CloseLock() { ::close(fd); }
};

}  // namespace

fs::path default_anchor(const fs::path& root) { return root / "head.anchor"; }

bool DataDirectory::is_initialised(const fs::path& root) {
  std::error_code error;
  return fs::exists(root / "store", error);
}

Result<void> DataDirectory::initialise(const fs::path& root, const std::string& origin,
                                       const fs::path& anchor_file, const std::string& request,
                                       Timestamp now) {
  if (!valid_key_name(origin) || origin.size() > 255)
    return fail(Errc::invalid, About::name,
                "an origin is 1 to 255 bytes of UTF-8 without spaces and '+': "
                "a host name and path such as registry.example/main",
                origin);
  VARVE_CHECK(make_directories(root));
  VARVE_TRY(const int lock, take_lock(root));
  const CloseLock closer{lock};
  VARVE_CHECK(check_vacant(root, anchor_file));

  // Everything is made aside; `store` moves last, and only its presence counts.
  const fs::path aside = root / kUnfinished;
  std::error_code error;
  if (!fs::exists(root / "secrets", error)) {
    fs::remove_all(aside, error);
    VARVE_CHECK(make_log(aside, origin, anchor_file, request, now));
    VARVE_CHECK(rename_into_place(aside / "secrets", root / "secrets"));
  }
  VARVE_CHECK(rename_into_place(aside / "store", root / "store"));
  fs::remove_all(aside, error);
  return {};
}
DataDirectory::DataDirectory(fs::path root, int lock, std::unique_ptr<Store> store)
    : root_(std::move(root)), lock_(lock), store_(std::move(store)) {}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : root_(std::move(other.root_)), lock_(std::exchange(other.lock_, -1)), store_(std::move(other.store_)) {}

DataDirectory::~DataDirectory() {
  store_.reset();  // before the lock: nobody may open it while it is still being closed
  if (lock_ >= 0) ::close(lock_);
}

Result<DataDirectory> DataDirectory::open(const fs::path& root, Access access) {
  if (!is_initialised(root))
    return storage_error(Errc::not_found, "this directory holds no registry");
  RocksOptions options;
  options.read_only = access == Access::read_only;
  int lock = -1;
  if (access == Access::exclusive) {
    VARVE_TRY(lock, take_lock(root));
  }
  auto store = open_rocks_store(root / "store", options);
  if (!store) {
    if (lock >= 0) ::close(lock);
    return std::unexpected(std::move(store).error());
  }
  return DataDirectory(root, lock, *std::move(store));
}

Result<std::shared_ptr<const Head>> DataDirectory::load_head() const { return varve::load_head(*store_); }

Result<LedgerKeys> DataDirectory::load_keys() const {
  VARVE_TRY(auto head, load_head());
  VARVE_TRY(auto named, named_keys(*Reader(head).view()));
  const fs::path keys = keys_of(root_);
  VARVE_TRY(auto log, load_signer(keys / "log"));
  VARVE_TRY(auto event, load_signer(keys / "event"));
  const fs::path next = keys / "event.next";
  std::error_code error;
  if (fs::exists(next, error)) {
    // A rotation was interrupted: the log tells on which side of its event.
    VARVE_TRY(auto replacement, load_signer(next));
    if (replacement.verifier() == named.event) {
      VARVE_CHECK(rename_into_place(next, keys / "event"));
      event = std::move(replacement);
    } else {
      fs::remove(next, error);
    }
  }
  if (!(log.verifier() == named.log) || !(event.verifier() == named.event))
    return fail(Errc::corrupt, About::key, "the key files are not those the log names");
  return LedgerKeys{std::move(log), std::move(event)};
}

namespace {

Result<Hash256> leaf_at(const Snapshot& snapshot, std::uint64_t index) {
  VARVE_TRY(auto entry, snapshot.get(Family::entry, entry_key(EntryIndex{index})));
  if (!entry)
    return storage_error(Errc::corrupt, "entry " + std::to_string(index) + " is missing");
  return leaf_hash(*entry);
}

Result<TreeEdge> load_edge(const Snapshot& snapshot, const HeadRow& head) {
  const TreeSize size = head.size;
  std::vector<Hash256> tail;
  for (std::uint64_t i = size.value / kTileWidth * kTileWidth; i < size.value; ++i) {
    VARVE_TRY(tail.emplace_back(), leaf_at(snapshot, i));
  }
  return TreeEdge::load(
      size,
      [&](unsigned level, std::uint64_t n, unsigned) -> Result<std::string> {
        VARVE_TRY(auto tile, snapshot.get(Family::tile, tile_key(level, n)));
        if (!tile || tile->size() != kTileWidth * std::size_t{kHashBytes})
          return storage_error(Errc::corrupt, "a tile is missing or short");
        return *std::move(tile);
      },
      tail, head.root);
}

Result<std::shared_ptr<const std::string>> load_checkpoint(const Snapshot& snapshot, TreeSize size) {
  if (size.value == 0) return nullptr;
  VARVE_TRY(auto note, snapshot.get(Family::checkpoint, checkpoint_key(size)));
  if (!note)
    return storage_error(Errc::corrupt,
                         "published checkpoint " + std::to_string(size.value) + " is missing");
  return std::make_shared<const std::string>(*std::move(note));
}

// A checkpoint must be signed by the key the log names, and be about this tree.
Result<void> check_checkpoint(const Head& head) {
  if (head.checkpoint == nullptr) return {};
  const Reader reader(std::make_shared<const Head>(head));
  VARVE_TRY(auto named, named_keys(*reader.view()));
  VARVE_TRY(auto checkpoint, open_checkpoint(*head.checkpoint, named.log));
  VARVE_TRY(auto root, reader.root_at(checkpoint.size));
  if (checkpoint.size != head.published || checkpoint.root != root)
    return fail(Errc::corrupt, About::checkpoint,
                "the newest checkpoint is not about the tree in this store");
  return {};
}

}  // namespace

Result<std::shared_ptr<const Head>> load_head(const Store& store) {
  auto head = std::make_shared<Head>();
  head->snapshot = store.snapshot();
  VARVE_TRY(auto bytes, head->snapshot->get(Family::meta, kHeadKey));
  if (!bytes) return storage_error(Errc::not_found, "the store is empty");
  VARVE_TRY(auto row, decode_head(*bytes));
  VARVE_TRY(auto edge, load_edge(*head->snapshot, row));
  VARVE_TRY(head->checkpoint, load_checkpoint(*head->snapshot, row.published));
  head->size = row.size;
  head->root = row.root;
  head->last_at = row.last_at;
  head->published = row.published;
  head->edge = std::make_shared<const TreeEdge>(std::move(edge));
  VARVE_CHECK(check_checkpoint(*head));
  return head;
}

Result<NamedKeys> named_keys(const View& view) {
  const auto read = [&view](std::string_view name) -> Result<VerifierKey> {
    VARVE_TRY(auto row, view.get(Table::system, RowKey().name(name)));
    if (!row) return fail(Errc::corrupt, About::key, "the log names no key", std::string(name));
    return VerifierKey::parse(row->value);
  };
  VARVE_TRY(auto log, read("log_key"));
  VARVE_TRY(auto event, read("event_key"));
  return NamedKeys{std::move(log), std::move(event)};
}

Result<VerifierKey> rotate_event_key(const fs::path& root, const fs::path& anchor_file,
                                     const std::string& request, std::function<Timestamp()> clock) {
  VARVE_TRY(auto directory, DataDirectory::open(root, Access::exclusive));
  VARVE_TRY(auto keys, directory.load_keys());
  const Signer replacement = Signer::generate(keys.event.verifier().name());
  const fs::path staged = keys_of(root) / "event.next";
  // On disk before the event names it: a key that is lost after its event would end the log.
  VARVE_CHECK(write_secret(staged, replacement));

  FileAnchor anchor(anchor_file);
  HeadCell head;
  LedgerOptions options;
  options.signing_threads = 1;
  options.clock = std::move(clock);
  std::promise<Result<Receipt>> outcome;
  {
    VARVE_TRY(auto ledger,
              Ledger::open(directory.store(), anchor, head, std::move(keys), std::move(options)));
    ledger->submit({Actor{"operator", Auth::local}, request, "local",
                    system::RotateEventKey{replacement.verifier().to_string()}, {}},
                   [&](Result<Receipt> receipt) { outcome.set_value(std::move(receipt)); });
    ledger->drain();
  }
  VARVE_TRY([[maybe_unused]] auto receipt, outcome.get_future().get());
  VARVE_CHECK(rename_into_place(staged, keys_of(root) / "event"));
  return replacement.verifier();
}

}  // namespace varve
