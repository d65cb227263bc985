// The ledger: order, durability, publication, refusal, and what a failed step leaves behind.
#include "log/ledger.h"

#include <gmock/gmock.h>

#include <thread>

#include "core/base/limits.h"
#include "core/codec.h"
#include "core/oci/query.h"
#include "log/directory.h"
#include "tests/support/log_rig.h"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

const RepoName& repo() {
  static const RepoName name = must(RepoName::parse("lib/app"));
  return name;
}

std::optional<oci::TagRow> tag_row(const LogRig& rig, const std::string& tag) {
  return must(oci::find_tag(*rig.reader().view(), repo(), must(oci::Tag::parse(tag))));
}

Entry entry_at(const LogRig& rig, std::uint64_t index) {
  const std::string bytes = must(rig.reader().entry(EntryIndex{index}));
  return must(decode_entry_text(must(parse_note(bytes)).text));
}

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

// Every entry is signed by the event key and proven by the newest checkpoint.
void expect_sound(const LogRig& rig) {
  const Reader reader = rig.reader();
  const auto checkpoint = must(open_checkpoint(*reader.head().checkpoint, rig.log_key.verifier()));
  EXPECT_EQ(checkpoint.root, must(reader.root_at(checkpoint.size)));
  for (std::uint64_t i = 0; i < checkpoint.size.value; ++i) {
    const std::string bytes = must(reader.entry(EntryIndex{i}));
    const auto key = rig.event_key.verifier();
    EXPECT_TRUE(verify_note(must(parse_note(bytes)), {&key, 1}).has_value());
    const auto proof = must(reader.inclusion(EntryIndex{i}, checkpoint.size));
    EXPECT_TRUE(
        verify_inclusion(leaf_hash(bytes), EntryIndex{i}, checkpoint.size, proof, checkpoint.root));
  }
}

TEST(Ledger, StartsWithAGenesisEntryThatIsPublishedAtOnce) {
  LogRig rig;
  rig.open();
  EXPECT_EQ(rig.head.get()->size, TreeSize{1});
  EXPECT_EQ(rig.head.get()->published, TreeSize{1});
  EXPECT_TRUE(std::holds_alternative<system::Genesis>(entry_at(rig, 0).event));
  expect_sound(rig);
}

TEST(Ledger, AnswersWhenTheEventsCanBeRead) {
  LogRig rig;
  rig.open();
  const auto receipt = must(rig.run(put_manifest("lib/app", "v1", 1)));
  EXPECT_EQ(receipt.first, EntryIndex{1});
  EXPECT_EQ(receipt.count, 3u);  // repository, manifest, tag
  EXPECT_EQ(receipt.size, TreeSize{4});
  ASSERT_TRUE(tag_row(rig, "v1"));
  EXPECT_EQ(tag_row(rig, "v1")->index, EntryIndex{3});
}

TEST(Ledger, NumbersARequestsRunAndStampsOneTimeABatch) {
  LogRig rig;
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 1)));
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Envelope envelope = entry_at(rig, 1 + i).envelope;
    EXPECT_EQ(envelope.index, EntryIndex{1 + i});
    EXPECT_EQ(envelope.batch_position, i);
    EXPECT_EQ(envelope.batch_count, 3u);
    EXPECT_EQ(envelope.at, entry_at(rig, 1).envelope.at);
  }
}

TEST(Ledger, AppendsNothingForARepeat) {
  LogRig rig;
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 1)));
  const auto again = must(rig.run(put_manifest("lib/app", "v1", 1)));
  EXPECT_EQ(again.count, 0u);
  EXPECT_EQ(again.size, TreeSize{4});
  EXPECT_EQ(rig.head.get()->size, TreeSize{4});
}

TEST(Ledger, LetsLaterCommandsOfABatchSeeEarlierOnes) {
  LogRig rig;
  rig.open();
  std::vector<std::future<Result<Receipt>>> answers;
  for (int i = 0; i < 40; ++i) answers.push_back(rig.submit(put_manifest("lib/app", "v1", 7)));
  std::uint32_t events = 0;
  for (auto& answer : answers) events += must(answer.get()).count;
  EXPECT_EQ(events, 3u);  // one did it, thirty-nine were repeats
}

