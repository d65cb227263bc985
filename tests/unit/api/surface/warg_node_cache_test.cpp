// Nodes of Warg's tree, asked for once.
#include "api/surface/warg_node_cache.h"

#include <gtest/gtest.h>

#include <map>

#include "core/base/digest.h"

namespace varve::surface {
namespace {

Hash256 hash_of(unsigned level, std::uint64_t n) {
  return sha256(std::to_string(level), "/", std::to_string(n));
}

class Rows {
 public:
  NodeReader reader() {
    return [this](unsigned level, std::uint64_t n) -> Result<Hash256> {
      ++asked;
      if (broken) return fail(Errc::unavailable, About::storage, "the disk is away");
      return hash_of(level, n);
    };
  }
  int asked = 0;
  bool broken = false;
};

TEST(WargNodeCache, AsksForANodeOnce) {
  Rows rows;
  WargNodeCache cache;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(cache.over(rows.reader())(3, 7), hash_of(3, 7));
  EXPECT_EQ(rows.asked, 1);
}

TEST(WargNodeCache, KnowsNodesOfOneNumberAndAnotherLevelApart) {
  Rows rows;
  WargNodeCache cache;
  const NodeReader nodes = cache.over(rows.reader());
  for (unsigned level = 0; level < 31; ++level) EXPECT_EQ(nodes(level, 0), hash_of(level, 0));
  for (unsigned level = 0; level < 31; ++level) EXPECT_EQ(nodes(level, 0), hash_of(level, 0));
  EXPECT_EQ(rows.asked, 31);
}

TEST(WargNodeCache, AnswersRightWhenNodesShareSlots) {
  Rows rows;
  WargNodeCache cache;
  const NodeReader nodes = cache.over(rows.reader());
  constexpr std::uint64_t kMany = 3 * WargNodeCache::kSlots;
  for (std::uint64_t n = 0; n < kMany; ++n) ASSERT_EQ(nodes(0, n), hash_of(0, n));
  for (std::uint64_t n = 0; n < kMany; n += 97) ASSERT_EQ(nodes(0, n), hash_of(0, n));
}

TEST(WargNodeCache, KeepsNoFailure) {
  Rows rows;
  WargNodeCache cache;
  rows.broken = true;
  EXPECT_FALSE(cache.over(rows.reader())(0, 1).has_value());
  rows.broken = false;
  EXPECT_EQ(cache.over(rows.reader())(0, 1), hash_of(0, 1));
}

}  // namespace
}  // namespace varve::surface
