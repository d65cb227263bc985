// What the purger takes, and what it must leave alone.
#include "log/purger.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/purge_rig.h"
#include "tests/support/warg_publisher.h"

namespace varve {
namespace {

using namespace std::chrono_literals;
using test::must;
using test::PurgeRig;
using Outcome = PurgeReport::Outcome;

constexpr auto kGrace = 2h;

class PurgerTest : public ::testing::Test {
 protected:
  // Beyond the leases of pushing, found unreachable, and the grace period over: then the pass.
  PurgeReport purge_all() {
    rig_.let_pass(kGrace);
    rig_.pass();
    rig_.let_pass(kGrace);
    return rig_.pass();
  }
  std::uint64_t count(const PurgeReport& report, Outcome outcome) {
    const auto found = report.counts.find(outcome);
    return found == report.counts.end() ? 0 : found->second;
  }
  std::string type_of_entry(std::uint64_t index) {
    const std::string bytes = must(rig_.rig.reader().entry(EntryIndex{index}));
    const auto note = must(parse_note(bytes));
    return std::string(type_of(must(decode_entry_text(note.text)).event));
  }
  std::uint64_t size() { return rig_.rig.head.get()->size.value; }

  PurgeRig rig_{kGrace};
};

TEST_F(PurgerTest, LeavesAnImageAndEverythingItNeedsAlone) {
  must(rig_.push_blob("app", "layer"));
  const auto image = PurgeRig::image_of({"layer"}, "1");
  must(rig_.put_image("app", image));
  const auto before = size();
  const auto report = purge_all();
  EXPECT_TRUE(report.counts.empty());
  EXPECT_EQ(size(), before);
  EXPECT_TRUE(rig_.has_bytes(Digest::of("layer")));
}

TEST_F(PurgerTest, TakesTheLayersOfADeletedImageLinksFirstThenBytes) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  const auto image = PurgeRig::image_of({"layer"}, "1");
  must(rig_.put_image("app", image));
  must(rig_.delete_image("app", image.digest));
  const auto before = size();
  const auto report = purge_all();
  EXPECT_EQ(count(report, Outcome::unlinked), 1u);
  EXPECT_EQ(count(report, Outcome::purged), 1u);
  EXPECT_EQ(report.bytes_freed, 5u);
  ASSERT_EQ(size(), before + 2);
  EXPECT_EQ(type_of_entry(before), "blob.unlinked");
  EXPECT_EQ(type_of_entry(before + 1), "blob.purged");
  EXPECT_FALSE(rig_.has_bytes(layer));
  EXPECT_FALSE(rig_.has_blob("app", layer));
}

TEST_F(PurgerTest, WaitsForTheWholeGracePeriod) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  rig_.let_pass(kGrace - 1ms);
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  EXPECT_TRUE(rig_.has_bytes(layer));
  rig_.let_pass(1ms);
  EXPECT_EQ(count(rig_.pass(), Outcome::purged), 1u);
  EXPECT_FALSE(rig_.has_bytes(layer));
}

TEST_F(PurgerTest, CountsTheGracePeriodAnewForWhatWasNeededInBetween) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  rig_.pass();
  const auto image = PurgeRig::image_of({"layer"}, "1");
  must(rig_.put_image("app", image));
  rig_.let_pass(kGrace);
  rig_.pass();
  must(rig_.delete_image("app", image.digest));
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  EXPECT_TRUE(rig_.has_bytes(layer));
}

TEST_F(PurgerTest, CountsTheGracePeriodAnewForWhatWasNeededBetweenTwoPasses) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  rig_.let_pass(kGrace - 1min);
  // No pass sees this image.
  const auto image = PurgeRig::image_of({"layer"}, "1");
  must(rig_.put_image("app", image));
  must(rig_.delete_image("app", image.digest));
  rig_.let_pass(1min);
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  rig_.let_pass(kGrace - 1min);
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  EXPECT_TRUE(rig_.has_bytes(layer));
  rig_.let_pass(1min);
  EXPECT_EQ(count(rig_.pass(), Outcome::purged), 1u) << "and not for ever";
}

TEST_F(PurgerTest, CountsTheGracePeriodAnewForBytesThatWereLinkedBetweenTwoPasses) {
  const auto unlink = [&](const char* from) {
    must(rig_.rig.run(
        test::command_of(content::UnlinkBlob{PurgeRig::repo(from), Digest::of("layer")})));
  };
  const Digest layer = must(rig_.push_blob("app", "layer"));
  unlink("app");
  rig_.let_pass(kGrace);
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  // Without the lease that a push leaves behind.
  must(rig_.rig.run(test::command_of(content::LinkBlob{PurgeRig::repo("fork"), layer, 5})));
  unlink("fork");
  rig_.let_pass(kGrace);
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  EXPECT_TRUE(rig_.has_bytes(layer));
  rig_.let_pass(kGrace);
  EXPECT_EQ(count(rig_.pass(), Outcome::purged), 1u);
}

