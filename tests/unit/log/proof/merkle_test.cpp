// Merkle proofs against RFC 6962's definitions, RFC 9162's iterative verifiers, and mutations.
#include "log/proof/merkle.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "core/base/bytes.h"
#include "tests/unit/log/proof/merkle_model.h"
#include "tests/unit/log/proof/tiled_log.h"

namespace varve {
namespace {

using std::string_literals::operator""s;
using testing::leaf_data;
using testing::MerkleModel;
using testing::test_seed;
using testing::TiledLog;

#define TRACE_SEED() SCOPED_TRACE("VARVE_TEST_SEED=" + std::to_string(test_seed()))

// ---- known answers ------------------------------------------------------------------------------

// The eight leaves that Certificate Transparency's implementations have shared since 2013.
const std::vector<std::string>& reference_leaves() {
  static const std::vector<std::string> leaves = [] {
    std::vector<std::string> bytes;
    for (const char* hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                            "606162636465666768696a6b6c6d6e6f"})
      bytes.push_back(*hex_decode(hex));
    return bytes;
  }();
  return leaves;
}

constexpr const char* kReferenceRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

// Complete nodes straight from leaf hashes.
NodeReader nodes_of(std::vector<Hash256> leaves) {
  return [leaves = std::move(leaves)](unsigned level, std::uint64_t index) -> Result<Hash256> {
    std::vector<Hash256> row = leaves;
    for (unsigned k = 0; k < level; ++k) {
      for (std::size_t i = 0; i + 1 < row.size(); i += 2)
        row[i / 2] = node_hash(row[i], row[i + 1]);
      row.resize(row.size() / 2);
    }
    if (index >= row.size()) return fail(Errc::not_found, About::storage, "no such node");
    return row[index];
  };
}

std::vector<Hash256> reference_hashes(std::size_t count) {
  std::vector<Hash256> hashes;
  for (std::size_t i = 0; i < count; ++i) hashes.push_back(leaf_hash(reference_leaves()[i]));
  return hashes;
}

TEST(MerkleHashes, TheEmptyTreeHasTheHashOfNothing) {
  EXPECT_EQ(hex_encode(as_view(empty_root())), kReferenceRoots[0]);
}

TEST(MerkleHashes, ALeafCannotPassForANode) {
  const Hash256 left = leaf_hash("left");
  const Hash256 right = leaf_hash("right");
  const std::string joined = std::string(as_view(left)) + std::string(as_view(right));
  EXPECT_EQ(leaf_hash("left"), sha256("\0left"s));
  EXPECT_EQ(node_hash(left, right), sha256("\1"s + joined));
  EXPECT_NE(leaf_hash(joined), node_hash(left, right));
  EXPECT_NE(node_hash(left, right), node_hash(right, left));
}

TEST(MerkleRoots, AreThoseOfTheReferenceTreeAtEverySize) {
  for (std::size_t size = 0; size <= 8; ++size) {
    const auto root = root_of(TreeSize{size}, nodes_of(reference_hashes(size)));
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(hex_encode(as_view(*root)), kReferenceRoots[size]) << "size " << size;
  }
}

// The drawing of RFC 6962 §2.1.3, with its letters.
struct SevenLeaves {
  std::vector<Hash256> d = reference_hashes(7);
  Hash256 a = d[0], b = d[1], c = d[2], d3 = d[3], e = d[4], f = d[5], j = d[6];
  Hash256 g = node_hash(a, b), h = node_hash(c, d3), i = node_hash(e, f);
  Hash256 k = node_hash(g, h), l = node_hash(i, j);
  NodeReader nodes = nodes_of(d);
};

TEST(MerkleInclusion, GivesThePathsThatTheRfcDraws) {
  const SevenLeaves t;
  using Path = std::vector<Hash256>;
  EXPECT_EQ(inclusion_proof(EntryIndex{0}, TreeSize{7}, t.nodes).value(), (Path{t.b, t.h, t.l}));
  EXPECT_EQ(inclusion_proof(EntryIndex{3}, TreeSize{7}, t.nodes).value(), (Path{t.c, t.g, t.l}));
  EXPECT_EQ(inclusion_proof(EntryIndex{4}, TreeSize{7}, t.nodes).value(), (Path{t.f, t.j, t.k}));
  EXPECT_EQ(inclusion_proof(EntryIndex{6}, TreeSize{7}, t.nodes).value(), (Path{t.i, t.k}));
}

TEST(MerkleConsistency, GivesTheProofsThatTheRfcDraws) {
  const SevenLeaves t;
  using Path = std::vector<Hash256>;
  EXPECT_EQ(consistency_proof(TreeSize{3}, TreeSize{7}, t.nodes).value(),
            (Path{t.c, t.d3, t.g, t.l}));
  EXPECT_EQ(consistency_proof(TreeSize{4}, TreeSize{7}, t.nodes).value(), (Path{t.l}));
  EXPECT_EQ(consistency_proof(TreeSize{6}, TreeSize{7}, t.nodes).value(), (Path{t.i, t.j, t.k}));
}

TEST(MerkleInclusion, OfTheOnlyLeafIsEmptyAndTheLeafIsTheRoot) {
  const Hash256 leaf = leaf_hash("alone");
  EXPECT_TRUE(verify_inclusion(leaf, EntryIndex{0}, TreeSize{1}, {}, leaf).has_value());
  EXPECT_FALSE(verify_inclusion(leaf, EntryIndex{0}, TreeSize{1}, {}, empty_root()).has_value());
}

// ---- the model ----------------------------------------------------------------------------------

void expect_inclusion(MerkleModel& model, const TiledLog& log, std::uint64_t index,
                      std::uint64_t size) {
  SCOPED_TRACE("index " + std::to_string(index) + " of " + std::to_string(size));
  const auto proof = inclusion_proof(EntryIndex{index}, TreeSize{size}, log.nodes(TreeSize{size}));
  ASSERT_TRUE(proof.has_value()) << proof.error().what;
  ASSERT_EQ(*proof, model.path(index, 0, size));
  const auto verified = verify_inclusion(leaf_hash(leaf_data(index)), EntryIndex{index},
                                         TreeSize{size}, *proof, model.root(0, size));
  ASSERT_TRUE(verified.has_value()) << verified.error().what;
}

void expect_consistency(MerkleModel& model, const TiledLog& log, std::uint64_t m, std::uint64_t n) {
  SCOPED_TRACE("from " + std::to_string(m) + " to " + std::to_string(n));
  const auto proof = consistency_proof(TreeSize{m}, TreeSize{n}, log.nodes(TreeSize{n}));
  ASSERT_TRUE(proof.has_value()) << proof.error().what;
  ASSERT_EQ(*proof, model.proof(m, n));
  const auto verified =
      verify_consistency(TreeSize{m}, TreeSize{n}, *proof, model.root(0, m), model.root(0, n));
  ASSERT_TRUE(verified.has_value()) << verified.error().what;
}

TEST(MerkleProperty, EveryProofOfEverySmallTreeIsTheModelsAndVerifies) {
  MerkleModel model;
  TiledLog log;
  for (std::uint64_t size = 1; size <= 70; ++size) {
    log.grow_to(size);
    ASSERT_EQ(root_of(TreeSize{size}, log.nodes()).value(), model.root(0, size));
    for (std::uint64_t i = 0; i < size; ++i) expect_inclusion(model, log, i, size);
    for (std::uint64_t m = 1; m <= size; ++m) expect_consistency(model, log, m, size);
  }
}

TEST(MerkleProperty, ProofsFromTilesVerifyAtEverySizeUpTo300) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  MerkleModel model;
  TiledLog log;
  for (std::uint64_t size = 1; size <= 300; ++size) {
    log.grow_to(size);
    ASSERT_EQ(log.edge().root(), model.root(0, size));
    std::vector<std::uint64_t> picks = {0, size - 1};
    for (int k = 0; k < 4; ++k) picks.push_back(random() % size);
    for (const std::uint64_t pick : picks) {
      expect_inclusion(model, log, pick, size);
      expect_consistency(model, log, pick + 1, size);
    }
  }
}

