// Tile paths, widths, nodes from tiles, entry bundles.
#include "log/proof/tile.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/log/proof/tiled_log.h"

namespace varve {
namespace {

using testing::TiledLog;

struct GoodPath {
  const char* text;
  TilePath path;
};
const GoodPath kGoodPaths[] = {
    {"0/000", {.level = 0, .n = 0}},
    {"0/001.p/1", {.level = 0, .n = 1, .width = 1}},
    {"0/999", {.level = 0, .n = 999}},
    {"0/x001/000", {.level = 0, .n = 1000}},
    {"1/x001/x234/067", {.level = 1, .n = 1234067}},
    {"1/x001/x234/067.p/255", {.level = 1, .n = 1234067, .width = 255}},
    {"63/000", {.level = 63, .n = 0}},
    {"0/x010/x000/000.p/8", {.level = 0, .n = 10'000'000, .width = 8}},
    {"entries/000", {.entries = true}},
    {"entries/x273/999.p/112", {.entries = true, .n = 273'999, .width = 112}},
    {"0/x018/x446/x744/x073/x709/x551/615",
     {.level = 0, .n = std::numeric_limits<std::uint64_t>::max()}},
};

TEST(TilePath, IsReadAndWrittenAsTheSpecSays) {
  for (const GoodPath& good : kGoodPaths) {
    const auto parsed = parse_tile_path(good.text);
    ASSERT_TRUE(parsed.has_value()) << good.text;
    EXPECT_EQ(*parsed, good.path) << good.text;
    EXPECT_EQ(format_tile_path(good.path), good.text);
  }
}

constexpr std::string_view kBadPaths[] = {
    "",
    "/",
    "0",
    "0/",
    "/000",
    "0/0",
    "0/00",
    "0/0000",
    "0/1",
    "0/x000/001",
    "0/x000/x001/000",
    "0/x001",
    "0/x001/",
    "0/001/002",
    "0/x01/002",
    "0/x0001/002",
    "0/X001/002",
    "0/xx01/002",
    "0/-01",
    "0/+01",
    "0/00a",
    "0/ 00",
    "0/000 ",
    "0/000\n",
    "00/000",
    "01/000",
    "64/000",
    "100/000",
    "-1/000",
    "+1/000",
    " 0/000",
    "tile/0/000",
    "0/000.p",
    "0/000.p/",
    "0/000.p/0",
    "0/000.p/00",
    "0/000.p/01",
    "0/000.p/256",
    "0/000.p/1000",
    "0/000.p/-1",
    "0/000.p/1/",
    "0/000.p/1.p/1",
    "0/000.P/1",
    "0/000p/1",
    "0/x001.p/1/000",
    "0//000",
    "0/../000",
    "0/%30%30%30",
    "data/000",
    "Entries/000",
    "entries",
    "entries/",
    "entries/0/000",
    "0/x018/x446/x744/x073/x709/x551/616",  // 2^64
    "0/x999/x999/x999/x999/x999/x999/999",
    "0/x001/x000/x000/x000/x000/x000/x000/000",
};

TEST(TilePath, IsRefusedInEveryOtherSpelling) {
  for (const std::string_view bad : kBadPaths)
    EXPECT_FALSE(parse_tile_path(bad).has_value()) << bad;
  EXPECT_FALSE(parse_tile_path(std::string_view("0/000\0", 6)).has_value());
  EXPECT_FALSE(parse_tile_path("0/" + std::string(10'000, 'x')).has_value());
}

TEST(TilePath, RoundTripsForAnyNumber) {
  std::mt19937_64 random(testing::test_seed());
  SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(testing::test_seed()));
  for (int round = 0; round < 2000; ++round) {
    TilePath path;
    path.entries = random() % 4 == 0;
    path.level = path.entries ? 0 : static_cast<unsigned>(random() % 64);
    path.n = random() >> random() % 64;
    path.width = static_cast<unsigned>(1 + random() % 256);
    const auto again = parse_tile_path(format_tile_path(path));
    ASSERT_TRUE(again.has_value()) << format_tile_path(path);
    ASSERT_EQ(*again, path);
  }
}

struct Width {
  std::uint64_t size;
  unsigned level;
  std::uint64_t n;
  unsigned width;
};
constexpr Width kWidths[] = {
    {0, 0, 0, 0},         {1, 0, 0, 1},       {1, 0, 1, 0},       {1, 1, 0, 0},
    {255, 0, 0, 255},     {255, 1, 0, 0},     {256, 0, 0, 256},   {256, 0, 1, 0},
    {256, 1, 0, 1},       {257, 0, 0, 256},   {257, 0, 1, 1},     {257, 1, 0, 1},
    {65535, 0, 255, 255}, {65535, 1, 0, 255}, {65535, 2, 0, 0},   {65536, 0, 255, 256},
    {65536, 0, 256, 0},   {65536, 1, 0, 256}, {65536, 1, 1, 0},   {65536, 2, 0, 1},
    {65537, 0, 256, 1},   {65537, 1, 0, 256}, {65537, 2, 0, 1},   {70000, 0, 272, 256},
    {70000, 0, 273, 112}, {70000, 0, 274, 0}, {70000, 1, 0, 256}, {70000, 1, 1, 17},
    {70000, 1, 2, 0},     {70000, 2, 0, 1},   {70000, 2, 1, 0},   {70000, 3, 0, 0},
    {70000, 63, 0, 0},
};

TEST(TileWidth, IsTheSpecsAtEveryBoundary) {
  for (const Width& w : kWidths)
    EXPECT_EQ(tile_width_at(TreeSize{w.size}, w.level, w.n), w.width)
        << "size " << w.size << " tile " << w.level << "/" << w.n;
}

TEST(TileWidth, DoesNotShiftTooFarForTheLargestSizesAndLevels) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(tile_width_at(TreeSize{kMax}, 7, 0), 255u);
  EXPECT_EQ(tile_width_at(TreeSize{kMax}, 8, 0), 0u);
  EXPECT_EQ(tile_width_at(TreeSize{kMax}, 64, 0), 0u);
  EXPECT_EQ(tile_width_at(TreeSize{kMax}, std::numeric_limits<unsigned>::max(), 0), 0u);
  EXPECT_EQ(tile_width_at(TreeSize{kMax}, 0, kMax), 0u);
  EXPECT_EQ(tile_width_at(TreeSize{kMax}, 0, kMax / 256), 255u);
}

TEST(NodesFromTiles, AsksForEachTileAtTheWidthItHasAtThatSize) {
  TiledLog log;
  log.grow_to(700);
  std::vector<TilePath> asked;
  const TileReader spy = [&](unsigned level, std::uint64_t n,
                             unsigned width) -> Result<std::string> {
    asked.push_back({.level = level, .n = n, .width = width});
    return log.reader()(level, n, width);
  };
  const auto proof =
      inclusion_proof(EntryIndex{600}, TreeSize{600 + 1}, nodes_from_tiles(spy, TreeSize{601}));
  ASSERT_TRUE(proof.has_value());
  const std::vector<TilePath> expected = {{.level = 0, .n = 2, .width = 89},
                                          {.level = 1, .n = 0, .width = 2}};
  EXPECT_EQ(asked, expected) << "and no tile twice in a row";
}

TEST(NodesFromTiles, HasNoNodeThatIsNotComplete) {
  TiledLog log;
  log.grow_to(300);
  const NodeReader nodes = log.nodes();
  EXPECT_TRUE(nodes(0, 299).has_value());
  EXPECT_FALSE(nodes(0, 300).has_value());
  EXPECT_TRUE(nodes(8, 0).has_value());
  EXPECT_FALSE(nodes(8, 1).has_value());
  EXPECT_FALSE(nodes(9, 0).has_value());
  EXPECT_FALSE(nodes(63, 0).has_value());
  EXPECT_FALSE(nodes(64, 0).has_value());
  EXPECT_FALSE(nodes(0, std::numeric_limits<std::uint64_t>::max()).has_value());
}

TEST(NodesFromTiles, CallsATileOfTheWrongLengthCorrupt) {
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{31}, std::size_t{44 * 32 - 32}, std::size_t{44 * 32 - 1},
        std::size_t{44 * 32 + 1}, std::size_t{8192 + 32}}) {
    const TileReader tiles = [&](unsigned, std::uint64_t, unsigned) -> Result<std::string> {
      return std::string(length, 'x');
    };
    const auto node = nodes_from_tiles(tiles, TreeSize{300})(0, 299);
    ASSERT_FALSE(node.has_value()) << length;
    EXPECT_EQ(node.error().code, Errc::corrupt);
    EXPECT_NE(node.error().what.find("0/001.p/44"), std::string::npos) << node.error().what;
  }
}

TEST(EntryBundle, GivesBackWhatWasAppended) {
  const std::vector<std::string> entries = {"", "a", std::string(65'535, 'z'), "last\n"};
  std::string bundle;
  for (const auto& entry : entries) append_bundle_entry(bundle, entry);
  EXPECT_EQ(bundle.substr(0, 5), std::string("\0\0\0\1a", 5));
  const auto split = split_bundle(bundle);
  ASSERT_TRUE(split.has_value());
  EXPECT_EQ(std::vector<std::string>(split->begin(), split->end()), entries);
}

TEST(EntryBundle, IsRefusedWhenItIsCutAnywhereInsideAnEntry) {
  std::string bundle;
  append_bundle_entry(bundle, "one");
  const std::size_t boundary = bundle.size();
  append_bundle_entry(bundle, "three");
  for (std::size_t cut = 1; cut < bundle.size(); ++cut)
    EXPECT_EQ(split_bundle(std::string_view(bundle).substr(0, cut)).has_value(), cut == boundary);
  bundle += '\0';
  EXPECT_FALSE(split_bundle(bundle).has_value());
}

TEST(EntryBundle, HoldsAtMostATileOfEntries) {
  std::string bundle;
  for (int i = 0; i < 256; ++i) append_bundle_entry(bundle, "x");
  EXPECT_EQ(split_bundle(bundle).value().size(), 256u);
  append_bundle_entry(bundle, "x");
  EXPECT_FALSE(split_bundle(bundle).has_value());
}

TEST(EntryBundleDeathTest, AnEntryOverTheLengthPrefixIsADefectOfTheCaller) {
  std::string bundle;
  EXPECT_DEATH(append_bundle_entry(bundle, std::string(65'536, 'x')), "");
}

}  // namespace
}  // namespace varve