TEST_F(PurgerTest, ABlobWaitedWithTheLastOfItsLinks) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  must(rig_.mount("fork", "app", layer));
  const auto report = purge_all();
  EXPECT_EQ(count(report, Outcome::unlinked), 2u);
  EXPECT_EQ(count(report, Outcome::purged), 1u) << "the purger's own events are no use of it";
}

TEST_F(PurgerTest, LeavesABlobThatAClientWasToldIsHere) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  rig_.pass();
  rig_.let_pass(kGrace);
  ASSERT_TRUE(rig_.has_blob("app", layer));
  EXPECT_EQ(count(rig_.pass(), Outcome::leased), 1u);
  EXPECT_TRUE(rig_.has_bytes(layer));
  must(rig_.put_image("app", PurgeRig::image_of({"layer"}, "1")));
}

TEST_F(PurgerTest, LeavesABlobThatAnotherRepositoryNeeds) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  must(rig_.mount("fork", "app", layer));
  must(rig_.put_image("fork", PurgeRig::image_of({"layer"}, "1")));
  const auto report = purge_all();
  EXPECT_EQ(count(report, Outcome::unlinked), 1u);
  EXPECT_EQ(count(report, Outcome::purged), 0u);
  EXPECT_TRUE(rig_.has_bytes(layer));
  EXPECT_FALSE(rig_.has_blob("app", layer));
  EXPECT_TRUE(rig_.has_blob("fork", layer));
}

TEST_F(PurgerTest, TakesBytesThatADeleteOfTheirLastLinkLeft) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  must(rig_.rig.run(test::command_of(content::UnlinkBlob{PurgeRig::repo("app"), layer})));
  EXPECT_TRUE(rig_.has_bytes(layer));
  EXPECT_EQ(count(purge_all(), Outcome::purged), 1u);
  EXPECT_FALSE(rig_.has_bytes(layer));
}

TEST_F(PurgerTest, ABlobPushedAgainAfterItsPurgeIsHereAgain) {
  must(rig_.push_blob("app", "layer"));
  purge_all();
  const Digest layer = must(rig_.push_blob("app", "layer"));
  EXPECT_TRUE(rig_.has_bytes(layer));
  must(rig_.put_image("app", PurgeRig::image_of({"layer"}, "1")));
  purge_all();
  EXPECT_TRUE(rig_.has_bytes(layer));
}

TEST_F(PurgerTest, ADryRunChangesNothingAndSaysWhatWouldGo) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  rig_.pass();
  rig_.let_pass(kGrace);
  const auto before = size();
  const auto report = rig_.pass(true);
  EXPECT_EQ(count(report, Outcome::due), 1u);
  ASSERT_EQ(report.items.size(), 1u);
  EXPECT_EQ(report.items[0].repo->text(), "app");
  EXPECT_EQ(report.items[0].digest, layer);
  EXPECT_EQ(report.items[0].size, 5u);
  EXPECT_EQ(size(), before);
  EXPECT_TRUE(rig_.has_bytes(layer));
}

TEST_F(PurgerTest, ADryRunClosesNothingAndStandsInNobodysWay) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  rig_.pass();
  rig_.let_pass(kGrace);
  // Asked between two steps of a dry run: a push goes on, and so does a real pass.
  bool asked = false;
  const auto meanwhile = [&] {
    if (std::exchange(asked, true)) return false;
    const auto closed = rig_.leases->close(layer);
    EXPECT_TRUE(closed.has_value());
    return false;
  };
  const auto report = must(rig_.purger->pass(true, meanwhile));
  EXPECT_TRUE(asked);
  EXPECT_EQ(count(report, Outcome::due), 1u);
  std::optional<PurgeReport> real;
  must(rig_.purger->pass(true, [&] {
    if (!real) real = rig_.pass();
    return false;
  }));
  EXPECT_EQ(count(*real, Outcome::purged), 1u);
}

TEST_F(PurgerTest, ADryRunSaysWhatSomebodyCountsOn) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  rig_.pass();
  rig_.let_pass(kGrace);
  ASSERT_TRUE(rig_.has_blob("app", layer));
  EXPECT_EQ(count(rig_.pass(true), Outcome::leased), 1u);
}

TEST_F(PurgerTest, ADryRunDoesNotStartTheGracePeriod) {
  must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  rig_.pass(true);
  rig_.let_pass(kGrace);
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
}