TEST(MerkleProperty, ProofsFromTilesVerifyAtRandomLargerSizes) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  constexpr std::uint64_t kLargest = 20'000;
  MerkleModel model;
  TiledLog log;
  log.grow_to(kLargest);
  for (int round = 0; round < 60; ++round) {
    // An older size than the log has now: its proofs come from tiles that have grown since.
    const std::uint64_t size = 300 + random() % (kLargest - 300);
    expect_inclusion(model, log, random() % size, size);
    expect_consistency(model, log, 1 + random() % size, size);
  }
}

// ---- refusals -----------------------------------------------------------------------------------

struct Inclusion {
  Hash256 leaf;
  std::uint64_t index;
  std::uint64_t size;
  std::vector<Hash256> proof;
  Hash256 root;
  bool holds() const {
    return verify_inclusion(leaf, EntryIndex{index}, TreeSize{size}, proof, root).has_value();
  }
};

struct Consistency {
  std::uint64_t old_size;
  std::uint64_t new_size;
  std::vector<Hash256> proof;
  Hash256 old_root;
  Hash256 new_root;
  bool holds() const {
    return verify_consistency(TreeSize{old_size}, TreeSize{new_size}, proof, old_root, new_root)
        .has_value();
  }
};

std::vector<Inclusion> some_inclusions() {
  MerkleModel model;
  std::vector<Inclusion> all;
  for (const auto& [index, size] : {std::pair{0u, 2u},
                                    {1u, 2u},
                                    {0u, 3u},
                                    {2u, 3u},
                                    {4u, 7u},
                                    {6u, 7u},
                                    {7u, 8u},
                                    {255u, 256u},
                                    {256u, 257u},
                                    {100u, 300u}})
    all.push_back({leaf_hash(leaf_data(index)), index, size, model.path(index, 0, size),
                   model.root(0, size)});
  return all;
}