TEST(Ledger, KeepsTheOrderOfOneTagUnderConcurrentWriters) {
  LogRig rig;
  rig.open();
  std::vector<std::thread> writers;
  for (std::uint64_t w = 0; w < 8; ++w)
    writers.emplace_back([&, w] {
      for (std::uint64_t i = 0; i < 50; ++i)
        EXPECT_TRUE(rig.run(put_manifest("lib/app", "hot", w * 1000 + i)).has_value());
    });
  for (auto& writer : writers) writer.join();
  // Each move names what it replaced: the chain of `previous` has no gap and no fork.
  std::optional<Digest> current;
  for (std::uint64_t i = 1; i < rig.head.get()->size.value; ++i) {
    const Event event = entry_at(rig, i).event;
    const auto* set = std::get_if<oci::TagSet>(&event);
    if (set == nullptr) continue;
    EXPECT_EQ(set->previous, current) << "at entry " << i;
    current = set->digest;
  }
  EXPECT_EQ(tag_row(rig, "hot")->digest, *current);
}

TEST(Ledger, PublishesTheTailOfABurst) {
  LogRig rig;
  rig.publish_interval = 50ms;
  rig.open();
  for (std::uint64_t i = 0; i < 30; ++i) must(rig.run(put_manifest("lib/app", "v1", i)));
  const TreeSize size = rig.head.get()->size;
  EXPECT_TRUE(eventually([&] { return rig.head.get()->published == size; }));
  expect_sound(rig);
}

TEST(Ledger, PublishesAtMostOnceAnInterval) {
  LogRig rig;
  rig.publish_interval = 10s;
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 0)));  // idle until now: published at once
  EXPECT_TRUE(eventually([&] { return rig.head.get()->published == TreeSize{4}; }));
  for (std::uint64_t i = 1; i < 20; ++i) must(rig.run(put_manifest("lib/app", "v1", i)));
  EXPECT_EQ(rig.head.get()->published, TreeSize{4});
  EXPECT_GT(rig.head.get()->size, TreeSize{4});
}

TEST(Ledger, PublishesLastWhenDrained) {
  LogRig rig;
  rig.publish_interval = 1h;
  rig.open();
  for (std::uint64_t i = 0; i < 5; ++i) must(rig.run(put_manifest("lib/app", "v1", i)));
  rig.ledger->drain();
  EXPECT_EQ(rig.head.get()->published, rig.head.get()->size);
  ASSERT_TRUE(rig.anchor.note);
  EXPECT_EQ(*rig.anchor.note, *rig.head.get()->checkpoint);
}

TEST(Ledger, PublishesWhatACrashLeftUnpublished) {
  LogRig rig;
  rig.publish_interval = 1h;
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 0)));
  must(rig.run(put_manifest("lib/app", "v1", 1)));
  rig.disk->fail_next_commit(CommitFailure::not_applied);  // so that draining cannot publish
  rig.open();
  EXPECT_TRUE(eventually([&] { return rig.head.get()->published == rig.head.get()->size; }));
}

TEST(Ledger, EveryCheckpointIsConsistentWithTheOnesBefore) {
  LogRig rig;
  rig.publish_interval = 0ms;
  std::vector<Checkpoint> seen;
  for (int round = 0; round < 4; ++round) {
    rig.open();
    for (std::uint64_t i = 0; i < 120; ++i) {
      must(rig.run(put_manifest("lib/app", "v1", static_cast<std::uint64_t>(round) * 1000 + i)));
      seen.push_back(must(open_checkpoint(*rig.head.get()->checkpoint, rig.log_key.verifier())));
    }
  }
  for (const Checkpoint& old : seen) {
    const Checkpoint& last = seen.back();
    const auto proof = must(rig.reader().consistency(old.size, last.size));
    EXPECT_TRUE(verify_consistency(old.size, last.size, proof, old.root, last.root));
  }
}

