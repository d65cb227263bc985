// Rows about Warg packages: what the queries find, what a replay makes again, and the tree and map
// that a checkpoint settles, against the reference's own.
#include <gtest/gtest.h>

#include "core/warg/rows.h"
#include "core/warg/settle.h"
#include "tests/support/warg_vectors.h"
#include "tests/support/warg_world.h"

namespace varve {
namespace {

using test::digest;
using test::grant;
using test::init;
using test::kRelease;
using test::kReleaseAndYank;
using test::package;
using test::Publisher;
using test::release;
using test::revoke;
using test::WargWorld;
using test::yank;

constexpr std::string_view kHello = "test:hello";

// ---- queries ----

class WargRows : public ::testing::Test {
 protected:
  void publish(std::string_view name, WargWorld::Entries entries) {
    const auto record = world.next(name, std::move(entries));
    ASSERT_EQ(WargWorld::events_of(world.submit(name, record, owner)), 1u);
    ASSERT_TRUE(world.is_published(name, record));
    records.push_back(WargWorld::id_of(record));
  }
  const View& rows() { return world.rows; }
  warg::LogId log = WargWorld::log_id(kHello);
  WargWorld world;
  const Publisher owner{'o'};
  const Publisher other{'f'};
  std::vector<warg::RecordId> records;
};

TEST_F(WargRows, ALogHasItsNewestRecordAndItsName) {
  publish(kHello, {init(owner)});
  publish(kHello, {grant(other, kRelease)});
  const auto row = warg::find_log(rows(), log).value();
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->head.id, records.back());
  EXPECT_EQ(row->head.time, (warg::RecordTime{world.now.micros / 1'000'000, 2}));
  EXPECT_EQ(row->head.count, 2u);
  EXPECT_EQ(row->package, kHello);
  EXPECT_EQ(warg::find_log(rows(), warg::operator_log_id()).value()->package, "");
}

// The reference tells the names of packages that nobody ever published.
TEST_F(WargRows, APackageThatWasNeverPublishedHasNoLog) {
  const auto waiting = world.next(kHello, {init(owner), release("1.0.0", "bytes")});
  ASSERT_EQ(WargWorld::events_of(world.submit(kHello, waiting, owner)), 1u);
  EXPECT_FALSE(warg::find_log(rows(), log).value().has_value());
  EXPECT_EQ(warg::find_pending(rows(), log).value(), WargWorld::id_of(waiting));
}

TEST_F(WargRows, KeysKeepTheirTextWithoutPermissions) {
  publish(kHello, {init(owner), grant(other, kReleaseAndYank)});
  publish(kHello, {revoke(other, kReleaseAndYank)});
  const warg::LogRows facts(rows(), log);
  EXPECT_EQ(facts.key(other.id()).value(), (warg::LogKey{other.text(), {}}));
  EXPECT_EQ(facts.key(test::warg_key('?').id).value(), std::nullopt);
}

TEST_F(WargRows, ReleasesAreFoundByVersion) {
  const auto record = world.next(kHello, {init(owner), release("1.0.0-a+b", "bytes")});
  ASSERT_EQ(WargWorld::events_of(world.submit(kHello, record, owner)), 1u);
  ASSERT_EQ(WargWorld::events_of(world.upload(kHello, record, "bytes")), 3u);
  const warg::LogRows facts(rows(), log);
  EXPECT_EQ(facts.release(test::version("1.0.0-a+b")).value(),
            (warg::LogRelease{digest("bytes"), false}));
  EXPECT_EQ(facts.release(test::version("1.0.0-a+c")).value(), std::nullopt);
  publish(kHello, {yank("1.0.0-a+b")});
  EXPECT_EQ(facts.release(test::version("1.0.0-a+b")).value(),
            (warg::LogRelease{digest("bytes"), true}));
}

TEST_F(WargRows, APublishedRecordHasWhatProvesIt) {
  const auto record = world.next(kHello, {init(owner)});
  const auto wish = WargWorld::submission(kHello, record, owner);
  ASSERT_EQ(WargWorld::events_of(world.run(wish)), 1u);
  const std::string bytes = warg::encode(record);
  const warg::PublishedRecord expected{WargWorld::id_of(record),
                                       1,
                                       owner.id(),
                                       {Digest::of(bytes), bytes.size()},
                                       wish.record->envelope.signature};
  EXPECT_EQ(warg::find_record(rows(), log, 0).value(), expected);
  EXPECT_EQ(world.state(kHello, record), (warg::RecordState{warg::Published{0}}));
}

TEST_F(WargRows, TheLedgerHasARowForEachRecord) {
  publish(kHello, {init(owner)});
  publish("test:b", {init(owner)});
  EXPECT_EQ(warg::log_length(rows()).value(), 3u);
  const auto leaves = warg::leaves_from(rows(), 1, 10).value();
  EXPECT_EQ(leaves, (std::vector<warg::Leaf>{{log, records[0]},
                                             {WargWorld::log_id("test:b"), records[1]}}));
  EXPECT_EQ(warg::leaves_from(rows(), 0, 2).value().size(), 2u);
  EXPECT_TRUE(warg::leaves_from(rows(), 3, 10).value().empty());
  EXPECT_EQ(rows().get(Table::warg_leaf, warg::number_key(1)).value()->value,
            std::string(log.raw()) + std::string(records[0].raw()));
}

TEST_F(WargRows, NamespacesKnowWhereTheyComeFrom) {
  const auto origin = [&](std::string_view name) {
    return warg::find_namespace(rows(), warg::Namespace::parse(name).value()).value();
  };
  EXPECT_EQ(origin("test"), "");
  EXPECT_EQ(origin("wasi"), "example.com");
  EXPECT_EQ(origin("other"), std::nullopt);
}

TEST_F(WargRows, AreMadeAgainFromTheEventsAlone) {
  std::vector<std::pair<std::vector<Event>, std::string>> history;
  WargWorld again;
  const auto both = [&](const warg::PackageRecord& record, Result<std::vector<Event>> outcome) {
    ASSERT_TRUE(outcome.has_value()) << outcome.error().what;
    again.apply(*outcome, warg::encode(record));
  };
  const auto first =
      world.next(kHello, {init(owner), release("1.0.0", "a"), release("1.1.0", "b")});
  both(first, world.submit(kHello, first, owner));
  both(first, world.upload(kHello, first, "b"));
  both(first, world.upload(kHello, first, "a"));
  const auto wrong = world.next(kHello, {yank("9.9.9")});
  both(wrong, world.submit(kHello, wrong, owner));
  const auto second = world.next(kHello, {yank("1.0.0"), grant(other, kRelease)});
  both(second, world.submit(kHello, second, owner));
  const auto third = world.next(kHello, {release("2.0.0", "c")});
  both(third, world.submit(kHello, third, other));
  EXPECT_EQ(again.rows.values(), world.rows.values());
}

TEST_F(WargRows, ThatNobodyWroteAreCorrupt) {
  for (const std::string& value :
       {std::string(), std::string(7, 'x'), std::string(1, '\4'),
        std::string(1, '\1') + std::string(100, 'x'), std::string(1, '\2') + std::string(9, 'x')}) {
    EXPECT_EQ(warg::state_of(value).error().code, Errc::corrupt) << hex_encode(value);
    EXPECT_FALSE(warg::log_of(value).has_value() && value.size() < 52);
    EXPECT_EQ(warg::record_of(value).error().code, Errc::corrupt);
    EXPECT_EQ(warg::key_of(value).error().code, Errc::corrupt);
    EXPECT_EQ(warg::release_of(value).error().code, Errc::corrupt);
    EXPECT_EQ(warg::leaf_of(value).error().code, Errc::corrupt);
    EXPECT_EQ(warg::number_of(value).error().code, Errc::corrupt);
    EXPECT_EQ(warg::record_id_of(value).error().code, Errc::corrupt);
    EXPECT_EQ(warg::checkpoint_of(1, value).error().code, Errc::corrupt);
  }
}

TEST_F(WargRows, OfABrokenDiskAreNotAbsent) {
  publish(kHello, {init(owner)});
  world.rows.break_disk();
  EXPECT_EQ(warg::find_log(rows(), log).error().code, Errc::unavailable);
  EXPECT_EQ(world.submit(kHello, warg::PackageRecord{}, owner).error().code, Errc::unavailable);
}

TEST_F(WargRows, OfAWrittenRecordThatCannotBeReadAreCorrupt) {
  const auto outcome = world.rows.apply(
      warg::RecordPublished{digest("x"), owner.id(), package(kHello), warg::package_record_id("x"),
                            1, test::warg_signature(), 1},
      "x");
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Errc::corrupt);
}

