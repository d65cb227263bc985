// varve prove, log and key show: what a server says an entry is about, entries of a newer version,
// and keys that were rotated.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "api/cli/grammar.h"
#include "tests/unit/api/cli/loopback.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

class Proving : public testing::Test {
 protected:
  Proving() { ::setenv("XDG_STATE_HOME", scratch.path().c_str(), 1); }
  ~Proving() override { ::unsetenv("XDG_STATE_HOME"); }
  ExitCode ask(std::vector<std::string> words) {
    recorder.out.str("");
    recorder.err.str("");
    words.insert(words.end(), {"--server", server.url()});
    return run(words, recorder.console);
  }
  // The registry says that this entry made library/app:t point to the digest.
  void claim(std::size_t index, const Digest& digest) {
    log.tamper = [=](const std::string& target, Answer& answer) {
      if (target == "/v2/library/app/manifests/t")
        answer = {200,
                  "",
                  {{"Varve-Index", std::to_string(index)},
                   {"Docker-Content-Digest", digest.to_string()}}};
    };
  }

  Scratch scratch;
  Recorder recorder;
  FakeLog log;
  ServedLog server{log};
};

TEST_F(Proving, TakesOnlyTheEventThatPointsToWhatTheTagIs) {
  const Digest old = Digest::of("old");
  const auto repo = *RepoName::parse("library/app");
  const auto tag = *oci::Tag::parse("t");
  log.append(oci::TagSet{old, std::nullopt, repo, tag});
  log.append(oci::TagSet{Digest::of("new"), old, repo, tag});
  log.append(oci::TagDeleted{old, repo, tag});
  log.publish();
  claim(1, old);
  EXPECT_EQ(ask({"prove", "library/app:t"}), ExitCode::ok);
  for (const std::size_t index : {2u, 3u}) {
    claim(index, old);
    EXPECT_EQ(ask({"prove", "library/app:t"}), ExitCode::proven_false) << index;
    EXPECT_EQ(recorder.out.str(), "");
  }
}

TEST_F(Proving, CannotTellAboutEntriesOfANewerVersion) {
  log.grow(2);
  std::string text(parse_bundle(log.proof(1, 3))->entry);
  text.resize(text.find("\n\n") + 1);
  text.replace(text.find("\"index\":1"), 9, "\"index\":3");
  text.replace(text.find("\"v\":1"), 5, "\"v\":3");
  log.append_later(text);
  log.publish();
  EXPECT_EQ(ask({"prove", "2"}), ExitCode::ok);
  EXPECT_EQ(ask({"prove", "3"}), ExitCode::cannot_tell);
  EXPECT_NE(recorder.err.str().find("? entry"), std::string::npos);
  EXPECT_EQ(recorder.out.str(), "");
  EXPECT_EQ(ask({"log"}), ExitCode::cannot_tell);
}

TEST_F(Proving, RefusesAnEntryThatTheEventKeyOfItsTimeDidNotSign) {
  log.grow(2);
  std::string text(parse_bundle(log.proof(1, 3))->entry);
  text.resize(text.find("\n\n") + 1);
  text.replace(text.find("\"index\":1"), 9, "\"index\":3");
  log.append_signed(text, Signer::generate(log.origin() + "/events"));
  log.publish();
  EXPECT_EQ(ask({"prove", "3"}), ExitCode::proven_false);
  EXPECT_EQ(recorder.out.str(), "");
}

TEST_F(Proving, FindsTheKeyOfTheTimeAndShowsThemAll) {
  log.grow(2);
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  EXPECT_EQ(recorder.out.str(), log.vkeys());
  for (int i = 0; i < 2; ++i) {
    log.rotate_event_key();
    log.grow(2);
  }
  // This client knows the first key only, and believes no list.
  log.tamper = [&](const std::string& target, Answer& answer) {
    if (target == "/log/vkey")
      answer.body += Signer::generate(log.origin() + "/events").verifier().to_string() + "\n";
  };
  EXPECT_EQ(ask({"key", "show"}), ExitCode::ok);
  EXPECT_EQ(recorder.out.str(), log.vkeys());
  log.tamper = nullptr;
  EXPECT_EQ(ask({"key", "show", "-o", "json"}), ExitCode::ok);
  EXPECT_NE(recorder.out.str().find("\"event_keys\":[\"" + log.keys().earlier.front().to_string()),
            std::string::npos);
  for (const char* index : {"1", "4", "8"}) EXPECT_EQ(ask({"prove", index}), ExitCode::ok) << index;
}

}  // namespace
}  // namespace varve::cli
