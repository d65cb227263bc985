// Opening the state a store holds, and checking it against itself.
#include "log/head.h"

#include "core/view.h"
#include "log/reader.h"

namespace varve {
namespace {

std::unexpected<Error> storage_error(Errc code, std::string what) {
  return fail(code, About::storage, std::move(what));
}

Result<Hash256> leaf_at(const Snapshot& snapshot, std::uint64_t index) {
  VARVE_TRY(auto entry, snapshot.get(Family::entry, entry_key(EntryIndex{index})));
  if (!entry) return storage_error(Errc::corrupt, "entry " + std::to_string(index) + " is missing");
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

Result<std::shared_ptr<const std::string>> load_checkpoint(const Snapshot& snapshot,
                                                           TreeSize size) {
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

Result<std::shared_ptr<const Head>> load_head(const Store& store, Rows rows) {
  auto head = std::make_shared<Head>();
  head->snapshot = store.snapshot();
  VARVE_TRY(auto bytes, head->snapshot->get(Family::meta, kHeadKey));
  if (!bytes) return storage_error(Errc::not_found, "the store is empty");
  VARVE_TRY(auto row, decode_head(*bytes));
  if (rows == Rows::of_our_format && row.rows_format != kRowsFormat)
    return fail(Errc::unsupported, About::storage,
                "the tables were made by an older varve, and are made again from the log",
                "stop the server, `varve replay --data DIR --out NEW`, move DIR/store aside and "
                "NEW/store into its place");
  VARVE_TRY(auto edge, load_edge(*head->snapshot, row));
  VARVE_TRY(head->checkpoint, load_checkpoint(*head->snapshot, row.published));
  head->size = row.size;
  head->root = row.root;
  head->last_at = row.last_at;
  head->published = row.published;
  head->edge = std::make_shared<const TreeEdge>(std::move(edge));
  // Names of keys are derived rows too; replay learns them from the entries.
  if (rows == Rows::of_our_format) VARVE_CHECK(check_checkpoint(*head));
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

}  // namespace varve
