// Consistency by tiles. Nothing computed from tiles is held against the log before it was tied to a
// root that the log signed.
#include "api/cli/history.h"

#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "core/base/bytes.h"
#include "log/proof/merkle.h"

namespace varve::cli {
namespace {

std::string size_text(const Checkpoint& checkpoint) {
  return "size " + std::to_string(checkpoint.size.value);
}

// The peaks of the older tree are on the way to the newer root too: each tile is fetched once.
TileReader remembering(TileReader tiles) {
  std::map<std::tuple<unsigned, std::uint64_t, unsigned>, std::string> seen;
  return [tiles = std::move(tiles), seen = std::move(seen)](
             unsigned level, std::uint64_t n, unsigned width) mutable -> Result<std::string> {
    const auto found = seen.find({level, n, width});
    if (found != seen.end()) return found->second;
    VARVE_TRY(auto tile, tiles(level, n, width));
    return seen.emplace(std::tuple(level, n, width), std::move(tile)).first->second;
  };
}

// What the newer tree holds as its first older.size entries, proven by hashes that lead to its
// root.
struct Prefix {
  Hash256 root;
  std::vector<Hash256> proof;
};

Result<Prefix> prefix_of(Server& server, const Checkpoint& older, const Checkpoint& newer) {
  const NodeReader nodes = nodes_from_tiles(remembering(tiles_of(server)), newer.size);
  VARVE_TRY(const Hash256 root, root_of(older.size, nodes));
  VARVE_TRY(auto proof, consistency_proof(older.size, newer.size, nodes));
  // With the older root that the tiles themselves lead to, only the newer root can be missed.
  if (!verify_consistency(older.size, newer.size, proof, root, newer.root))
    return fail(
        Errc::unavailable, About::proof,
        "the tiles that are served are not those of the signed root of " + size_text(newer));
  return Prefix{root, std::move(proof)};
}

void append_tree(std::string& text, std::string_view name, TreeSize size, const Hash256& root) {
  text += std::string(name) + " " + std::to_string(size.value) + " " +
          base64_encode(as_view(root)) + "\n";
}

// RFC 6962 consistency hashes from `old` to `new`. They verify; the root they give the old size is
// not the one that was signed for it.
std::string render(const Prefix& prefix, const Checkpoint& older, const Checkpoint& newer) {
  std::string text = "varve consistency proof\n" + older.origin + "\n";
  append_tree(text, "old", older.size, prefix.root);
  append_tree(text, "signed", older.size, older.root);
  append_tree(text, "new", newer.size, newer.root);
  for (const Hash256& hash : prefix.proof) text += base64_encode(as_view(hash)) + "\n";
  return text;
}

std::unexpected<Failure> cannot_tell(const TrustStore& store, const SeenCheckpoint& remembered,
                                     const SeenCheckpoint& served, const Error& error) {
  const auto evidence =
      store.save_evidence(remembered.checkpoint.origin, remembered.note, served.note);
  return refuse(
      ExitCode::cannot_tell, "whether the log only grew cannot be told",
      describe(error) + "; " + where(evidence),
      "try again; a registry that goes on like this may be hiding a second history: do not "
      "rely on it, and show both files to its operator");
}

}  // namespace

TileReader tiles_of(Server& server) {
  return [&server](unsigned level, std::uint64_t n, unsigned width) -> Result<std::string> {
    const TilePath path{.entries = false, .level = level, .n = n, .width = width};
    const std::size_t bytes = std::size_t{width} * kHashBytes;
    VARVE_TRY(auto tile, fetch(server, "/log/tile/" + format_tile_path(path), bytes));
    if (tile.size() != bytes)
      return fail(Errc::invalid, About::proof,
                  "a tile has " + std::to_string(tile.size()) + " bytes instead of " +
                      std::to_string(bytes),
                  format_tile_path(path));
    return tile;
  };
}

Outcome<void> must_be_one_history(Server& server, const TrustStore& store,
                                  const SeenCheckpoint& remembered, const SeenCheckpoint& served) {
  const bool grew = remembered.checkpoint.size <= served.checkpoint.size;
  const Checkpoint& older = grew ? remembered.checkpoint : served.checkpoint;
  const Checkpoint& newer = grew ? served.checkpoint : remembered.checkpoint;
  if (older.size == newer.size) {
    if (older.root == newer.root) return {};
    return equivocation(store, remembered, served,
                        "the registry shows two different histories: fork",
                        "two signed checkpoints of " + size_text(older) + " have different roots");
  }
  if (older.size.value == 0) return {};  // the empty tree is the start of every other
  const auto prefix = prefix_of(server, older, newer);
  if (!prefix) return cannot_tell(store, remembered, served, prefix.error());
  if (prefix->root == older.root) return {};
  return equivocation(
      store, remembered, served, "the registry shows two different histories: fork",
      "the tree of " + size_text(newer) + " does not continue the one of " + size_text(older),
      render(*prefix, older, newer));
}

std::unexpected<Failure> equivocation(const TrustStore& store, const SeenCheckpoint& remembered,
                                      const SeenCheckpoint& served, std::string what,
                                      std::string why, std::string_view proof) {
  const auto evidence =
      store.save_evidence(remembered.checkpoint.origin, remembered.note, served.note, proof);
  return refuse(
      ExitCode::equivocation, std::move(what), std::move(why) + "; " + where(evidence),
      "stop using this registry and show these files to its operator; nobody can sign them "
      "by accident");
}

}  // namespace varve::cli
