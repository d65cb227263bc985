// The newest published checkpoint, kept outside the store (better on another volume) so that a
// store that lost its tail, or was restored from an old copy, cannot sign a second history. Written
// after the batch is synced and before the checkpoint is served. One thread at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "log/head.h"
#include "log/proof/note.h"
#include "log/store/blob_store.h"

namespace varve {

class Anchor {
 public:
  virtual ~Anchor() = default;
  // The note, or nothing when there is none. Errors: unreadable.
  virtual Result<std::optional<std::string>> read() const = 0;
  // Temporary file, sync, rename, directory sync. After an error the outcome is unknown.
  virtual Result<void> write(std::string_view checkpoint_note) = 0;
};

class FileAnchor final : public Anchor {
 public:
  explicit FileAnchor(std::filesystem::path file, FileSteps* steps = nullptr);
  Result<std::optional<std::string>> read() const override;
  Result<void> write(std::string_view checkpoint_note) override;

 private:
  std::filesystem::path file_;
  FileSteps* steps_;
};

// A checkpoint as the anchor holds it.
struct AnchoredCheckpoint {
  TreeSize size;
  std::string note;
};

// The store may be ahead of its anchor (a crash came between the two), never behind or beside it.
// Nothing when there is no anchor. Errors about checkpoint: conflict (the store is shorter or
// different: rollback), corrupt (the anchor is not this log's checkpoint), unavailable (it cannot
// be read).
Result<std::optional<AnchoredCheckpoint>> check_against_anchor(const Anchor& anchor,
                                                               const Head& head,
                                                               const VerifierKey& log_key);
// The same for whoever will write: without an anchor nobody can tell (unavailable).
Result<AnchoredCheckpoint> check_anchor(const Anchor& anchor, const Head& head,
                                        const VerifierKey& log_key);

// The state with the anchored checkpoint as the published one.
std::shared_ptr<const Head> published_as(const Head& state, const AnchoredCheckpoint& anchored);

}  // namespace varve
