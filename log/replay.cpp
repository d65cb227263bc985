// Replay. Three stages at once: one run of entries is fetched, decoded and verified while the run
// before it is folded into rows and the rows of the run before that are written.
#include "log/replay.h"

#include <algorithm>
#include <future>

#include "core/base/limits.h"
#include "log/event_chain.h"
#include "log/reader.h"
#include "log/rows_view.h"

namespace varve {
namespace {

constexpr std::uint64_t kRunEntries = 2'048;
// What is folded at once ends early when it holds this much in bodies: a log of 4 MiB manifests
// must not need gigabytes to replay.
constexpr std::size_t kRunBodyBytesMax = 32 << 20;

struct Run {
  std::vector<OpenedEntry> entries;
  std::vector<Body> bodies;
};

// A run and the rows it makes.
struct Folded {
  explicit Folded(Run folded) : run(std::move(folded)) {}
  Run run;
  std::vector<TreeEdge::FullTile> full;
  Layer layer;
  RowWriter rows{layer};
};

// The folding and the writing stage: what the ledger does to tables, without deciding or signing.
class Folder {
 public:
  explicit Folder(Store& out) : out_(out), snapshot_(out.snapshot()) {}

  Result<void> fold(Run run) {
    auto folded = std::make_unique<Folded>(std::move(run));
    const LayeredView before(snapshot_, {&writing_->layer, &folded->layer}, &cache_);
    Bodies bodies(folded->run.bodies);
    for (const OpenedEntry& opened : folded->run.entries) {
      folded->rows.at(opened.entry.envelope.index);
      // The bodies stand in the order of the entries that name them.
      const std::size_t named = body_of(opened.entry.event) ? 1 : 0;
      VARVE_CHECK(project(opened.entry.event, bodies.first(named), before, folded->rows));
      bodies = bodies.subspan(named);
      edge_.append(opened.leaf, folded->full);
      last_at_ = opened.entry.envelope.at;
    }
    cache_.update(folded->layer);
    VARVE_CHECK(settle());
    writing_ = std::move(folded);
    written_ = std::async(std::launch::async, [this] { return write(*writing_); });
    return {};
  }

  // Waits until everything that was folded is written.
  Result<void> settle() {
    if (!written_.valid()) return {};
    VARVE_CHECK(written_.get());
    snapshot_ = out_.snapshot();
    return {};
  }

  Result<void> keep(TreeSize size, std::string_view checkpoint) {
    auto batch = out_.batch();
    batch->put(Family::checkpoint, checkpoint_key(size), checkpoint);
    return out_.commit_unsynced(std::move(batch));
  }

  // What makes the store open: the head row, and the checkpoint when it is not about more than was
  // folded.
  Result<void> finish(const Checkpoint& checkpoint, std::string_view note) {
    auto batch = out_.batch();
    TreeSize published;
    if (checkpoint.size <= edge_.size()) {
      published = checkpoint.size;
      batch->put(Family::checkpoint, checkpoint_key(published), note);
    }
    batch->put(Family::meta, kHeadKey,
               encode_head({edge_.size(), edge_.root(), last_at_, published}));
    VARVE_CHECK(out_.commit_unsynced(std::move(batch)));
    return out_.flush();
  }

  // The state before it is finished.
  Head unfinished_head() const {
    return {edge_.size(),
            edge_.root(),
            last_at_,
            out_.snapshot(),
            std::make_shared<const TreeEdge>(edge_),
            {},
            nullptr};
  }
  const TreeEdge& edge() const { return edge_; }

 private:
  Result<void> write(Folded& folded) {
    auto batch = out_.batch();
    for (const OpenedEntry& opened : folded.run.entries)
      batch->put(Family::entry, entry_key(opened.entry.envelope.index), opened.bytes);
    for (const auto& tile : folded.full)
      batch->put(Family::tile, tile_key(tile.level, tile.n), tile.bytes);
    folded.rows.write_into(*batch);
    for (const Body& body : folded.run.bodies)
      batch->put(Family::body, body.digest.row(), *body.bytes);
    return out_.commit_unsynced(std::move(batch));
  }

