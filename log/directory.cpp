// Opening and making data directories.
#include "log/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/trust/query.h"
#include "core/warg/query.h"
#include "core/warg/warg.h"
#include "log/file_io.h"
#include "log/operator_record.h"
#include "log/reader.h"
#include "log/rows_view.h"
#include "log/secrets.h"
#include "log/store/open.h"

namespace varve {
namespace fs = std::filesystem;
namespace {

constexpr const char* kEventKeySuffix = "/events";
constexpr const char* kUnfinished = "init.unfinished";
constexpr const char* kNextEventKey = "event.next";
constexpr const char* kNextWargKey = "warg.next";

std::unexpected<Error> storage_error(Errc code, std::string what) {
  return fail(code, About::storage, std::move(what));
}

fs::path keys_of(const fs::path& root) {
  return root / "secrets" / "keys";
}

std::unexpected<Error> missing_key(const fs::path& file) {
  return fail(Errc::unavailable, About::key, "a key file is missing", file.filename().string());
}

Result<Signer> load_signer(const fs::path& file) {
  VARVE_TRY(const auto text, read_key_file(file));
  if (!text) return missing_key(file);
  return Signer::parse(*text);
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
    return storage_error(Errc::unavailable, "the data directory cannot be set up: " +
                                                std::string(std::strerror(errno)));
  return {};
}

// Keys without a store are somebody's log that lost its store: never to be overwritten. Only beside
// the mark of an interrupted initialisation are they leftovers.
Result<void> check_vacant(const fs::path& root, const fs::path& anchor_file) {
  if (DataDirectory::is_initialised(root))
    return storage_error(Errc::conflict, "this directory already holds a registry");
  std::error_code error;
  if (fs::exists(root / kUnfinished, error)) return {};
  for (const auto& item : fs::directory_iterator(root, error))
    if (item.path().filename() != "lock")
      return storage_error(Errc::conflict, "the directory is not empty: it holds " +
                                               item.path().filename().string());
  if (fs::exists(anchor_file, error))
    return storage_error(Errc::conflict, "the anchor of another log is there already");
  return {};
}

// An anchor beside an interrupted initialisation must be the one that wrote: its checkpoint opens
// with the key made then.
Result<void> check_leftover_anchor(const fs::path& keys, const fs::path& anchor_file) {
  VARVE_TRY(const auto note, FileAnchor(anchor_file).read());
  if (!note) return {};
  const auto log = load_signer(keys / "log");
  if (!log || !open_checkpoint(*note, log->verifier()))
    return storage_error(Errc::conflict, "the anchor of another log is there already");
  return {};
}

Result<std::shared_ptr<const warg::PrivateKey>> make_warg_key(const fs::path& file) {
  auto made = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
  VARVE_CHECK(write_key_file(file, made.to_string()));
  return std::make_shared<const warg::PrivateKey>(std::move(made));
}

// The key that signs Warg's checkpoints: once the operator's log has begun, one that it lets
// commit. Until then a directory that was made without one gets one.
Result<std::shared_ptr<const warg::PrivateKey>> warg_key(const fs::path& file, const View& view) {
  const warg::LogRows log(view, warg::operator_log_id());
  VARVE_TRY(const auto begun, log.head());
  VARVE_TRY(const auto text, read_key_file(file));
  if (!text && begun) return missing_key(file);
  if (!text) return make_warg_key(file);
  VARVE_TRY(auto key, warg::PrivateKey::parse(*text));
  if (begun) {
    VARVE_TRY(const auto named, log.key(key.public_key().id()));
    if (!named || !named->permissions.has(warg::OperatorPermission::commit))
      return fail(Errc::corrupt, About::key,
                  "the key file `warg` is none that the operator's log lets commit");
  }
  return std::make_shared<const warg::PrivateKey>(std::move(key));
}

// Keys, the genesis entry, its checkpoint and the anchor, in a directory nobody looks at yet.
Result<void> make_log(const fs::path& aside, const std::string& origin, const fs::path& anchor_file,
                      const std::string& request, Timestamp now,
                      const std::optional<FirstAdmin>& admin) {
  VARVE_CHECK(make_directories(keys_of(aside)));
  LedgerKeys keys{Signer::generate(origin), Signer::generate(origin + kEventKeySuffix)};
  VARVE_CHECK(write_key_file(keys_of(aside) / "log", keys.log.to_string()));
  VARVE_CHECK(write_key_file(keys_of(aside) / "event", keys.event.to_string()));
  VARVE_CHECK(make_warg_key(keys_of(aside) / "warg"));

  trust::Founding accounts;
  if (admin) {
    VARVE_CHECK(SecretStore(aside).write(admin->credential, admin->hash));
    accounts.admin_password = admin->credential;
  }
  Command genesis{Actor{std::string(kOperator), Auth::local},
                  request,
                  "local",
                  system::Initialise{origin, keys.log.verifier().to_string(),
                                     keys.event.verifier().to_string(), accounts},
                  {}};
  {
    VARVE_TRY(auto store, open_store(aside / "store", StoreUse::create));
    FileAnchor anchor(anchor_file);
    VARVE_CHECK(Ledger::initialise(*store, anchor, std::move(keys), std::move(genesis), now));
    VARVE_CHECK(store->flush());
  }
  return {};
}

// The attempt that was interrupted told nobody its password; this one's takes its place.
Result<void> replace_first_secret(const fs::path& root, const FirstAdmin& admin) {
  std::error_code error;
  const fs::path directory = root / "secrets" / "credentials";
  for (const auto& file : fs::directory_iterator(directory, error)) {
    const auto id = CredentialId::parse(file.path().filename().string());
    if (id) return SecretStore(root).write(*id, admin.hash);
  }
  return storage_error(Errc::conflict,
                       "an interrupted initialisation here was one without an administrator");
}

struct CloseLock {
  int fd;
  ~CloseLock() { ::close(fd); }
};

}  // namespace

fs::path default_anchor(const fs::path& root) {
  return root / "head.anchor";
}

bool DataDirectory::is_initialised(const fs::path& root) {
  std::error_code error;
  return fs::exists(root / "store", error);
}

Result<void> DataDirectory::initialise(const fs::path& root, const std::string& origin,
                                       const fs::path& anchor_file, const std::string& request,
                                       Timestamp now, const std::optional<FirstAdmin>& admin) {
  if (!valid_key_name(origin) || origin.size() > 255)
    return fail(Errc::invalid, About::name,
                "an origin is 1 to 255 bytes of UTF-8 without spaces and '+': "
                "a host name and path such as registry.example/main",
                origin);
  // Before anything is made: what is somebody else's stays as it is.
  std::error_code error;
  if (fs::exists(root, error)) VARVE_CHECK(check_vacant(root, anchor_file));
  VARVE_CHECK(make_directories(root));
  VARVE_TRY(const int lock, take_lock(root));
  const CloseLock closer{lock};
  VARVE_CHECK(check_vacant(root, anchor_file));

  // Everything is made aside; `store` moves last, and only its presence counts.
  const fs::path aside = root / kUnfinished;
  if (fs::exists(root / "secrets", error)) {
    VARVE_CHECK(check_leftover_anchor(keys_of(root), anchor_file));
    VARVE_TRY(const auto log, load_signer(keys_of(root) / "log"));
    if (log.verifier().name() != origin)
      return storage_error(
          Errc::conflict,
          "an interrupted initialisation here was for another origin: " + log.verifier().name());
    {
      VARVE_TRY(const auto store, open_store(aside / "store", StoreUse::read));
      VARVE_CHECK(varve::load_head(*store));  // another version's is finished by that one
    }
    if (admin) VARVE_CHECK(replace_first_secret(root, *admin));
  } else {
    VARVE_CHECK(check_leftover_anchor(keys_of(aside), anchor_file));
    fs::remove_all(aside, error);
    VARVE_CHECK(make_log(aside, origin, anchor_file, request, now, admin));
    VARVE_CHECK(rename_into_place(aside / "secrets", root / "secrets"));
  }
  VARVE_CHECK(rename_into_place(aside / "store", root / "store"));
  fs::remove_all(aside, error);
  return {};
}

DataDirectory::DataDirectory(fs::path root, int lock, std::unique_ptr<Store> store)
    : root_(std::move(root)), lock_(lock), store_(std::move(store)) {}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : root_(std::move(other.root_)),
      lock_(std::exchange(other.lock_, -1)),
      store_(std::move(other.store_)) {}

DataDirectory::~DataDirectory() {
  store_.reset();  // before the lock: nobody may open it while it is still being closed
  if (lock_ >= 0) ::close(lock_);
}

Result<DataDirectory> DataDirectory::open(const fs::path& root, Access access) {
  if (!is_initialised(root))
    return storage_error(Errc::not_found, "this directory holds no registry");
  int lock = -1;
  if (access == Access::exclusive) {
    VARVE_TRY(lock, take_lock(root));
  }
  auto store =
      open_store(root / "store", access == Access::exclusive ? StoreUse::write : StoreUse::read);
  if (!store) {
    if (lock >= 0) ::close(lock);
    return std::unexpected(std::move(store).error());
  }
  return DataDirectory(root, lock, *std::move(store));
}

Result<std::shared_ptr<const Head>> DataDirectory::load_head(Rows rows) const {
  return varve::load_head(*store_, rows);
}

Result<LedgerKeys> DataDirectory::load_keys(const Anchor& anchor) const {
  VARVE_TRY(auto head, load_head());
  VARVE_TRY(auto named, named_keys(*Reader(head).view()));
  VARVE_CHECK(check_against_anchor(anchor, *head, named.log));
  const fs::path keys = keys_of(root_);
  VARVE_TRY(auto log, load_signer(keys / "log"));
  VARVE_TRY(auto event, load_signer(keys / "event"));
  std::error_code error;
  if (!(event.verifier() == named.event) && fs::exists(keys / kNextEventKey, error)) {
    // A rotation was interrupted after its event: the staged key is the one the log names.
    VARVE_TRY(auto replacement, load_signer(keys / kNextEventKey));
    if (replacement.verifier() == named.event) {
      VARVE_CHECK(rename_into_place(keys / kNextEventKey, keys / "event"));
      event = std::move(replacement);
    }
  }
  if (!(log.verifier() == named.log) || !(event.verifier() == named.event))
    return fail(Errc::corrupt, About::key, "the key files are not those the log names");
  VARVE_TRY(auto warg, warg_key(keys / "warg", *Reader(head).view()));
  return LedgerKeys{std::move(log), std::move(event), std::move(warg)};
}

Result<std::size_t> DataDirectory::sweep_secrets() const {
  VARVE_TRY(const auto head, load_head());
  const auto view = Reader(head).view();
  return SecretStore(root_).sweep([&](const CredentialId& id) -> Result<bool> {
    VARVE_TRY(const auto credential, trust::find_credential(*view, id));
    return credential && !credential->revoked;
  });
}

namespace {

struct AsHolder {
  Ledger& ledger;
  const HeadCell& head;
  const std::string& request;