TEST(Ledger, TimeNeverDecreasesAndAClockFarBehindRefusesWrites) {
  LogRig rig;
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 1)));
  const Timestamp first = entry_at(rig, rig.head.get()->size.value - 1).envelope.at;
  rig.clock -= 60'000'000;
  must(rig.run(put_manifest("lib/app", "v1", 2)));
  const Timestamp second = entry_at(rig, rig.head.get()->size.value - 1).envelope.at;
  EXPECT_GT(second, first);  // so that "as of `first`" means the same for ever
  EXPECT_LT(second.micros, first.micros + 10);
  rig.clock -= 600'000'000;
  const auto refused = rig.run(put_manifest("lib/app", "v1", 3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
  rig.clock += 660'000'000;
  EXPECT_TRUE(rig.run(put_manifest("lib/app", "v1", 3)).has_value());
}

TEST(Ledger, RefusesAtOnceWhenItsQueueIsFull) {
  LogRig rig;
  rig.open();
  std::vector<std::future<Result<Receipt>>> answers;
  for (std::uint64_t i = 0; i < 3 * limits::kQueueCommandsMax; ++i)
    answers.push_back(rig.submit(put_manifest("lib/app", "v1", i)));
  std::size_t accepted = 0, refused = 0;
  for (auto& answer : answers) {
    const auto outcome = answer.get();
    if (outcome)
      ++accepted;
    else if (outcome.error().code == Errc::overloaded)
      ++refused;
  }
  EXPECT_EQ(accepted + refused, answers.size());
  EXPECT_GT(refused, 0u);
  // What was accepted is there, what was refused is not: two events each, and the repository.
  EXPECT_EQ(rig.head.get()->size.value, 1 + 1 + 2 * accepted);
}

TEST(Ledger, RefusesByBytesToo) {
  LogRig rig;
  rig.open();
  const auto big = std::make_shared<const std::string>(8 << 20, 'x');
  const Digest digest = Digest::of(*big);
  std::vector<Command> commands;
  for (std::uint64_t i = 0; i < 200; ++i) {
    commands.push_back(put_manifest("lib/app" + std::to_string(i), "v1", i));
    auto& put = std::get<oci::PutManifest>(commands.back().intent);
    put.digest = digest;
    put.size = big->size();
    commands.back().bodies = {{digest, big}};
  }
  std::vector<std::future<Result<Receipt>>> answers;
  for (Command& command : commands) answers.push_back(rig.submit(std::move(command)));
  std::size_t refused = 0;
  for (auto& answer : answers) {
    const auto outcome = answer.get();
    if (outcome) continue;
    EXPECT_EQ(outcome.error().code, Errc::overloaded);
    ++refused;
  }
  EXPECT_GT(refused, 0u);
}

TEST(Ledger, RefusesCommandsOnceDrained) {
  LogRig rig;
  rig.open();
  rig.ledger->drain();
  const auto outcome = rig.run(put_manifest("lib/app", "v1", 1));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::unavailable);
}

TEST(Ledger, SaysUnauthorisedToNobodyAndWritesNothing) {
  LogRig rig;
  rig.open();
  Command command = put_manifest("lib/app", "v1", 1);
  command.actor = Actor{};
  const auto outcome = rig.run(std::move(command));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::unauthorized);
  EXPECT_EQ(rig.head.get()->size, TreeSize{1});
}

// ci may push to lib/*, by a credential that expires a second after `rig` was made.
Actor add_ci(LogRig& rig) {
  const auto ci = must(PrincipalName::parse("ci"));
  const auto credential = must(CredentialId::parse("01JD0000000000000000000000"));
  const auto lib = must(Resource::parse("lib/*"));
  must(rig.run(command_of(trust::CreatePrincipal{ci, trust::PrincipalKind::service})));
  must(rig.run(command_of(trust::AddCredential{ci, credential, trust::CredentialKind::token,
                                               Timestamp{rig.now().micros + 1'000'000}})));
  must(rig.run(command_of(trust::SetGrant{ci, lib, {Right::push}})));
  return {"ci", Auth::bearer, credential};
}

Command push_as(const Actor& actor, std::uint64_t n) {
  Command command = put_manifest("lib/app", "v1", n);
  command.actor = actor;
  return command;
}

