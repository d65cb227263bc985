// Warg's log as a tree: leaves, numbers of nodes, growth.
#include "core/warg/tree.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/warg_rig.h"
#include "tests/support/warg_vectors.h"

namespace varve::warg {
namespace {

using namespace testing;

TEST(WargLogLeaf, IsTheReferencesBytesAndHash) {
  for (const WargRecord& record : warg_vectors().records) {
    const LogId log = LogId::parse(record.log).value();
    const RecordId id = RecordId::parse(record.record_id).value();
    EXPECT_EQ(log_leaf(log, id), record.log_leaf);
    EXPECT_EQ(log_leaf(log, id).size(), 160u);
    EXPECT_EQ(hex(log_leaf_hash(log, id)), record.log_leaf_hash);
  }
}

TEST(WargLogRoot, IsTheReferencesAfterEveryRecord) {
  MemoryTree tree;
  EXPECT_EQ(hex(tree.append({})), warg_vectors().empty_log_root);
  for (const WargRecord& record : warg_vectors().records) {
    const Hash256 root = tree.append(std::vector{unhex(record.log_leaf_hash)});
    EXPECT_EQ(root, record.checkpoint.contents.log_root);
    EXPECT_EQ(tree.length(), record.checkpoint.contents.log_length);
  }
}

// The tree of eight leaves with its numbers, as every drawing of it has them.
TEST(WargNodeNumber, StandsBetweenTheNumbersOfItsChildren) {
  EXPECT_EQ(node_number({0, 0}), 0u);
  EXPECT_EQ(node_number({0, 7}), 14u);
  EXPECT_EQ(node_number({1, 0}), 1u);
  EXPECT_EQ(node_number({1, 3}), 13u);
  EXPECT_EQ(node_number({2, 0}), 3u);
  EXPECT_EQ(node_number({2, 1}), 11u);
  EXPECT_EQ(node_number({3, 0}), 7u);
  for (unsigned level = 1; level < 12; ++level)
    for (std::uint64_t n = 0; n < 20; ++n) {
      const std::uint64_t left = node_number({level - 1, 2 * n});
      const std::uint64_t right = node_number({level - 1, 2 * n + 1});
      EXPECT_EQ(node_number({level, n}), (left + right) / 2);
      EXPECT_EQ(parent({level - 1, 2 * n}), (TreeNode{level, n}));
      EXPECT_EQ(parent({level - 1, 2 * n + 1}), (TreeNode{level, n}));
      EXPECT_EQ(sibling({level - 1, 2 * n}), (TreeNode{level - 1, 2 * n + 1}));
    }
}

TEST(WargNodeNumber, OfTheLargestLogFitsItsField) {
  EXPECT_EQ(node_number({31, 0}), 0x7fffffffu);
  EXPECT_EQ(node_number({0, kLogLengthMax - 1}), 0xfffffffeu);
}

TEST(WargNodeNumberDeathTest, OutsideOfTheLargestLogIsADefectOfTheCaller) {
  EXPECT_DEATH(node_number({0, kLogLengthMax}), "");
  EXPECT_DEATH(node_number({32, 0}), "");
}

TEST(WargBalancedRoots, AreTheBinaryDigitsOfTheLengthFromTheLeft) {
  EXPECT_TRUE(balanced_roots(0).empty());
  EXPECT_EQ(balanced_roots(1), (std::vector<TreeNode>{{0, 0}}));
  EXPECT_EQ(balanced_roots(4), (std::vector<TreeNode>{{2, 0}}));
  EXPECT_EQ(balanced_roots(7), (std::vector<TreeNode>{{2, 0}, {1, 2}, {0, 6}}));
  EXPECT_EQ(balanced_roots(10), (std::vector<TreeNode>{{3, 0}, {1, 4}}));
  EXPECT_EQ(balanced_roots(kLogLengthMax), (std::vector<TreeNode>{{31, 0}}));
}

TEST(WargAppend, WritesEveryNodeOnceAndGivesTheRootOfEveryLength) {
  MemoryTree one_by_one;
  for (std::uint64_t length = 1; length <= 70; ++length) {
    const Hash256 root = one_by_one.append(std::vector{MemoryTree::leaf(length - 1)});
    EXPECT_EQ(root, one_by_one.root(length));
    // 2n minus the digits of n: the nodes of perfect subtrees.
    EXPECT_EQ(one_by_one.node_count(),
              2 * length - static_cast<std::uint64_t>(std::popcount(length)));
  }
  EXPECT_EQ(one_by_one.rewritten(), 0);
}

TEST(WargAppend, OfManyAtOnceIsTheSameAsOneByOne) {
  MemoryTree one_by_one;
  one_by_one.append_numbered(70);
  for (std::uint64_t first = 0; first <= 70; first += 7) {
    MemoryTree batched;
    batched.append_numbered(first);
    std::vector<Hash256> rest;
    for (std::uint64_t i = first; i < 70; ++i) rest.push_back(MemoryTree::leaf(i));
    EXPECT_EQ(batched.append(rest), one_by_one.root(70));
    EXPECT_EQ(batched.node_count(), one_by_one.node_count());
    EXPECT_EQ(batched.rewritten(), 0);
  }
}

TEST(WargAppend, ReadsNothingButTheBalancedRoots) {
  MemoryTree tree;
  tree.append_numbered(0b1011);
  const int before = tree.reads();
  tree.append(std::vector{MemoryTree::leaf(11), MemoryTree::leaf(12)});
  EXPECT_EQ(tree.reads() - before, 3);
}

TEST(WargAppend, TellsWhenANodeCannotBeRead) {
  const auto refused = append_leaves(
      3, std::vector{MemoryTree::leaf(3)}, MemoryTree().nodes(),
      [](unsigned, std::uint64_t, const Hash256&) { ADD_FAILURE() << "wrote a node"; });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::corrupt);
}

TEST(WargAppend, EndsWhereProofsCannotNumberNodesAnyMore) {
  const NodeReader any = [](unsigned, std::uint64_t) { return Result<Hash256>(Hash256{}); };
  const NodeWriter drop = [](unsigned, std::uint64_t, const Hash256&) {};
  const std::vector<Hash256> one(1);
  EXPECT_TRUE(append_leaves(kLogLengthMax - 1, one, any, drop).has_value());
  EXPECT_EQ(append_leaves(kLogLengthMax, one, any, drop).error().code, Errc::too_large);
  EXPECT_EQ(append_leaves(~std::uint64_t{0}, one, any, drop).error().code, Errc::too_large);
}

}  // namespace
}  // namespace varve::warg
