// Making and verifying proof bundles; bundle_wire.cpp holds their bytes. Pure; any thread.
#include "core/warg/bundle.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace varve::warg {
namespace {

std::unexpected<Error> refuse(std::string_view why) {
  return fail(Errc::invalid, About::proof, std::string(why));
}

std::unexpected<Error> no_proofs() {
  return refuse("A bundle can not be made from no proofs");
}

Result<void> check_length(std::uint64_t length) {
  if (length > kLogLengthMax) return refuse("the log is longer than proofs can number");
  return {};
}

// How the proof that `node` is in the log of these balanced roots goes: the siblings on the way up
// to the balanced root that holds it, and which of the roots that is.
struct Walk {
  std::vector<TreeNode> siblings;
  std::size_t root = 0;
};

Walk walk_up(TreeNode node, const std::vector<TreeNode>& roots) {
  Walk walk;
  for (;; node = parent(node)) {
    const auto found = std::ranges::find(roots, node);
    if (found != roots.end()) {
      walk.root = static_cast<std::size_t>(found - roots.begin());
      return walk;
    }
    walk.siblings.push_back(sibling(node));
  }
}

// The nodes a proof takes, without their hashes yet.
class Needed {
 public:
  explicit Needed(std::uint64_t length) : roots_(balanced_roots(length)) {}

  void inclusion(TreeNode node) {
    const Walk walk = walk_up(node, roots_);
    for (const TreeNode& peer : walk.siblings) add(peer);
    for (std::size_t i = 0; i < roots_.size(); ++i)
      if (i != walk.root) add(roots_[i]);
  }
  void add(TreeNode node) { nodes_.emplace(node_number(node), node); }

  Result<std::vector<std::pair<std::uint32_t, Hash256>>> read(const NodeReader& nodes) const {
    std::vector<std::pair<std::uint32_t, Hash256>> hashes;
    hashes.reserve(nodes_.size());
    for (const auto& [number, node] : nodes_) {
      VARVE_TRY(const Hash256 hash, nodes(node.level, node.n));
      hashes.emplace_back(number, hash);
    }
    return hashes;
  }

 private:
  std::vector<TreeNode> roots_;
  std::map<std::uint32_t, TreeNode> nodes_;
};

// The hashes that a bundle brings, and which of them were of use.
class Given {
 public:
  Given(const LogBundle& bundle, std::uint64_t length)
      : hashes_(bundle.hashes), used_(bundle.hashes.size()), roots_(balanced_roots(length)) {}

  std::optional<Hash256> hash(TreeNode node) {
    const std::uint32_t number = node_number(node);
    const auto found =
        std::ranges::lower_bound(hashes_, number, {}, &std::pair<std::uint32_t, Hash256>::first);
    if (found == hashes_.end() || found->first != number) return std::nullopt;
    used_[static_cast<std::size_t>(found - hashes_.begin())] = true;
    return found->second;
  }

  // The root that `node` with this hash leads to.
  std::optional<Hash256> root_above(TreeNode node, Hash256 of_node) {
    const Walk walk = walk_up(node, roots_);
    for (const TreeNode& peer : walk.siblings) {
      const auto other = hash(peer);
      if (!other) return std::nullopt;
      of_node = (peer.n & 1) != 0 ? node_hash(of_node, *other) : node_hash(*other, of_node);
    }
    std::optional<Hash256> root;
    for (std::size_t i = roots_.size(); i-- > 0;) {
      const auto peak = i == walk.root ? of_node : hash(roots_[i]);
      if (!peak) return std::nullopt;
      root = root ? node_hash(*peak, *root) : *peak;
    }
    return root;
  }

  bool all_used() const {
    return std::ranges::all_of(used_, [](bool used) { return used; });
  }

 private:
  const std::vector<std::pair<std::uint32_t, Hash256>>& hashes_;
  std::vector<bool> used_;
  std::vector<TreeNode> roots_;
};

template <class Prove>
Result<MapBundle> bundle_each(std::span<const Hash256> keys, const Prove& prove) {
  if (keys.empty()) return no_proofs();
  MapBundle bundle;
  for (const Hash256& key : keys) {
    VARVE_TRY(MapProof proof, prove(key));
    bundle.proofs.push_back(std::move(proof));
  }
  return bundle;
}

Result<void> check_count(const MapBundle& bundle, std::size_t asked) {
  // Warg's own client takes the proofs it gets and does not miss the others.
  if (asked == 0 || bundle.proofs.size() != asked)
    return refuse("the bundle has " + std::to_string(bundle.proofs.size()) + " map proofs where " +
                  std::to_string(asked) + " were asked for");
  return {};
}

}  // namespace

