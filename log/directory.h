// A data directory: where a registry keeps everything, and who may open it.
//
//   lock             held (flock) by the one process that writes
//   store/           the log and its tables; its presence means the directory is initialised
//   blobs/ uploads/  see log/store/blob_store.h
//   secrets/keys/    log, event, token: signed-note private keys, 0600; warg: as Warg writes them
//   secrets/credentials/  what proves credentials, see log/secrets.h
//   head.anchor      the newest published checkpoint, unless configured elsewhere
//
// One thread at a time; what it hands out has its own rules.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "log/anchor.h"
#include "log/head.h"
#include "log/ledger.h"
#include "log/proof/warg_keys.h"
#include "log/store/blob_store.h"
#include "log/store/store.h"

namespace varve {

enum class Access : std::uint8_t {
  exclusive,  // for the one writer: takes the lock
  read_only,  // beside a writer, or of a replayed store
};

// The principal `admin` that a new registry starts with, and what proves it.
struct FirstAdmin {
  CredentialId credential;
  std::string hash;  // of a password: hash_password() in log/secrets.h
};

class DataDirectory {
 public:
  // Makes a missing or empty directory a registry's: keys, the genesis entry and the first
  // accounts, their checkpoint, the anchor. Without an administrator only dev mode and the holder
  // of the directory can change it. Interrupted, it leaves a directory that can be initialised
  // again. Errors: conflict/About::storage when it is one already or holds something else.
  static Result<void> initialise(const std::filesystem::path& root, const std::string& origin,
                                 const std::filesystem::path& anchor_file,
                                 const std::string& request, Timestamp now,
                                 const std::optional<FirstAdmin>& admin = std::nullopt);
  static bool is_initialised(const std::filesystem::path& root);

  // Errors: not_found/storage (not initialised), conflict/storage (another process writes to it).
  static Result<DataDirectory> open(const std::filesystem::path& root, Access access);
  ~DataDirectory();
  DataDirectory(DataDirectory&&) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;

  const std::filesystem::path& root() const { return root_; }
  Store& store() { return *store_; }
  // The state the store holds, for reading without a ledger. Checks head, edge and root.
  Result<std::shared_ptr<const Head>> load_head(Rows rows = Rows::of_our_format) const;
  // The private keys, finishing an interrupted rotation. They must be those the log names, and the
  // store must not contradict `anchor`: keys are not touched for a store that is not the newest.
  Result<LedgerKeys> load_keys(const Anchor& anchor) const;
  // Removes secrets of credentials that the log does not know or that are revoked: what a crash
  // between secret and event left. Only for the one writer, before it serves. How many.
  Result<std::size_t> sweep_secrets() const;

 private:
  DataDirectory(std::filesystem::path root, int lock, std::unique_ptr<Store> store);
  std::filesystem::path root_;
  int lock_ = -1;
  std::unique_ptr<Store> store_;
};

std::filesystem::path default_anchor(const std::filesystem::path& root);

// Makes `name` an enabled administrator with this password, in a directory nobody serves: what its
// holder can do when every administrator is gone, or the log is older than accounts. Each step is
// an event of the holder's; a repetition after a crash goes on where it stopped.
Result<void> recover_administrator(const std::filesystem::path& root,
                                   const std::filesystem::path& anchor_file,
                                   const std::string& request, std::function<Timestamp()> clock,
                                   const PrincipalName& name, const FirstAdmin& admin);

// Replaces the event key of a directory nobody serves: appends log.event_key.rotated, signed by the
// old key. Returns the new key.
Result<VerifierKey> rotate_event_key(const std::filesystem::path& root,
                                     const std::filesystem::path& anchor_file,
                                     const std::string& request, std::function<Timestamp()> clock);

// Replaces the key that signs Warg's checkpoints and operator records, in a directory nobody
// serves: the old key grants everything to the new one, which then revokes the old one. Once begun,
// it is finished by being run again. Returns the new key. Errors: unavailable about the record when
// the operator's log has not begun.
Result<warg::PublicKeyText> rotate_warg_key(const std::filesystem::path& root,
                                            const std::filesystem::path& anchor_file,
                                            const std::string& request,
                                            const std::function<Timestamp()>& clock);

}  // namespace varve
