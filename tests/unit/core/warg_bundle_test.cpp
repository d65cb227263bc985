// Proof bundles: the reference's bytes, and what is refused.
#include "core/warg/bundle.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/warg/map_page.h"
#include "core/warg/wire.h"
#include "tests/support/warg_rig.h"
#include "tests/support/warg_vectors.h"

namespace varve::warg {
namespace {

using namespace testing;

MemoryTree vector_tree() {
  MemoryTree tree;
  for (const WargRecord& record : warg_vectors().records)
    tree.append(std::vector{unhex(record.log_leaf_hash)});
  return tree;
}

MemoryMap vector_map(std::uint64_t length) {
  MemoryMap map;
  for (std::uint64_t i = 0; i < length; ++i) {
    const WargRecord& record = warg_vectors().records[i];
    map.set(unhex(record.map_key_path), unhex(record.map_leaf_hash));
  }
  return map;
}

const Checkpoint& checkpoint_at(std::uint64_t length) {
  return warg_vectors().records.at(length - 1).checkpoint.contents;
}

std::vector<LogLeaf> log_leaves(const std::vector<std::uint64_t>& indexes) {
  std::vector<LogLeaf> leaves;
  leaves.reserve(indexes.size());
  for (const std::uint64_t index : indexes)
    leaves.push_back({index, unhex(warg_vectors().records[index].log_leaf_hash)});
  return leaves;
}
std::vector<LogLeaf> log_leaves(const WargInclusion& vector) {
  return log_leaves(vector.leaves);
}

std::vector<MapEntry> map_entries(const WargInclusion& vector) {
  std::vector<MapEntry> entries;
  entries.reserve(vector.leaves.size());
  for (const std::uint64_t index : vector.leaves) {
    const WargRecord& record = warg_vectors().records[index];
    entries.push_back({unhex(record.map_key_path), unhex(record.map_leaf_hash)});
  }
  return entries;
}

std::vector<Hash256> keys_of(const std::vector<MapEntry>& entries) {
  std::vector<Hash256> keys;
  keys.reserve(entries.size());
  for (const MapEntry& entry : entries) keys.push_back(entry.key);
  return keys;
}

TEST(WargConsistencyBundle, HasTheReferencesBytesAndVerifies) {
  const MemoryTree tree = vector_tree();
  ASSERT_EQ(warg_vectors().consistency.size(), 10u);
  for (const WargConsistency& vector : warg_vectors().consistency) {
    const LogBundle bundle = bundle_consistency(vector.from, vector.to, tree.nodes()).value();
    EXPECT_EQ(bundle.encode(), vector.proof) << vector.from << " -> " << vector.to;
    std::vector<std::uint32_t> nodes;
    nodes.reserve(bundle.hashes.size());
    for (const auto& [number, hash] : bundle.hashes) nodes.push_back(number);
    EXPECT_EQ(nodes, vector.nodes);
    const LogBundle decoded = LogBundle::decode(vector.proof).value();
    EXPECT_EQ(decoded, bundle);
    EXPECT_TRUE(verify_consistency(decoded, vector.from, vector.to,
                                   checkpoint_at(vector.from).log_root,
                                   checkpoint_at(vector.to).log_root)
                    .has_value());
  }
}

TEST(WargInclusionBundle, HasTheReferencesBytesAndVerifies) {
  const MemoryTree tree = vector_tree();
  ASSERT_EQ(warg_vectors().inclusion.size(), 4u);
  for (const WargInclusion& vector : warg_vectors().inclusion) {
    const LogBundle bundle = bundle_inclusion(vector.length, vector.leaves, tree.nodes()).value();
    EXPECT_EQ(bundle.encode(), vector.log) << "length " << vector.length;
    const LogBundle decoded = LogBundle::decode(vector.log).value();
    EXPECT_TRUE(verify_inclusion(decoded, vector.length, log_leaves(vector),
                                 checkpoint_at(vector.length).log_root)
                    .has_value());
  }
}

TEST(WargMapBundle, HasTheReferencesBytesAndVerifies) {
  for (const WargInclusion& vector : warg_vectors().inclusion) {
    const MemoryMap map = vector_map(vector.length);
    const auto entries = map_entries(vector);
    const MapBundle bundle = bundle_map_inclusion(keys_of(entries), map.pages()).value();
    EXPECT_EQ(bundle.encode(), vector.map) << "length " << vector.length;
    const MapBundle decoded = MapBundle::decode(vector.map).value();
    EXPECT_TRUE(
        verify_inclusion(decoded, entries, checkpoint_at(vector.length).map_root).has_value());
  }
}

TEST(WargInclusionBundle, ProvesRecordsThatAreNoLongerTheHeadOfTheirLog) {
  const MemoryTree tree = vector_tree();
  const std::vector<std::uint64_t> old{1};
  const auto bundle = bundle_inclusion(4, old, tree.nodes());
  ASSERT_TRUE(bundle.has_value());
  const std::vector<LogLeaf> leaf{{1, unhex(warg_vectors().records[1].log_leaf_hash)}};
  EXPECT_TRUE(verify_inclusion(*bundle, 4, leaf, checkpoint_at(4).log_root).has_value());
}

TEST(WargInclusionBundle, KeepsTheOrderOfTheRequestAndRepeats) {
  const MemoryTree tree = vector_tree();
  const std::vector<std::uint64_t> leaves{3, 0, 3};
  const LogBundle bundle = bundle_inclusion(4, leaves, tree.nodes()).value();
  EXPECT_EQ(bundle.included_nodes, (std::vector<std::uint32_t>{6, 0, 6}));
  std::vector<LogLeaf> asked = log_leaves(leaves);
  EXPECT_TRUE(verify_inclusion(bundle, 4, asked, checkpoint_at(4).log_root).has_value());
  std::swap(asked[0], asked[1]);
  EXPECT_FALSE(verify_inclusion(bundle, 4, asked, checkpoint_at(4).log_root).has_value());
}

TEST(WargBundles, AreRefusedInTheReferencesWords) {
  const MemoryTree tree = vector_tree();
  const auto words = [](const auto& refused) {
    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_EQ(refused.error().about, About::proof);
    return refused.error().what;
  };
  EXPECT_EQ(words(bundle_inclusion(4, {}, tree.nodes())),
            "A bundle can not be made from no proofs");
  EXPECT_EQ(words(bundle_inclusion(2, std::vector<std::uint64_t>{2}, tree.nodes())),
            "leaf newer than when it should be included");
  EXPECT_EQ(words(bundle_consistency(3, 2, tree.nodes())),
            "tries to prove later value comes before earlier");
  EXPECT_EQ(words(bundle_consistency(0, 2, tree.nodes())),
            "A bundle can not be made from no proofs");
  EXPECT_EQ(words(bundle_map_inclusion({}, vector_map(1).pages())),
            "A bundle can not be made from no proofs");
  EXPECT_FALSE(bundle_consistency(1, kLogLengthMax + 1, tree.nodes()).has_value());
}

TEST(WargBundles, OfALogLongerThanItsRowsAreCorruptNotProofs) {
  const MemoryTree tree = vector_tree();
  const std::vector<std::uint64_t> leaf{0};
  EXPECT_EQ(bundle_inclusion(9, leaf, tree.nodes()).error().code, Errc::corrupt);
  EXPECT_EQ(bundle_consistency(4, 9, tree.nodes()).error().code, Errc::corrupt);
}

// Warg's own client takes an empty bundle for a proof of everything.
TEST(WargBundles, WithoutAProofAreRefused) {
  EXPECT_FALSE(LogBundle::decode("").has_value());
  EXPECT_FALSE(MapBundle::decode("").has_value());
  EXPECT_FALSE(LogBundle::decode(std::string("\x08\x04", 2)).has_value());
  const Hash256 root = checkpoint_at(4).log_root;
  EXPECT_FALSE(verify_inclusion(LogBundle{}, 4, {}, root).has_value());
  EXPECT_FALSE(verify_inclusion(LogBundle{4, {}, {}, {}}, 4, {}, root).has_value());
  EXPECT_FALSE(verify_inclusion(MapBundle{}, {}, root).has_value());
  EXPECT_FALSE(verify_absence(MapBundle{}, {}, root).has_value());
}

TEST(WargBundles, WithFewerProofsThanAskedForAreRefused) {
  const WargInclusion& vector = warg_vectors().inclusion.back();
  auto leaves = log_leaves(vector);
  auto entries = map_entries(vector);
  LogBundle log = LogBundle::decode(vector.log).value();
  MapBundle map = MapBundle::decode(vector.map).value();
  log.included_nodes.pop_back();
  map.proofs.pop_back();
  const Checkpoint& checkpoint = checkpoint_at(vector.length);
  EXPECT_FALSE(verify_inclusion(log, vector.length, leaves, checkpoint.log_root).has_value());
  EXPECT_FALSE(verify_inclusion(map, entries, checkpoint.map_root).has_value());
}

TEST(WargBundles, AboutOtherLengthsAreRefused) {
  const WargInclusion& inclusion = warg_vectors().inclusion[2];
  const LogBundle log = LogBundle::decode(inclusion.log).value();
  for (const std::uint64_t length : {0u, 1u, 2u, 4u})
    EXPECT_FALSE(verify_inclusion(log, length, log_leaves(inclusion),
                                  checkpoint_at(inclusion.length).log_root)
                     .has_value());
  const MemoryTree tree = vector_tree();
  const LogBundle consistency = bundle_consistency(2, 4, tree.nodes()).value();
  const auto verified = [&](std::uint64_t from, std::uint64_t to) {
    return verify_consistency(consistency, from, to, checkpoint_at(2).log_root,
                              checkpoint_at(4).log_root)
        .has_value();
  };
  EXPECT_TRUE(verified(2, 4));
  EXPECT_FALSE(verified(0, 4));
  EXPECT_FALSE(verified(1, 4));
  EXPECT_FALSE(verified(2, 3));
  EXPECT_FALSE(verified(4, 2));
  EXPECT_FALSE(verified(2, ~std::uint64_t{0}));
}

TEST(WargBundles, WithAHashTooFewOrTooManyAreRefused) {
  const MemoryTree tree = vector_tree();
  const LogBundle whole = bundle_consistency(3, 4, tree.nodes()).value();
  const auto verified = [&](const LogBundle& bundle) {
    return verify_consistency(bundle, 3, 4, checkpoint_at(3).log_root, checkpoint_at(4).log_root)
        .has_value();
  };
  EXPECT_TRUE(verified(whole));
  for (std::size_t i = 0; i < whole.hashes.size(); ++i) {
    LogBundle less = whole;
    less.hashes.erase(less.hashes.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(verified(less));
  }
  LogBundle more = whole;
  more.hashes.emplace_back(8, Hash256{});
  EXPECT_FALSE(verified(more));
}

TEST(WargBundles, ThatMixConsistencyAndInclusionAreRefused) {
  const MemoryTree tree = vector_tree();
  LogBundle bundle = bundle_consistency(4, 4, tree.nodes()).value();
  bundle.included_nodes.push_back(0);
  EXPECT_FALSE(
      verify_consistency(bundle, 4, 4, checkpoint_at(4).log_root, checkpoint_at(4).log_root)
          .has_value());
}

TEST(WargBundles, TellTwoRootsOfOneLengthApart) {
  const MemoryTree tree = vector_tree();
  const LogBundle bundle = bundle_consistency(4, 4, tree.nodes()).value();
  const Hash256 root = checkpoint_at(4).log_root;
  EXPECT_TRUE(verify_consistency(bundle, 4, 4, root, root).has_value());
  EXPECT_FALSE(verify_consistency(bundle, 4, 4, Hash256{}, root).has_value());
  EXPECT_FALSE(verify_consistency(bundle, 4, 4, root, Hash256{}).has_value());
}

// ---- spelling -----------------------------------------------------------------------------------

std::string hash_entry(std::uint32_t number, std::size_t hash_bytes = 32) {
  std::string entry;
  if (number != 0) append_number_field(entry, 1, number);
  append_bytes_field(entry, 2, std::string(hash_bytes, 'h'));
  return entry;
}

std::string log_bundle_of(const std::vector<std::string>& entries) {
  std::string bytes;
  append_number_field(bytes, 1, 9);
  append_bytes_field(bytes, 3, std::string(1, '\4'));
  for (const std::string& entry : entries) append_bytes_field(bytes, 4, entry);
  return bytes;
}

TEST(WargLogBundleBytes, HaveHashesInOrderAndOnce) {
  EXPECT_TRUE(LogBundle::decode(log_bundle_of({hash_entry(0), hash_entry(3)})).has_value());
  EXPECT_FALSE(LogBundle::decode(log_bundle_of({hash_entry(3), hash_entry(0)})).has_value());
  EXPECT_FALSE(LogBundle::decode(log_bundle_of({hash_entry(3), hash_entry(3)})).has_value());
}

TEST(WargLogBundleBytes, HaveHashesOf32Bytes) {
  EXPECT_FALSE(LogBundle::decode(log_bundle_of({hash_entry(1, 31)})).has_value());
  EXPECT_FALSE(LogBundle::decode(log_bundle_of({hash_entry(1, 33)})).has_value());
  EXPECT_FALSE(LogBundle::decode(log_bundle_of({hash_entry(1, 0)})).has_value());
  std::string none;
  append_number_field(none, 1, 1);
  EXPECT_FALSE(LogBundle::decode(log_bundle_of({none})).has_value());
}

TEST(WargLogBundleBytes, HaveOneSpelling) {
  const std::string good = log_bundle_of({hash_entry(1)});
  ASSERT_TRUE(LogBundle::decode(good).has_value());
  std::string unknown_field = good, twice = good, long_varint = good, unpacked, explicit_zero;
  append_number_field(unknown_field, 5, 1);
  append_number_field(twice, 1, 9);
  long_varint.replace(1, 1, "\x89", 1).insert(2, 1, '\0');
  append_number_field(unpacked, 1, 9);
  append_number_field(unpacked, 3, 4);
  std::string entry;
  append_number_field(entry, 1, 0);
  entry += hash_entry(0);
  explicit_zero = log_bundle_of({entry});
  for (const std::string& bad : {unknown_field, twice, long_varint, unpacked, explicit_zero})
    EXPECT_FALSE(LogBundle::decode(bad).has_value()) << hex_encode(bad);
}

TEST(WargLogBundleBytes, HaveNoNumberBeyondTheirField) {
  std::string length, index, packed;
  append_number_field(length, 1, std::uint64_t{1} << 32);
  append_bytes_field(length, 3, std::string(1, '\0'));
  EXPECT_FALSE(LogBundle::decode(length).has_value());
  append_number_field(index, 1, std::uint64_t{1} << 32);
  append_bytes_field(index, 2, std::string(32, 'h'));
  EXPECT_FALSE(LogBundle::decode(log_bundle_of({index})).has_value());
  append_number_field(packed, 1, 9);
  append_bytes_field(packed, 3, "\x80\x80\x80\x80\x10");
  EXPECT_FALSE(LogBundle::decode(packed).has_value());
  EXPECT_FALSE(LogBundle::decode(std::string(20, '\xff')).has_value());
}

TEST(WargMapBundleBytes, MayLeaveAnEmptySubtreeUnnamed) {
  MapBundle bundle{{MapProof{{std::nullopt, Hash256{}}}, MapProof{}}};
  EXPECT_EQ(MapBundle::decode(bundle.encode()).value(), bundle);
}

TEST(WargMapBundleBytes, HaveAtMostAsManyPeersAsTheMapHasLevels) {
  MapBundle bundle{{MapProof{std::vector<std::optional<Hash256>>(kMapDepth)}}};
  EXPECT_TRUE(MapBundle::decode(bundle.encode()).has_value());
  bundle.proofs[0].peers.emplace_back();
  EXPECT_FALSE(MapBundle::decode(bundle.encode()).has_value());
  EXPECT_FALSE(verify_inclusion(bundle, std::vector<MapEntry>(1), Hash256{}).has_value());
}

TEST(WargMapBundleBytes, HaveOneSpelling) {
  std::string peer, short_peer, twice, unknown;
  append_bytes_field(peer, 1, std::string(32, 'h'));
  append_bytes_field(short_peer, 1, std::string(31, 'h'));
  twice = peer + peer;
  append_number_field(unknown, 2, 1);
  const auto bundle_with = [](std::string_view optional_hash) {
    std::string proof, bytes;
    append_bytes_field(proof, 1, optional_hash);
    append_bytes_field(bytes, 1, proof);
    return bytes;
  };
  EXPECT_TRUE(MapBundle::decode(bundle_with(peer)).has_value());
  for (const std::string& bad : {short_peer, twice, unknown, std::string("\x0a\x00", 2)})
    EXPECT_FALSE(MapBundle::decode(bundle_with(bad)).has_value()) << hex_encode(bad);
  EXPECT_FALSE(MapBundle::decode(bundle_with(peer) + unknown).has_value());
  EXPECT_FALSE(MapBundle::decode(std::string("\x0a\x02\x10\x01", 4)).has_value());
}

TEST(WargBundleBytes, CutShortAreRefusedOrProveLess) {
  const WargInclusion& vector = warg_vectors().inclusion.back();
  const Checkpoint& checkpoint = checkpoint_at(vector.length);
  for (std::size_t length = 0; length < vector.log.size(); ++length)
    if (const auto cut = LogBundle::decode(vector.log.substr(0, length)))
      EXPECT_FALSE(verify_inclusion(*cut, vector.length, log_leaves(vector), checkpoint.log_root)
                       .has_value());
  for (std::size_t length = 0; length < vector.map.size(); ++length)
    if (const auto cut = MapBundle::decode(vector.map.substr(0, length)))
      EXPECT_FALSE(verify_inclusion(*cut, map_entries(vector), checkpoint.map_root).has_value());
}

TEST(WargBundleBytes, WithAnyByteChangedAreRefused) {
  const WargInclusion& vector = warg_vectors().inclusion.back();
  const Checkpoint& checkpoint = checkpoint_at(vector.length);
  for (std::size_t at = 0; at < vector.log.size(); ++at)
    for (unsigned flip = 1; flip < 256; flip += flip < 8 ? 1 : 31) {
      std::string bad = vector.log;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ flip);
      const auto bundle = LogBundle::decode(bad);
      EXPECT_FALSE(bundle && verify_inclusion(*bundle, vector.length, log_leaves(vector),
                                              checkpoint.log_root))
          << at;
    }
  for (std::size_t at = 0; at < vector.map.size(); ++at) {
    std::string bad = vector.map;
    bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
    const auto bundle = MapBundle::decode(bad);
    EXPECT_FALSE(bundle && verify_inclusion(*bundle, map_entries(vector), checkpoint.map_root))
        << at;
  }
}

}  // namespace
}  // namespace varve::warg
