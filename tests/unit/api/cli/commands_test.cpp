// Whole commands against a server that lies over real HTTP, judged as scripts judge them: by exit
// code.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "api/cli/fsck_verdict.h"
#include "api/cli/grammar.h"
#include "tests/unit/api/cli/loopback.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

class Commands : public testing::Test {
 protected:
  Commands() { ::setenv("XDG_STATE_HOME", scratch.path().c_str(), 1); }
  ~Commands() override { ::unsetenv("XDG_STATE_HOME"); }
  ExitCode run_words(std::vector<std::string> words) {
    recorder.out.str("");
    recorder.err.str("");
    return run(words, recorder.console);
  }
  ExitCode ask(std::vector<std::string> words) {
    words.insert(words.end(), {"--server", server.url()});
    return run_words(std::move(words));
  }
  bool told(std::string_view words) const {
    return recorder.err.str().find(words) != std::string::npos;
  }

  Scratch scratch;
  Recorder recorder;
  FakeLog log;
  ServedLog server{log};
};

TEST_F(Commands, SayAbsentOnlyAboutWhatWasAskedFor) {
  log.grow(9);
  EXPECT_EQ(ask({"prove", "3"}), ExitCode::ok);
  EXPECT_EQ(ask({"prove", "10"}), ExitCode::absent);
  EXPECT_EQ(ask({"prove", "library/app:none"}), ExitCode::absent);
  EXPECT_EQ(ask({"log", "--from", "11"}), ExitCode::absent);
}

TEST_F(Commands, CannotTellWhenTheServerDeniesWhatItSigned) {
  log.grow(9);
  const std::string digest = Digest::of("content").to_string();
  for (const unsigned status : {404u, 410u}) {
    log.tamper = [&](const std::string& target, Answer& answer) {
      if (target.starts_with("/log/proof/") || target.starts_with("/log/tile/"))
        answer = {status, "", {}};
      if (target == "/v2/library/app/manifests/t3")
        answer = {200, "", {{"Varve-Index", "3"}, {"Docker-Content-Digest", digest}}};
    };
    EXPECT_EQ(ask({"prove", "3"}), ExitCode::cannot_tell);
    EXPECT_EQ(ask({"prove", "library/app:t3"}), ExitCode::cannot_tell);
    EXPECT_EQ(ask({"log"}), ExitCode::cannot_tell);
    EXPECT_TRUE(told("next: "));
  }
}

TEST_F(Commands, ForgetAnAddressOnRequest) {
  EXPECT_EQ(ask({"key", "forget"}), ExitCode::absent);
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  EXPECT_EQ(ask({"key", "forget"}), ExitCode::ok);
  EXPECT_NE(recorder.out.str().find("removed "), std::string::npos);
  EXPECT_EQ(ask({"key", "forget", "-o", "json"}), ExitCode::absent);
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  EXPECT_TRUE(told("first use of"));
  EXPECT_EQ(ask({"key", "forget", "-o", "json"}), ExitCode::ok);
  EXPECT_TRUE(recorder.out.str().starts_with("{\"schema\":\"varve.key_forget/v1\""));
  EXPECT_EQ(run_words({"key", "forget", "--server", "nowhere"}), ExitCode::usage);
}

TEST_F(Commands, TellWhatIsFalseFromWhatCouldNotBeRead) {
  log.grow(299);
  const auto fsck = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"fsck", "--url", server.url(), "--key", log.vkeys()};
    words.insert(words.end(), more.begin(), more.end());
    return run_words(std::move(words));
  };
  EXPECT_EQ(fsck(), ExitCode::ok);
  bool hide = true;
  bool lie = false;
  log.tamper = [&](const std::string& target, Answer& answer) {
    if (hide && target == "/log/tile/0/000") answer = {404, "", {}};
    if (lie && target == "/log/tile/1/000.p/1")
      answer.body[0] = static_cast<char>(answer.body[0] ^ 1);
  };
  EXPECT_EQ(fsck(), ExitCode::cannot_tell);
  EXPECT_TRUE(told("nothing is proven false"));
  EXPECT_NE(recorder.out.str().find("? tile, not checked: "), std::string::npos);
  EXPECT_EQ(recorder.out.str().find("everything holds"), std::string::npos);
  EXPECT_EQ(fsck({"-o", "json"}), ExitCode::cannot_tell);
  EXPECT_NE(recorder.out.str().find("\"ok\":false"), std::string::npos);
  EXPECT_NE(recorder.out.str().find("\"unchecked\":true"), std::string::npos);
  lie = true;
  EXPECT_EQ(fsck(), ExitCode::proven_false);
  EXPECT_TRUE(told("the first: tile: 1/000.p/1 is not what the entries hash to"));
  hide = false;
  EXPECT_EQ(fsck({"-o", "json"}), ExitCode::proven_false);
  EXPECT_NE(recorder.out.str().find("\"unchecked\":false"), std::string::npos);
}

