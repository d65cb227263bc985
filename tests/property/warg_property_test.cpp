// Warg's tree and map at every size and in any order: whatever is proven verifies, and nothing
// else. A failure prints its seed; VARVE_TEST_SEED repeats it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "core/warg/bundle.h"
#include "core/warg/map_page.h"
#include "tests/support/warg_rig.h"

namespace varve::warg {
namespace {

using namespace testing;

constexpr std::uint64_t kSizes = 200;

std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* fixed = std::getenv("VARVE_TEST_SEED");
    return fixed != nullptr ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
  }();
  return value;
}

#define TRACE_SEED() SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(seed()))

const MemoryTree& tree() {
  static const MemoryTree grown = [] {
    MemoryTree tree;
    tree.append_numbered(kSizes);
    return tree;
  }();
  return grown;
}

TEST(WargTreeProperty, EveryLeafIsProvenAtEveryLengthAndNowhereElse) {
  for (std::uint64_t length = 1; length <= kSizes; ++length) {
    const Hash256 root = tree().root(length);
    for (std::uint64_t leaf = 0; leaf < length; ++leaf) {
      const auto bundle =
          bundle_inclusion(length, std::vector<std::uint64_t>{leaf}, tree().nodes()).value();
      const auto decoded = LogBundle::decode(bundle.encode()).value();
      const std::vector<LogLeaf> asked{{leaf, MemoryTree::leaf(leaf)}};
      ASSERT_TRUE(verify_inclusion(decoded, length, asked, root).has_value())
          << leaf << " in " << length;
      const std::vector<LogLeaf> other{{leaf, MemoryTree::leaf(leaf + 1)}};
      ASSERT_FALSE(verify_inclusion(decoded, length, other, root).has_value());
      ASSERT_FALSE(verify_inclusion(decoded, length, asked, tree().root(length - 1)).has_value());
    }
  }
}

TEST(WargTreeProperty, EveryLengthContinuesEveryShorterOne) {
  std::mt19937_64 random(seed());
  TRACE_SEED();
  for (std::uint64_t to = 1; to <= kSizes; ++to)
    for (std::uint64_t from = 1; from <= to; ++from) {
      const auto bundle = bundle_consistency(from, to, tree().nodes()).value();
      const auto decoded = LogBundle::decode(bundle.encode()).value();
      const Hash256 old_root = tree().root(from);
      const Hash256 new_root = tree().root(to);
      ASSERT_TRUE(verify_consistency(decoded, from, to, old_root, new_root).has_value())
          << from << " -> " << to;
      Hash256 wrong = old_root;
      wrong[random() % 32] ^= static_cast<std::uint8_t>(1 + random() % 255);
      ASSERT_FALSE(verify_consistency(decoded, from, to, wrong, new_root).has_value());
      ASSERT_FALSE(verify_consistency(decoded, from, to, old_root, wrong).has_value());
    }
}

TEST(WargTreeProperty, ManyLeavesShareOneBundle) {
  std::mt19937_64 random(seed());
  TRACE_SEED();
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t length = 1 + random() % kSizes;
    std::vector<std::uint64_t> leaves;
    std::vector<LogLeaf> asked;
    for (std::uint64_t n = 1 + random() % 12; n > 0; --n) {
      leaves.push_back(random() % length);
      asked.push_back({leaves.back(), MemoryTree::leaf(leaves.back())});
    }
    const auto bundle = bundle_inclusion(length, leaves, tree().nodes()).value();
    ASSERT_TRUE(std::ranges::is_sorted(bundle.hashes));
    const auto decoded = LogBundle::decode(bundle.encode()).value();
    ASSERT_TRUE(verify_inclusion(decoded, length, asked, tree().root(length)).has_value());
    asked[random() % asked.size()].hash[0] ^= 1;
    ASSERT_FALSE(verify_inclusion(decoded, length, asked, tree().root(length)).has_value());
  }
}

TEST(WargTreeProperty, ABundleWithOneByteChangedIsRefused) {
  std::mt19937_64 random(seed());
  TRACE_SEED();
  for (int round = 0; round < 3000; ++round) {
    const std::uint64_t to = 1 + random() % kSizes;
    const std::uint64_t from = 1 + random() % to;
    std::string bytes = bundle_consistency(from, to, tree().nodes()).value().encode();
    const std::size_t at = random() % bytes.size();
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1 + random() % 255));
    const auto bundle = LogBundle::decode(bytes);
    ASSERT_FALSE(bundle &&
                 verify_consistency(*bundle, from, to, tree().root(from), tree().root(to)))
        << from << " -> " << to << ", byte " << at;
  }
}

