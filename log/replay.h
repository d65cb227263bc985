// Folding entries into fresh tables: proof that the read models are a function of the log. Needs no
// key, clock or configuration. Blocks; uses threads of its own for signatures.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/registry.h"
#include "log/head.h"
#include "log/proof/note.h"
#include "log/store/store.h"

namespace varve {

// Where entries come from: a store beside us, or a server far away. One thread at a time.
class EntrySource {
 public:
  virtual ~EntrySource() = default;
  // The newest checkpoint, as signed; nullopt when nothing was published yet.
  virtual Result<std::optional<std::string>> checkpoint() = 0;
  // Calls visit for every checkpoint that is kept, the newest too. A server hands out that one
  // only: none.
  virtual Result<void> each_checkpoint(
      const std::function<Result<void>(std::string_view note)>& visit);
  // How many entries can be read.
  virtual Result<TreeSize> size() = 0;
  // Calls visit for [from, to) in order.
  virtual Result<void> entries(EntryIndex from, EntryIndex to,
                               const std::function<void(EntryIndex, std::string_view)>& visit) = 0;
  virtual Result<std::string> body(const BodyName& name) = 0;
  // The first `width` hashes of a tile, as the source stores it.
  virtual Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width) = 0;
};

// Reads a store through one Head.
class StoreSource final : public EntrySource {
 public:
  explicit StoreSource(std::shared_ptr<const Head> head) : head_(std::move(head)) {}
  Result<std::optional<std::string>> checkpoint() override;
  Result<void> each_checkpoint(
      const std::function<Result<void>(std::string_view note)>& visit) override;
  Result<TreeSize> size() override;
  Result<void> entries(EntryIndex from, EntryIndex to,
                       const std::function<void(EntryIndex, std::string_view)>& visit) override;
  Result<std::string> body(const BodyName& name) override;
  Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width) override;

 private:
  std::shared_ptr<const Head> head_;
};

struct ReplayOptions {
  std::optional<TreeSize> to;  // default: everything the source has
  // Checkpoints cannot be made again, so a store that takes another's place needs them; each is
  // checked.
  bool keep_checkpoints = false;
  bool verify_signatures = true;  // every event signature, along the chain of event keys
  unsigned threads = 2;
  std::function<void(TreeSize done, TreeSize total)> progress;
};

// One digest over all rows of a table, in key order.
struct TableDigest {
  std::string name;  // "entry", "tile", "body", "tag.now", "tag.past", …
  std::uint64_t rows = 0;
  Digest digest;
  friend bool operator==(const TableDigest&, const TableDigest&) = default;
};

struct ReplayReport {
  TreeSize size;
  Hash256 root{};
  std::uint64_t signatures = 0;  // how many were verified
  std::vector<TableDigest> tables;
};

// Fills the empty store `out`. The source's checkpoint is checked against the root of what was read
// (by a consistency proof when `to` is smaller), with the log key the genesis entry names; when
// `log_key` is given the two must agree. Errors: corrupt/invalid, naming the entry.
Result<ReplayReport> replay(EntrySource& source, Store& out, const ReplayOptions& options,
                            const std::optional<VerifierKey>& log_key = std::nullopt);

// The digests of every table of a store: entry, body, tile and both families of every derived
// table.
Result<std::vector<TableDigest>> table_digests(const Snapshot& snapshot);

}  // namespace varve
