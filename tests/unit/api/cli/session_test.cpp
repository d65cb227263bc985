// What a client remembers about a log, and that it notices every second history.
#include "api/cli/session.h"

#include <gtest/gtest.h>

#include "tests/unit/api/cli/fake_log.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

class TrustedSession : public testing::Test {
 protected:
  Outcome<Session> open(Server& server, const std::optional<TrustedKeys>& keys = std::nullopt) {
    return Session::open(server, store, keys, recorder.console);
  }
  std::vector<fs::path> evidence(std::string_view ending = ".note") const {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(scratch.path() / "state" / "evidence", error))
      if (item.path().extension() == ending) files.push_back(item.path());
    return files;
  }
  // Both notes are kept, and the message says where.
  void expect_evidence(const Failure& failure, const std::string& first,
                       const std::string& second) {
    std::vector<std::string> notes;
    for (const auto& file : evidence()) {
      notes.push_back(Scratch::read(file));
      EXPECT_NE(failure.why.find(file.string()), std::string::npos);
    }
    ASSERT_EQ(notes.size(), 2u);
    EXPECT_TRUE((notes[0] == first && notes[1] == second) ||
                (notes[0] == second && notes[1] == first));
  }
  void expect_equivocation(const Outcome<Session>& session, const std::string& first,
                           const std::string& second) {
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ExitCode::equivocation) << session.error().what;
    expect_evidence(session.error(), first, second);
  }
  void expect_cannot_tell(const Outcome<Session>& session, const std::string& first,
                          const std::string& second) {
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ExitCode::cannot_tell) << session.error().what;
    EXPECT_EQ(session.error().what, "whether the log only grew cannot be told");
    expect_evidence(session.error(), first, second);
    EXPECT_TRUE(evidence(".proof").empty());
  }

  Scratch scratch;
  TrustStore store{scratch.path() / "state"};
  Recorder recorder;
  FakeLog log;
};

TEST_F(TrustedSession, AnnouncesTheFirstUseAndOnlyThat) {
  ASSERT_TRUE(open(log));
  EXPECT_NE(recorder.err.str().find("first use of registry.test/main"), std::string::npos);
  recorder.err.str("");
  ASSERT_TRUE(open(log));
  EXPECT_EQ(recorder.err.str(), "");
  EXPECT_EQ(log.asked["/log/vkey"], 1);
}

TEST_F(TrustedSession, FollowsALogThatGrowsAndRemembersTheNewestCheckpoint) {
  ASSERT_TRUE(open(log));
  for (const std::size_t more : {1u, 1u, 253u, 1u, 300u}) {
    log.grow(more);
    const auto session = open(log);
    ASSERT_TRUE(session) << session.error().what << session.error().why;
    EXPECT_EQ(session->size().value, log.size());
    EXPECT_EQ((*store.load(log.origin()))->checkpoint.size.value, log.size());
  }
}

TEST_F(TrustedSession, CatchesARollback) {
  log.grow(9);
  ASSERT_TRUE(open(log));
  const std::string newest = log.checkpoint_at(10);
  log.serve_checkpoint(log.checkpoint_at(7));
  expect_equivocation(open(log), newest, log.checkpoint_at(7));
  EXPECT_EQ((*store.load(log.origin()))->checkpoint.size.value, 10u);
}

TEST_F(TrustedSession, CatchesAForkOfTheSameSize) {
  log.grow(9);
  ASSERT_TRUE(open(log));
  const std::string first = log.checkpoint_at(10);
  log.rewrite_entry(4, "evil");
  log.publish();
  expect_equivocation(open(log), first, log.checkpoint_at(10));
}

TEST_F(TrustedSession, CatchesAForkThatGrewOn) {
  log.grow(9);
  ASSERT_TRUE(open(log));
  const std::string first = log.checkpoint_at(10);
  log.rewrite_entry(4, "evil");
  log.grow(300);
  expect_equivocation(open(log), first, log.checkpoint_at(310));
}