// ---- settling ----

Digest root_digest(const Hash256& hash) {
  return Digest(DigestAlgorithm::sha256, as_view(hash));
}

warg::CheckpointSigned checkpoint_of(const warg::Roots& roots, std::uint64_t timestamp = 7) {
  return {test::warg_key('r').id,      roots.log_length,       root_digest(roots.log_root),
          root_digest(roots.map_root), test::warg_signature(), timestamp};
}

class WargSettle : public WargRows {
 protected:
  warg::Roots settle() {
    const auto roots = warg::settle(rows()).value().roots;
    const auto done = world.rows.apply(checkpoint_of(roots));
    EXPECT_TRUE(done.has_value()) << done.error().what;
    return roots;
  }
};

TEST_F(WargSettle, ACheckpointIsFoundByItsLength) {
  EXPECT_EQ(warg::newest_checkpoint(rows()).value(), std::nullopt);
  const auto one = settle();
  publish(kHello, {init(owner)});
  const EntryIndex index = world.rows.next();
  const auto two = settle();
  EXPECT_EQ(two.log_length, 2u);
  const auto newest = warg::newest_checkpoint(rows()).value();
  ASSERT_TRUE(newest.has_value());
  EXPECT_EQ(newest->checkpoint, checkpoint_of(two));
  EXPECT_EQ(newest->index, index);
  EXPECT_EQ(warg::find_checkpoint(rows(), 1).value()->checkpoint, checkpoint_of(one));
  EXPECT_EQ(warg::find_checkpoint(rows(), 3).value(), std::nullopt);
}

