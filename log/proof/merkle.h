// RFC 6962 §2.1 / RFC 9162 §2.1 Merkle trees over SHA-256: hashes, proofs, their verification.
// Pure; any thread. Everything an auditor must re-implement to distrust us is in this folder.
//
// Vocabulary: leaf hash = SHA-256(00 ‖ entry), node hash = SHA-256(01 ‖ left ‖ right). The node
// (level, index) covers the leaves [index·2^level, (index+1)·2^level) and must be complete.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/digest.h"
#include "core/base/strong.h"

namespace varve {

Hash256 leaf_hash(std::string_view entry);
Hash256 node_hash(const Hash256& left, const Hash256& right);
Hash256 empty_root();  // SHA-256("")

// Each refuses with Errc::invalid/About::proof: wrong length, i >= n, or a different root.
// A consistency proof from size 0 is refused: it would say nothing (RFC 9162 §2.1.4.2).
Result<void> verify_inclusion(const Hash256& leaf, EntryIndex index, TreeSize size,
                              std::span<const Hash256> proof, const Hash256& root);
Result<void> verify_consistency(TreeSize old_size, TreeSize new_size,
                                std::span<const Hash256> proof, const Hash256& old_root,
                                const Hash256& new_root);

// Where complete nodes come from (tiles, memory). May fail: storage can be corrupt or far away.
using NodeReader = std::function<Result<Hash256>(unsigned level, std::uint64_t index)>;

Result<Hash256> root_of(TreeSize size, const NodeReader& nodes);
Result<std::vector<Hash256>> inclusion_proof(EntryIndex index, TreeSize size,
                                             const NodeReader& nodes);
Result<std::vector<Hash256>> consistency_proof(TreeSize old_size, TreeSize new_size,
                                               const NodeReader& nodes);

}  // namespace varve
