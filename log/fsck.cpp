// Checking everything. A finding is reported and the search goes on; only what cannot be read at
// all ends it.
#include "log/fsck.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "log/event_chain.h"
#include "log/reader.h"
#include "log/rows_view.h"
#include "log/store/open.h"
#include "log/warg_audit.h"

namespace varve {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kRunEntries = 2'048;

// What could not be read proves nothing: bad, absent and cannot-tell are three answers.
bool cannot_tell(Errc code) {
  return code == Errc::unavailable || code == Errc::overloaded || code == Errc::throttled ||
         code == Errc::unknown || code == Errc::internal || code == Errc::unsupported ||
         code == Errc::unauthorized || code == Errc::denied;
}

class Findings {
 public:
  explicit Findings(FsckReport& report) : report_(report) {}
  void add(std::string what, std::string detail) {
    report_.findings.push_back({std::move(what), std::move(detail), false});
  }
  // True when the result is good; else its error is a finding.
  template <class T>
  bool holds(const std::string& what, const Result<T>& result) {
    if (result) return true;
    const Error& error = result.error();
    report_.findings.push_back(
        {what, error.detail.empty() ? error.what : error.what + " (" + error.detail + ")",
         cannot_tell(error.code)});
    return false;
  }

 private:
  FsckReport& report_;
};

// The first key of a family at which two stores differ, in hex; empty when they do not.
Result<std::string> first_difference(const Snapshot& a, const Snapshot& b, Family family) {
  const auto left = a.cursor(family, "", "");
  const auto right = b.cursor(family, "", "");
  left->seek("");
  right->seek("");
  while (left->valid() && right->valid() && left->key() == right->key() &&
         left->value() == right->value()) {
    left->next();
    right->next();
  }
  VARVE_CHECK(left->status());
  VARVE_CHECK(right->status());
  if (!left->valid() && !right->valid()) return std::string();
  const bool use_left = left->valid() && (!right->valid() || left->key() <= right->key());
  return hex_encode(use_left ? left->key() : right->key());
}

// Entries, signatures, tiles, bodies and tables at once: replay makes them all again from the
// entries and bodies alone, and every table must come out the same.
void check_by_replay(const std::shared_ptr<const Head>& head, const fs::path& scratch,
                     const FsckProgress& progress, FsckReport& report, Findings& findings) {
  auto fresh = open_store(scratch, StoreUse::fill);
  if (!findings.holds("scratch", fresh)) return;
  ReplayOptions options;
  options.to = head->size;
  options.progress = [&](TreeSize done, TreeSize total) {
    progress("replay", done.value, total.value);
  };
  StoreSource source(head);
  const auto replayed = replay(source, **fresh, options);
  if (!findings.holds("entry", replayed)) return;
  report.entries = replayed->size.value;
  report.signatures = replayed->signatures;
  if (replayed->root != head->root)
    findings.add("root", "the entries hash to another root than the head row's");

  const auto stored = table_digests(*head->snapshot);
  if (!findings.holds("table", stored)) return;
  report.tables = *stored;
  for (std::size_t i = 0; i < stored->size(); ++i) {
    const TableDigest& here = (*stored)[i];
    if (here.name == "tile") report.tiles = here.rows;
    if (here.name == "body") report.bodies = here.rows;
    if (here == replayed->tables[i]) continue;
    const Family family = here.name == "tile"           ? Family::tile
                          : here.name == "body"         ? Family::body
                          : here.name == "entry"        ? Family::entry
                          : here.name.ends_with(".now") ? Family::now
                                                        : Family::past;
    const auto key = first_difference(*head->snapshot, *(*fresh)->snapshot(), family);
    findings.add("table", here.name + " is not what the entries make it; first difference at key " +
                              (key ? *key : key.error().what));
  }
}

void check_checkpoints(const Reader& reader, const VerifierKey& log_key, FsckReport& report,
                       Findings& findings) {
  const auto cursor = reader.head().snapshot->cursor(Family::checkpoint, "", "");
  for (cursor->seek(""); cursor->valid(); cursor->next()) {
    ++report.checkpoints;
    const auto checkpoint = open_checkpoint(cursor->value(), log_key);
    if (!findings.holds("checkpoint", checkpoint)) continue;
    if (cursor->key() != checkpoint_key(checkpoint->size))
      findings.add("checkpoint", "the one of size " + std::to_string(checkpoint->size.value) +
                                     " is filed under another size");
    const auto root = reader.root_at(checkpoint->size);
    if (findings.holds("checkpoint", root) && *root != checkpoint->root)
      findings.add("checkpoint", "the one of size " + std::to_string(checkpoint->size.value) +
                                     " signed another root than the tree has");
  }
  findings.holds("checkpoint", cursor->status());
}

void check_blobs(const View& view, const BlobStore& blobs, const FsckProgress& progress,
                 FsckReport& report, Findings& findings) {
  const auto scanned = view.scan(Table::blob, "", "", [&](std::string_view key, const Row& row) {
    ++report.blobs;
    const auto digest = Digest::from_row(key);
    if (!findings.holds("blob", digest)) return true;
    progress("blobs", report.blobs, 0);
    const auto file = blobs.open(*digest);
    if (!findings.holds("blob", file)) return true;
    if (row.value.size() < 8 || (*file)->size() != read_be64(row.value))
      findings.add("blob", digest->to_string() + " has another size than its event says");
    findings.holds("blob", blobs.verify(*digest));
    return true;
  });
  findings.holds("blob", scanned);
}

void check_warg(const Reader& reader, FsckReport& report, Findings& findings) {
  const auto audit = audit_warg(reader, [&](const Error& error) {
    findings.holds("warg", Result<void>(std::unexpected(error)));
  });
  if (!findings.holds("warg", audit)) return;
  report.warg_records = audit->records;
  report.warg_checkpoints = audit->checkpoints;
}

}  // namespace

