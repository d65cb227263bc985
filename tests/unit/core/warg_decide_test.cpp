// Decisions about Warg packages: given what happened, when a publisher wants something, then this
// happens. Signatures are real; whether one is good is log/proof's to test.
#include <gtest/gtest.h>

#include <chrono>

#include "core/base/limits.h"
#include "core/content/query.h"
#include "core/warg/tree.h"
#include "tests/support/warg_world.h"

namespace varve {
namespace {

using test::credential;
using test::digest;
using test::grant;
using test::init;
using test::kNobody;
using test::kRelease;
using test::kReleaseAndYank;
using test::package;
using test::principal;
using test::Publisher;
using test::release;
using test::repo;
using test::resource;
using test::revoke;
using test::WargWorld;
using test::yank;

constexpr std::string_view kHello = "test:hello";

std::vector<std::string_view> types(const Result<std::vector<Event>>& outcome) {
  std::vector<std::string_view> all;
  if (outcome)
    for (const Event& event : *outcome) all.push_back(type_of(event));
  else
    all.push_back("refused");
  return all;
}
using Types = std::vector<std::string_view>;

class WargDecide : public testing::Test {
 protected:
  WargDecide() { given_everybody_pulls({Right::pull}); }
  void given_everybody_pulls(Rights rights) {
    const auto outcome =
        world.run(trust::SetGrant{PrincipalName::anonymous(), Resource::everything(), rights});
    EXPECT_EQ(WargWorld::events_of(outcome), 1u);
  }
  // A package that was begun, perhaps with more in its first record.
  warg::PackageRecord given_package(std::string_view name = kHello, WargWorld::Entries more = {}) {
    more.insert(more.begin(), init(owner));
    const auto record = world.next(name, std::move(more));
    EXPECT_EQ(types(world.submit(name, record, owner)), Types{"warg.record.published"});
    return record;
  }
  // Content that Warg holds, through another package.
  void given_content(std::string_view content) {
    const auto record = world.next("test:other", {init(owner), release("1.0.0", content)});
    EXPECT_EQ(types(world.submit("test:other", record, owner)), Types{"warg.record.submitted"});
    EXPECT_EQ(WargWorld::events_of(world.upload("test:other", record, content)), 3u);
  }
  void then_refused(const Result<std::vector<Event>>& outcome, Errc code, About about,
                    std::string_view detail = {}) {
    ASSERT_FALSE(outcome.has_value()) << "decided " << outcome->size() << " events";
    EXPECT_EQ(outcome.error().code, code) << outcome.error().what;
    EXPECT_EQ(outcome.error().about, about) << outcome.error().what;
    if (!detail.empty()) EXPECT_EQ(outcome.error().detail, detail);
  }
  void then_rejected(const Result<std::vector<Event>>& outcome, std::string_view reason) {
    ASSERT_TRUE(outcome.has_value()) << outcome.error().what;
    ASSERT_EQ(outcome->size(), 1u);
    const auto* rejection = std::get_if<warg::RecordRejected>(&outcome->front());
    ASSERT_NE(rejection, nullptr);
    EXPECT_EQ(rejection->reason, reason);
  }
  std::vector<Digest> missing(std::string_view name, const warg::PackageRecord& record) {
    return warg::missing_content(world.rows, WargWorld::log_id(name), WargWorld::id_of(record))
        .value();
  }
  void let_pass(std::chrono::microseconds time) { world.now.micros += time.count(); }

  WargWorld world;
  const Publisher owner{'o'};
  const Publisher other{'f', warg::KeyAlgorithm::ecdsa_p256};
  const Publisher stranger{'x'};
};

// ---- a record with nothing missing ----

TEST_F(WargDecide, ARecordWithNothingMissingIsOneEvent) {
  const auto record = world.next(kHello, {init(owner)});
  const auto outcome = world.submit(kHello, record, owner);
  ASSERT_EQ(types(outcome), Types{"warg.record.published"});
  const auto& published = std::get<warg::RecordPublished>(outcome->front());
  EXPECT_EQ(published.package, package(kHello));
  EXPECT_EQ(published.record_id, WargWorld::id_of(record));
  EXPECT_EQ(published.registry_index, 1u);  // the operator's is 0
  EXPECT_EQ(published.key_id, owner.id());
  EXPECT_EQ(published.digest, Digest::of(warg::encode(record)));
  EXPECT_TRUE(world.is_published(kHello, record));
}

TEST_F(WargDecide, AReleaseOfContentThatIsThereIsOneEvent) {
  given_content("bytes");
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "bytes")});
  EXPECT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.published"});
}

