// C2SP tlog-tiles: paths, widths, and the growing right edge of the tree. Pure; any thread (a
// TreeEdge belongs to one thread at a time).
//
// Tile (level, n) holds the 256 nodes (8·level, n·256 …); only full tiles are hashed upward.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/proof/merkle.h"

namespace varve {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 256;
inline constexpr unsigned kHashBytes = 32;

// What a tile or bundle path names: "<L>/<N>[.p/<W>]" or "entries/<N>[.p/<W>]".
struct TilePath {
  bool entries = false;
  unsigned level = 0;  // 0..63; 0 for entries
  std::uint64_t n = 0;
  unsigned width = kTileWidth;  // 1..255 when the path says .p/W, else 256
  friend bool operator==(const TilePath&, const TilePath&) = default;
};
// Without the leading "tile/". Strict: zero-padded groups, no leading zeros elsewhere.
Result<TilePath> parse_tile_path(std::string_view path);
std::string format_tile_path(const TilePath& path);

// The width the tile (level, n) has at this size: 0 (must not exist) .. 256.
unsigned tile_width_at(TreeSize size, unsigned level, std::uint64_t n);

// Reads a tile's first `width` hashes (width*32 bytes or more).
using TileReader =
    std::function<Result<std::string>(unsigned level, std::uint64_t n, unsigned width)>;
// Complete nodes at any level, from tiles of a tree of `size`; asks for no node outside of it. The
// reader remembers the last tile (a path visits each up to eight times), so one thread at a time.
// Tiles are believed: whoever needs more checks the finished proof against a signed root.
NodeReader nodes_from_tiles(TileReader tiles, TreeSize size);

// The unfinished right edge: per level the hashes after the last full tile. Appending leaves
// completes tiles; the root is always at hand. Copyable (8 KiB a level at most).
class TreeEdge {
 public:
  struct FullTile {
    unsigned level;
    std::uint64_t n;
    std::string bytes;  // 8,192
  };

  TreeEdge() = default;
  // Rebuilds the edge of a tree from its full tiles one level below and the leaf hashes after the
  // last full level-0 tile (size mod 256 of them). Reads only full tiles, at most 255 a level.
  // Refuses (Errc::corrupt) what has the wrong length and, when the root that was signed is given,
  // whatever does not lead to it.
  static Result<TreeEdge> load(TreeSize size, const TileReader& full_tiles,
                               std::span<const Hash256> tail_leaves,
                               const std::optional<Hash256>& expected_root = std::nullopt);

  // Appends; completed tiles are added to `completed` in the order they must be written.
  void append(const Hash256& leaf, std::vector<FullTile>& completed);

  TreeSize size() const { return size_; }
  Hash256 root() const;  // at most 63 hashes
  // The hashes of the unfinished tile of a level (0..255 of them, concatenated).
  std::string_view partial(unsigned level) const;

 private:
  void rebuild_peaks();

  TreeSize size_;
  std::vector<std::string> levels_;  // levels_[L]: concatenated hashes of tile level L's edge
  // peaks_[k] is the complete node at level k that is not below another one; it counts when bit k
  // of size_ is set. Every node is hashed once in its life, when its right child appears.
  std::array<Hash256, 64> peaks_{};
};

// Entry bundles: entries, each behind its big-endian uint16 length.
void append_bundle_entry(std::string& out, std::string_view entry);  // entry <= 65,535 bytes
// At most 256 entries and not a byte behind them. Views into `bundle`.
Result<std::vector<std::string_view>> split_bundle(std::string_view bundle);
template <std::same_as<std::string> Temporary>
Result<std::vector<std::string_view>> split_bundle(Temporary&&) = delete;

}  // namespace varve