Result<FsckReport> fsck_directory(DataDirectory& directory, const BlobStore& blobs, Anchor& anchor,
                                  const fs::path& scratch, const FsckProgress& progress) {
  FsckReport report;
  Findings findings(report);
  const auto loaded = directory.load_head();
  if (!loaded && loaded.error().code != Errc::corrupt) return std::unexpected(loaded.error());
  if (!findings.holds("head", loaded)) return report;
  const auto& head = *loaded;
  report.size = head->size;
  const Reader reader(head);
  const auto view = reader.view();
  VARVE_TRY(auto keys, named_keys(*view));

  check_by_replay(head, scratch, progress, report, findings);
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  check_checkpoints(reader, keys.log, report, findings);
  check_blobs(*view, blobs, progress, report, findings);
  check_warg(reader, report, findings);
  findings.holds("anchor", check_anchor(anchor, *head, keys.log));
  return report;
}

namespace {

// Compares what a remote log serves as tiles with what its entries hash to.
class TileComparison {
 public:
  TileComparison(EntrySource& source, FsckReport& report, Findings& findings)
      : source_(source), report_(report), findings_(findings) {}

  void append(const Hash256& leaf) {
    std::vector<TreeEdge::FullTile> full;
    edge_.append(leaf, full);
    for (const auto& tile : full) compare(tile.level, tile.n, kTileWidth, tile.bytes);
  }

  void finish() {
    for (unsigned level = 0; edge_.size().value >> (kTileHeight * level) > 0 && level < 8;
         ++level) {
      const std::string_view partial = edge_.partial(level);
      if (partial.empty()) continue;
      const std::uint64_t n = edge_.size().value >> (kTileHeight * level) >> kTileHeight;
      compare(level, n, static_cast<unsigned>(partial.size() / kHashBytes), partial);
    }
  }

  const TreeEdge& edge() const { return edge_; }