TEST_F(WargDecide, RecordsOfAllLogsAreCountedTogether) {
  for (const std::string_view name : {"test:a", "test:b", "test:c"}) given_package(name);
  const auto outcome = world.submit("test:b", {grant(other, kRelease)}, owner);
  ASSERT_EQ(types(outcome), Types{"warg.record.published"});
  EXPECT_EQ(std::get<warg::RecordPublished>(outcome->front()).registry_index, 4u);
}

// The reference answers 401 to whoever goes on right after init: it knows the key seconds later.
TEST_F(WargDecide, TheNextRecordFollowsAtOnce) {
  given_package();
  EXPECT_EQ(types(world.submit(kHello, {grant(other, kRelease)}, owner)),
            Types{"warg.record.published"});
  given_content("bytes");
  EXPECT_EQ(types(world.submit(kHello, {release("1.0.0", "bytes")}, other)),
            Types{"warg.record.published"});
}

TEST_F(WargDecide, ARegistryThatIsFullTakesNoMore) {
  given_package();
  world.rows.put(Table::warg, std::string("length\0", 7), [] {
    std::string value;
    append_be64(value, warg::kLogLengthMax);
    return value;
  }());
  then_refused(world.submit(kHello, {grant(other, kRelease)}, owner), Errc::too_large,
               About::record);
}

// ---- content on its way ----

TEST_F(WargDecide, ARecordWaitsForItsContent) {
  given_package();
  const auto record = world.next(kHello, {release("1.0.0", "bytes")});
  const auto outcome = world.submit(kHello, record, owner);
  ASSERT_EQ(types(outcome), Types{"warg.record.submitted"});
  EXPECT_EQ(std::get<warg::RecordSubmitted>(outcome->front()).expires.micros,
            world.now.micros + std::chrono::microseconds(limits::kWargSourcingMax).count());
  EXPECT_TRUE(std::holds_alternative<warg::Sourcing>(*world.state(kHello, record)));
  EXPECT_EQ(missing(kHello, record), std::vector{digest("bytes")});
}