// A third party can check the saved hashes with nothing but the two notes.
TEST_F(TrustedSession, KeepsTheHashesThatProveAFork) {
  for (const std::size_t size : {8u, 10u}) {
    FakeLog forked("registry.test/" + std::to_string(size));
    forked.grow(size - 1);
    ASSERT_TRUE(open(forked));
    const Checkpoint old = (*store.load(forked.origin()))->checkpoint;
    forked.rewrite_entry(4, "evil");
    forked.grow(300);
    const auto session = open(forked);
    ASSERT_FALSE(session);
    const auto files = evidence(".proof");
    ASSERT_EQ(files.size(), 1u);
    EXPECT_NE(session.error().why.find(files[0].string()), std::string::npos);
    std::istringstream text(Scratch::read(files[0]));
    std::string title, origin, word, root;
    std::uint64_t number = 0;
    std::getline(text, title);
    std::getline(text, origin);
    const auto tree = [&](const char* name, std::uint64_t at) {
      text >> word >> number >> root;
      EXPECT_EQ(word, name);
      EXPECT_EQ(number, at);
      return hash_from(*base64_decode(root));
    };
    const Hash256 proven = tree("old", size);
    EXPECT_EQ(tree("signed", size), old.root);
    const Hash256 newest = tree("new", size + 300);
    std::vector<Hash256> hashes;
    while (text >> root) hashes.push_back(hash_from(*base64_decode(root)));
    EXPECT_TRUE(verify_consistency({size}, {size + 300}, hashes, proven, newest));
    EXPECT_NE(proven, old.root);
    EXPECT_EQ(newest, open_checkpoint(forked.checkpoint_at(size + 300), forked.keys().log)->root);
    fs::remove(files[0]);
    ASSERT_TRUE(store.forget(forked.url()));
  }
}

// Anybody between us and the server can change a tile; only hashes that lead to a signed root may
// be held against the log.
TEST_F(TrustedSession, BlamesNobodyForTilesThatAreNotThoseOfTheSignedRoot) {
  log.grow(299);
  ASSERT_TRUE(open(log));
  const std::string first = log.checkpoint_at(300);
  log.grow(300);
  for (const char* tile :
       {"/log/tile/0/000", "/log/tile/0/001", "/log/tile/0/002", "/log/tile/1/000"}) {
    bool lied = false;
    log.tamper = [&](const std::string& target, Answer& answer) {
      if (!target.starts_with(tile)) return;
      lied = true;
      for (std::size_t at = 0; at < answer.body.size(); at += 32)
        answer.body[at] = static_cast<char>(answer.body[at] ^ 1);
    };
    const auto session = open(log);
    if (!lied) {
      EXPECT_TRUE(session) << tile;
      continue;
    }
    expect_cannot_tell(session, first, log.checkpoint_at(600));
    EXPECT_NE(session.error().why.find("not those of the signed root"), std::string::npos);
    EXPECT_EQ((*store.load(log.origin()))->checkpoint.size.value, 300u) << tile;
  }
}

TEST_F(TrustedSession, BlamesNobodyForOneChangedHash) {
  log.grow(9);
  ASSERT_TRUE(open(log));
  log.grow(5);
  for (std::size_t at = 0; at < 15; ++at) {
    log.tamper = [&](const std::string& target, Answer& answer) {
      if (target.starts_with("/log/tile/0/"))
        answer.body[32 * at] = static_cast<char>(answer.body[32 * at] ^ 1);
    };
    expect_cannot_tell(open(log), log.checkpoint_at(10), log.checkpoint_at(15));
  }
}