 private:
  void compare(unsigned level, std::uint64_t n, unsigned width, std::string_view expected) {
    ++report_.tiles;
    const std::string name = format_tile_path({false, level, n, width});
    const auto served = source_.tile(level, n, width);
    if (findings_.holds("tile", served) && *served != expected)
      findings_.add("tile", name + " is not what the entries hash to");
  }

  EntrySource& source_;
  FsckReport& report_;
  Findings& findings_;
  TreeEdge edge_;
};

void check_bodies(EntrySource& source, std::span<const OpenedEntry> run, FsckReport& report,
                  Findings& findings) {
  for (const OpenedEntry& opened : run) {
    const auto named = body_of(opened.entry.event);
    if (!named) continue;
    ++report.bodies;
    const auto bytes = source.body(*named);
    if (!findings.holds("body", bytes)) continue;
    if (bytes->size() != named->size ||
        Digest::of(*bytes, named->digest.algorithm()) != named->digest)
      findings.add("body", named->digest.to_string() + " is served as other bytes");
  }
}

// A key that was in force twice stands where it was last, as it does in a key file.
void check_event_keys(const std::vector<VerifierKey>& chain, const TrustedKeys& keys,
                      Findings& findings) {
  auto newest = chain.rend();
  for (const VerifierKey& key : keys.event_keys()) {
    const auto last = std::find(chain.rbegin(), chain.rend(), key);
    if (last == chain.rend()) {
      findings.add("key", "a trusted event key never signed in this log: " + key.to_string());
      continue;
    }
    if (newest != chain.rend() && newest < last)
      findings.add(
          "key", "the trusted event keys are in another order than the log's: " + key.to_string());
    newest = last;
  }
}

}  // namespace

Result<FsckReport> fsck_remote(EntrySource& source, const TrustedKeys& keys,
                               const FsckProgress& progress) {
  FsckReport report;
  Findings findings(report);
  VARVE_TRY(auto note, source.checkpoint());
  if (!note) return fail(Errc::not_found, About::checkpoint, "the log has published nothing yet");
  const auto checkpoint = open_checkpoint(*note, keys.log);
  if (!findings.holds("checkpoint", checkpoint)) return report;
  report.checkpoints = 1;
  report.size = checkpoint->size;

  Crew crew(std::max(1u, std::thread::hardware_concurrency()));
  EventChain chain(crew, true);
  TileComparison tiles(source, report, findings);
  for (std::uint64_t next = 0; next < checkpoint->size.value; next += kRunEntries) {
    const std::uint64_t end = std::min(next + kRunEntries, checkpoint->size.value);
    std::vector<OpenedEntry> run;
    const auto fetched = source.entries(
        EntryIndex{next}, EntryIndex{end},
        [&](EntryIndex, std::string_view bytes) { run.push_back({std::string(bytes), {}, {}}); });
    if (!findings.holds("entry", fetched)) return report;
    if (run.size() != end - next) {
      findings.add("entry", "fewer entries are served than the checkpoint covers");
      return report;
    }
    if (!findings.holds("entry", chain.open(EntryIndex{next}, run))) return report;
    // Before any body is fetched: sizes in a stranger's entries are not worth allocating for.
    if (chain.log_key() != keys.log) {
      findings.add("key", "the genesis entry names another log key");
      return report;
    }
    for (const OpenedEntry& opened : run) tiles.append(opened.leaf);
    check_bodies(source, run, report, findings);
    progress("entries", end, checkpoint->size.value);
  }
  tiles.finish();
  report.entries = checkpoint->size.value;
  report.signatures = chain.signatures();
  findings.holds("entry", chain.complete());
  if (tiles.edge().root() != checkpoint->root)
    findings.add("root", "the entries do not hash to the root the checkpoint signed");
  check_event_keys(chain.event_keys(), keys, findings);
  return report;
}

}  // namespace varve
