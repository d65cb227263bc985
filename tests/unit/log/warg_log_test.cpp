// Warg's records in the log: they survive a restart in whatever state they are, and a replay makes
// their rows again.
#include <gtest/gtest.h>

#include "core/warg/query.h"
#include "log/replay.h"
#include "tests/support/log_rig.h"
#include "tests/support/warg_publisher.h"

namespace varve {
namespace {

using test::must;

class WargLog : public ::testing::Test {
 protected:
  WargLog() {
    rig.open();
    const auto founding = op.sign(warg::OperatorRecord{
        std::nullopt, 0, now(), {warg::Init{op.text()}, warg::DefineNamespace{"test"}}});
    run(warg::AppendOperatorRecord{founding}, founding->envelope);
  }
  warg::RecordTime now() const { return warg::RecordTime::of(rig.now()); }
  Receipt run(Intent intent, const warg::Envelope& envelope) {
    return must(rig.run(
        test::command_of(std::move(intent), {{Digest::of(*envelope.content), envelope.content}})));
  }
  Receipt submit(const Verified<warg::SignedPackageRecord>& record) {
    return run(warg::SubmitRecord{name, record}, record->envelope);
  }
  Receipt upload(const Verified<warg::SignedPackageRecord>& record, std::string_view content) {
    return run(warg::ReceiveContent{name, record->id, record->envelope.content, Digest::of(content),
                                    content.size()},
               record->envelope);
  }
  std::optional<warg::RecordState> state(const Verified<warg::SignedPackageRecord>& record) {
    const auto row =
        must(warg::find_state(*rig.reader().view(), warg::package_log_id(name), record->id));
    return row ? std::optional(row->state) : std::nullopt;
  }

  test::LogRig rig;
  const test::Publisher op{'r'};
  const test::Publisher owner{'o', warg::KeyAlgorithm::ecdsa_p256};
  const warg::PackageName name = test::package("test:hello");
};

// The reference forgets what it accepted and did not commit, and such records wait for ever.
TEST_F(WargLog, ARecordThatWaitsForContentDoesSoAfterARestart) {
  const auto record = owner.sign(warg::PackageRecord{
      std::nullopt, 0, now(), {test::init(owner), test::release("1.0.0", "content")}});
  EXPECT_EQ(submit(record).count, 1u);
  rig.open();
  EXPECT_TRUE(std::holds_alternative<warg::Sourcing>(state(record).value()));
  EXPECT_EQ(upload(record, "content").count, 3u);
  rig.open();
  EXPECT_EQ(state(record), (warg::RecordState{warg::Published{0}}));
}

TEST_F(WargLog, TheBodyOfARecordIsKeptAsItCame) {
  const auto record = owner.sign(warg::PackageRecord{std::nullopt, 0, now(), {test::init(owner)}});
  submit(record);
  EXPECT_EQ(must(rig.reader().body(Digest::of(*record->envelope.content))),
            *record->envelope.content);
}

TEST_F(WargLog, AReplayMakesTheSameRows) {
  const auto first = owner.sign(warg::PackageRecord{
      std::nullopt, 0, now(), {test::init(owner), test::release("1.0.0", "content")}});
  submit(first);
  upload(first, "content");
  const auto wrong = owner.sign(warg::PackageRecord{first->id, 0, now(), {test::yank("9.9.9")}});
  EXPECT_EQ(submit(wrong).count, 1u);
  EXPECT_EQ(submit(first).count, 0u);
  const auto second = owner.sign(
      warg::PackageRecord{first->id, 0, now(), {test::release("1.1.0", "not there yet")}});
  submit(second);
  rig.ledger->drain();
  StoreSource source(rig.head.get());
  const auto out = test::make_mem_store();
  const auto report = must(replay(source, *out, {}, rig.log_key.verifier()));
  EXPECT_EQ(report.tables, must(table_digests(*rig.head.get()->snapshot)));
}

}  // namespace
}  // namespace varve