// However a fork hides what would prove it, it is never "not found", and the notes are kept.
TEST_F(TrustedSession, CannotTellAndKeepsBothNotesWhenAForkHidesItsTiles) {
  log.grow(9);
  ASSERT_TRUE(open(log));
  const std::string first = log.checkpoint_at(10);
  log.rewrite_entry(4, "evil");
  log.grow(5);
  for (const unsigned status : {404u, 410u, 401u, 403u, 500u, 200u}) {
    log.tamper = [&](const std::string& target, Answer& answer) {
      if (target.starts_with("/log/tile/")) answer = {status, "nothing here", {}};
    };
    expect_cannot_tell(open(log), first, log.checkpoint_at(15));
    EXPECT_EQ((*store.load(log.origin()))->checkpoint.size.value, 10u);
  }
}

TEST_F(TrustedSession, CannotTellWhenTheCheckpointOrTheKeysAreMissing) {
  for (const char* missing : {"/log/checkpoint", "/log/vkey"}) {
    log.tamper = [&](const std::string& target, Answer& answer) {
      if (target == missing) answer = {404, "", {}};
    };
    EXPECT_EQ(open(log).error().code, ExitCode::cannot_tell) << missing;
  }
}

TEST_F(TrustedSession, CannotTellWhenNobodyAnswers) {
  log.reachable = false;
  EXPECT_EQ(open(log).error().code, ExitCode::cannot_tell);
}

TEST_F(TrustedSession, RefusesACheckpointSignedByAnotherKeyOfTheSameName) {
  ASSERT_TRUE(open(log));
  FakeLog other;
  const auto session = open(other);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ExitCode::proven_false);
  EXPECT_EQ(other.asked["/log/vkey"], 0);
}

TEST_F(TrustedSession, RefusesKeysThatAreNotTheCheckpointsOnFirstUse) {
  FakeLog other("other.test/log");
  log.tamper = [&](const std::string& target, Answer& answer) {
    if (target == "/log/vkey") answer.body = other.vkeys();
  };
  EXPECT_EQ(open(log).error().code, ExitCode::proven_false);
  EXPECT_FALSE(*store.load(log.origin()));
  EXPECT_FALSE(*store.load(other.origin()));
}

TEST_F(TrustedSession, BelievesGivenKeysAndLeavesWhatItRemembersAlone) {
  ASSERT_TRUE(open(log));
  FakeLog other;
  ASSERT_TRUE(open(other, other.keys()));
  EXPECT_NE(recorder.err.str().find("another log key"), std::string::npos);
  EXPECT_EQ((*store.load(log.origin()))->keys.log, log.keys().log);
  EXPECT_EQ(open(other, log.keys()).error().code, ExitCode::proven_false);
}

TEST_F(TrustedSession, FailsOnEveryDamagedByteOfItsMemoryInsteadOfForgetting) {
  log.grow(2);
  ASSERT_TRUE(open(log));
  const fs::path file = store.file(log.origin());
  const std::string good = Scratch::read(file);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    Scratch::replace(file, bad);
    const auto session = open(log);
    ASSERT_FALSE(session) << "byte " << i;
    ASSERT_EQ(session.error().code, ExitCode::internal) << "byte " << i;
    ASSERT_NE(session.error().why.find(file.string()), std::string::npos);
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, good.size() / 2, good.size() - 1}) {
    Scratch::replace(file, good.substr(0, size));
    EXPECT_EQ(open(log).error().code, ExitCode::internal) << size << " bytes left";
  }
}

TEST_F(TrustedSession, NeverReplacesANewerMemoryByAnOlderOne) {
  ASSERT_TRUE(open(log));
  const auto old = *store.load(log.origin());
  log.grow(5);
  ASSERT_TRUE(open(log));
  EXPECT_EQ(*store.save(*old, old->note), TrustStore::Saved::changed);
  const auto newest = *store.load(log.origin());
  EXPECT_EQ(*store.save(*old, newest->note), TrustStore::Saved::changed);
  EXPECT_EQ((*store.load(log.origin()))->checkpoint.size.value, 6u);
}

