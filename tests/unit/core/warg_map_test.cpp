// The verifiable map: roots, rows, proofs of presence and absence, damage.
#include "core/warg/map.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/warg/map_page.h"
#include "tests/support/warg_rig.h"
#include "tests/support/warg_vectors.h"

namespace varve::warg {
namespace {

using namespace testing;

constexpr auto key_of = [](std::uint64_t n) { return numbered_hash("key ", n); };
constexpr auto leaf_of = [](std::uint64_t n) { return numbered_hash("value ", n); };

constexpr auto kDrop = [](std::string_view, const std::string&) {};

// A key that shares its first `bits` bits with `of` and no more.
Hash256 neighbour(Hash256 of, unsigned bits) {
  of[bits / 8] = static_cast<std::uint8_t>(of[bits / 8] ^ (0x80 >> bits % 8));
  return of;
}

std::vector<MapEntry> numbered_entries(std::size_t count) {
  std::vector<MapEntry> entries(count);
  for (std::size_t n = 0; n < count; ++n) entries[n] = {key_of(n), leaf_of(n)};
  return entries;
}

TEST(WargLonelyLeaf, HasTheHashOfItsWayUpHoweverOftenAsked) {
  for (int again = 0; again < 2; ++again)
    for (std::uint64_t n = 0; n < 3; ++n)
      for (const bool other_leaf : {false, true}) {
        const Hash256 leaf = leaf_of(other_leaf ? n + 1 : n);
        Hash256 hash = leaf;
        for (unsigned height = 0; height <= kMapDepth; ++height) {
          ASSERT_EQ(lonely_hash(key_of(n), leaf, height), hash) << height;
          if (height == kMapDepth) break;
          const Hash256 empty = MapModel::empty(height);
          hash = goes_right(key_of(n), kMapDepth - 1 - height) ? node_hash(empty, hash)
                                                               : node_hash(hash, empty);
        }
      }
}

// A zero key with a zero leaf is what an empty memo would show.
TEST(WargLonelyLeaf, OfZerosIsHashedLikeAnyOther) {
  MemoryMap map;
  MapModel model;
  model.set(Hash256{}, Hash256{});
  EXPECT_EQ(map.set(Hash256{}, Hash256{}), model.root());
}

TEST(WargMapLeaf, IsTheReferencesBytesHashAndKey) {
  for (const WargRecord& record : warg_vectors().records) {
    const RecordId id = RecordId::parse(record.record_id).value();
    EXPECT_EQ(map_leaf(id), record.map_leaf);
    EXPECT_EQ(map_leaf(id).size(), 88u);
    EXPECT_EQ(hex(map_leaf_hash(id)), record.map_leaf_hash);
    EXPECT_EQ(hex(map_key(LogId::parse(record.log).value())), record.map_key_path);
  }
}

TEST(WargMapRoot, OfNothingIsTheReferences) {
  for (const auto& [height, hash] : warg_vectors().empty_subtree_hash)
    EXPECT_EQ(hex(empty_map_hash(height)), hash);
  EXPECT_EQ(hex(empty_map_root()),
            "c6689f10812a0980976d9533d83875282166159567ec35155716c1413af53d6a");
  MemoryMap map;
  EXPECT_EQ(map.root(), empty_map_root());
  EXPECT_EQ(map.set({}), empty_map_root());
  EXPECT_TRUE(map.rows().empty());
  EXPECT_EQ(MapModel().root(), empty_map_root());
}

TEST(WargMapRoot, IsTheReferencesAfterEveryRecord) {
  MemoryMap map;
  for (const WargRecord& record : warg_vectors().records) {
    const Hash256 root = map.set(unhex(record.map_key_path), unhex(record.map_leaf_hash));
    EXPECT_EQ(root, record.checkpoint.contents.map_root);
    EXPECT_EQ(map.root(), root);
  }
}

TEST(WargMapRoot, IsThatOfTheDefinitionWhereverTwoKeysPart) {
  for (unsigned bits = 0; bits < kMapDepth; bits += bits < 9 || bits > 246 ? 1 : 17) {
    const Hash256 other = neighbour(key_of(0), bits);
    MemoryMap map;
    MapModel model;
    map.set(key_of(0), leaf_of(0));
    model.set(key_of(0), leaf_of(0));
    const Hash256 root = map.set(other, leaf_of(1));
    model.set(other, leaf_of(1));
    ASSERT_EQ(root, model.root()) << bits << " bits shared";
    for (const auto& [key, leaf] : model.leaves()) {
      const auto proof = prove_in_map(key, map.pages()).value();
      EXPECT_EQ(proof.peers.size(), bits + 1);
      EXPECT_TRUE(verify_in_map({key, leaf}, proof, root).has_value());
    }
  }
}

TEST(WargMapSet, OfOneKeyTwiceInABatchKeepsTheLast) {
  MemoryMap map;
  const Hash256 root = map.set(std::vector<MapEntry>{
      {key_of(1), leaf_of(1)}, {key_of(2), leaf_of(2)}, {key_of(1), leaf_of(9)}});
  MemoryMap expected;
  expected.set(key_of(2), leaf_of(2));
  EXPECT_EQ(root, expected.set(key_of(1), leaf_of(9)));
}

TEST(WargMapSet, OfWhatIsThereWritesNothing) {
  MemoryMap map;
  for (std::uint64_t n = 0; n < 40; ++n) map.set(key_of(n), leaf_of(n));
  const Hash256 root = map.root();
  EXPECT_EQ(map.set(key_of(7), leaf_of(7)), root);
  EXPECT_EQ(map.last_written(), 0u);
  EXPECT_EQ(map.set({}), root);
  EXPECT_EQ(map.last_written(), 0u);
}

TEST(WargMapSet, OfManyWritesEachRowOnce) {
  MemoryMap map;
  const std::vector<MapEntry> entries = numbered_entries(300);
  map.set(entries);
  EXPECT_EQ(map.rewritten(), 0);
  EXPECT_EQ(map.last_written(), map.rows().size());
  MemoryMap slowly;
  for (const MapEntry& entry : entries) slowly.set(entry.key, entry.leaf);
  EXPECT_EQ(slowly.rows(), map.rows());  // the rows too are a function of what the map holds
}

TEST(WargMapSet, OfOneKeyAmongManyWritesOnlyTheRowsOnItsWay) {
  MemoryMap map;
  map.set(numbered_entries(500));
  map.set(key_of(321), leaf_of(0));
  EXPECT_LE(map.last_written(), 5u);
}

TEST(WargMapProof, ForAMapOfOneKeyHasExactlyOnePeer) {
  MemoryMap map;
  const Hash256 root = map.set(key_of(0), leaf_of(0));
  const MapProof proof = prove_in_map(key_of(0), map.pages()).value();
  EXPECT_EQ(proof.peers, (std::vector<std::optional<Hash256>>{empty_map_hash(255)}));
  EXPECT_TRUE(verify_in_map({key_of(0), leaf_of(0)}, proof, root).has_value());
}

TEST(WargMapProof, HoldsForNoOtherKeyValueOrRoot) {
  MemoryMap map;
  for (std::uint64_t n = 0; n < 20; ++n) map.set(key_of(n), leaf_of(n));
  const MapProof proof = prove_in_map(key_of(3), map.pages()).value();
  EXPECT_TRUE(verify_in_map({key_of(3), leaf_of(3)}, proof, map.root()).has_value());
  EXPECT_FALSE(verify_in_map({key_of(4), leaf_of(3)}, proof, map.root()).has_value());
  EXPECT_FALSE(verify_in_map({key_of(3), leaf_of(4)}, proof, map.root()).has_value());
  EXPECT_FALSE(verify_in_map({key_of(3), leaf_of(3)}, proof, empty_map_root()).has_value());
  EXPECT_FALSE(verify_absence(key_of(3), proof, map.root()).has_value());
}

TEST(WargMapProof, MayNameEmptySubtreesOrSpellThemOut) {
  MemoryMap map;
  const Hash256 root = map.set(key_of(0), leaf_of(0));
  for (const std::size_t count : {0u, 1u, 255u, 256u}) {
    const MapProof named{std::vector<std::optional<Hash256>>(count)};
    EXPECT_TRUE(verify_in_map({key_of(0), leaf_of(0)}, named, root).has_value()) << count;
  }
}

TEST(WargMapProof, WithMorePeersThanLevelsIsRefused) {
  const MapProof endless{std::vector<std::optional<Hash256>>(kMapDepth + 1)};
  const auto refused = root_of_proof({key_of(0), leaf_of(0)}, endless);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_EQ(refused.error().about, About::proof);
}

TEST(WargMapProof, OfWhatIsNotThereIsNotMade) {
  MemoryMap map;
  EXPECT_EQ(prove_in_map(key_of(0), map.pages()).error().code, Errc::not_found);
  map.set(key_of(0), leaf_of(0));
  EXPECT_EQ(prove_in_map(key_of(1), map.pages()).error().code, Errc::not_found);
  EXPECT_EQ(prove_absence(key_of(0), map.pages()).error().code, Errc::conflict);
}

TEST(WargAbsence, IsProvenInTheEmptyMapByNoPeerAtAll) {
  const MapProof proof = prove_absence(key_of(0), MemoryMap().pages()).value();
  EXPECT_TRUE(proof.peers.empty());
  EXPECT_TRUE(verify_absence(key_of(0), proof, empty_map_root()).has_value());
}

TEST(WargAbsence, IsProvenWhereverAKeyPartsFromTheOnlyOne) {
  MemoryMap map;
  const Hash256 root = map.set(key_of(0), leaf_of(0));
  for (unsigned bits = 0; bits < kMapDepth; ++bits) {
    const Hash256 absent = neighbour(key_of(0), bits);
    const MapProof proof = prove_absence(absent, map.pages()).value();
    EXPECT_EQ(proof.peers.size(), bits + 1);
    EXPECT_TRUE(verify_absence(absent, proof, root).has_value()) << bits;
    EXPECT_FALSE(verify_absence(key_of(0), proof, root).has_value()) << bits;
  }
}

TEST(WargAbsence, IsProvenBesideManyKeysAndForNoneOfThem) {
  MemoryMap map;
  for (std::uint64_t n = 0; n < 200; ++n) map.set(key_of(n), leaf_of(n));
  for (std::uint64_t n = 0; n < 400; ++n) {
    const auto proof = prove_absence(key_of(n), map.pages());
    ASSERT_EQ(proof.has_value(), n >= 200);
    if (!proof) continue;
    EXPECT_TRUE(verify_absence(key_of(n), *proof, map.root()).has_value());
    EXPECT_FALSE(verify_absence(key_of(n % 200), *proof, map.root()).has_value());
    // The lowest peer is not empty: nothing shorter would do.
    EXPECT_NE(proof->peers.front(),
              empty_map_hash(kMapDepth - static_cast<unsigned>(proof->peers.size())));
  }
}

// ---- rows ---------------------------------------------------------------------------------------

TEST(WargMapRows, NoKeyIsThePrefixOfAnother) {
  MemoryMap map;
  map.set(key_of(0), leaf_of(0));
  map.set(neighbour(key_of(0), 255), leaf_of(1));  // every level has a page
  map.set(neighbour(key_of(0), 9), leaf_of(2));
  ASSERT_EQ(map.rows().size(), kPageLevels);
  for (const auto& [one, ignored] : map.rows())
    for (const auto& [other, also_ignored] : map.rows())
      EXPECT_TRUE(one == other || !other.starts_with(one));
}

TEST(WargMapRows, ReadBackAsTheyWereWritten) {
  MemoryMap map;
  for (std::uint64_t n = 0; n < 100; ++n) map.set(key_of(n), leaf_of(n));
  for (const auto& [key, row] : map.rows()) EXPECT_EQ(encode_page(decode_page(row).value()), row);
}

TEST(WargMapRows, OfAnotherFormAreCorrupt) {
  MemoryMap map;
  map.set(std::vector<MapEntry>{{key_of(0), leaf_of(0)}, {neighbour(key_of(0), 0), leaf_of(1)}});
  const std::string row = map.rows().begin()->second;
  for (std::size_t length = 0; length < row.size(); ++length) {
    const auto cut = decode_page(row.substr(0, length));
    if (cut) EXPECT_EQ(encode_page(*cut), row.substr(0, length));  // the first slot alone
  }
  EXPECT_EQ(decode_page("").error().code, Errc::corrupt);
  EXPECT_EQ(decode_page(row + row).error().code, Errc::corrupt);  // slots out of order
  EXPECT_EQ(decode_page(row + '\0').error().code, Errc::corrupt);
  EXPECT_EQ(decode_page('\x20' + std::string(32, 'h')).error().code, Errc::corrupt);
}

TEST(WargMapRows, ThatAreMissingOrElsewhereAreCorruptAndNotAnEmptyMap) {
  MemoryMap whole;
  whole.set(key_of(0), leaf_of(0));
  whole.set(neighbour(key_of(0), 20), leaf_of(1));
  for (const auto& [key, row] : whole.rows()) {
    if (key.size() == 1) continue;  // the page at the root
    MemoryMap damaged = whole;
    damaged.rows().erase(key);
    EXPECT_EQ(prove_in_map(key_of(0), damaged.pages()).error().code, Errc::corrupt);
    EXPECT_EQ(prove_absence(neighbour(key_of(0), 30), damaged.pages()).error().code, Errc::corrupt);
    const auto set =
        set_in_map(std::vector<MapEntry>{{key_of(0), leaf_of(5)}}, damaged.pages(), kDrop);
    EXPECT_EQ(set.error().code, Errc::corrupt);
  }
  // A lonely key that stands where its digits do not lead.
  MemoryMap moved;
  moved.set(key_of(0), leaf_of(0));
  std::string& row = moved.rows().begin()->second;
  row[0] = static_cast<char>(row[0] ^ 1);
  EXPECT_EQ(prove_in_map(key_of(0), moved.pages()).error().code, Errc::corrupt);
  EXPECT_EQ(
      set_in_map(std::vector<MapEntry>{{key_of(0), leaf_of(5)}}, moved.pages(), kDrop).error().code,
      Errc::corrupt);
}

TEST(WargMapRows, DeeperThanAHashIsLongAreCorrupt) {
  MemoryMap map;
  map.set(key_of(0), leaf_of(0));
  map.set(neighbour(key_of(0), 255), leaf_of(1));
  // The last page says that there is one more below.
  Page page;
  page[slot_of(key_of(0), kPageLevels - 1)] = Slot{std::nullopt, leaf_of(0)};
  map.rows()[page_key(key_of(0), kPageLevels - 1)] = encode_page(page);
  EXPECT_EQ(prove_in_map(key_of(0), map.pages()).error().code, Errc::corrupt);
  EXPECT_EQ(
      set_in_map(std::vector<MapEntry>{{key_of(0), leaf_of(5)}}, map.pages(), kDrop).error().code,
      Errc::corrupt);
}

TEST(WargMapRows, ThatCannotBeReadAreNotAnEmptyMap) {
  const PageReader broken = [](std::string_view) -> Result<std::optional<std::string>> {
    return fail(Errc::corrupt, About::storage, "the disk is gone");
  };
  EXPECT_FALSE(map_root(broken).has_value());
  EXPECT_FALSE(prove_absence(key_of(0), broken).has_value());
  EXPECT_FALSE(set_in_map({}, broken, kDrop).has_value());
}

}  // namespace
}  // namespace varve::warg