TEST_F(Commands, RememberARotatedKeyAndDoNotWalkTheLogAgain) {
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  for (int i = 0; i < 3; ++i) {
    log.rotate_event_key();
    log.grow(5);
  }
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  EXPECT_EQ(recorder.out.str(), log.vkeys());
  log.asked.clear();
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  EXPECT_EQ(recorder.out.str(), log.vkeys());
  EXPECT_EQ(log.asked, (std::map<std::string, int>{{"/log/checkpoint", 1}, {"/log/vkey", 1}}));
}

// The whole log was seen, so the next command has nothing to learn.
TEST_F(Commands, RememberTheKeysThatPrintingTheLogPassed) {
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  for (int i = 0; i < 2; ++i) {
    log.rotate_event_key();
    log.grow(5);
  }
  EXPECT_EQ(ask({"log"}), ExitCode::ok);
  log.asked.clear();
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  EXPECT_EQ(recorder.out.str(), log.vkeys());
  EXPECT_EQ(log.asked.count("/log/tile/entries/000.p/" + std::to_string(log.size())), 0u);
}

TEST_F(Commands, CheckAServerAgainstEveryKeyOfTheFile) {
  const std::string first = log.vkeys();
  for (int i = 0; i < 2; ++i) {
    log.rotate_event_key();
    log.grow(5);
  }
  const auto fsck = [&](const std::string& keys) {
    return run_words({"fsck", "--url", server.url(), "--key", keys});
  };
  EXPECT_EQ(fsck(log.vkeys()), ExitCode::ok);
  EXPECT_EQ(fsck(first), ExitCode::ok);  // its key vouches for the next one
  TrustedKeys keys = log.keys();
  std::swap(keys.earlier[0], keys.earlier[1]);
  EXPECT_EQ(fsck(format_trusted_keys(keys)), ExitCode::proven_false);
  EXPECT_TRUE(told("another order"));
  keys = log.keys();
  keys.earlier[0] = Signer::generate(keys.event.name()).verifier();
  EXPECT_EQ(fsck(format_trusted_keys(keys)), ExitCode::proven_false);
  EXPECT_TRUE(told("a trusted event key never signed in this log"));
}

TEST_F(Commands, SayWhichKeysFsckOfAServerNeeds) {
  EXPECT_EQ(run_words({"fsck", "--url", server.url()}), ExitCode::usage);
  EXPECT_TRUE(told("with all lines of the registry's /log/vkey"));
}

TEST_F(Commands, SayWhichKeysAProofNeeds) {
  EXPECT_EQ(run_words({"verify", "--help"}), ExitCode::ok);
  for (const char* words :
       {"the log's", "/events", "key rotate", "signed its entry", "varve key show"})
    EXPECT_NE(recorder.out.str().find(words), std::string::npos) << words;
}

TEST(FsckVerdict, PutsALostTailBeforeWhatIsFalseAndThatBeforeWhatIsUnread) {
  const FsckFinding unread{"tile", "", true};
  const FsckFinding wrong{"tile", "", false};
  const FsckFinding anchor{"anchor", "", false};
  const FsckFinding anchor_unread{"anchor", "", true};
  const auto verdict = [](const std::vector<FsckFinding>& findings,
                          std::optional<ExitCode> says = std::nullopt) {
    return verdict_of(findings, says);
  };
  EXPECT_EQ(verdict({}), ExitCode::ok);
  EXPECT_EQ(verdict({unread}), ExitCode::cannot_tell);
  EXPECT_EQ(verdict({unread, wrong, unread}), ExitCode::proven_false);
  EXPECT_EQ(verdict({anchor}, ExitCode::equivocation), ExitCode::equivocation);
  EXPECT_EQ(verdict({anchor_unread, wrong, unread}, ExitCode::equivocation),
            ExitCode::equivocation);
  EXPECT_EQ(verdict({anchor_unread}, ExitCode::cannot_tell), ExitCode::cannot_tell);
  EXPECT_EQ(verdict({anchor_unread, unread}, ExitCode::cannot_tell), ExitCode::cannot_tell);
  EXPECT_EQ(verdict({anchor_unread, wrong}, ExitCode::cannot_tell), ExitCode::proven_false);
  EXPECT_EQ(verdict({anchor}, ExitCode::proven_false), ExitCode::proven_false);
  EXPECT_EQ(verdict({anchor}), ExitCode::proven_false);
  EXPECT_EQ(verdict({anchor_unread}), ExitCode::cannot_tell);
  EXPECT_EQ(verdict({anchor, unread}, ExitCode::ok), ExitCode::proven_false);
}

}  // namespace
}  // namespace varve::cli