std::vector<Consistency> some_consistencies() {
  MerkleModel model;
  std::vector<Consistency> all;
  for (const auto& [m, n] : {std::pair{1u, 2u},
                             {1u, 3u},
                             {2u, 3u},
                             {3u, 7u},
                             {4u, 7u},
                             {6u, 7u},
                             {8u, 9u},
                             {255u, 256u},
                             {256u, 300u},
                             {257u, 300u}})
    all.push_back({m, n, model.proof(m, n), model.root(0, m), model.root(0, n)});
  return all;
}

// Calls `check` with every single bit of every hash flipped, and puts it back.
template <class Check>
void flip_each_bit(std::span<Hash256> hashes, const Check& check) {
  for (Hash256& hash : hashes)
    for (std::uint8_t& byte : hash)
      for (unsigned bit = 0; bit < 8; ++bit) {
        byte = static_cast<std::uint8_t>(byte ^ (1u << bit));
        check();
        byte = static_cast<std::uint8_t>(byte ^ (1u << bit));
      }
}

TEST(MerkleInclusion, RefusesAFlippedBitAnywhere) {
  for (Inclusion claim : some_inclusions()) {
    ASSERT_TRUE(claim.holds());
    const auto refused = [&] { ASSERT_FALSE(claim.holds()); };
    flip_each_bit(claim.proof, refused);
    flip_each_bit({&claim.leaf, 1}, refused);
    flip_each_bit({&claim.root, 1}, refused);
  }
}

TEST(MerkleConsistency, RefusesAFlippedBitAnywhere) {
  for (Consistency claim : some_consistencies()) {
    ASSERT_TRUE(claim.holds());
    const auto refused = [&] { ASSERT_FALSE(claim.holds()); };
    flip_each_bit(claim.proof, refused);
    flip_each_bit({&claim.old_root, 1}, refused);
    flip_each_bit({&claim.new_root, 1}, refused);
  }
}

// Calls `check` with one hash removed, one doubled and one added, at each position, and with two
// neighbours swapped.
template <class Claim>
void expect_only_the_exact_proof(const Claim& claim) {
  const auto refused = [&](const std::vector<Hash256>& proof) {
    Claim other = claim;
    other.proof = proof;
    EXPECT_FALSE(other.holds());
  };
  for (std::size_t at = 0; at <= claim.proof.size(); ++at) {
    const auto here = static_cast<std::ptrdiff_t>(at);
    auto longer = claim.proof;
    longer.insert(longer.begin() + here, Hash256{});
    refused(longer);
    if (at == claim.proof.size()) continue;
    longer = claim.proof;
    longer.insert(longer.begin() + here, claim.proof[at]);
    refused(longer);
    auto shorter = claim.proof;
    shorter.erase(shorter.begin() + here);
    refused(shorter);
    if (at == 0) continue;
    auto swapped = claim.proof;
    std::swap(swapped[at - 1], swapped[at]);
    refused(swapped);
  }
}

TEST(MerkleInclusion, RefusesAHashTooManyOrTooFewAndAnotherOrder) {
  for (const Inclusion& claim : some_inclusions()) expect_only_the_exact_proof(claim);
}

TEST(MerkleConsistency, RefusesAHashTooManyOrTooFewAndAnotherOrder) {
  for (const Consistency& claim : some_consistencies()) expect_only_the_exact_proof(claim);
}