Result<LogBundle> bundle_inclusion(std::uint64_t length, std::span<const std::uint64_t> leaves,
                                   const NodeReader& nodes) {
  VARVE_CHECK(check_length(length));
  if (leaves.empty()) return no_proofs();
  LogBundle bundle;
  bundle.log_length = static_cast<std::uint32_t>(length);
  Needed needed(length);
  for (const std::uint64_t leaf : leaves) {
    if (leaf >= length) return refuse("leaf newer than when it should be included");
    const TreeNode node{0, leaf};
    bundle.included_nodes.push_back(node_number(node));
    needed.inclusion(node);
  }
  VARVE_TRY(bundle.hashes, needed.read(nodes));
  return bundle;
}

Result<LogBundle> bundle_consistency(std::uint64_t from, std::uint64_t to,
                                     const NodeReader& nodes) {
  VARVE_CHECK(check_length(to));
  if (from > to) return refuse("tries to prove later value comes before earlier");
  if (from == 0) return no_proofs();
  LogBundle bundle;
  bundle.log_length = static_cast<std::uint32_t>(to);
  bundle.consistent_lengths.push_back(static_cast<std::uint32_t>(from));
  Needed needed(to);
  for (const TreeNode& root : balanced_roots(from)) {
    needed.add(root);
    needed.inclusion(root);
  }
  VARVE_TRY(bundle.hashes, needed.read(nodes));
  return bundle;
}

Result<void> verify_inclusion(const LogBundle& bundle, std::uint64_t length,
                              std::span<const LogLeaf> leaves, const Hash256& root) {
  VARVE_CHECK(check_length(length));
  if (bundle.log_length != length || !bundle.consistent_lengths.empty())
    return refuse("the bundle is about another length of the log");
  if (leaves.empty() || bundle.included_nodes.size() != leaves.size())
    return refuse("the bundle has proofs for " + std::to_string(bundle.included_nodes.size()) +
                  " leaves where " + std::to_string(leaves.size()) + " were asked for");
  Given given(bundle, length);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const TreeNode node{0, leaves[i].index};
    if (node.n >= length) return refuse("leaf newer than when it should be included");
    if (bundle.included_nodes[i] != node_number(node))
      return refuse("the bundle proves another leaf");
    const auto found = given.root_above(node, leaves[i].hash);
    if (!found) return refuse("the bundle lacks a hash that its proof takes");
    if (*found != root) return refuse("the inclusion proof leads to another root");
  }
  if (!given.all_used()) return refuse("the bundle has hashes that its proofs do not take");
  return {};
}

Result<void> verify_consistency(const LogBundle& bundle, std::uint64_t from, std::uint64_t to,
                                const Hash256& old_root, const Hash256& new_root) {
  VARVE_CHECK(check_length(to));
  if (from > to) return refuse("tries to prove later value comes before earlier");
  if (from == 0) return refuse("consistency with the empty log says nothing");
  if (bundle.log_length != to || !bundle.included_nodes.empty() ||
      bundle.consistent_lengths != std::vector{static_cast<std::uint32_t>(from)})
    return refuse("the bundle is about other lengths of the log");
  Given given(bundle, to);
  for (const auto roots = balanced_roots(from); const TreeNode& peak : roots) {
    const auto hash = given.hash(peak);
    const auto found = hash ? given.root_above(peak, *hash) : std::nullopt;
    if (!found) return refuse("the bundle lacks a hash that its proof takes");
    if (*found != new_root) return refuse("the consistency proof leads to another new root");
  }
  VARVE_TRY(const Hash256 folded, root_of(TreeSize{from}, [&](unsigned level, std::uint64_t n) {
              const auto hash = given.hash({level, n});
              VARVE_ASSERT(hash.has_value());  // each was looked at just now
              return Result<Hash256>(*hash);
            }));
  if (folded != old_root) return refuse("the consistency proof leads to another old root");
  if (!given.all_used()) return refuse("the bundle has hashes that its proof does not take");
  return {};
}

Result<MapBundle> bundle_map_inclusion(std::span<const Hash256> keys, const PageReader& pages) {
  return bundle_each(keys, [&](const Hash256& key) { return prove_in_map(key, pages); });
}

Result<MapBundle> bundle_absence(std::span<const Hash256> keys, const PageReader& pages) {
  return bundle_each(keys, [&](const Hash256& key) { return prove_absence(key, pages); });
}

Result<void> verify_inclusion(const MapBundle& bundle, std::span<const MapEntry> entries,
                              const Hash256& root) {
  VARVE_CHECK(check_count(bundle, entries.size()));
  for (std::size_t i = 0; i < entries.size(); ++i)
    VARVE_CHECK(verify_in_map(entries[i], bundle.proofs[i], root));
  return {};
}

Result<void> verify_absence(const MapBundle& bundle, std::span<const Hash256> keys,
                            const Hash256& root) {
  VARVE_CHECK(check_count(bundle, keys.size()));
  for (std::size_t i = 0; i < keys.size(); ++i)
    VARVE_CHECK(verify_absence(keys[i], bundle.proofs[i], root));
  return {};
}

}  // namespace varve::warg
