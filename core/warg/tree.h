// Warg's verifiable log: an RFC 6962 tree whose leaves name a log and one of its records. Which
// numbers its nodes have in proofs, and how it grows. Pure; any thread.
//
// A node (level, n) covers the leaves [n·2^level, (n+1)·2^level). It is written once, when its last
// leaf comes, and never changes. In proofs it has its in-order number: leaf i is 2i, a node stands
// between its children.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/merkle_tree.h"
#include "core/warg/names.h"

namespace varve::warg {

// Node numbers are uint32 on the wire, so a log that proofs can speak of ends here.
inline constexpr std::uint64_t kLogLengthMax = std::uint64_t{1} << 31;

// The 160 bytes of a leaf, and their hash.
std::string log_leaf(const LogId& log_id, const RecordId& record_id);
Hash256 log_leaf_hash(const LogId& log_id, const RecordId& record_id);

struct TreeNode {
  unsigned level = 0;
  std::uint64_t n = 0;
  friend auto operator<=>(const TreeNode&, const TreeNode&) = default;
};
constexpr TreeNode sibling(TreeNode node) {
  return {node.level, node.n ^ 1};
}
constexpr TreeNode parent(TreeNode node) {
  return {node.level + 1, node.n >> 1};
}
// Asserted: the node is complete in some log of at most kLogLengthMax leaves.
std::uint32_t node_number(TreeNode node);

// The perfect subtrees that a log of this length consists of, left to right.
std::vector<TreeNode> balanced_roots(std::uint64_t length);

using NodeWriter = std::function<void(unsigned level, std::uint64_t n, const Hash256& hash)>;

// Appends leaf hashes to a log of `length`, writes every node that becomes complete, the leaves
// included, and returns the new root. Reads the balanced roots of `length` and nothing else.
// Errc::too_large beyond kLogLengthMax.
Result<Hash256> append_leaves(std::uint64_t length, std::span<const Hash256> leaf_hashes,
                              const NodeReader& nodes, const NodeWriter& write);

}  // namespace varve::warg
