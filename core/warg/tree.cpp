// Warg's log as a tree: leaves, node numbers, growth. Pure; any thread.
#include "core/warg/tree.h"

#include <bit>

namespace varve::warg {

std::string log_leaf(const LogId& log_id, const RecordId& record_id) {
  std::string leaf = "WARG-LOG-LEAF-V0";
  append_string(leaf, log_id.to_string());
  append_string(leaf, record_id.to_string());
  return leaf;
}

Hash256 log_leaf_hash(const LogId& log_id, const RecordId& record_id) {
  return leaf_hash(log_leaf(log_id, record_id));
}

std::uint32_t node_number(TreeNode node) {
  VARVE_ASSERT(node.level < 32 && node.n < (kLogLengthMax >> node.level));
  const std::uint64_t first_leaf = node.n << node.level;
  return static_cast<std::uint32_t>(2 * first_leaf + (std::uint64_t{1} << node.level) - 1);
}

std::vector<TreeNode> balanced_roots(std::uint64_t length) {
  std::vector<TreeNode> roots;
  std::uint64_t start = 0;
  while (start != length) {
    const auto level = static_cast<unsigned>(std::bit_width(length - start)) - 1;
    roots.push_back({level, start >> level});
    start += std::uint64_t{1} << level;
  }
  return roots;
}

Result<Hash256> append_leaves(std::uint64_t length, std::span<const Hash256> leaf_hashes,
                              const NodeReader& nodes, const NodeWriter& write) {
  if (length > kLogLengthMax || leaf_hashes.size() > kLogLengthMax - length)
    return fail(Errc::too_large, About::proof, "this log has as many records as proofs can number");
  std::vector<Hash256> peaks;  // the balanced roots' hashes
  for (const TreeNode& root : balanced_roots(length)) {
    VARVE_TRY(const Hash256 hash, nodes(root.level, root.n));
    peaks.push_back(hash);
  }
  for (Hash256 hash : leaf_hashes) {
    TreeNode node{0, length};
    write(node.level, node.n, hash);
    for (; (node.n & 1) != 0; node = parent(node)) {
      hash = node_hash(peaks.back(), hash);
      peaks.pop_back();
      write(node.level + 1, node.n >> 1, hash);
    }
    peaks.push_back(hash);
    ++length;
  }
  if (peaks.empty()) return empty_root();
  Hash256 root = peaks.back();
  for (std::size_t i = peaks.size() - 1; i-- > 0;) root = node_hash(peaks[i], root);
  return root;
}

}  // namespace varve::warg
