// RFC 6962 §2.1 over SHA-256: how leaves and nodes are hashed, and roots from complete nodes. Both
// of varve's trees are made with it: the log's own (log/proof) and Warg's (core/warg). Pure; any
// thread.
//
// Vocabulary: leaf hash = SHA-256(00 ‖ entry), node hash = SHA-256(01 ‖ left ‖ right). The node
// (level, index) covers the leaves [index·2^level, (index+1)·2^level) and must be complete.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/strong.h"

namespace varve {

Hash256 leaf_hash(std::string_view entry);
Hash256 node_hash(const Hash256& left, const Hash256& right);
Hash256 empty_root();  // SHA-256("")

// Where complete nodes come from (tiles, rows, memory). May fail: storage can be corrupt or far
// away.
using NodeReader = std::function<Result<Hash256>(unsigned level, std::uint64_t index)>;

// The hash of the leaves [start, end): not empty, and `start` aligned for a subtree of that many.
Result<Hash256> range_hash(std::uint64_t start, std::uint64_t end, const NodeReader& nodes);
Result<Hash256> root_of(TreeSize size, const NodeReader& nodes);

}  // namespace varve
