// The closing event of a batch with Warg's records: what is signed, over what, and that whoever
// reads the log later can check it and prove every record by it.
#include <gtest/gtest.h>

#include "core/warg/bundle.h"
#include "core/warg/query.h"
#include "core/warg/settle.h"
#include "log/operator_record.h"
#include "log/replay.h"
#include "log/warg_audit.h"
#include "log/warg_checkpoint.h"
#include "tests/support/log_rig.h"
#include "tests/support/warg_publisher.h"

namespace varve {
namespace {

using test::must;

class WargCheckpoint : public ::testing::Test {
 protected:
  WargCheckpoint() {
    rig.warg_key = key;
    rig.open();
    auto wish = must(sign_operator_record(
        {std::nullopt,
         0,
         now(),
         {warg::Init{key->public_key().text()}, warg::DefineNamespace{"test"}}},
        *key));
    must(
        rig.run(test::command_of(warg::AppendOperatorRecord{std::move(wish.record)}, {wish.body})));
  }

  warg::RecordTime now() const { return warg::RecordTime::of(rig.now()); }
  // The first record of a package, with nothing to wait for.
  Command begin(const std::string& name) {
    const auto record = owner.sign(
        warg::PackageRecord{std::nullopt, 0, {now().seconds, ++records_}, {test::init(owner)}});
    return test::command_of(warg::SubmitRecord{test::package(name), record},
                            {{Digest::of(*record->envelope.content), record->envelope.content}});
  }
  warg::CheckpointRow newest() const {
    return must(warg::newest_checkpoint(*rig.reader().view())).value();
  }
  Result<bool> renew(const warg::PrivateKey& by) {
    return renew_checkpoint(*rig.ledger, *rig.reader().view(), by, std::chrono::minutes(60),
                            rig.now(), "01JD0000000000000000000001");
  }

  const std::shared_ptr<const warg::PrivateKey> key = std::make_shared<const warg::PrivateKey>(
      warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256));
  const test::Publisher owner{'o', warg::KeyAlgorithm::ecdsa_p256};
  test::LogRig rig;