TEST_F(WargDecide, TheLastContentPublishesTheRecordInTheSameRun) {
  given_package();
  const auto record = world.next(kHello, {release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  const auto outcome = world.upload(kHello, record, "bytes");
  EXPECT_EQ(types(outcome),
            (Types{"blob.committed", "warg.content.received", "warg.record.published"}));
  EXPECT_TRUE(world.is_published(kHello, record));
  EXPECT_EQ(missing(kHello, record), std::vector<Digest>{});
  EXPECT_EQ(warg::find_pending(world.rows, WargWorld::log_id(kHello)).value(), std::nullopt);
  EXPECT_EQ(warg::find_content(world.rows, digest("bytes")).value(), 5u);
}

TEST_F(WargDecide, ItKeepsTheSignatureItWasSubmittedWith) {
  given_package();
  const auto record = world.next(kHello, {release("1.0.0", "bytes")});
  const auto submitted = world.submit(kHello, record, owner);
  const auto outcome = world.upload(kHello, record, "bytes");
  ASSERT_EQ(WargWorld::events_of(outcome), 3u);
  EXPECT_EQ(std::get<warg::RecordPublished>(outcome->back()).signature,
            std::get<warg::RecordSubmitted>(submitted->front()).signature);
}

TEST_F(WargDecide, ARecordWaitsForAllOfItsContent) {
  given_package();
  const auto record = world.next(
      kHello, {release("1.0.0", "one"), release("1.1.0", "two"), release("1.2.0", "one")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  EXPECT_EQ(missing(kHello, record).size(), 2u);
  EXPECT_EQ(types(world.upload(kHello, record, "two")),
            (Types{"blob.committed", "warg.content.received"}));
  EXPECT_EQ(missing(kHello, record), std::vector{digest("one")});
  EXPECT_EQ(types(world.upload(kHello, record, "one")),
            (Types{"blob.committed", "warg.content.received", "warg.record.published"}));
}

TEST_F(WargDecide, ContentThatCameForAnotherPackageIsNotMissing) {
  given_content("there");
  const auto record =
      world.next(kHello, {init(owner), release("1.0.0", "there"), release("1.1.0", "not there")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  EXPECT_EQ(missing(kHello, record), std::vector{digest("not there")});
}

// Or to name a digest were to have the bytes, and to learn that somebody has them.
TEST_F(WargDecide, ContentThatNotEverybodyMayPullIsMissingForOtherPackages) {
  given_content("private");
  given_everybody_pulls({});
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "private")});
  EXPECT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  EXPECT_EQ(missing(kHello, record), std::vector{digest("private")});
  EXPECT_EQ(types(world.upload(kHello, record, "private")),
            (Types{"warg.content.received", "warg.record.published"}));
  // It brought it, so it need not bring it again.
  const auto next = world.next(kHello, {release("1.0.1", "private")});
  EXPECT_EQ(types(world.submit(kHello, next, owner)), Types{"warg.record.published"});
}

TEST_F(WargDecide, ContentThatIsOfNoPublishedRecordIsMissing) {
  const auto half = world.next(
      "test:other", {init(owner), release("1.0.0", "there"), release("1.1.0", "not there")});
  world.submit("test:other", half, owner);
  EXPECT_EQ(WargWorld::events_of(world.upload("test:other", half, "there")), 2u);
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "there")});
  EXPECT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
}

// Two packages wait for the same bytes; each gets its own upload, the bytes exist once.
TEST_F(WargDecide, ContentThatCameForAnotherPackageInTheMeantimeIsTakenAgain) {
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  given_content("bytes");
  EXPECT_EQ(types(world.upload(kHello, record, "bytes")),
            (Types{"warg.content.received", "warg.record.published"}));
}

TEST_F(WargDecide, ContentThatNobodyAskedForIsRefused) {
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  then_refused(world.upload(kHello, record, "something else"), Errc::invalid, About::digest);
}

TEST_F(WargDecide, ContentThatIsThereAlreadyIsNoEvent) {
  const auto record =
      world.next(kHello, {init(owner), release("1.0.0", "one"), release("1.1.0", "two")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  ASSERT_EQ(WargWorld::events_of(world.upload(kHello, record, "one")), 2u);
  EXPECT_EQ(types(world.upload(kHello, record, "one")), Types{});
}

TEST_F(WargDecide, ContentForARecordThatDoesNotWaitIsRefused) {
  const auto record = given_package();
  then_refused(world.upload(kHello, record, "bytes"), Errc::unsupported, About::record);
}

TEST_F(WargDecide, ContentForWhatIsNotThereIsRefused) {
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "bytes")});
  then_refused(world.upload(kHello, record, "bytes"), Errc::not_found, About::package_log,
               WargWorld::log_id(kHello).to_string());
  given_package();
  then_refused(world.upload(kHello, record, "bytes"), Errc::not_found, About::record,
               WargWorld::id_of(record).to_string());
}

TEST_F(WargDecide, OtherBytesThanTheRecordsOwnAreADefect) {
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  const auto outcome = world.run(warg::ReceiveContent{package(kHello), WargWorld::id_of(record),
                                                      std::make_shared<const std::string>("others"),
                                                      digest("bytes"), 5});
  then_refused(outcome, Errc::internal, About::record);
}

TEST_F(WargDecide, ContentOfAnotherSizeThanRecordedIsCorrupt) {
  EXPECT_TRUE(world.rows.apply(content::BlobCommitted{digest("bytes"), 4}).has_value());
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  then_refused(world.upload(kHello, record, "bytes"), Errc::corrupt, About::blob);
}

// ---- the other dialects' blobs ----