TEST(LedgerTrust, ACredentialRevokedWhileItsRequestIsQueuedWritesNothing) {
  LogRig rig;
  rig.open();
  const Actor ci = add_ci(rig);
  auto before = rig.submit(push_as(ci, 1));
  auto revoked = rig.submit(command_of(
      trust::RevokeCredential{must(PrincipalName::parse("ci")), *ci.credential, "leaked"}));
  auto after = rig.submit(push_as(ci, 2));
  EXPECT_EQ(must(before.get()).count, 3U);
  EXPECT_EQ(must(revoked.get()).count, 1U);
  EXPECT_EQ(after.get().error().code, Errc::unauthorized);
  EXPECT_EQ(tag_row(rig, "v1")->digest,
            std::get<oci::PutManifest>(put_manifest("lib/app", "v1", 1).intent).digest);
}

TEST(LedgerTrust, ACredentialExpiresByTheTimeThatTheEntryGets) {
  LogRig rig;
  rig.open();
  const Actor ci = add_ci(rig);
  must(rig.run(push_as(ci, 1)));
  rig.clock += 1'000'000;
  EXPECT_EQ(rig.run(push_as(ci, 2)).error().code, Errc::unauthorized);
}

TEST(LedgerTrust, TheEntryNamesTheCredentialButNotWhatATokenWasMadeFor) {
  LogRig rig;
  rig.open();
  Actor ci = add_ci(rig);
  ci.limit = {{must(Resource::parse("lib/app")), {Right::push}}};
  const Receipt receipt = must(rig.run(push_as(ci, 1)));
  const Actor written = entry_at(rig, receipt.first.value).envelope.actor;
  EXPECT_EQ(written, (Actor{"ci", Auth::bearer, ci.credential}));
}

// ---- a failed, or failed-but-persisted, step ----

TEST(LedgerFaults, AFailedCommitIsFatalAndLeavesTheHeadWhereItWas) {
  LogRig rig;
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 1)));
  const TreeSize before = rig.head.get()->size;
  rig.disk->fail_next_commit(CommitFailure::not_applied);
  const auto outcome = rig.run(put_manifest("lib/app", "v1", 2));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::unknown);
  EXPECT_EQ(rig.head.get()->size, before);
  EXPECT_NE(rig.ledger->fatal(), "");
  EXPECT_EQ(rig.run(put_manifest("lib/app", "v1", 3)).error().code, Errc::unavailable);
  rig.open();  // a restart finds the truth: it was not written
  EXPECT_EQ(rig.head.get()->size, before);
  expect_sound(rig);
}

TEST(LedgerFaults, ACommitThatFailedButPersistedIsThereAfterARestart) {
  LogRig rig;
  rig.open();
  rig.disk->fail_next_commit(CommitFailure::applied);
  const auto outcome = rig.run(put_manifest("lib/app", "v1", 2));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::unknown);
  EXPECT_FALSE(tag_row(rig, "v1"));
  rig.open();
  EXPECT_TRUE(tag_row(rig, "v1"));
  EXPECT_TRUE(eventually([&] { return rig.head.get()->published == rig.head.get()->size; }));
  expect_sound(rig);
}

TEST(LedgerFaults, EveryWaiterOfAFailedBurstIsToldAndNoneIsLost) {
  for (const auto how : {CommitFailure::not_applied, CommitFailure::applied}) {
    LogRig rig;
    rig.publish_interval = 1h;
    rig.open();
    std::vector<std::future<Result<Receipt>>> answers;
    for (std::uint64_t i = 0; i < 600; ++i) {
      if (i == 300) rig.disk->fail_next_commit(how);
      answers.push_back(rig.submit(put_manifest("lib/app", "t" + std::to_string(i), i)));
    }
    std::vector<std::size_t> acknowledged;
    for (std::size_t i = 0; i < answers.size(); ++i)
      if (answers[i].get()) acknowledged.push_back(i);
    rig.open();
    for (const std::size_t i : acknowledged)
      EXPECT_TRUE(tag_row(rig, "t" + std::to_string(i))) << "acknowledged push " << i << " is gone";
    expect_sound(rig);
  }
}