// Once a batch or once a record: the tree and the map are the same.
TEST_F(WargSettle, HowOftenDoesNotMatter) {
  WargWorld other_world;
  const auto publish_in_both = [&](std::string_view name, const WargWorld::Entries& entries) {
    const auto record = world.next(name, entries);
    EXPECT_EQ(WargWorld::events_of(world.submit(name, record, owner)), 1u);
    EXPECT_EQ(WargWorld::events_of(other_world.submit(name, record, owner)), 1u);
  };
  for (const std::string_view name : {"test:a", "test:b", "test:c", "test:d"}) {
    publish_in_both(name, {init(owner)});
    settle();
    publish_in_both(name, {grant(other, kRelease)});
    settle();
  }
  const auto roots = warg::settle(other_world.rows).value().roots;
  EXPECT_TRUE(other_world.rows.apply(checkpoint_of(roots)).has_value());
  EXPECT_EQ(roots, warg::settle(rows()).value().roots);
  for (const auto& [key, value] : other_world.rows.values())
    if (key.first != Table::warg_checkpoint) EXPECT_EQ(world.rows.values().at(key), value);
}

TEST_F(WargSettle, ANewCheckpointOfTheSameRecordsHasTheSameRoots) {
  publish(kHello, {init(owner)});
  const auto roots = settle();
  EXPECT_EQ(settle(), roots);
  EXPECT_TRUE(world.rows.apply(checkpoint_of(roots, 8)).has_value());
  EXPECT_EQ(warg::newest_checkpoint(rows()).value()->checkpoint.timestamp, 8u);
}