  Store& out_;
  TreeEdge edge_;
  Timestamp last_at_;
  RowCache cache_{limits::kWriterCacheBytesMax};
  // What is read before a run: the rows that are written, under those still being written.
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<Folded> writing_ = std::make_unique<Folded>(Run{});
  std::future<Result<void>> written_;  // of writing_
};

Result<std::vector<OpenedEntry>> fetch(EntrySource& source, EntryIndex first, TreeSize total) {
  const EntryIndex end{std::min(first.value + kRunEntries, total.value)};
  std::vector<OpenedEntry> entries;
  entries.reserve(end.value - first.value);
  VARVE_CHECK(source.entries(first, end, [&](EntryIndex, std::string_view bytes) {
    entries.push_back({std::string(bytes), {}, {}});
  }));
  if (entries.size() != end.value - first.value)
    return fail(Errc::corrupt, About::entry, "the source gave fewer entries than it has");
  return entries;
}

Result<Body> fetch_body(EntrySource& source, EntryIndex index, const BodyName& named) {
  VARVE_TRY(auto bytes, source.body(named));
  if (bytes.size() != named.size || Digest::of(bytes, named.digest.algorithm()) != named.digest)
    return fail(
        Errc::corrupt, About::body,
        "the body entry " + std::to_string(index.value) + " names is not what its digest says",
        named.digest.to_string());
  return Body{named.digest, std::make_shared<const std::string>(std::move(bytes))};
}

// What `fold` takes is folded on a thread of its own while the caller prepares more.
class Pipeline {
 public:
  explicit Pipeline(Folder& folder) : folder_(folder) {}

  Result<void> fold(Run run) {
    VARVE_CHECK(settle());
    folding_ =
        std::async(std::launch::async, [&folder = folder_, ready = std::move(run)]() mutable {
          return folder.fold(std::move(ready));
        });
    return {};
  }
  Result<void> settle() {
    if (folding_.valid()) VARVE_CHECK(folding_.get());
    return {};
  }

