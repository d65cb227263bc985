// Signing Warg's checkpoints again, and their two forms.
#include "log/warg_checkpoint.h"

#include "core/base/bytes.h"
#include "core/warg/query.h"

namespace varve {

warg::CheckpointSigned as_event(const warg::SignedCheckpoint& checkpoint) {
  const auto digest = [](const Hash256& hash) {
    return Digest(DigestAlgorithm::sha256, as_view(hash));
  };
  const warg::Checkpoint& contents = checkpoint.contents;
  return {checkpoint.key,
          contents.log_length,
          digest(contents.log_root),
          digest(contents.map_root),
          checkpoint.signature,
          contents.timestamp};
}

warg::SignedCheckpoint as_shown(const warg::CheckpointSigned& event) {
  return {{event.log_length, hash_from(event.log_root.raw()), hash_from(event.map_root.raw()),
           event.timestamp},
          event.key_id,
          event.signature};
}

Result<bool> renew_checkpoint(Ledger& ledger, const View& view, const warg::PrivateKey& key,
                              std::chrono::seconds age, Timestamp now, std::string request) {
  VARVE_TRY(const auto newest, warg::newest_checkpoint(view));
  if (!newest) return false;
  warg::Checkpoint contents = as_shown(newest->checkpoint).contents;
  const auto seconds = static_cast<std::uint64_t>(now.micros / 1'000'000);
  if (seconds < contents.timestamp + static_cast<std::uint64_t>(age.count())) return false;
  contents.timestamp = seconds;
  VARVE_TRY(const auto made, warg::sign_checkpoint(contents, key));
  VARVE_TRY(const Receipt receipt, ledger.run({Actor{std::string(kOperator), Auth::local},
                                               std::move(request),
                                               std::string(warg::kSurface),
                                               warg::RenewCheckpoint{as_event(made)},
                                               {}}));
  return receipt.count > 0;
}

}  // namespace varve
