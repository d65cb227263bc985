// Whole commands against a server that lies over real HTTP, judged as scripts judge them: by exit code.
#include <gtest/gtest.h>
#include <stdlib.h>

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
  bool told(std::string_view words) const { return recorder.err.str().find(words) != std::string::npos; }

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
      if (target.starts_with("/log/proof/") || target.starts_with("/log/tile/")) answer = {status, "", {}};
      if (target == "/v2/library/app/manifests/t3")
        answer = {200, "", {{"Varve-Index", "3"}, {"Docker-Content-Digest", digest}}};
    };
    EXPECT_EQ(ask({"prove", "3"}), ExitCode::cannot_tell);
    EXPECT_EQ(ask({"prove", "library/app:t3"}), ExitCode::cannot_tell);
    EXPECT_EQ(ask({"log"}), ExitCode::cannot_tell);
    EXPECT_TRUE(told("next: "));
  }
}

}  // namespace
}  // namespace varve::cli
