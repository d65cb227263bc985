// Hashes and roots of RFC 6962 trees. Pure; any thread.
#include "core/base/merkle_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

namespace varve {

using std::string_view_literals::operator""sv;

Hash256 leaf_hash(std::string_view entry) {
  return sha256("\0"sv, entry);
}

Hash256 node_hash(const Hash256& left, const Hash256& right) {
  // In one piece: three take up to a fifth longer, and most of what a record costs is such hashes.
  std::array<char, 1 + 2 * sizeof(Hash256)> bytes;
  bytes[0] = 1;
  std::ranges::copy(as_view(left), bytes.begin() + 1);
  std::ranges::copy(as_view(right), bytes.begin() + 1 + sizeof(Hash256));
  return sha256(std::string_view(bytes.data(), bytes.size()));
}

Hash256 empty_root() {
  return sha256({});
}

Result<Hash256> range_hash(std::uint64_t start, std::uint64_t end, const NodeReader& nodes) {
  std::optional<Hash256> hash;
  while (end != start) {
    const auto level = static_cast<unsigned>(std::countr_zero(end - start));
    VARVE_TRY(const Hash256 peak, nodes(level, (end >> level) - 1));
    hash = hash ? node_hash(peak, *hash) : peak;
    end -= std::uint64_t{1} << level;
  }
  VARVE_ASSERT(hash.has_value());
  return *hash;
}

Result<Hash256> root_of(TreeSize size, const NodeReader& nodes) {
  if (size.value == 0) return empty_root();
  return range_hash(0, size.value, nodes);
}

}  // namespace varve