// Naming a digest must not tell whether a private image has it, nor make it readable.
TEST_F(WargDecide, APrivateLayerIsMissingLikeAnyOther) {
  EXPECT_EQ(
      WargWorld::events_of(world.run(content::LinkBlob{repo("private/app"), digest("layer"), 5})),
      3u);
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "layer")});
  EXPECT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  EXPECT_EQ(warg::find_content(world.rows, digest("layer")).value(), std::nullopt);
  // Whoever has the bytes themselves may publish them; they are here once.
  EXPECT_EQ(types(world.upload(kHello, record, "layer")),
            (Types{"warg.content.received", "warg.record.published"}));
}

TEST_F(WargDecide, AnImageMayUseBytesThatWargHolds) {
  given_content("layer");
  EXPECT_EQ(types(world.run(content::LinkBlob{repo("team/app"), digest("layer"), 5})),
            (Types{"repo.created", "blob.linked"}));
}

TEST_F(WargDecide, ContentIsNeverPurged) {
  given_content("layer");
  EXPECT_EQ(
      WargWorld::events_of(world.run(content::LinkBlob{repo("team/app"), digest("layer"), 5})), 2u);
  EXPECT_EQ(WargWorld::events_of(world.run(content::UnlinkBlob{repo("team/app"), digest("layer")})),
            1u);
  EXPECT_TRUE(content::each_unlinked_blob(world.rows, [](const content::KnownBlob& blob) {
                ADD_FAILURE() << blob.digest.to_string();
                return true;
              }).has_value());
  then_refused(world.run(content::PurgeBlob{digest("layer")}), Errc::conflict, About::blob);
}

// ---- the same once more ----

// The reference crashes here, and forgets that the record was published.
TEST_F(WargDecide, APublishedRecordPostedAgainIsNoEvent) {
  const auto record = given_package();
  EXPECT_EQ(types(world.submit(kHello, record, owner)), Types{});
  given_package("test:b");
  EXPECT_EQ(types(world.submit(kHello, {grant(other, kRelease)}, owner)),
            Types{"warg.record.published"});
  EXPECT_EQ(types(world.submit(kHello, record, owner, kNobody)), Types{});
  EXPECT_TRUE(world.is_published(kHello, record));
}

TEST_F(WargDecide, AWaitingRecordPostedAgainIsNoEvent) {
  const auto record = world.next(kHello, {init(owner), release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.submitted"});
  EXPECT_EQ(types(world.submit(kHello, record, owner)), Types{});
  EXPECT_EQ(missing(kHello, record), std::vector{digest("bytes")});
}

TEST_F(WargDecide, ARejectedRecordPostedAgainIsNoEvent) {
  given_package();
  const auto record = world.next(kHello, {yank("1.0.0")});
  ASSERT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.rejected"});
  EXPECT_EQ(types(world.submit(kHello, record, owner)), Types{});
}

// ---- one at a time ----

TEST_F(WargDecide, AnotherRecordIsAConflictWhileOneWaits) {
  given_package();
  const auto waiting = world.next(kHello, {release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, waiting, owner)), Types{"warg.record.submitted"});
  then_refused(world.submit(kHello, {grant(other, kRelease)}, owner), Errc::conflict, About::record,
               WargWorld::id_of(waiting).to_string());
  given_package("test:b");  // other logs go on
  ASSERT_EQ(WargWorld::events_of(world.upload(kHello, waiting, "bytes")), 3u);
  EXPECT_EQ(types(world.submit(kHello, {grant(other, kRelease)}, owner)),
            Types{"warg.record.published"});
}

// In the reference such a record waits for ever.
TEST_F(WargDecide, ARecordWhoseContentNeverComesMakesRoom) {
  given_package();
  const auto waiting = world.next(kHello, {release("1.0.0", "bytes"), release("1.1.0", "more")});
  ASSERT_EQ(types(world.submit(kHello, waiting, owner)), Types{"warg.record.submitted"});
  let_pass(limits::kWargSourcingMax);
  const auto next = world.next(kHello, {grant(other, kRelease)});
  then_refused(world.submit(kHello, next, owner), Errc::conflict, About::record);
  let_pass(std::chrono::microseconds(1));
  EXPECT_EQ(types(world.submit(kHello, next, owner)),
            (Types{"warg.record.rejected", "warg.record.published"}));
  const auto state = world.state(kHello, waiting);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(std::get<warg::Rejected>(*state).reason,
            "the record was rejected: its content did not arrive in time");
  EXPECT_EQ(missing(kHello, waiting), std::vector<Digest>{});
  then_refused(world.upload(kHello, waiting, "bytes"), Errc::unsupported, About::record);
}

TEST_F(WargDecide, ARecordWhoseTimeIsOverIsStillServedUntilAnotherComes) {
  given_package();
  const auto waiting = world.next(kHello, {release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, waiting, owner)), Types{"warg.record.submitted"});
  let_pass(2 * limits::kWargSourcingMax);
  EXPECT_EQ(types(world.submit(kHello, waiting, owner)), Types{});
  EXPECT_EQ(types(world.upload(kHello, waiting, "bytes")),
            (Types{"blob.committed", "warg.content.received", "warg.record.published"}));
}