// Two commands run at once. Each view continues what both began from, but not the other.
TEST_F(TrustedSession, ComparesItsViewWithTheOneAnotherCommandRemembered) {
  log.grow(9);
  auto slow = open(log);
  ASSERT_TRUE(slow);
  log.grow(5);
  ASSERT_TRUE(open(log));
  const std::string theirs = log.checkpoint_at(15);
  log.rewrite_entry(12, "evil");
  log.grow(5);
  const auto refreshed = slow->refresh();
  ASSERT_FALSE(refreshed);
  EXPECT_EQ(refreshed.error().code, ExitCode::equivocation);
  expect_evidence(refreshed.error(), theirs, log.checkpoint_at(20));
  EXPECT_EQ((*store.load(log.origin()))->note, theirs);
}

// What another command saw is larger than what this one is shown.
TEST_F(TrustedSession, FindsAForkThatIsShorterThanWhatAnotherCommandRemembered) {
  log.grow(9);
  auto slow = open(log);
  ASSERT_TRUE(slow);
  log.grow(20);
  ASSERT_TRUE(open(log));
  log.rewrite_entry(12, "evil");
  log.serve_checkpoint(log.checkpoint_at(15));
  log.tamper = [&](const std::string& target, Answer&) {
    // The fork's own tree proves itself first; then the other history is shown again.
    if (target == "/log/tile/0/000.p/15") log.rewrite_entry(12, "t12");
  };
  const auto refreshed = slow->refresh();
  ASSERT_FALSE(refreshed);
  EXPECT_EQ(refreshed.error().code, ExitCode::equivocation);
  EXPECT_EQ(evidence(".proof").size(), 1u);
  EXPECT_EQ((*store.load(log.origin()))->checkpoint.size.value, 30u);
}

TEST_F(TrustedSession, FollowsWhatAnotherCommandRemembered) {
  log.grow(9);
  auto slow = open(log);
  ASSERT_TRUE(slow);
  log.grow(5);
  ASSERT_TRUE(open(log));
  log.grow(5);
  ASSERT_TRUE(slow->refresh());
  EXPECT_EQ((*store.load(log.origin()))->checkpoint.size.value, 20u);
  // Another command went further than what this one is shown afterwards.
  const std::string middle = log.checkpoint_at(20);
  log.grow(5);
  const std::string between = log.checkpoint_at(22);
  ASSERT_TRUE(open(log));
  ASSERT_TRUE(slow->accept(between));
  EXPECT_EQ(slow->size().value, 25u);
  EXPECT_EQ((*store.load(log.origin()))->checkpoint.size.value, 25u);
  log.serve_checkpoint(middle);
  EXPECT_EQ(slow->refresh().error().code, ExitCode::equivocation);
}

TEST_F(TrustedSession, RefusesTwoLogKeysOfOneNameSeenAtTheSameTime) {
  FakeLog other;
  log.tamper = [&](const std::string& target, Answer&) {
    // Between the first answer to this command and its end, another one is shown another log.
    if (target != "/log/vkey") return;
    log.tamper = nullptr;
    ASSERT_TRUE(open(other));
  };
  const auto session = open(log);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ExitCode::equivocation);
  EXPECT_EQ((*store.load(log.origin()))->keys.log, other.keys().log);
  EXPECT_EQ(evidence().size(), 2u);
}

TEST_F(TrustedSession, RefusesAnotherNameAtAKnownAddressUntilItIsAccepted) {
  log.grow(9);
  ASSERT_TRUE(open(log));
  FakeLog other("other.test/log");
  const auto session = open(other);
  expect_equivocation(session, log.checkpoint_at(10), other.checkpoint_at(1));
  EXPECT_NE(session.error().why.find(store.url_file(log.url()).string()), std::string::npos);
  EXPECT_NE(session.error().next.find("varve key forget --server " + log.url()), std::string::npos);
  EXPECT_NE(session.error().next.find("--key"), std::string::npos);
  EXPECT_EQ(other.asked["/log/vkey"], 0);
  EXPECT_FALSE(*store.load(other.origin()));
  ASSERT_TRUE(open(other, other.keys()));
  EXPECT_TRUE(open(other));
  EXPECT_EQ(open(log).error().code, ExitCode::equivocation);
}

