// What an audit of Warg's logs finds that replay cannot: signatures and keys in rows that were
// changed behind the ledger's back.
#include <gtest/gtest.h>

#include "core/warg/rows.h"
#include "log/operator_record.h"
#include "log/store/tables.h"
#include "log/warg_audit.h"
#include "tests/support/log_rig.h"
#include "tests/support/warg_publisher.h"

namespace varve {
namespace {

using test::must;

class WargAuditTest : public ::testing::Test {
 protected:
  WargAuditTest() {
    rig.warg_key = key;
    rig.open();
    must(begin_operator_log(*rig.ledger, *rig.reader().view(), *key, rig.now(),
                            "01JD0000000000000000000000"));
    append({warg::DefineNamespace{"test"}});
    submit({test::init(owner)});
    submit({test::grant(other, {warg::PackagePermission::release})});
  }

  void append(std::vector<warg::OperatorEntry> entries) {
    auto wish =
        must(next_operator_record(*rig.reader().view(), std::move(entries), *key, rig.now()));
    must(
        rig.run(test::command_of(warg::AppendOperatorRecord{std::move(wish.record)}, {wish.body})));
  }
  void submit(std::vector<warg::PackageEntry> entries) {
    const auto log_row = must(warg::find_log(*rig.reader().view(), log));
    warg::PackageRecord record{std::nullopt, 0, warg::RecordTime::of(rig.now()),
                               std::move(entries)};
    if (log_row) record.prev = log_row->head.id;
    const auto signed_record = owner.sign(record);
    must(rig.run(test::command_of(
        warg::SubmitRecord{package, signed_record},
        {{Digest::of(*signed_record->envelope.content), signed_record->envelope.content}})));
  }

  // Writes another value into a row, now and as of then, as nobody may.
  void tamper(Table table, const RowKey& row_key, const std::string& value) {
    const auto row = must(rig.reader().view()->get(table, row_key)).value();
    auto batch = rig.store->batch();
    batch->put(Family::now, now_key(table, row_key), now_value(row.index, value));
    batch->put(Family::past, past_key(table, row_key, row.index), past_value(value));
    must(rig.store->commit(std::move(batch)));
    rig.open();
  }
  std::vector<std::string> findings() {
    std::vector<std::string> found;
    counts = must(audit_warg(rig.reader(), [&](const Error& error) {
      found.push_back(error.detail + " " + error.what);
    }));
    return found;
  }

  const std::shared_ptr<const warg::PrivateKey> key = std::make_shared<const warg::PrivateKey>(
      warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256));
  const test::Publisher owner{'o'};
  const test::Publisher other{'x'};
  const warg::PackageName package = test::package("test:hello");
  const warg::LogId log = warg::package_log_id(package);
  test::LogRig rig;
  WargAudit counts;
};

TEST_F(WargAuditTest, FindsNothingInALogThatIsAsItWasWritten) {
  EXPECT_TRUE(findings().empty());
  EXPECT_EQ(counts.records, 4u);
  EXPECT_EQ(counts.checkpoints, 4u);
}

TEST_F(WargAuditTest, FindsASignatureThatIsNotTheRecordsOwn) {
  auto first = must(warg::find_record(*rig.reader().view(), log, 0)).value();
  auto second = must(warg::find_record(*rig.reader().view(), log, 1)).value();
  second.signature = first.signature;
  tamper(Table::warg_record, warg::position_key(log, 1), warg::record_value(second));
  const auto found = findings();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find(second.id.to_string()), std::string::npos) << found[0];
}

TEST_F(WargAuditTest, FindsAKeyThatTheLogDoesNotKnow) {
  auto second = must(warg::find_record(*rig.reader().view(), log, 1)).value();
  second.key = warg::key_id(test::Publisher{'z'}.text());
  tamper(Table::warg_record, warg::position_key(log, 1), warg::record_value(second));
  EXPECT_EQ(findings().size(), 1u);
}

TEST_F(WargAuditTest, FindsARecordOfAnotherLog) {
  const auto op = must(warg::find_record(*rig.reader().view(), warg::operator_log_id(), 0)).value();
  auto second = must(warg::find_record(*rig.reader().view(), log, 1)).value();
  second.body = op.body;
  tamper(Table::warg_record, warg::position_key(log, 1), warg::record_value(second));
  EXPECT_EQ(findings().size(), 1u);
}

TEST_F(WargAuditTest, FindsACheckpointOfAnotherTimeRootOrKey) {
  const auto stored = must(warg::find_checkpoint(*rig.reader().view(), 3)).value().checkpoint;
  auto changed = stored;
  ++changed.timestamp;
  tamper(Table::warg_checkpoint, warg::number_key(3), warg::checkpoint_value(changed));
  EXPECT_EQ(findings().size(), 1u) << "time";
  changed = stored;
  changed.map_root = changed.log_root;
  tamper(Table::warg_checkpoint, warg::number_key(3), warg::checkpoint_value(changed));
  EXPECT_EQ(findings().size(), 1u) << "root";
  changed = stored;
  changed.key_id = owner.id();
  tamper(Table::warg_checkpoint, warg::number_key(3), warg::checkpoint_value(changed));
  EXPECT_EQ(findings().size(), 1u) << "key";
  tamper(Table::warg_checkpoint, warg::number_key(3), warg::checkpoint_value(stored));
  EXPECT_TRUE(findings().empty());
}

}  // namespace
}  // namespace varve