 private:
  Folder& folder_;
  std::future<Result<void>> folding_;
};

// Adds the bodies the entries name, and hands over whenever enough of them are in memory.
Result<void> fold_with_bodies(EntrySource& source, std::vector<OpenedEntry> entries,
                              Pipeline& pipeline) {
  Run run;
  std::size_t bytes = 0;
  for (OpenedEntry& opened : entries) {
    if (const auto named = body_of(opened.entry.event)) {
      VARVE_TRY(auto body, fetch_body(source, opened.entry.envelope.index, *named));
      bytes += body.bytes->size();
      run.bodies.push_back(std::move(body));
    }
    run.entries.push_back(std::move(opened));
    if (bytes < kRunBodyBytesMax) continue;
    VARVE_CHECK(pipeline.fold(std::exchange(run, {})));
    bytes = 0;
  }
  return pipeline.fold(std::move(run));
}

Result<void> fold_everything(EntrySource& source, Folder& folder, EventChain& chain, TreeSize total,
                             const ReplayOptions& options,
                             const std::optional<VerifierKey>& log_key) {
  Pipeline pipeline(folder);
  for (std::uint64_t next = 0; next < total.value;) {
    VARVE_TRY(auto entries, fetch(source, EntryIndex{next}, total));
    VARVE_CHECK(chain.open(EntryIndex{next}, entries));
    // Before any body is fetched: sizes in a stranger's entries are not worth allocating for.
    if (log_key && chain.log_key() != log_key)
      return fail(Errc::invalid, About::key,
                  "the genesis entry names another log key than the trusted one");
    next += entries.size();
    VARVE_CHECK(fold_with_bodies(source, std::move(entries), pipeline));
    if (options.progress) options.progress(TreeSize{next}, total);
  }
  VARVE_CHECK(pipeline.settle());
  return folder.settle();
}

std::unexpected<Error> other_root(const Checkpoint& checkpoint) {
  return fail(Errc::corrupt, About::checkpoint,
              "the entries do not hash to the root that checkpoint " +
                  std::to_string(checkpoint.size.value) + " signed");
}

// Of a checkpoint that is about no more than the tree.
Result<void> check_root(const Reader& tree, const Checkpoint& checkpoint) {
  VARVE_TRY(const auto root, tree.root_at(checkpoint.size));
  return root == checkpoint.root ? Result<void>() : other_root(checkpoint);
}

// The tree just built must be the one the source's checkpoint signed, or an earlier or later state
// of it.
Result<void> check_against(const Checkpoint& checkpoint, const Reader& tree, EntrySource& source) {
  const Head& head = tree.head();
  if (checkpoint.size <= head.size) return check_root(tree, checkpoint);
  const auto tiles = [&source](unsigned level, std::uint64_t n, unsigned width) {
    return source.tile(level, n, width);
  };
  VARVE_TRY(auto proof, consistency_proof(head.size, checkpoint.size,
                                          nodes_from_tiles(tiles, checkpoint.size)));
  if (!verify_consistency(head.size, checkpoint.size, proof, head.root, checkpoint.root))
    return other_root(checkpoint);
  return {};
}

Result<void> keep_checkpoints(EntrySource& source, const Reader& tree, const VerifierKey& log_key,
                              Folder& folder) {
  return source.each_checkpoint([&](std::string_view note) -> Result<void> {
    VARVE_TRY(const auto checkpoint, open_checkpoint(note, log_key));
    if (checkpoint.size > tree.head().size) return {};
    VARVE_CHECK(check_root(tree, checkpoint));
    return folder.keep(checkpoint.size, note);
  });
}

}  // namespace

Result<ReplayReport> replay(EntrySource& source, Store& out, const ReplayOptions& options,
                            const std::optional<VerifierKey>& log_key) {
  VARVE_TRY(auto note, source.checkpoint());
  if (!note) return fail(Errc::not_found, About::checkpoint, "the log has published nothing yet");
  VARVE_TRY(auto available, source.size());
  const TreeSize total = options.to.value_or(available);
  if (total > available || total.value == 0)
    return fail(Errc::not_found, About::size,
                "the source has " + std::to_string(available.value) + " entries, and " +
                    std::to_string(total.value) + " were asked for");

  Crew crew(options.threads);
  EventChain chain(crew, options.verify_signatures);
  Folder folder(out);
  VARVE_CHECK(fold_everything(source, folder, chain, total, options, log_key));
  VARVE_TRY(auto checkpoint, open_checkpoint(*note, *chain.log_key()));
  if (!options.to) VARVE_CHECK(chain.complete());
  // A store opens once it has its head row: that comes last, when everything about it was checked.
  VARVE_CHECK(out.flush());
  const Reader tree(std::make_shared<const Head>(folder.unfinished_head()));
  VARVE_CHECK(check_against(checkpoint, tree, source));
  if (options.keep_checkpoints)
    VARVE_CHECK(keep_checkpoints(source, tree, *chain.log_key(), folder));
  VARVE_CHECK(folder.finish(checkpoint, *note));

  ReplayReport report{folder.edge().size(), folder.edge().root(), chain.signatures(), {}};
  VARVE_TRY(report.tables, table_digests(*out.snapshot()));
  return report;
}

Result<void> EntrySource::each_checkpoint(
    const std::function<Result<void>(std::string_view note)>&) {
  return {};
}

Result<void> StoreSource::each_checkpoint(
    const std::function<Result<void>(std::string_view note)>& visit) {
  const auto cursor = head_->snapshot->cursor(Family::checkpoint, "", "");
  for (cursor->seek(""); cursor->valid(); cursor->next()) VARVE_CHECK(visit(cursor->value()));
  return cursor->status();
}

Result<std::optional<std::string>> StoreSource::checkpoint() {
  if (head_->checkpoint == nullptr) return std::nullopt;
  return *head_->checkpoint;
}

Result<TreeSize> StoreSource::size() {
  return head_->size;
}

Result<void> StoreSource::entries(EntryIndex from, EntryIndex to,
                                  const std::function<void(EntryIndex, std::string_view)>& visit) {
  return Reader(head_).entries(from, to, [&](EntryIndex index, std::string_view bytes) {
    visit(index, bytes);
    return true;
  });
}

Result<std::string> StoreSource::body(const BodyName& name) {
  VARVE_TRY(auto bytes, Reader(head_).body(name.digest));
  if (!bytes) return fail(Errc::corrupt, About::body, "a body is missing", name.digest.to_string());
  return *std::move(bytes);
}

Result<std::string> StoreSource::tile(unsigned level, std::uint64_t n, unsigned width) {
  return Reader(head_).tile(level, n, width);
}

}  // namespace varve