// A stranger must not be able to end a wait, nor to write into the log by trying.
TEST_F(WargDecide, AStrangersRecordEndsNoWait) {
  given_package();
  const auto waiting = world.next(kHello, {release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit(kHello, waiting, owner)), Types{"warg.record.submitted"});
  let_pass(2 * limits::kWargSourcingMax);
  then_refused(world.submit(kHello, {init(stranger)}, stranger), Errc::unauthorized, About::key);
  EXPECT_TRUE(std::holds_alternative<warg::Sourcing>(*world.state(kHello, waiting)));
}

// ---- records that are wrong ----

TEST_F(WargDecide, ARecordThatBreaksARuleIsRejectedWithTheReason) {
  given_package();
  const auto record = world.next(kHello, {yank("1.0.0")});
  then_rejected(world.submit(kHello, record, owner),
                "the package record was invalid: an entry attempted to yank version 1.0.0 which "
                "had not yet been released");
  const auto state = world.state(kHello, record);
  ASSERT_TRUE(state.has_value());
  EXPECT_TRUE(std::get<warg::Rejected>(*state).reason.starts_with("the package record was"));
  EXPECT_EQ(warg::find_log(world.rows, WargWorld::log_id(kHello)).value()->head.count, 1u);
}

// Before anything is uploaded for it.
TEST_F(WargDecide, AWrongReleaseIsRejectedBeforeItsContentComes) {
  given_content("bytes");
  given_package(kHello, {release("1.0.0", "bytes")});
  EXPECT_EQ(types(world.submit(kHello, {release("1.0.0", "other bytes")}, owner)),
            Types{"warg.record.rejected"});
}

TEST_F(WargDecide, OfTwoRecordsAfterTheSameHeadTheSecondIsRejected) {
  given_package(kHello, {grant(other, kReleaseAndYank)});
  const auto first = world.next(kHello, {grant(stranger, kRelease)});
  const auto second = world.next(kHello, {revoke(other, kRelease)});
  ASSERT_EQ(types(world.submit(kHello, first, other)), Types{"warg.record.published"});
  then_rejected(world.submit(kHello, second, owner),
                "the package record was invalid: previous record hash does not match");
}

TEST_F(WargDecide, AnEarlierTimeThanTheHeadsIsRejected) {
  given_package();
  auto record = world.next(kHello, {grant(other, kRelease)});
  record.time.seconds -= 1;
  then_rejected(world.submit(kHello, record, owner),
                "the package record was invalid: record has lower timestamp than previous");
}

TEST_F(WargDecide, ARecordFromTheFutureIsRejectedUntilItsTimeComes) {
  given_package();
  auto record = world.next(kHello, {grant(other, kRelease)});
  record.time.seconds += 3'600;
  then_rejected(world.submit(kHello, record, owner),
                "the package record was invalid: record has a timestamp too far in the future");
  let_pass(std::chrono::hours(1));
  EXPECT_EQ(types(world.submit(kHello, record, owner)), Types{"warg.record.published"});
  EXPECT_TRUE(world.is_published(kHello, record));
}