// Keys of which many share long beginnings, as those that somebody searched for would.
Hash256 random_key(std::mt19937_64& random, const std::vector<Hash256>& known) {
  Hash256 key = numbered_hash("key ", random());
  if (known.empty() || random() % 3 != 0) return key;
  const Hash256& near = known[random() % known.size()];
  std::copy_n(near.begin(), random() % 32, key.begin());
  return key;
}

TEST(WargMapProperty, TheRootIsThatOfTheDefinitionInAnyOrderAndAnyBatches) {
  std::mt19937_64 random(seed());
  TRACE_SEED();
  for (int round = 0; round < 12; ++round) {
    MapModel model;
    MemoryMap map;
    std::vector<Hash256> keys;
    std::vector<MapEntry> batch;
    for (int i = 0; i < 60; ++i) {
      const bool again = !keys.empty() && random() % 4 == 0;
      const Hash256 key = again ? keys[random() % keys.size()] : random_key(random, keys);
      if (!again) keys.push_back(key);
      batch.push_back({key, numbered_hash("value ", random())});
      model.set(key, batch.back().leaf);
      if (random() % 5 != 0 && i != 59) continue;
      ASSERT_EQ(map.set(batch), model.root());
      batch.clear();
    }
    ASSERT_EQ(map.rewritten(), 0);
    std::vector<MapEntry> shuffled;
    for (const auto& [key, leaf] : model.leaves()) shuffled.push_back({key, leaf});
    std::ranges::shuffle(shuffled, random);
    MemoryMap other;
    for (const MapEntry& entry : shuffled) other.set(entry.key, entry.leaf);
    ASSERT_EQ(other.rows(), map.rows());
  }
}

TEST(WargMapProperty, EveryKeyIsProvenPresentOrAbsentAndNeverBoth) {
  std::mt19937_64 random(seed());
  TRACE_SEED();
  MemoryMap map;
  MapModel model;
  std::vector<Hash256> keys;
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    const Hash256 added = random_key(random, keys);
    keys.push_back(added);
    model.set(added, numbered_hash("value ", size));
    const Hash256 root = map.set(added, numbered_hash("value ", size));
    for (int i = 0; i < 10; ++i) {
      const Hash256 key = i % 2 == 0 ? keys[random() % keys.size()] : random_key(random, keys);
      const auto found = model.leaves().find(key);
      const auto present = bundle_map_inclusion(std::vector{key}, map.pages());
      const auto absent = bundle_absence(std::vector{key}, map.pages());
      ASSERT_EQ(present.has_value(), found != model.leaves().end());
      ASSERT_NE(present.has_value(), absent.has_value());
      const auto bundle = MapBundle::decode((present ? present : absent)->encode()).value();
      const std::vector<MapEntry> entry{
          {key, present ? found->second : numbered_hash("value ", size)}};
      ASSERT_EQ(verify_inclusion(bundle, entry, root).has_value(), present.has_value());
      ASSERT_EQ(verify_absence(bundle, std::vector{key}, root).has_value(), absent.has_value());
    }
  }
}

TEST(WargMapProperty, ABundleWithOneByteChangedIsRefused) {
  std::mt19937_64 random(seed());
  TRACE_SEED();
  MemoryMap map;
  std::vector<Hash256> keys;
  for (std::uint64_t n = 0; n < 100; ++n) {
    keys.push_back(random_key(random, keys));
    map.set(keys.back(), numbered_hash("value ", n));
  }
  const Hash256 root = map.root();
  for (int round = 0; round < 1000; ++round) {
    const std::size_t which = random() % keys.size();
    const std::vector<MapEntry> entry{{keys[which], numbered_hash("value ", which)}};
    std::string bytes = bundle_map_inclusion(std::vector{keys[which]}, map.pages())->encode();
    const std::size_t at = random() % bytes.size();
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1 + random() % 255));
    const auto bundle = MapBundle::decode(bytes);
    ASSERT_FALSE(bundle && verify_inclusion(*bundle, entry, root)) << "byte " << at;
  }
}

}  // namespace
}  // namespace varve::warg