TEST_F(TrustedSession, RefusesAnotherNameThatAnotherCommandWasFirstToSee) {
  FakeLog other("other.test/log");
  log.tamper = [&](const std::string& target, Answer&) {
    if (target != "/log/vkey") return;
    log.tamper = nullptr;
    ASSERT_TRUE(open(other));
  };
  EXPECT_EQ(open(log).error().code, ExitCode::equivocation);
  EXPECT_EQ(**store.origin_at(log.url()), other.origin());
}

TEST_F(TrustedSession, TrustsAnewAfterForgetting) {
  for (const char* name : {"registry.test/main", "other.test/log"}) {
    FakeLog before;
    ASSERT_TRUE(open(before));
    FakeLog anew(name);
    EXPECT_NE(open(anew).error().next.find("varve key forget --server " + anew.url()),
              std::string::npos);
    const auto forgotten = store.forget(anew.url());
    ASSERT_TRUE(forgotten);
    EXPECT_EQ(forgotten->origin, before.origin());
    EXPECT_EQ(forgotten->files.size(), 2u);
    recorder.err.str("");
    ASSERT_TRUE(open(anew));
    EXPECT_NE(recorder.err.str().find("first use"), std::string::npos);
    ASSERT_TRUE(store.forget(anew.url()));
  }
}

TEST_F(TrustedSession, FailsOnADamagedAddressInsteadOfForgettingIt) {
  ASSERT_TRUE(open(log));
  const fs::path file = store.url_file(log.url());
  const std::string good = Scratch::read(file);
  for (std::size_t i = 0; i <= good.size(); ++i) {
    std::string bad = good.substr(0, i);
    if (i == good.size()) bad = good + "x";
    Scratch::replace(file, bad);
    ASSERT_EQ(open(log).error().code, ExitCode::internal) << "cut at " << i;
    if (i == good.size()) break;
    bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    Scratch::replace(file, bad);
    const auto session = open(log);
    ASSERT_FALSE(session) << "byte " << i;
    ASSERT_EQ(session.error().code, ExitCode::internal) << "byte " << i;
    ASSERT_NE(session.error().why.find(file.string()), std::string::npos);
  }
  const auto forgotten = store.forget(log.url());
  ASSERT_TRUE(forgotten);
  EXPECT_EQ(forgotten->files, std::vector{file});
  EXPECT_FALSE(forgotten->origin);
}

TEST_F(TrustedSession, AcceptsCheckpointsOfItsHistoryOnly) {
  log.grow(9);
  auto session = open(log);
  ASSERT_TRUE(session);
  EXPECT_TRUE(session->accept(log.checkpoint_at(4)));
  log.grow(9);
  EXPECT_TRUE(session->accept(log.checkpoint_at(15)));
  EXPECT_EQ(session->size().value, 15u);
  log.rewrite_entry(2, "evil");
  const std::string older = log.checkpoint_at(9);
  EXPECT_EQ(session->accept(log.checkpoint_at(17)).error().code, ExitCode::equivocation);
  // The tiles are the fork's too: nothing ties them to what was verified before.
  EXPECT_EQ(session->accept(older).error().code, ExitCode::cannot_tell);
  log.rewrite_entry(2, "t2");
  EXPECT_EQ(session->accept(older).error().code, ExitCode::equivocation);
}

TEST_F(TrustedSession, NamesNoFileByAnOrigin) {
  FakeLog hostile("../../../evil");
  ASSERT_TRUE(open(hostile));
  EXPECT_EQ(store.file(hostile.origin()).parent_path(), scratch.path() / "state");
  EXPECT_EQ(store.file(hostile.origin()).filename().string().size(), 64u + 6u);
}

}  // namespace
}  // namespace varve::cli
