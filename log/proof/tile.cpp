// Tiles, their paths, and the unfinished right edge of the tree. Pure; any thread, within the
// limits that the header names.
#include "log/proof/tile.h"

#include <memory>
#include <utility>

#include "core/base/bytes.h"

namespace varve {
namespace {

constexpr std::size_t kFullTileBytes = std::size_t{kTileWidth} * kHashBytes;
// Tile level 8 would hold nodes of 2^64 leaves.
constexpr unsigned kTileLevels = 8;
constexpr unsigned kPathLevels = 64;  // what the tlog-tiles path grammar allows
constexpr std::size_t kMaxPath = 64;

std::unexpected<Error> bad_path(std::string_view path) {
  return fail(Errc::invalid, About::request, "this is not a tile path of C2SP tlog-tiles",
              std::string(path.substr(0, kMaxPath)));
}

// "x001/x234/067" → 1234067. Redundant leading groups are caught by formatting the result again.
std::optional<std::uint64_t> parse_groups(std::string_view text) {
  std::string digits;
  while (text.starts_with('x')) {
    if (text.size() < 5 || text[4] != '/') return std::nullopt;
    digits += text.substr(1, 3);
    text.remove_prefix(5);
  }
  if (text.size() != 3) return std::nullopt;
  digits += text;
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return 0;
  return parse_decimal(std::string_view(digits).substr(first));
}

std::string format_groups(std::uint64_t n) {
  std::string digits = std::to_string(n);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string text;
  for (std::size_t i = 0; i < digits.size(); i += 3) {
    const bool last = i + 3 == digits.size();
    if (!last) text += 'x';
    text.append(digits, i, 3);
    if (!last) text += '/';
  }
  return text;
}

std::string_view hash_bytes(std::string_view tile, std::size_t slot) {
  return tile.substr(slot * kHashBytes, kHashBytes);
}

// The node over `count` (a power of two) neighbouring hashes.
Hash256 fold(std::string_view tile, std::size_t first, std::size_t count) {
  std::array<Hash256, kTileWidth> row;
  for (std::size_t i = 0; i < count; ++i) row[i] = hash_from(hash_bytes(tile, first + i));
  for (; count > 1; count /= 2)
    for (std::size_t i = 0; i < count / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  return row[0];
}

std::string tile_name(unsigned level, std::uint64_t n, unsigned width) {
  return format_tile_path({.entries = false, .level = level, .n = n, .width = width});
}

Result<std::string> read_tile(const TileReader& tiles, unsigned level, std::uint64_t n,
                              unsigned width) {
  VARVE_TRY(std::string tile, tiles(level, n, width));
  if (tile.size() < std::size_t{width} * kHashBytes || tile.size() % kHashBytes != 0 ||
      tile.size() > kFullTileBytes)
    return fail(Errc::corrupt, About::storage,
                "tile " + tile_name(level, n, width) + " is " + std::to_string(tile.size()) +
                    " bytes long");
  return tile;
}

// What a path visits next is mostly in the tile it visited last.
struct TileMemo {
  unsigned level = kTileLevels;
  std::uint64_t n = 0;
  std::string bytes;
};

Result<Hash256> node_from_tiles(const TileReader& tiles, TreeSize size, TileMemo& memo,
                                unsigned level, std::uint64_t index) {
  if (level >= 64 || index >= size.value >> level)
    return fail(Errc::invalid, About::proof,
                "a tree of size " + std::to_string(size.value) + " has no complete node " +
                    std::to_string(index) + " at level " + std::to_string(level));
  const unsigned tile_level = level / kTileHeight;
  const unsigned above = level % kTileHeight;
  const std::uint64_t n = index >> (kTileHeight - above);
  if (memo.level != tile_level || memo.n != n) {
    const unsigned width = tile_width_at(size, tile_level, n);
    VARVE_TRY(memo.bytes, read_tile(tiles, tile_level, n, width));
    memo.level = tile_level;
    memo.n = n;
  }
  const std::uint64_t first = index << above & (kTileWidth - 1);
  return fold(memo.bytes, first, std::size_t{1} << above);
}

}  // namespace

Result<TilePath> parse_tile_path(std::string_view path) {
  if (path.size() > kMaxPath) return bad_path(path);
  TilePath parsed;
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return bad_path(path);
  const std::string_view head = path.substr(0, slash);
  std::string_view groups = path.substr(slash + 1);
  if (head == "entries") {
    parsed.entries = true;
  } else {
    const auto level = parse_decimal(head);
    if (!level || *level >= kPathLevels) return bad_path(path);
    parsed.level = static_cast<unsigned>(*level);
  }
  if (const std::size_t dot = groups.find(".p/"); dot != std::string_view::npos) {
    const auto width = parse_decimal(groups.substr(dot + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return bad_path(path);
    parsed.width = static_cast<unsigned>(*width);
    groups = groups.substr(0, dot);
  }
  const auto n = parse_groups(groups);
  if (!n) return bad_path(path);
  parsed.n = *n;
  // One tile, one path: a cache in front of us must not hold the same tile twice.
  if (format_tile_path(parsed) != path) return bad_path(path);
  return parsed;
}

std::string format_tile_path(const TilePath& path) {
  std::string text = path.entries ? "entries" : std::to_string(path.level);
  text += '/';
  text += format_groups(path.n);
  if (path.width != kTileWidth) text += ".p/" + std::to_string(path.width);
  return text;
}

unsigned tile_width_at(TreeSize size, unsigned level, std::uint64_t n) {
  if (level >= kTileLevels) return 0;
  const std::uint64_t nodes = size.value >> (level * kTileHeight);
  const std::uint64_t full = nodes / kTileWidth;
  if (n < full) return kTileWidth;
  return n == full ? static_cast<unsigned>(nodes % kTileWidth) : 0;
}

NodeReader nodes_from_tiles(TileReader tiles, TreeSize size) {
  return [tiles = std::move(tiles), size, memo = TileMemo{}](
             unsigned level, std::uint64_t index) mutable -> Result<Hash256> {
    return node_from_tiles(tiles, size, memo, level, index);
  };
}

Result<TreeEdge> TreeEdge::load(TreeSize size, const TileReader& full_tiles,
                                std::span<const Hash256> tail_leaves,
                                const std::optional<Hash256>& expected_root) {
  if (tail_leaves.size() != size.value % kTileWidth)
    return fail(Errc::corrupt, About::storage,
                "a tree of size " + std::to_string(size.value) + " has " +
                    std::to_string(size.value % kTileWidth) +
                    " leaves after its last full tile, not " + std::to_string(tail_leaves.size()));
  TreeEdge edge;
  edge.size_ = size;
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::uint64_t nodes = size.value >> (level * kTileHeight);
    if (nodes == 0) break;
    std::string& hashes = edge.levels_.emplace_back();
    hashes.reserve(kFullTileBytes);
    if (level == 0) {
      for (const Hash256& leaf : tail_leaves) hashes += as_view(leaf);
      continue;
    }
    for (std::uint64_t n = nodes - nodes % kTileWidth; n < nodes; ++n) {
      VARVE_TRY(const std::string tile, read_tile(full_tiles, level - 1, n, kTileWidth));
      hashes += as_view(fold(tile, 0, kTileWidth));
    }
  }
  edge.rebuild_peaks();
  if (expected_root && edge.root() != *expected_root)
    return fail(Errc::corrupt, About::storage,
                "the stored tiles of size " + std::to_string(size.value) +
                    " do not lead to the root that was signed");
  return edge;
}

void TreeEdge::rebuild_peaks() {
  for (unsigned level = 0; level < levels_.size(); ++level) {
    const std::size_t width = levels_[level].size() / kHashBytes;
    std::size_t first = 0;
    for (unsigned above = kTileHeight; above-- > 0;) {
      const std::size_t count = std::size_t{1} << above;
      if ((width & count) == 0) continue;
      peaks_[level * kTileHeight + above] = fold(levels_[level], first, count);
      first += count;
    }
  }
}

void TreeEdge::append(const Hash256& leaf, std::vector<FullTile>& completed) {
  VARVE_ASSERT(size_.value + 1 != 0);
  Hash256 hash = leaf;
  for (unsigned level = 0;; ++level) {
    if (level % kTileHeight == 0) {
      const unsigned tile_level = level / kTileHeight;
      if (tile_level == levels_.size()) levels_.emplace_back().reserve(kFullTileBytes);
      std::string& hashes = levels_[tile_level];
      hashes += as_view(hash);
      if (hashes.size() == kFullTileBytes) {
        const std::uint64_t n = size_.value >> (level + kTileHeight);
        completed.push_back({.level = tile_level, .n = n, .bytes = std::move(hashes)});
        hashes.clear();
        hashes.reserve(kFullTileBytes);
      }
    }
    if ((size_.value >> level & 1) == 0) {
      peaks_[level] = hash;
      break;
    }
    hash = node_hash(peaks_[level], hash);
  }
  ++size_.value;
}

Hash256 TreeEdge::root() const {
  std::optional<Hash256> hash;
  for (unsigned level = 0; level < 64; ++level) {
    if ((size_.value >> level & 1) == 0) continue;
    hash = hash ? node_hash(peaks_[level], *hash) : peaks_[level];
  }
  return hash ? *hash : empty_root();
}

std::string_view TreeEdge::partial(unsigned level) const {
  return level < levels_.size() ? std::string_view(levels_[level]) : std::string_view();
}

void append_bundle_entry(std::string& out, std::string_view entry) {
  VARVE_ASSERT(entry.size() <= 0xffff);
  append_be16(out, static_cast<std::uint16_t>(entry.size()));
  out += entry;
}

Result<std::vector<std::string_view>> split_bundle(std::string_view bundle) {
  std::vector<std::string_view> entries;
  while (!bundle.empty()) {
    if (entries.size() == kTileWidth)
      return fail(Errc::invalid, About::entry, "an entry bundle holds more than 256 entries");
    const std::size_t length = bundle.size() < 2 ? 0 : read_be16(bundle);
    if (bundle.size() < 2 || bundle.size() - 2 < length)
      return fail(
          Errc::invalid, About::entry,
          "an entry bundle ends in the middle of its entry " + std::to_string(entries.size()));
    entries.push_back(bundle.substr(2, length));
    bundle.remove_prefix(2 + length);
  }
  return entries;
}

}  // namespace varve