TEST_F(WargSettle, ACheckpointAboutOtherRecordsIsCorrupt) {
  publish(kHello, {init(owner)});
  const auto roots = warg::settle(rows()).value().roots;
  auto longer = roots;
  ++longer.log_length;
  auto other_log = roots;
  other_log.log_root[0] ^= 1;
  auto other_map = roots;
  other_map.map_root[31] ^= 1;
  for (const warg::Roots& wrong : {longer, other_log, other_map}) {
    const auto outcome = world.rows.apply(checkpoint_of(wrong));
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, Errc::corrupt);
  }
  EXPECT_EQ(warg::newest_checkpoint(rows()).value(), std::nullopt);
}

TEST_F(WargSettle, AMissingLeafIsCorrupt) {
  world.rows.put(Table::warg, warg::name_key("length"), warg::number_value(9));
  EXPECT_EQ(warg::settle(rows()).error().code, Errc::corrupt);
  world.rows.put(Table::warg, warg::name_key("settled"), warg::number_value(10));
  EXPECT_EQ(warg::settle(rows()).error().code, Errc::corrupt);
}

// ---- the reference's own registry, record by record ----

warg::Envelope envelope_of(const testing::WargRecord& record) {
  return {std::make_shared<const std::string>(record.content),
          warg::KeyId::parse(record.key_id).value(),
          warg::SignatureText::parse(record.signature).value()};
}

TEST(WargReference, HasTheSameRootsAfterEachRecord) {
  const auto& vectors = testing::warg_vectors();
  const auto op = warg::PublicKey::parse(vectors.operator_key.public_text).value();
  const auto publisher = warg::PublicKey::parse(vectors.publisher_key.public_text).value();
  test::MemoryRows rows;
  const auto run = [&rows](const Intent& intent, const std::string& bytes) {
    const auto events = decide({test::kDeveloper,
                                "01JD0000000000000000000000",
                                "warg",
                                intent,
                                {},
                                Timestamp{1'795'281'611'000'000}},
                               rows);
    ASSERT_TRUE(events.has_value()) << events.error().what;
    for (const Event& event : *events) ASSERT_TRUE(rows.apply(event, bytes).has_value());
  };
  for (const testing::WargRecord& record : vectors.records) {
    if (record.kind == "operator") {
      run(
          warg::AppendOperatorRecord{
              SignatureChecks::operator_record(envelope_of(record), op).value()},
          record.content);
    } else {
      const auto name = package(record.package);
      const auto verified = SignatureChecks::package_record(envelope_of(record), publisher).value();
      run(warg::SubmitRecord{name, verified}, record.content);
      // All of them release the same five bytes; the first one waits for them.
      const auto missing =
          warg::missing_content(rows, warg::package_log_id(name), verified->id).value();
      if (!missing.empty())
        run(warg::ReceiveContent{name, verified->id, verified->envelope.content, digest("hello"),
                                 5},
            record.content);
    }
    const auto& checkpoint = record.checkpoint;
    const auto roots = warg::settle(rows).value().roots;
    EXPECT_EQ(roots, (warg::Roots{checkpoint.contents.log_length, checkpoint.contents.log_root,
                                  checkpoint.contents.map_root}));
    ASSERT_TRUE(rows.apply(warg::CheckpointSigned{
                               warg::KeyId::parse(checkpoint.key_id).value(), roots.log_length,
                               root_digest(roots.log_root), root_digest(roots.map_root),
                               warg::SignatureText::parse(checkpoint.signature).value(),
                               checkpoint.contents.timestamp})
                    .has_value());
  }
  EXPECT_EQ(warg::log_length(rows).value(), vectors.records.size());
}

}  // namespace
}  // namespace varve
