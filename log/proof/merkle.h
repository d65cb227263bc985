// RFC 6962 §2.1 / RFC 9162 §2.1 Merkle trees over SHA-256: proofs and their verification. Pure; any
// thread. Everything an auditor must re-implement to distrust us is in this folder, and in
// core/base/merkle_tree.h, which says how leaves and nodes are hashed.
#pragma once

#include <span>
#include <vector>

#include "core/base/merkle_tree.h"

namespace varve {

// Each refuses with Errc::invalid/About::proof: wrong length, i >= n, or a different root.
// A consistency proof from size 0 is refused: it would say nothing (RFC 9162 §2.1.4.2).
Result<void> verify_inclusion(const Hash256& leaf, EntryIndex index, TreeSize size,
                              std::span<const Hash256> proof, const Hash256& root);
Result<void> verify_consistency(TreeSize old_size, TreeSize new_size,
                                std::span<const Hash256> proof, const Hash256& old_root,
                                const Hash256& new_root);

Result<std::vector<Hash256>> inclusion_proof(EntryIndex index, TreeSize size,
                                             const NodeReader& nodes);
Result<std::vector<Hash256>> consistency_proof(TreeSize old_size, TreeSize new_size,
                                               const NodeReader& nodes);

}  // namespace varve