// A package's content is nobody's layer: no repository links it, and it stays.
TEST_F(PurgerTest, LeavesAPackagesContentAlone) {
  const test::Publisher op{'r'};
  const test::Publisher owner{'o'};
  const auto now = warg::RecordTime::of(rig_.rig.now());
  const auto founding = op.sign(warg::OperatorRecord{
      std::nullopt, 0, now, {warg::Init{op.text()}, warg::DefineNamespace{"test"}}});
  const auto record = owner.sign(warg::PackageRecord{
      std::nullopt, 0, now, {test::init(owner), test::release("1.0.0", "content")}});
  const auto with_body = [](Intent intent, const warg::Envelope& envelope) {
    return test::command_of(std::move(intent), {{Digest::of(*envelope.content), envelope.content}});
  };
  must(rig_.rig.run(with_body(warg::AppendOperatorRecord{founding}, founding->envelope)));
  must(rig_.rig.run(
      with_body(warg::SubmitRecord{test::package("test:hello"), record}, record->envelope)));
  const Digest digest = Digest::of("content");
  auto upload = must(rig_.blobs->start_upload());
  must(upload->append("content"));
  must(upload->finish(digest));
  must(rig_.rig.run(with_body(warg::ReceiveContent{test::package("test:hello"), record->id,
                                                   record->envelope.content, digest, 7},
                              record->envelope)));
  const auto before = size();
  EXPECT_TRUE(purge_all().counts.empty());
  EXPECT_EQ(size(), before);
  EXPECT_TRUE(rig_.has_bytes(digest));
  // An image that used the same bytes and is gone takes nothing with it.
  must(rig_.push_blob("app", "content"));
  const auto report = purge_all();
  EXPECT_EQ(count(report, Outcome::unlinked), 1u);
  EXPECT_EQ(count(report, Outcome::purged), 0u);
  EXPECT_TRUE(rig_.has_bytes(digest));
}

TEST_F(PurgerTest, SweepsAFileThatNeverReachedTheLogOnceItIsOld) {
  const Digest digest = Digest::of("orphan");
  auto upload = must(rig_.blobs->start_upload());
  must(upload->append("orphan"));
  must(upload->finish(digest));
  EXPECT_TRUE(rig_.pass().counts.empty());
  rig_.let_pass(kGrace + 1s);
  EXPECT_EQ(count(rig_.pass(), Outcome::swept), 1u);
  EXPECT_FALSE(rig_.has_bytes(digest));
}

TEST_F(PurgerTest, LeavesAnOldFileThatSomebodyIsAboutToLink) {
  const Digest digest = Digest::of("orphan");
  auto upload = must(rig_.blobs->start_upload());
  must(upload->append("orphan"));
  must(upload->finish(digest));
  rig_.let_pass(kGrace + 1s);
  const auto hold = rig_.leases->hold(digest);
  EXPECT_EQ(count(rig_.pass(), Outcome::leased), 1u);
  EXPECT_TRUE(rig_.has_bytes(digest));
}

TEST_F(PurgerTest, FinishesAfterARestartWhatACrashCutOff) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  must(rig_.rig.run(test::command_of(content::UnlinkBlob{PurgeRig::repo("app"), layer})));
  // The event became durable; the process died before it touched the file.
  must(rig_.rig.run(test::command_of(content::PurgeBlob{layer}, {}, {"purger", Auth::local})));
  rig_.restart();
  EXPECT_TRUE(rig_.has_bytes(layer));
  rig_.let_pass(kGrace + 1s);
  EXPECT_EQ(count(rig_.pass(), Outcome::swept), 1u);
  EXPECT_FALSE(rig_.has_bytes(layer));
}

TEST_F(PurgerTest, TakesNothingSoonAfterAStartEvenWhatWasDue) {
  const Digest layer = must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  rig_.pass();
  rig_.let_pass(kGrace);
  rig_.restart();
  EXPECT_EQ(count(rig_.pass(), Outcome::waiting), 1u);
  EXPECT_TRUE(rig_.has_bytes(layer));
}

TEST_F(PurgerTest, StopsBetweenTwoStepsWhenAsked) {
  for (int n = 0; n < 5; ++n) must(rig_.push_blob("app", "layer " + std::to_string(n)));
  rig_.let_pass(kGrace);
  rig_.pass();
  rig_.let_pass(kGrace);
  const auto before = size();
  int asked = 0;
  const auto report = must(rig_.purger->pass(false, [&] { return ++asked > 2; }));
  EXPECT_EQ(count(report, Outcome::unlinked), 2u);
  EXPECT_EQ(size(), before + 2);
  EXPECT_EQ(count(rig_.pass(), Outcome::purged), 5u) << "the rest was for the next pass";
}

TEST_F(PurgerTest, AStoreThatFailsEndsThePassWithAnError) {
  must(rig_.push_blob("app", "layer"));
  rig_.let_pass(kGrace);
  rig_.pass();
  rig_.let_pass(kGrace);
  rig_.rig.disk->fail_next_commit(test::CommitFailure::not_applied);
  EXPECT_FALSE(rig_.purger->pass(false));
  EXPECT_TRUE(rig_.has_bytes(Digest::of("layer")));
}

TEST_F(PurgerTest, WhatIsLeftInTheTrashGoesWhenTheStoreIsOpened) {
  const auto trash = rig_.directory.path() / "data" / "trash";
  std::filesystem::create_directories(trash / "x");
  rig_.restart();
  EXPECT_FALSE(std::filesystem::exists(trash));
}

}  // namespace
}  // namespace varve
