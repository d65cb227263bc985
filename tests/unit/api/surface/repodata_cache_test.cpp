// Revisions in memory: bounded, and each made by one at a time.
#include "api/surface/repodata_cache.h"

#include <gtest/gtest.h>

namespace varve::surface {
namespace {

using Age = RepodataCache::Age;

RepodataCache::Made revision(std::size_t bytes) {
  const Digest none = Digest::of("");
  const Repodata::File empty{{pulp::RepodataFile::primary, none, none},
                             std::make_shared<const std::string>()};
  return std::make_shared<const Repodata>(
      Repodata{{empty, empty, empty}, std::make_shared<const std::string>(bytes, 'x'), none});
}

void keep(RepodataCache& cache, const RepodataCache::Key& key, std::size_t bytes) {
  auto turn = cache.begin(key, Age::newest);
  ASSERT_TRUE(turn.has_value());
  turn->put(revision(bytes));
}

TEST(RepodataCache, HasWhatWasMade) {
  RepodataCache cache;
  EXPECT_EQ(cache.find({"a", 1}), nullptr);
  keep(cache, {"a", 1}, 10);
  ASSERT_NE(cache.find({"a", 1}), nullptr);
  EXPECT_EQ(cache.find({"a", 1})->bytes(), 10U);
  EXPECT_EQ(cache.find({"a", 2}), nullptr);
  EXPECT_EQ(cache.find({"b", 1}), nullptr);
}

TEST(RepodataCache, LetsGoOfWhatWasAskedForLongestAgo) {
  RepodataCache cache(100);
  keep(cache, {"a", 1}, 40);
  keep(cache, {"b", 1}, 40);
  cache.find({"a", 1});
  keep(cache, {"c", 1}, 40);
  EXPECT_NE(cache.find({"a", 1}), nullptr);
  EXPECT_EQ(cache.find({"b", 1}), nullptr);
  EXPECT_NE(cache.find({"c", 1}), nullptr);
}

TEST(RepodataCache, KeepsTheNewestWhateverItsSize) {
  RepodataCache cache(100);
  keep(cache, {"a", 1}, 40);
  keep(cache, {"b", 1}, 1'000);
  EXPECT_EQ(cache.find({"a", 1}), nullptr);
  EXPECT_NE(cache.find({"b", 1}), nullptr);
  keep(cache, {"c", 1}, 40);
  EXPECT_EQ(cache.find({"b", 1}), nullptr);
  EXPECT_NE(cache.find({"c", 1}), nullptr);
}

TEST(RepodataCache, GivesATurnToOneAtATime) {
  RepodataCache cache;
  {
    const auto turn = cache.begin({"a", 1}, Age::newest);
    EXPECT_TRUE(turn.has_value());
    EXPECT_FALSE(cache.begin({"a", 1}, Age::newest).has_value());
    EXPECT_TRUE(cache.begin({"a", 2}, Age::newest).has_value());
  }
  // Whoever had it came to nothing.
  EXPECT_TRUE(cache.begin({"a", 1}, Age::newest).has_value());
}

TEST(RepodataCache, GivesNotMoreTurnsThanItIsToldTo) {
  RepodataCache cache(100, 2);
  auto first = cache.begin({"a", 1}, Age::newest);
  const auto second = cache.begin({"b", 1}, Age::newest);
  EXPECT_FALSE(cache.begin({"c", 1}, Age::newest).has_value());
  first.reset();
  EXPECT_TRUE(cache.begin({"c", 1}, Age::newest).has_value());
}

TEST(RepodataCache, KeepsATurnForRepositoriesAsTheyAreNow) {
  RepodataCache cache(100, 2);
  auto past = cache.begin({"a", 1}, Age::earlier);
  EXPECT_TRUE(past.has_value());
  EXPECT_FALSE(cache.begin({"a", 2}, Age::earlier).has_value());
  auto now = cache.begin({"a", 9}, Age::newest);
  EXPECT_TRUE(now.has_value());
  now.reset();
  EXPECT_FALSE(cache.begin({"a", 2}, Age::earlier).has_value());
  past.reset();
  EXPECT_TRUE(cache.begin({"a", 2}, Age::earlier).has_value());
}

}  // namespace
}  // namespace varve::surface
