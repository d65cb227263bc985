// The growing right edge: roots, full tiles, partials, and its rebirth from stored tiles.
#include <gtest/gtest.h>

#include "log/proof/tile.h"
#include "tests/unit/log/proof/tiled_log.h"

namespace varve {
namespace {

using testing::leaf_data;
using testing::MerkleModel;
using testing::TiledLog;

constexpr std::uint64_t kSizes[] = {0, 1, 255, 256, 257, 511, 512, 65'535, 65'536, 65'537, 70'000};

void expect_same_edge(const TreeEdge& a, const TreeEdge& b) {
  EXPECT_EQ(a.size(), b.size());
  EXPECT_EQ(a.root(), b.root());
  for (unsigned level = 0; level < 64; ++level)
    EXPECT_EQ(a.partial(level), b.partial(level)) << "level " << level;
}

TEST(TreeEdge, OfNothingHasTheEmptyRootAndNoTiles) {
  const TreeEdge edge;
  EXPECT_EQ(edge.root(), empty_root());
  EXPECT_EQ(edge.partial(0), "");
  EXPECT_EQ(edge.partial(63), "");
}

TEST(TreeEdge, HasTheModelsRootAndTheSpecsWidthsAtEveryBoundary) {
  MerkleModel model;
  TiledLog log;
  for (const std::uint64_t size : kSizes) {
    SCOPED_TRACE("size " + std::to_string(size));
    log.grow_to(size);
    EXPECT_EQ(log.edge().root(), model.root(0, size));
    for (unsigned level = 0; level < 8; ++level) {
      const std::uint64_t nodes = size >> (8 * level);
      const unsigned width = tile_width_at(TreeSize{size}, level, nodes / 256);
      EXPECT_EQ(log.edge().partial(level).size(), width * 32u) << "level " << level;
      for (std::uint64_t n = 0; n < nodes / 256; ++n)
        EXPECT_TRUE(log.full_tiles().contains({level, n})) << level << "/" << n;
    }
  }
  EXPECT_EQ(log.full_tiles().size(), 273u + 1u);
}

TEST(TreeEdge, FillsEverySlotWithTheSubtreeThatTheSpecPutsThere) {
  MerkleModel model;
  TiledLog log;
  log.grow_to(66'000);
  for (const auto& [key, bytes] : log.full_tiles()) {
    const auto& [level, n] = key;
    ASSERT_EQ(bytes.size(), 8192u);
    const std::uint64_t leaves = std::uint64_t{1} << (8 * level);
    for (const std::uint64_t slot : {0u, 1u, 128u, 255u}) {
      const std::uint64_t first = (n * 256 + slot) * leaves;
      ASSERT_EQ(std::string_view(bytes).substr(slot * 32, 32),
                as_view(model.root(first, first + leaves)))
          << level << "/" << n << " slot " << slot;
    }
  }
}

TEST(TreeEdge, CompletesTheLowerTileBeforeTheUpperOne) {
  TreeEdge edge;
  std::vector<TreeEdge::FullTile> completed;
  for (std::uint64_t i = 0; i < 65'536; ++i) edge.append(leaf_hash(leaf_data(i)), completed);
  ASSERT_EQ(completed.size(), 257u);
  EXPECT_EQ(completed[255].level, 0u);
  EXPECT_EQ(completed[255].n, 255u);
  EXPECT_EQ(completed[256].level, 1u);
  EXPECT_EQ(completed[256].n, 0u);
}

TEST(TreeEdge, IsRebornFromFullTilesAndTheTailAtEveryBoundary) {
  TiledLog log;
  for (const std::uint64_t size : kSizes) {
    SCOPED_TRACE("size " + std::to_string(size));
    log.grow_to(size);
    const TileReader only_full = [&](unsigned level, std::uint64_t n,
                                     unsigned width) -> Result<std::string> {
      EXPECT_EQ(width, 256u);
      return log.full_tiles().at({level, n});
    };
    const auto loaded = TreeEdge::load(log.size(), only_full, log.tail(), log.edge().root());
    ASSERT_TRUE(loaded.has_value()) << loaded.error().what;
    expect_same_edge(*loaded, log.edge());
  }
}

TEST(TreeEdge, GrowsOnAfterItsRebirthAsIfNothingHadHappened) {
  TiledLog log;
  log.grow_to(65'500);
  auto edge = TreeEdge::load(log.size(), log.reader(), log.tail()).value();
  std::vector<TreeEdge::FullTile> completed;
  for (std::uint64_t i = 65'500; i < 65'800; ++i) edge.append(leaf_hash(leaf_data(i)), completed);
  log.grow_to(65'800);
  expect_same_edge(edge, log.edge());
  ASSERT_EQ(completed.size(), 3u);
  for (const auto& tile : completed)
    EXPECT_EQ(tile.bytes, log.full_tiles().at({tile.level, tile.n}));
}

TEST(TreeEdge, ACopyGrowsOnItsOwn) {
  TiledLog log;
  log.grow_to(300);
  const Hash256 before = log.edge().root();
  TreeEdge copy = log.edge();
  std::vector<TreeEdge::FullTile> completed;
  copy.append(leaf_hash("a batch that may yet fail"), completed);
  EXPECT_EQ(log.edge().root(), before);
  EXPECT_NE(copy.root(), before);
  EXPECT_EQ(copy.size(), TreeSize{301});
}

TEST(TreeEdgeLoad, RefusesATailOfTheWrongLength) {
  TiledLog log;
  log.grow_to(300);
  auto tail = log.tail();
  tail.pop_back();
  EXPECT_EQ(TreeEdge::load(log.size(), log.reader(), tail).error().code, Errc::corrupt);
  tail = log.tail();
  tail.push_back({});
  EXPECT_EQ(TreeEdge::load(log.size(), log.reader(), tail).error().code, Errc::corrupt);
  EXPECT_FALSE(TreeEdge::load(TreeSize{256}, log.reader(), log.tail()).has_value());
}

TEST(TreeEdgeLoad, RefusesATileOfTheWrongLength) {
  TiledLog log;
  log.grow_to(600);
  std::string& tile = log.full_tiles().at({0, 1});
  tile.pop_back();
  EXPECT_EQ(TreeEdge::load(log.size(), log.reader(), log.tail()).error().code, Errc::corrupt);
  tile.resize(8192 + 32);
  EXPECT_EQ(TreeEdge::load(log.size(), log.reader(), log.tail()).error().code, Errc::corrupt);
}

TEST(TreeEdgeLoad, PassesOnTheErrorOfItsTiles) {
  TiledLog log;
  log.grow_to(600);
  log.full_tiles().erase({0, 1});
  const TileReader tiles = [&](unsigned level, std::uint64_t n, unsigned) -> Result<std::string> {
    if (log.full_tiles().contains({level, n})) return log.full_tiles().at({level, n});
    return fail(Errc::corrupt, About::storage, "tile lost");
  };
  EXPECT_EQ(TreeEdge::load(log.size(), tiles, log.tail()).error().what, "tile lost");
}

TEST(TreeEdgeLoad, RefusesAnyFlippedBitWhenTheSignedRootIsGiven) {
  TiledLog log;
  log.grow_to(600);
  const Hash256 root = log.edge().root();
  auto tail = log.tail();
  for (const std::size_t at : {0u, 17u, 87u}) {
    tail[at][at % 32] ^= 0x10;
    EXPECT_EQ(TreeEdge::load(log.size(), log.reader(), tail, root).error().code, Errc::corrupt);
    tail[at][at % 32] ^= 0x10;
  }
  for (const std::uint64_t n : {0u, 1u}) {
    for (const std::size_t at : {0u, 4'000u, 8'191u}) {
      char& byte = log.full_tiles().at({0, n})[at];
      byte = static_cast<char>(byte ^ 1);
      EXPECT_EQ(TreeEdge::load(log.size(), log.reader(), tail, root).error().code, Errc::corrupt);
      byte = static_cast<char>(byte ^ 1);
    }
  }
  EXPECT_TRUE(TreeEdge::load(log.size(), log.reader(), tail, root).has_value());
}

}  // namespace
}  // namespace varve