TEST_F(WargDecide, ARecordOfAnotherPackageIsRejectedHere) {
  given_package("test:a");
  given_package("test:b");
  const auto record = world.next("test:a", {grant(other, kRelease)});
  then_rejected(world.submit("test:b", record, owner),
                "the package record was invalid: previous record hash does not match");
}

// A record does not say which package it is about: begun with the same one, two logs would take
// each other's records for ever, from anybody.
TEST_F(WargDecide, TwoPackagesDoNotBeginWithTheSameRecord) {
  const auto record = given_package("test:a");
  then_rejected(world.submit("test:b", record, owner),
                "the package record was invalid: another package begins with the same record");
  EXPECT_FALSE(warg::find_log(world.rows, WargWorld::log_id("test:b")).value().has_value());
}

// Nor while one of them waits for its content.
TEST_F(WargDecide, TwoPackagesThatWaitedWithTheSameRecordDoNotBothBegin) {
  const auto record = world.next("test:a", {init(owner), release("1.0.0", "bytes")});
  ASSERT_EQ(types(world.submit("test:a", record, owner)), Types{"warg.record.submitted"});
  ASSERT_EQ(types(world.submit("test:b", record, owner)), Types{"warg.record.submitted"});
  EXPECT_EQ(types(world.upload("test:a", record, "bytes")),
            (Types{"blob.committed", "warg.content.received", "warg.record.published"}));
  EXPECT_EQ(types(world.upload("test:b", record, "bytes")),
            (Types{"warg.content.received", "warg.record.rejected"}));
}

TEST_F(WargDecide, AKeyThatTheLogDoesNotKnowAppendsNothingAndLeavesNoTrace) {
  given_package();
  const auto outcome = world.submit(kHello, {init(stranger)}, stranger);
  then_refused(outcome, Errc::unauthorized, About::key);
  EXPECT_EQ(outcome.error().what, "unknown key id `" + stranger.id().to_string() + "`");
}

// Two records in the queue: which of them came first in the log decides, not when they were signed.
TEST_F(WargDecide, AKeyThatWasRevokedWhileItsRecordWasQueuedAppendsNothing) {
  given_content("bytes");
  given_package(kHello, {grant(other, kRelease)});
  auto revocation = world.next(kHello, {revoke(other, kRelease)});
  auto release_record = world.next(kHello, {release("1.0.0", "bytes")});
  const auto queued = WargWorld::submission(kHello, release_record, other);
  ASSERT_EQ(types(world.submit(kHello, revocation, owner)), Types{"warg.record.published"});
  then_refused(world.run(queued), Errc::unauthorized, About::key);
}

// Tested end to end against the reference: with this it keeps the owner out for good.
TEST_F(WargDecide, ARevokedKeyCannotBrickThePackage) {
  given_package(kHello, {grant(other, kRelease)});
  ASSERT_EQ(types(world.submit(kHello, {revoke(other, kRelease)}, owner)),
            Types{"warg.record.published"});
  auto future = world.next(kHello, {});
  future.time.seconds = 4'000'000'000;
  then_refused(world.submit(kHello, future, other), Errc::unauthorized, About::key);
  EXPECT_EQ(types(world.submit(kHello, {grant(stranger, kRelease)}, owner)),
            Types{"warg.record.published"});
}

// ---- namespaces ----

TEST_F(WargDecide, ANamespaceThatIsNotDefinedIsNotFound) {
  then_refused(world.submit("other:hello", {init(owner)}, owner), Errc::not_found,
               About::name_space, "other");
}

TEST_F(WargDecide, ANamespaceThatIsImportedIsAConflict) {
  then_refused(world.submit("wasi:http", {init(owner)}, owner), Errc::conflict, About::name_space,
               "wasi");
}

// ---- who may begin a log ----