TEST(LedgerFaults, AnAnchorThatCannotBeWrittenStopsTheLedgerBeforeTheCheckpointIsServed) {
  for (const auto how : {MemAnchor::Failure::not_written, MemAnchor::Failure::written}) {
    LogRig rig;
    rig.publish_interval = 0ms;
    rig.open();
    const auto served = *rig.head.get()->checkpoint;
    rig.anchor.next_failure = how;
    must(rig.run(put_manifest("lib/app", "v1", 1)));  // durable, so acknowledged
    EXPECT_TRUE(eventually([&] { return !rig.ledger->fatal().empty(); }));
    EXPECT_EQ(*rig.head.get()->checkpoint, served);
    rig.open();
    EXPECT_EQ(rig.head.get()->published, TreeSize{4});
    EXPECT_EQ(*rig.anchor.note, *rig.head.get()->checkpoint);
    EXPECT_TRUE(tag_row(rig, "v1"));
  }
}

// ---- the anchor at start-up ----

TEST(LedgerAnchor, RefusesAStoreShorterThanItsAnchor) {
  LogRig rig;
  rig.publish_interval = 0ms;
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 1)));
  rig.close();
  const Checkpoint later{rig.log_key.verifier().name(), TreeSize{5}, Hash256{}};
  rig.anchor.note = sign_checkpoint(later, rig.log_key);
  const auto opened = rig.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::conflict);
  EXPECT_EQ(opened.error().about, About::checkpoint);
}

TEST(LedgerAnchor, RefusesAnotherHistoryOfTheSameLength) {
  LogRig rig;
  rig.open();
  rig.close();
  Hash256 other{};
  other[0] = 1;
  rig.anchor.note =
      sign_checkpoint({rig.log_key.verifier().name(), TreeSize{1}, other}, rig.log_key);
  const auto opened = rig.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::conflict);
}

TEST(LedgerAnchor, CannotTellWithoutAnAnchorOnceItHasPublished) {
  LogRig rig;
  rig.anchor.note.reset();
  const auto opened = rig.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unavailable);
  EXPECT_EQ(opened.error().about, About::checkpoint);
}

TEST(LedgerAnchor, RefusesAnEmptyStoreBesideAnAnchor) {
  LogRig rig;
  rig.disk = make_mem_disk();
  const auto opened = rig.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::conflict);
  EXPECT_EQ(opened.error().about, About::checkpoint);
}

TEST(LedgerAnchor, NeverServesAnOlderCheckpointThanTheAnchored) {
  LogRig rig;
  rig.publish_interval = 0ms;
  rig.open();
  must(rig.run(put_manifest("lib/app", "v1", 1)));
  rig.close();
  // A replayed store knows an older checkpoint only.
  auto store = must(open_mem_store(rig.disk));
  edit_head(*store, [](HeadRow& row) { row.published = TreeSize{1}; });
  store.reset();
  const auto anchored = *rig.anchor.note;
  rig.open();
  EXPECT_EQ(*rig.head.get()->checkpoint, anchored);
  EXPECT_EQ(*rig.anchor.note, anchored);
}

TEST(LedgerAnchor, RefusesAnAnchorSignedBySomebodyElse) {
  LogRig rig;
  const Signer stranger = Signer::generate(rig.log_key.verifier().name());
  rig.anchor.note = sign_checkpoint({stranger.verifier().name(), TreeSize{1}, Hash256{}}, stranger);
  const auto opened = rig.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST(LedgerAnchor, CatchesUpWhenTheCrashCameBetweenCommitAndAnchor) {
  LogRig rig;
  rig.publish_interval = 0ms;
  rig.open();
  const auto old = *rig.anchor.note;
  must(rig.run(put_manifest("lib/app", "v1", 1)));
  rig.close();
  rig.anchor.note = old;
  rig.open();
  EXPECT_EQ(*rig.anchor.note, *rig.head.get()->checkpoint);
  EXPECT_EQ(rig.head.get()->published, TreeSize{4});
}

}  // namespace
}  // namespace varve::test
