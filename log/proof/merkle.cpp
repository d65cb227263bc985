// Merkle trees after RFC 6962, in the closed form: a path to leaf i of n is `inner` levels on which
// the paths to i and to n-1 still differ, then `border` levels on which only left siblings exist.
// Pure; any thread.
#include "log/proof/merkle.h"

#include <bit>
#include <string>
#include <utility>

namespace varve {
namespace {

// Sizes reach 2^64 - 1, where a level can be 64; shifting by that is undefined in C++.
constexpr std::uint64_t shift_right(std::uint64_t value, unsigned by) {
  return by >= 64 ? 0 : value >> by;
}

constexpr bool bit(std::uint64_t value, unsigned position) {
  return (shift_right(value, position) & 1) != 0;
}

struct PathShape {
  unsigned inner;
  unsigned border;
};

constexpr PathShape path_shape(std::uint64_t index, std::uint64_t size) {
  const auto inner = static_cast<unsigned>(std::bit_width(index ^ (size - 1)));
  return {inner, static_cast<unsigned>(std::popcount(shift_right(index, inner)))};
}

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::invalid, About::proof, std::move(why));
}

std::unexpected<Error> refuse_length(std::string_view kind, std::size_t has, std::size_t needs) {
  return refuse("the " + std::string(kind) + " proof has " + std::to_string(has) +
                " hashes where it needs " + std::to_string(needs));
}

// Climbs `inner` levels; bit k of `mask` says that the node at level k is a right child.
Hash256 climb_inner(Hash256 hash, std::uint64_t mask, std::span<const Hash256> siblings) {
  for (unsigned k = 0; k < siblings.size(); ++k)
    hash = bit(mask, k) ? node_hash(siblings[k], hash) : node_hash(hash, siblings[k]);
  return hash;
}

// The same climb inside the older tree: what lies to the right did not exist yet.
Hash256 climb_inner_left_only(Hash256 hash, std::uint64_t mask, std::span<const Hash256> siblings) {
  for (unsigned k = 0; k < siblings.size(); ++k)
    if (bit(mask, k)) hash = node_hash(siblings[k], hash);
  return hash;
}

Hash256 climb_border(Hash256 hash, std::span<const Hash256> left_siblings) {
  for (const Hash256& sibling : left_siblings) hash = node_hash(sibling, hash);
  return hash;
}

// The siblings on the way from the ancestor of leaf `index` at `from_level` up to the root.
Result<void> collect_path(unsigned from_level, std::uint64_t index, std::uint64_t size,
                          const NodeReader& nodes, std::vector<Hash256>& path) {
  const unsigned inner = path_shape(index, size).inner;
  for (unsigned level = from_level; level < 64; ++level) {
    const bool is_right_child = bit(index, level);
    if (!is_right_child && level >= inner) continue;
    const std::uint64_t at = index >> level;
    // Where the ways to `index` and to the last leaf part, the right side may be unfinished.
    auto sibling = is_right_child       ? nodes(level, at - 1)
                   : level + 1 == inner ? range_hash((at + 1) << level, size, nodes)
                                        : nodes(level, at + 1);
    if (!sibling) return std::unexpected(std::move(sibling).error());
    path.push_back(*sibling);
  }
  return {};
}

}  // namespace

Result<void> verify_inclusion(const Hash256& leaf, EntryIndex index, TreeSize size,
                              std::span<const Hash256> proof, const Hash256& root) {
  if (index.value >= size.value)
    return refuse("entry " + std::to_string(index.value) + " is not in a tree of size " +
                  std::to_string(size.value));
  const auto [inner, border] = path_shape(index.value, size.value);
  if (proof.size() != inner + border)
    return refuse_length("inclusion", proof.size(), inner + border);
  Hash256 hash = climb_inner(leaf, index.value, proof.first(inner));
  hash = climb_border(hash, proof.subspan(inner));
  if (hash != root)
    return refuse("the inclusion proof of entry " + std::to_string(index.value) +
                  " leads to another root than that of size " + std::to_string(size.value));
  return {};
}

Result<void> verify_consistency(TreeSize old_size, TreeSize new_size,
                                std::span<const Hash256> proof, const Hash256& old_root,
                                const Hash256& new_root) {
  const std::uint64_t m = old_size.value;
  const std::uint64_t n = new_size.value;
  if (m == 0) return refuse("consistency with the empty tree says nothing");
  if (n < m)
    return refuse("a tree of size " + std::to_string(n) + " does not extend one of size " +
                  std::to_string(m));
  if (m == n) {
    if (!proof.empty()) return refuse_length("consistency", proof.size(), 0);
    if (old_root != new_root) return refuse("two roots for size " + std::to_string(n));
    return {};
  }
  const auto shift = static_cast<unsigned>(std::countr_zero(m));
  const PathShape shape = path_shape(m - 1, n);
  const unsigned inner = shape.inner - shift;  // n > m, so the paths part above `shift`
  const unsigned skip = std::has_single_bit(m) ? 0 : 1;
  const std::size_t needed = std::size_t{skip} + inner + shape.border;
  if (proof.size() != needed) return refuse_length("consistency", proof.size(), needed);

  const Hash256& seed = skip == 0 ? old_root : proof.front();
  const auto inside = proof.subspan(skip, inner);
  const auto border = proof.subspan(skip + inner);
  const std::uint64_t mask = (m - 1) >> shift;
  if (climb_border(climb_inner_left_only(seed, mask, inside), border) != old_root)
    return refuse("the consistency proof leads to another root than that of the old size " +
                  std::to_string(m));
  if (climb_border(climb_inner(seed, mask, inside), border) != new_root)
    return refuse("the consistency proof leads to another root than that of the new size " +
                  std::to_string(n));
  return {};
}

Result<std::vector<Hash256>> inclusion_proof(EntryIndex index, TreeSize size,
                                             const NodeReader& nodes) {
  if (index.value >= size.value)
    return refuse("entry " + std::to_string(index.value) + " is not in a tree of size " +
                  std::to_string(size.value));
  std::vector<Hash256> path;
  VARVE_CHECK(collect_path(0, index.value, size.value, nodes, path));
  return path;
}

Result<std::vector<Hash256>> consistency_proof(TreeSize old_size, TreeSize new_size,
                                               const NodeReader& nodes) {
  const std::uint64_t m = old_size.value;
  const std::uint64_t n = new_size.value;
  if (m == 0 || m > n)
    return refuse("there is no consistency proof from size " + std::to_string(m) + " to " +
                  std::to_string(n));
  std::vector<Hash256> path;
  if (m == n) return path;
  const auto shift = static_cast<unsigned>(std::countr_zero(m));
  if (!std::has_single_bit(m)) {
    VARVE_TRY(const Hash256 seed, nodes(shift, (m >> shift) - 1));
    path.push_back(seed);
  }
  VARVE_CHECK(collect_path(shift, m - 1, n, nodes, path));
  return path;
}

}  // namespace varve