 private:
  std::int32_t records_ = 0;
};

TEST_F(WargCheckpoint, FollowsTheRecordsOfItsBatchAndIsSignedOverAllThereAre) {
  const TreeSize before = rig.reader().head().size;
  const Receipt receipt = must(rig.run(begin("test:hello")));
  EXPECT_EQ(receipt.count, 1u);
  EXPECT_EQ(receipt.size.value, before.value + 2);
  const auto row = newest();
  EXPECT_EQ(row.index.value, receipt.first.value + 1);
  EXPECT_EQ(row.checkpoint.log_length, 2u);
  EXPECT_EQ(row.checkpoint.timestamp, static_cast<std::uint64_t>(rig.now().micros / 1'000'000));
  EXPECT_TRUE(verify_checkpoint(as_shown(row.checkpoint), key->public_key()));
  const auto envelope = must(rig.reader().envelope(row.index));
  EXPECT_EQ(envelope.surface, "warg");
  EXPECT_EQ(envelope.actor.id, kOperator);
}

TEST_F(WargCheckpoint, IsNotSignedForABatchWithoutRecords) {
  const auto before = newest();
  must(rig.run(test::put_manifest("lib/app", "v1", 1)));
  EXPECT_EQ(newest().index, before.index);
  EXPECT_EQ(newest().checkpoint, before.checkpoint);
}

TEST_F(WargCheckpoint, IsOneForManyRecordsOfABatch) {
  std::vector<std::future<Result<Receipt>>> answers;
  const TreeSize before = rig.reader().head().size;
  for (int i = 0; i < 200; ++i) answers.push_back(rig.submit(begin("test:p" + std::to_string(i))));
  for (auto& answer : answers) EXPECT_EQ(must(answer.get()).count, 1u);
  const auto view = rig.reader().view();
  EXPECT_EQ(must(warg::log_length(*view)), 201u);
  EXPECT_EQ(newest().checkpoint.log_length, 201u);
  const std::uint64_t checkpoints = rig.reader().head().size.value - before.value - 200;
  EXPECT_GE(checkpoints, 1u);
  EXPECT_LT(checkpoints, 200u);
}

// Also of a checkpoint that was followed by others: the map of then is in the rows of then.
TEST_F(WargCheckpoint, ProvesEveryRecordItCoversWhateverCameLater) {
  std::vector<warg::CheckpointRow> rows{newest()};
  for (const char* name : {"test:a", "test:b", "test:c"}) {
    must(rig.run(begin(name)));
    rows.push_back(newest());
  }
  const auto now_view = rig.reader().view();
  for (const auto& row : rows) {
    const auto then = must(rig.reader().view_as_of(TreeSize{row.index.value + 1}));
    const auto& checkpoint = row.checkpoint;
    for (std::uint64_t i = 0; i < checkpoint.log_length; ++i) {
      const auto leaf = must(warg::find_leaf(*now_view, i)).value();
      const std::uint64_t leaves[] = {i};
      const auto log =
          must(warg::bundle_inclusion(checkpoint.log_length, leaves, warg::tree_rows(*now_view)));
      const warg::LogLeaf wanted[] = {{i, warg::log_leaf_hash(leaf.log, leaf.record)}};
      EXPECT_TRUE(warg::verify_inclusion(log, checkpoint.log_length, wanted,
                                         hash_from(checkpoint.log_root.raw())));
      const Hash256 keys[] = {warg::map_key(leaf.log)};
      const auto map = must(warg::bundle_map_inclusion(keys, warg::map_rows(*then)));
      const warg::MapEntry entries[] = {{keys[0], warg::map_leaf_hash(leaf.record)}};
      EXPECT_TRUE(warg::verify_inclusion(map, entries, hash_from(checkpoint.map_root.raw())));
    }
    const Hash256 absent[] = {warg::map_key(warg::package_log_id(test::package("test:nobody")))};
    const auto proof = must(warg::bundle_absence(absent, warg::map_rows(*then)));
    EXPECT_TRUE(warg::verify_absence(proof, absent, hash_from(checkpoint.map_root.raw())));
  }
}

// A registry in which nothing happens would look like one that is kept from its clients.
TEST_F(WargCheckpoint, IsSignedAgainOnceItIsOld) {
  const auto before = newest();
  EXPECT_EQ(must(renew(*key)), false);
  rig.clock += 3'599'000'000;
  EXPECT_EQ(must(renew(*key)), false);
  rig.clock += 1'000'000;
  EXPECT_EQ(must(renew(*key)), true);
  EXPECT_EQ(must(renew(*key)), false) << "it is new again";
  const auto after = newest();
  EXPECT_EQ(after.checkpoint.log_length, before.checkpoint.log_length);
  EXPECT_EQ(after.checkpoint.map_root, before.checkpoint.map_root);
  EXPECT_EQ(after.checkpoint.timestamp, before.checkpoint.timestamp + 3'600);
  EXPECT_GT(after.index, before.index);
  EXPECT_TRUE(warg::verify_checkpoint(as_shown(after.checkpoint), key->public_key()));
  must(rig.run(begin("test:later")));
  EXPECT_EQ(newest().checkpoint.log_length, before.checkpoint.log_length + 1);
  const auto audit = audit_warg(
      rig.reader(), [](const Error& error) { ADD_FAILURE() << error.what << ' ' << error.detail; });
  EXPECT_TRUE(audit.has_value());
}

TEST_F(WargCheckpoint, OfAnEarlierStateIsNotSignedAgain) {
  auto old = as_shown(newest().checkpoint);
  must(rig.run(begin("test:meanwhile")));
  old.contents.timestamp += 7'200;
  const auto signed_again = must(warg::sign_checkpoint(old.contents, *key));
  const auto receipt =
      must(rig.run(test::command_of(warg::RenewCheckpoint{as_event(signed_again)})));
  EXPECT_EQ(receipt.count, 0u);
  EXPECT_LT(newest().checkpoint.timestamp, old.contents.timestamp);
}

TEST_F(WargCheckpoint, IsNotSignedAgainByAKeyThatMayNot) {
  rig.clock += 7'200'000'000;
  const auto stranger = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
  const auto renewed = renew(stranger);
  ASSERT_FALSE(renewed.has_value());
  EXPECT_EQ(renewed.error().about, About::key);
}

TEST_F(WargCheckpoint, IsTheSameAfterAReplay) {
  for (const char* name : {"test:a", "test:b"}) must(rig.run(begin(name)));
  rig.ledger->drain();
  StoreSource source(rig.head.get());
  const auto out = test::make_mem_store();
  const auto report = must(replay(source, *out, {}, rig.log_key.verifier()));
  EXPECT_EQ(report.tables, must(table_digests(*rig.head.get()->snapshot)));
}

TEST_F(WargCheckpoint, NamesTheRequestOfTheNewestRecordItCovers) {
  const std::string own = "01JD00000000000000000000WW", other = "01JD00000000000000000000ZZ";
  auto record = begin("test:a");
  record.request = own;
  record.surface = "warg";
  auto push = test::put_manifest("lib/app", "v1", 1);
  push.request = other;
  auto first = rig.submit(test::put_manifest("lib/app", "v0", 0));  // the two meet in one batch
  auto second = rig.submit(std::move(record));
  auto third = rig.submit(std::move(push));
  for (auto* answer : {&first, &second, &third}) must(answer->get());
  EXPECT_EQ(must(rig.reader().envelope(newest().index)).request, own);
}

// The batch of a rotation ends with the old key; what came after it would need the new one.
TEST_F(WargCheckpoint, WaitsForTheBatchAfterARotationOfTheEventKey) {
  rig.warg_key = nullptr;
  rig.open();
  must(rig.run(begin("test:a")));
  rig.warg_key = key;
  rig.open();
  const auto next = Signer::generate(rig.event_key.verifier().name());
  must(rig.run(test::command_of(system::RotateEventKey{next.verifier().to_string()}, {},
                                {std::string(kOperator), Auth::local})));
  EXPECT_EQ(newest().checkpoint.log_length, 1u);
  rig.close();
  rig.event_key = must(Signer::parse(next.to_string()));
  rig.open();
  must(rig.run(begin("test:b")));
  EXPECT_EQ(newest().checkpoint.log_length, 3u);
  rig.ledger->drain();
  StoreSource source(rig.head.get());
  const auto out = test::make_mem_store();
  EXPECT_TRUE(replay(source, *out, {}, rig.log_key.verifier()));
}

TEST_F(WargCheckpoint, CatchesUpWithRecordsOfATimeWithoutAKey) {
  rig.warg_key = nullptr;
  rig.open();
  must(rig.run(begin("test:a")));
  EXPECT_EQ(newest().checkpoint.log_length, 1u);
  rig.warg_key = key;
  rig.open();
  must(rig.run(begin("test:b")));
  EXPECT_EQ(newest().checkpoint.log_length, 3u);
  EXPECT_TRUE(verify_checkpoint(as_shown(newest().checkpoint), key->public_key()));
}

}  // namespace
}  // namespace varve