  Result<void> run(Intent intent, std::vector<Body> bodies = {}) const {
    VARVE_CHECK(ledger.run({Actor{std::string(kOperator), Auth::local}, request, "local",
                            std::move(intent), std::move(bodies)}));
    return {};
  }
};

// What the directory's holder wishes, on a ledger of its own.
Result<void> run_alone(DataDirectory& directory, Anchor& anchor, LedgerKeys keys,
                       std::function<Timestamp()> clock, const std::string& request,
                       const std::function<Result<void>(const AsHolder&)>& work) {
  HeadCell head;
  LedgerOptions options;
  options.signing_threads = 1;
  options.clock = std::move(clock);
  VARVE_TRY(auto ledger,
            Ledger::open(directory.store(), anchor, head, std::move(keys), std::move(options)));
  VARVE_CHECK(work({*ledger, head, request}));
  ledger->drain();
  return {};
}

// On disk before an event names it: a key that is lost after its event would end the log. One that
// was staged before never counted; it is kept all the same.
Result<void> stage_key(const fs::path& staged, const fs::path& unused, const std::string& key) {
  std::error_code error;
  if (fs::exists(staged, error)) VARVE_CHECK(rename_into_place(staged, unused));
  return write_key_file(staged, key);
}

}  // namespace

Result<void> recover_administrator(const fs::path& root, const fs::path& anchor_file,
                                   const std::string& request, std::function<Timestamp()> clock,
                                   const PrincipalName& name, const FirstAdmin& admin) {
  VARVE_TRY(auto directory, DataDirectory::open(root, Access::exclusive));
  FileAnchor anchor(anchor_file);
  VARVE_TRY(auto keys, directory.load_keys(anchor));
  std::vector<Intent> intents;
  {
    VARVE_TRY(const auto head, directory.load_head());
    VARVE_TRY(const auto known, trust::find_principal(*Reader(head).view(), name));
    if (!known) intents.emplace_back(trust::CreatePrincipal{name, trust::PrincipalKind::user});
  }
  intents.emplace_back(trust::EnablePrincipal{name});
  intents.emplace_back(
      trust::AddCredential{name, admin.credential, trust::CredentialKind::password, std::nullopt});
  intents.emplace_back(trust::SetGrant{name, Resource::everything(), Rights::all()});
  VARVE_CHECK(SecretStore(root).write(admin.credential, admin.hash));
  return run_alone(directory, anchor, std::move(keys), std::move(clock), request,
                   [&](const AsHolder& holder) -> Result<void> {
                     for (Intent& intent : intents) VARVE_CHECK(holder.run(std::move(intent)));
                     return {};
                   });
}

Result<VerifierKey> rotate_event_key(const fs::path& root, const fs::path& anchor_file,
                                     const std::string& request, std::function<Timestamp()> clock) {
  VARVE_TRY(auto directory, DataDirectory::open(root, Access::exclusive));
  FileAnchor anchor(anchor_file);
  VARVE_TRY(auto keys, directory.load_keys(anchor));
  const Signer replacement = Signer::generate(keys.event.verifier().name());
  const fs::path staged = keys_of(root) / kNextEventKey;
  // One that was staged before never counted, or load_keys() had put it in place.
  VARVE_CHECK(
      stage_key(staged, keys_of(root) / ("event.unused." + request), replacement.to_string()));

  VARVE_CHECK(run_alone(
      directory, anchor, std::move(keys), std::move(clock), request, [&](const AsHolder& holder) {
        return holder.run(system::RotateEventKey{replacement.verifier().to_string()});
      }));
  VARVE_CHECK(rename_into_place(staged, keys_of(root) / "event"));
  return replacement.verifier();
}

namespace {

// A key that a rotation staged and granted before it was interrupted: it goes on with that one.
Result<std::optional<warg::PrivateKey>> granted_before(const fs::path& staged, const View& view) {
  VARVE_TRY(const auto text, read_key_file(staged));
  if (!text) return std::nullopt;
  auto key = warg::PrivateKey::parse(*text);
  if (!key) return std::nullopt;  // half written, so never granted
  VARVE_TRY(const auto named,
            warg::LogRows(view, warg::operator_log_id()).key(key->public_key().id()));
  if (!named || !named->permissions.has(warg::OperatorPermission::commit)) return std::nullopt;
  return *std::move(key);
}

const std::vector<warg::OperatorPermission>& all_operator_permissions() {
  static const std::vector<warg::OperatorPermission> all(std::begin(warg::kOperatorPermissions),
                                                         std::end(warg::kOperatorPermissions));
  return all;
}

Result<void> append(const AsHolder& holder, std::vector<warg::OperatorEntry> entries,
                    const warg::PrivateKey& key, Timestamp now) {
  VARVE_TRY(auto wish,
            next_operator_record(*Reader(holder.head.get()).view(), std::move(entries), key, now));
  return holder.run(warg::AppendOperatorRecord{std::move(wish.record)}, {std::move(wish.body)});
}

// All but `keeper` lose what they still may do.
Result<std::vector<warg::OperatorEntry>> revocations(const View& view, const warg::KeyId& keeper) {
  VARVE_TRY(const auto keys, warg::keys_of(view, warg::operator_log_id()));
  std::vector<warg::OperatorEntry> entries;
  for (const auto& [id, key] : keys) {
    if (id == keeper || key.permissions.empty()) continue;
    warg::Revoke<warg::OperatorPermission> revoke{id, {}};
    for (const auto permission : warg::kOperatorPermissions)
      if (key.permissions.has(permission)) revoke.permissions.push_back(permission);
    entries.emplace_back(std::move(revoke));
  }
  return entries;
}

}  // namespace

Result<warg::PublicKeyText> rotate_warg_key(const fs::path& root, const fs::path& anchor_file,
                                            const std::string& request,
                                            const std::function<Timestamp()>& clock) {
  VARVE_TRY(auto directory, DataDirectory::open(root, Access::exclusive));
  FileAnchor anchor(anchor_file);
  const fs::path staged = keys_of(root) / kNextWargKey;
  VARVE_TRY(auto keys, directory.load_keys(anchor));
  const auto old = keys.warg;
  VARVE_TRY(const auto head, directory.load_head());
  VARVE_TRY(auto replacement, granted_before(staged, *Reader(head).view()));
  if (!replacement) {
    replacement = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
    VARVE_CHECK(
        stage_key(staged, keys_of(root) / ("warg.unused." + request), replacement->to_string()));
    const warg::Grant<warg::OperatorPermission> grant{replacement->public_key().text(),
                                                      all_operator_permissions()};
    VARVE_CHECK(
        run_alone(directory, anchor, std::move(keys), clock, request,
                  [&](const AsHolder& holder) { return append(holder, {grant}, *old, clock()); }));
  }
  VARVE_CHECK(rename_into_place(staged, keys_of(root) / "warg"));

  VARVE_TRY(auto new_keys, directory.load_keys(anchor));
  VARVE_CHECK(run_alone(directory, anchor, std::move(new_keys), clock, request,
                        [&](const AsHolder& holder) -> Result<void> {
                          VARVE_TRY(auto entries, revocations(*Reader(holder.head.get()).view(),
                                                              replacement->public_key().id()));
                          if (entries.empty()) return {};
                          return append(holder, std::move(entries), *replacement, clock());
                        }));
  return replacement->public_key().text();
}

}  // namespace varve
