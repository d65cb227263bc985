// The cache of full tiles.
#include "api/surface/tile_cache.h"

#include <gtest/gtest.h>

namespace varve::surface {
namespace {

TilePath tile(unsigned level, std::uint64_t n) {
  return {false, level, n, kTileWidth};
}
TilePath bundle(std::uint64_t n) {
  return {true, 0, n, kTileWidth};
}
TileCache::Bytes bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

TEST(TileCache, ReturnsWhatWasPutUnderThatPathAndNothingElse) {
  TileCache cache;
  EXPECT_EQ(cache.find(tile(0, 0)), nullptr);
  cache.put(tile(0, 0), bytes("a"));
  cache.put(bundle(0), bytes("b"));
  cache.put(tile(1, 0), bytes("c"));
  EXPECT_EQ(*cache.find(tile(0, 0)), "a");
  EXPECT_EQ(*cache.find(bundle(0)), "b");
  EXPECT_EQ(*cache.find(tile(1, 0)), "c");
  EXPECT_EQ(cache.find(tile(0, 1)), nullptr);
}

TEST(TileCache, NeverAnswersOneTileWithAnotherThatSharesItsSlot) {
  TileCache cache;
  for (std::uint64_t n = 0; n < 5000; ++n) cache.put(tile(0, n), bytes(std::to_string(n)));
  std::size_t kept = 0;
  for (std::uint64_t n = 0; n < 5000; ++n) {
    const auto found = cache.find(tile(0, n));
    if (found == nullptr) continue;
    ++kept;
    EXPECT_EQ(*found, std::to_string(n));
  }
  EXPECT_GT(kept, 0U);
  EXPECT_LT(kept, 5000U);  // bounded
}

TEST(TileCache, KeepsABundleOfTheUsualLengthAndNoneOfUnusualLength) {
  TileCache cache;
  cache.put(bundle(6), bytes(std::string(256 * 450, 'x')));
  EXPECT_NE(cache.find(bundle(6)), nullptr);
  cache.put(bundle(7), bytes(std::string(TileCache::kBytesMax + 1, 'x')));
  EXPECT_EQ(cache.find(bundle(7)), nullptr);
}

}  // namespace
}  // namespace varve::surface