class WargBegin : public WargDecide {
 protected:
  void given_principal(std::string_view name, char letter, std::string_view where, Rights rights) {
    for (const Event& event :
         std::vector<Event>{trust::PrincipalCreated{trust::PrincipalKind::service, principal(name)},
                            trust::CredentialAdded{credential(letter), std::nullopt,
                                                   trust::CredentialKind::token, principal(name)},
                            trust::GrantSet{principal(name), resource(where), rights}})
      EXPECT_TRUE(world.rows.apply(event).has_value());
  }
  Result<std::vector<Event>> begin(const Actor& actor) {
    return world.submit(kHello, world.next(kHello, {init(owner)}), owner, actor);
  }
  const Actor ci{"ci", Auth::bearer, credential('C')};
};

TEST_F(WargBegin, NobodyBeginsALogWithoutACredential) {
  then_refused(begin(kNobody), Errc::unauthorized, About::request);
}

TEST_F(WargBegin, WhoMayNotPushThereDoesNot) {
  given_principal("ci", 'C', "other/*", Rights::of_a_repository());
  then_refused(begin(ci), Errc::denied, About::request);
}

TEST_F(WargBegin, WhoMayPushToTheNamespaceDoes) {
  given_principal("ci", 'C', "test/*", Rights::of_a_repository());
  EXPECT_EQ(types(begin(ci)), Types{"warg.record.published"});
}

TEST_F(WargBegin, TheRightIsAskedForWhereTheRecordStands) {
  given_principal("ci", 'C', "test/*", Rights::of_a_repository());
  EXPECT_TRUE(world.rows.apply(trust::GrantRemoved{principal("ci"), resource("test/*")}));
  then_refused(begin(ci), Errc::denied, About::request);
}

// Warg's own clients show no credential, so the key that signed is what there is to go by.
TEST_F(WargBegin, AKeyOfWhoMayPushThereIsEnoughWhoeverSendsIt) {
  given_principal("ci", 'C', "test/*", Rights::of_a_repository());
  EXPECT_TRUE(world.rows.apply(trust::KeyRegistered{owner.id(), principal("ci"), owner.text()}));
  EXPECT_EQ(types(begin(kNobody)), Types{"warg.record.published"});
  given_principal("stranger", 'S', "other/*", Rights::of_a_repository());
  const Actor sender{"stranger", Auth::bearer, credential('S')};
  const auto record = world.next("test:second", {init(owner)});
  EXPECT_EQ(types(world.submit("test:second", record, owner, sender)),
            Types{"warg.record.published"});
}

TEST_F(WargBegin, AKeyThatDoesNotCountThereChangesNothing) {
  const Event owners = trust::KeyRegistered{owner.id(), principal("ci"), owner.text()};
  const std::vector<std::vector<Event>> not_enough = {
      {trust::KeyRegistered{other.id(), principal("ci"), other.text()}},
      {owners, trust::KeyRevoked{owner.id(), principal("ci"), ""}},
      {owners, trust::PrincipalDisabled{principal("ci"), ""}},
      {owners, trust::GrantSet{principal("ci"), resource("test/hello"), {Right::pull}}},
      {owners, trust::GrantRemoved{principal("ci"), resource("test/*")}}};
  for (const auto& events : not_enough) {
    const WargWorld fresh;
    world.rows = fresh.rows;
    given_principal("ci", 'C', "test/*", Rights::of_a_repository());
    for (const Event& event : events) EXPECT_TRUE(world.rows.apply(event).has_value());
    // As without any key: what would help is a credential.
    then_refused(begin(kNobody), Errc::unauthorized, About::request);
  }
}

TEST_F(WargBegin, AnOpenNamespaceIsForEverybody) {
  auto wish = WargWorld::submission(kHello, world.next(kHello, {init(owner)}), owner);
  wish.anybody_begins = true;
  EXPECT_EQ(types(world.run(wish, kNobody)), Types{"warg.record.published"});
}

TEST_F(WargBegin, FromThenOnASignatureIsEnough) {
  given_package();
  const auto record = world.next(kHello, {grant(other, kRelease)});
  EXPECT_EQ(types(world.submit(kHello, record, owner, kNobody)), Types{"warg.record.published"});
}