// A root somebody made up around the true one must not make room for one more hash.
TEST(MerkleInclusion, RefusesALongerProofEvenIfItsHashesLeadToTheRoot) {
  for (Inclusion claim : some_inclusions()) {
    const Hash256 extra = leaf_hash("extra");
    claim.proof.push_back(extra);
    claim.root = node_hash(extra, claim.root);
    EXPECT_FALSE(claim.holds());
  }
}

TEST(MerkleConsistency, RefusesALongerProofEvenIfItsHashesLeadToBothRoots) {
  for (Consistency claim : some_consistencies()) {
    const Hash256 extra = leaf_hash("extra");
    claim.proof.push_back(extra);
    claim.old_root = node_hash(extra, claim.old_root);
    claim.new_root = node_hash(extra, claim.new_root);
    EXPECT_FALSE(claim.holds());
  }
}

TEST(MerkleInclusion, HoldsForNoOtherIndex) {
  for (const Inclusion& claim : some_inclusions()) {
    for (std::uint64_t index = 0; index < claim.size + 4; ++index) {
      Inclusion other = claim;
      other.index = index;
      EXPECT_EQ(other.holds(), index == claim.index) << index << " of " << claim.size;
    }
  }
}

TEST(MerkleInclusion, SaysWhatIsWrong) {
  const Inclusion claim = some_inclusions().back();
  const auto beyond = verify_inclusion(claim.leaf, EntryIndex{claim.size}, TreeSize{claim.size},
                                       claim.proof, claim.root);
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().code, Errc::invalid);
  EXPECT_EQ(beyond.error().about, About::proof);
  EXPECT_EQ(beyond.error().what, "entry 300 is not in a tree of size 300");
  const auto empty = verify_inclusion(claim.leaf, EntryIndex{100}, TreeSize{300}, {}, claim.root);
  EXPECT_EQ(empty.error().what, "the inclusion proof has 0 hashes where it needs 9");
}

TEST(MerkleInclusion, NothingIsInTheEmptyTree) {
  const Hash256 leaf = leaf_hash("");
  EXPECT_FALSE(verify_inclusion(leaf, EntryIndex{0}, TreeSize{0}, {}, empty_root()).has_value());
  EXPECT_FALSE(verify_inclusion(leaf, EntryIndex{0}, TreeSize{0}, {}, leaf).has_value());
  EXPECT_FALSE(inclusion_proof(EntryIndex{0}, TreeSize{0}, nodes_of({})).has_value());
}

TEST(MerkleConsistency, WithTheEmptyTreeIsRefusedEvenWhenItIsTrivial) {
  const Hash256 root = leaf_hash("x");
  EXPECT_FALSE(verify_consistency(TreeSize{0}, TreeSize{1}, {}, empty_root(), root).has_value());
  EXPECT_FALSE(
      verify_consistency(TreeSize{0}, TreeSize{0}, {}, empty_root(), empty_root()).has_value());
  EXPECT_FALSE(consistency_proof(TreeSize{0}, TreeSize{1}, nodes_of({root})).has_value());
}

TEST(MerkleConsistency, OfATreeWithItselfNeedsTheSameRootAndNoHashes) {
  const Hash256 root = leaf_hash("x");
  const Hash256 other = leaf_hash("y");
  const std::vector<Hash256> one = {root};
  EXPECT_TRUE(verify_consistency(TreeSize{5}, TreeSize{5}, {}, root, root).has_value());
  EXPECT_FALSE(verify_consistency(TreeSize{5}, TreeSize{5}, {}, root, other).has_value());
  EXPECT_FALSE(verify_consistency(TreeSize{5}, TreeSize{5}, one, root, root).has_value());
}

TEST(MerkleConsistency, ATreeNeverShrinks) {
  for (const Consistency& claim : some_consistencies())
    EXPECT_FALSE(verify_consistency(TreeSize{claim.new_size}, TreeSize{claim.old_size}, claim.proof,
                                    claim.new_root, claim.old_root)
                     .has_value());
  EXPECT_FALSE(consistency_proof(TreeSize{8}, TreeSize{7}, nodes_of({})).has_value());
}

TEST(MerkleProofs, PassOnTheErrorOfTheirNodes) {
  const NodeReader broken = [](unsigned, std::uint64_t) -> Result<Hash256> {
    return fail(Errc::corrupt, About::storage, "bit rot");
  };
  EXPECT_EQ(root_of(TreeSize{3}, broken).error().what, "bit rot");
  EXPECT_EQ(inclusion_proof(EntryIndex{1}, TreeSize{3}, broken).error().what, "bit rot");
  EXPECT_EQ(consistency_proof(TreeSize{2}, TreeSize{3}, broken).error().what, "bit rot");
  EXPECT_EQ(consistency_proof(TreeSize{3}, TreeSize{4}, broken).error().what, "bit rot");
}

// ---- sizes up to 2^64 - 1 -----------------------------------------------------------------------

// RFC 9162 §2.1.3.2, step by step.
std::optional<Hash256> rfc9162_inclusion_root(const Hash256& leaf, std::uint64_t index,
                                              std::uint64_t size, std::span<const Hash256> proof) {
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Hash256 r = leaf;
  for (const Hash256& p : proof) {
    if (sn == 0) return std::nullopt;
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 ? std::optional(r) : std::nullopt;
}

// RFC 9162 §2.1.4.2 without its comparisons: the two roots that the proof leads to.
std::optional<std::pair<Hash256, Hash256>> rfc9162_consistency_roots(std::uint64_t first,
                                                                     std::uint64_t second,
                                                                     std::vector<Hash256> path,
                                                                     const Hash256& old_root) {
  if (path.empty()) return std::nullopt;
  if (std::has_single_bit(first)) path.insert(path.begin(), old_root);
  std::uint64_t fn = first - 1;
  std::uint64_t sn = second - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  Hash256 fr = path.front();
  Hash256 sr = path.front();
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (sn == 0) return std::nullopt;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(path[i], fr);
      sr = node_hash(path[i], sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, path[i]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return std::nullopt;
  return std::pair{fr, sr};
}

// A tree far too large to exist: a node's hash is that of its position.
Result<Hash256> imaginary_node(unsigned level, std::uint64_t index) {
  return sha256(std::to_string(level), "/", std::to_string(index));
}

std::vector<std::uint64_t> edge_sizes(std::mt19937_64& random) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::uint64_t> sizes = {kMax,         kMax - 1,     kMax / 2,
                                      kMax / 2 + 1, kMax / 2 + 2, (std::uint64_t{1} << 63) - 1};
  for (int k = 0; k < 40; ++k) sizes.push_back(random() | 1ull << (40 + random() % 24));
  return sizes;
}

TEST(MerkleEdges, InclusionAgreesWithRfc9162UpToTheLargestSize) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  const Hash256 leaf = leaf_hash("far out");
  for (const std::uint64_t size : edge_sizes(random)) {
    for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{1}, size / 2, size - 2,
                                      size - 1, random() % size, random() % size}) {
      SCOPED_TRACE("index " + std::to_string(index) + " of " + std::to_string(size));
      const auto proof = inclusion_proof(EntryIndex{index}, TreeSize{size}, imaginary_node);
      ASSERT_TRUE(proof.has_value());
      const auto root = rfc9162_inclusion_root(leaf, index, size, *proof);
      ASSERT_TRUE(root.has_value());
      EXPECT_TRUE(verify_inclusion(leaf, EntryIndex{index}, TreeSize{size}, *proof, *root));
      EXPECT_FALSE(verify_inclusion(leaf, EntryIndex{index}, TreeSize{size}, {}, *root));
      EXPECT_FALSE(verify_inclusion(leaf, EntryIndex{size}, TreeSize{size}, *proof, *root));
    }
  }
}

TEST(MerkleEdges, ConsistencyAgreesWithRfc9162UpToTheLargestSize) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (const std::uint64_t n : edge_sizes(random)) {
    for (const std::uint64_t m : {std::uint64_t{1}, std::uint64_t{3}, n / 2 + 1, n - 1,
                                  std::bit_floor(n - 1), 1 + random() % (n - 1)}) {
      SCOPED_TRACE("from " + std::to_string(m) + " to " + std::to_string(n));
      const auto proof = consistency_proof(TreeSize{m}, TreeSize{n}, imaginary_node);
      ASSERT_TRUE(proof.has_value());
      const Hash256 power_of_two_root = leaf_hash("the old root");
      const auto roots = rfc9162_consistency_roots(m, n, *proof, power_of_two_root);
      ASSERT_TRUE(roots.has_value());
      const auto& [old_root, new_root] = *roots;
      EXPECT_TRUE(verify_consistency(TreeSize{m}, TreeSize{n}, *proof, old_root, new_root));
      EXPECT_FALSE(verify_consistency(TreeSize{m}, TreeSize{n}, *proof, new_root, old_root));
    }
  }
}

}  // namespace
}  // namespace varve