// An entry says who asked. With a credential that is no longer good nobody is named, not even where
// nobody would do.
TEST_F(WargBegin, WhoeverIsNamedHasAGoodCredential) {
  given_principal("ci", 'C', "test/*", Rights::of_a_repository());
  given_package();
  const auto record = world.next(kHello, {release("1.0.0", "bytes")});
  EXPECT_TRUE(
      world.rows.apply(trust::CredentialRevoked{credential('C'), principal("ci"), "leaked"}));
  then_refused(world.submit(kHello, record, owner, ci), Errc::unauthorized, About::request);
  ASSERT_EQ(types(world.submit(kHello, record, owner, kNobody)), Types{"warg.record.submitted"});
  const warg::ReceiveContent upload{package(kHello), WargWorld::id_of(record),
                                    std::make_shared<const std::string>(warg::encode(record)),
                                    digest("bytes"), 5};
  then_refused(world.run(upload, ci), Errc::unauthorized, About::request);
  EXPECT_EQ(WargWorld::events_of(world.run(upload, kNobody)), 3u);
}

// A namespace that no repository can have either: grants could not be about it.
TEST_F(WargBegin, ANamespaceWithAReservedNameIsForNobody) {
  // Who may push a Pulp repository's packages would begin those of "rpm".
  for (const std::string name : {"manage", "packages", "rpm"}) {
    const auto head = warg::find_log(world.rows, warg::operator_log_id()).value()->head;
    const warg::OperatorRecord more{
        head.id, 0, warg::RecordTime::of(world.now), {warg::DefineNamespace{name}}};
    ASSERT_EQ(WargWorld::events_of(world.run(warg::AppendOperatorRecord{world.op.sign(more)})), 1u);
    then_refused(world.submit(name + ":hello", {init(owner)}, owner), Errc::denied, About::name);
  }
}

TEST_F(WargBegin, AFirstRecordThatIsWrongIsRejectedOnlyForWhoMayBegin) {
  const auto record = world.next(kHello, {init(other)});
  then_refused(world.submit(kHello, record, owner, kNobody), Errc::unauthorized, About::request);
  then_rejected(world.submit(kHello, record, owner),
                "the package record was invalid: the Key ID used to sign this envelope is not "
                "known to this package log");
}

// ---- the operator ----

class WargOperator : public WargDecide {
 protected:
  warg::OperatorRecord next(std::vector<warg::OperatorEntry> entries) {
    const auto head = warg::find_log(world.rows, warg::operator_log_id()).value()->head;
    return {head.id, 0, warg::RecordTime::of(world.now), std::move(entries)};
  }
};

TEST_F(WargOperator, DefinesNamespacesWhileTheRegistryRuns) {
  const auto outcome =
      world.run(warg::AppendOperatorRecord{world.op.sign(next({warg::DefineNamespace{"more"}}))});
  ASSERT_EQ(types(outcome), Types{"warg.operator.record"});
  EXPECT_EQ(std::get<warg::OperatorRecordAppended>(outcome->front()).registry_index, 1u);
  given_package("more:hello");
}

TEST_F(WargOperator, ARecordPostedAgainIsNoEvent) {
  const auto record = next({warg::DefineNamespace{"more"}});
  ASSERT_EQ(WargWorld::events_of(world.run(warg::AppendOperatorRecord{world.op.sign(record)})), 1u);
  EXPECT_EQ(types(world.run(warg::AppendOperatorRecord{world.op.sign(record)})), Types{});
}

TEST_F(WargOperator, ARecordThatBreaksARuleIsRefused) {
  then_refused(
      world.run(warg::AppendOperatorRecord{world.op.sign(next({warg::DefineNamespace{"test"}}))}),
      Errc::invalid, About::record);
  then_refused(
      world.run(warg::AppendOperatorRecord{other.sign(next({warg::DefineNamespace{"more"}}))}),
      Errc::unauthorized, About::key);
}

TEST_F(WargOperator, IsNotEverybody) {
  const warg::AppendOperatorRecord wish{world.op.sign(next({warg::DefineNamespace{"more"}}))};
  then_refused(world.run(wish, kNobody), Errc::unauthorized, About::request);
  EXPECT_EQ(types(world.run(wish, test::kHolder)), Types{"warg.operator.record"});
}

}  // namespace
}  // namespace varve
