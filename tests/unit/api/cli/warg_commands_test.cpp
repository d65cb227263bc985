// Whole commands about Warg packages over real HTTP, judged as scripts judge them: by exit code and
// what is left behind.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "api/cli/grammar.h"
#include "api/cli/warg_trust.h"
#include "api/cli/warg_words.h"
#include "tests/unit/api/cli/fake_warg.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

class WargCommands : public ::testing::Test {
 protected:
  WargCommands() {
    ::setenv("XDG_STATE_HOME", scratch.path().c_str(), 1);
    registry.base = server.url();
  }
  ~WargCommands() override {
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("VARVE_TOKEN");
  }
  ExitCode run_words(std::vector<std::string> words) {
    recorder.out.str("");
    recorder.err.str("");
    return run(words, recorder.console);
  }
  ExitCode ask(std::vector<std::string> words) {
    words.insert(words.end(), {"--server", server.url()});
    return run_words(std::move(words));
  }
  ExitCode publish(std::vector<std::string> words) {
    words.insert(words.begin(), "publish");
    words.insert(words.end(), {"--key", key});
    return ask(std::move(words));
  }
  ExitCode release(const std::string& version, const std::string& content) {
    return publish({"release", "test:hello", version, scratch.write("in.wasm", content)});
  }
  ExitCode download(const std::string& what, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"warg", "download", what, "--out", out});
    return ask(std::move(more));
  }
  std::string make_key(const std::string& name, const std::string& algorithm) {
    const std::string file = (scratch.path() / name).string();
    EXPECT_EQ(run_words({"warg", "key", "new", "--algorithm", algorithm, "--out", file}),
              ExitCode::ok);
    return file;
  }
  std::string memory() const {
    const WargStore store{StateDirectory(scratch.path() / "varve")};
    return Scratch::read(store.file(server.url()));
  }
  std::string said() const { return recorder.out.str() + recorder.err.str(); }

  Scratch scratch;
  Recorder recorder;
  FakeWarg registry;
  ServedWarg server{registry};
  const std::string key = make_key("key", "ed25519");
  const std::string out = (scratch.path() / "out.wasm").string();
};

TEST_F(WargCommands, MakeKeysThatStayPrivate) {
  for (const char* algorithm : {"ed25519", "ecdsa-p256"}) {
    const std::string file = make_key(std::string("a-") + algorithm, algorithm);
    const std::string printed = recorder.out.str();
    const std::string text = Scratch::read(file);
    EXPECT_TRUE(text.starts_with(std::string(algorithm) + ":"));
    EXPECT_EQ(text.find('\n'), text.npos);
    struct stat info{};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(said().find(text.substr(12)), std::string::npos);
    const auto parsed = warg::PrivateKey::parse(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(printed, parsed->public_key().text().text() + "\n" +
                           parsed->public_key().id().to_string() + "\n");
    EXPECT_EQ(run_words({"warg", "key", "show", file}), ExitCode::ok);
    EXPECT_EQ(recorder.out.str(), printed);
    // With the end of a line, as an editor leaves it.
    Scratch::replace(file, text + "\n");
    EXPECT_EQ(run_words({"warg", "key", "show", file, "-o", "json"}), ExitCode::ok);
    EXPECT_NE(recorder.out.str().find("\"schema\":\"varve.warg.key/v1\""), std::string::npos);
    EXPECT_EQ(run_words({"warg", "key", "new", "--out", file}), ExitCode::conflict);
    EXPECT_EQ(Scratch::read(file), text + "\n");
  }
}

TEST_F(WargCommands, SayNothingOfAKeyThatCannotBeUsed) {
  const std::string secret = "ed25519:c2VjcmV0";
  EXPECT_EQ(run_words({"warg", "key", "show", scratch.write("bad", secret)}), ExitCode::usage);
  EXPECT_EQ(said().find("c2VjcmV0"), std::string::npos);
  EXPECT_EQ(run_words({"warg", "key", "show", (scratch.path() / "none").string()}),
            ExitCode::usage);
  EXPECT_EQ(run_words({"warg", "key", "new", "--algorithm", "rsa", "--out", "x"}), ExitCode::usage);
}

TEST_F(WargCommands, PublishShowAndDownload) {
  EXPECT_EQ(release("1.0.0", "one"), ExitCode::ok) << said();
  EXPECT_EQ(recorder.out.str(), registry.records.back().id.to_string() + "\n");
  EXPECT_EQ(release("2.0.0", "two"), ExitCode::ok) << said();
  EXPECT_EQ(publish({"release", "test:hello", "3.0.0-rc.1", scratch.write("rc", "rc"), "1.5.0",
                     scratch.write("mid", "mid"), "-o", "json"}),
            ExitCode::ok)
      << said();
  EXPECT_TRUE(recorder.out.str().starts_with("{\"schema\":\"varve.publish/v1\""));
  EXPECT_NE(recorder.out.str().find("\"uploads\":2,\"published\":true"), std::string::npos);

  EXPECT_EQ(ask({"warg", "info", "test:hello"}), ExitCode::ok) << said();
  EXPECT_NE(recorder.out.str().find("release 1.5.0"), std::string::npos);
  EXPECT_LT(recorder.out.str().find("2.0.0"), recorder.out.str().find("3.0.0-rc.1"));
  EXPECT_EQ(download("test:hello"), ExitCode::ok) << said();
  EXPECT_EQ(Scratch::read(out), "two");
  EXPECT_EQ(download("test:hello@1.0.0"), ExitCode::ok) << said();
  EXPECT_EQ(Scratch::read(out), "one");
  EXPECT_EQ(download("test:hello@9.0.0"), ExitCode::absent);

  EXPECT_EQ(publish({"yank", "test:hello", "2.0.0"}), ExitCode::ok) << said();
  EXPECT_EQ(download("test:hello", {"-o", "json"}), ExitCode::ok) << said();
  EXPECT_NE(recorder.out.str().find("\"version\":\"1.5.0\""), std::string::npos);
  EXPECT_EQ(Scratch::read(out), "mid");
  EXPECT_EQ(download("test:hello@2.0.0"), ExitCode::policy);
  EXPECT_EQ(download("test:hello@2.0.0", {"--yanked"}), ExitCode::ok) << said();
  EXPECT_EQ(Scratch::read(out), "two");
}

TEST_F(WargCommands, TakeAPreReleaseWhenThereIsNothingElse) {
  EXPECT_EQ(release("1.0.0-rc.1", "rc1"), ExitCode::ok);
  EXPECT_EQ(release("1.0.0-rc.10", "rc10"), ExitCode::ok);
  EXPECT_EQ(release("1.0.0-rc.9", "rc9"), ExitCode::ok);
  EXPECT_EQ(download("test:hello"), ExitCode::ok) << said();
  EXPECT_EQ(Scratch::read(out), "rc10");
}

TEST_F(WargCommands, GrantAndRevoke) {
  const std::string other = make_key("other", "ecdsa-p256");
  const std::string text = recorder.out.str().substr(0, recorder.out.str().find('\n'));
  EXPECT_EQ(publish({"init", "test:hello"}), ExitCode::ok) << said();
  EXPECT_EQ(publish({"grant", "test:hello", text, "--permission", "yank"}), ExitCode::ok) << said();
  EXPECT_EQ(ask({"warg", "info", "test:hello"}), ExitCode::ok);
  EXPECT_NE(recorder.out.str().find("key " + text + " yank\n"), std::string::npos) << said();
  EXPECT_EQ(publish({"grant", "test:hello", text}), ExitCode::ok) << said();
  EXPECT_EQ(ask({"warg", "info", "test:hello"}), ExitCode::ok);
  EXPECT_NE(recorder.out.str().find("key " + text + " release,yank\n"), std::string::npos);
  EXPECT_EQ(publish({"revoke", "test:hello", text, "--permission", "yank,release"}), ExitCode::ok)
      << said();
  EXPECT_EQ(ask({"warg", "info", "test:hello", "-o", "json"}), ExitCode::ok);
  EXPECT_NE(recorder.out.str().find("\"public_key\":\"" + text + "\",\"permissions\":[]"),
            std::string::npos)
      << said();
  EXPECT_EQ(publish({"revoke", "test:hello", text}), ExitCode::absent);
  EXPECT_EQ(publish({"grant", "test:hello", "ed25519:" + base64_encode(std::string(32, '\0'))}),
            ExitCode::usage);
  EXPECT_EQ(publish({"grant", "test:hello", text, "--permission", "fly"}), ExitCode::usage);
}

TEST_F(WargCommands, SayAbsentOnlyWhenItIsProven) {
  EXPECT_EQ(ask({"warg", "info", "test:none"}), ExitCode::absent);
  EXPECT_NE(said().find("its absence is proven"), std::string::npos) << said();
  EXPECT_EQ(download("test:none"), ExitCode::absent);
  registry.proves_absence = false;
  EXPECT_EQ(ask({"warg", "info", "test:none"}), ExitCode::cannot_tell);
  EXPECT_EQ(download("test:none"), ExitCode::cannot_tell);
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(WargCommands, RefuseWhatIsNoNameVersionOrAge) {
  EXPECT_EQ(ask({"warg", "info", "Test:hello"}), ExitCode::usage);
  EXPECT_EQ(download("test:hello@1"), ExitCode::usage);
  EXPECT_EQ(download("test:hello", {"--max-age", "soon"}), ExitCode::usage);
  EXPECT_EQ(publish({"release", "test:hello", "1.0.0"}), ExitCode::usage);
  EXPECT_EQ(publish({"release", "test:hello", "one", key}), ExitCode::usage);
  EXPECT_EQ(publish({"release", "test:hello", "1.0.0", "/nonexistent"}), ExitCode::usage);
  EXPECT_TRUE(registry.asked.empty());
}

TEST_F(WargCommands, LeaveNothingBehindOfWrongContent) {
  EXPECT_EQ(release("1.0.0", "one"), ExitCode::ok);
  const std::string before = memory();
  registry.contents[Digest::of("one")] = "evil";
  EXPECT_EQ(download("test:hello"), ExitCode::proven_false);
  EXPECT_FALSE(fs::exists(out));
  // A long answer, and more of it than there should be.
  registry.contents[Digest::of("one")] = std::string(3 << 20, 'x');
  EXPECT_EQ(download("test:hello"), ExitCode::proven_false);
  registry.tamper = [](const std::string& target, const std::string&, Answer& answer) {
    if (target.starts_with("/content/")) answer.body += "x";
  };
  EXPECT_EQ(download("test:hello"), ExitCode::cannot_tell);
  EXPECT_FALSE(fs::exists(out));
  EXPECT_EQ(memory(), before);
}

TEST_F(WargCommands, MoveLongContent) {
  std::string bytes(5 << 20, 'x');
  for (std::size_t i = 0; i < bytes.size(); i += 7) bytes[i] = static_cast<char>(i);
  EXPECT_EQ(release("1.0.0", bytes), ExitCode::ok) << said();
  EXPECT_EQ(download("test:hello"), ExitCode::ok) << said();
  EXPECT_EQ(Scratch::read(out), bytes);
}

TEST_F(WargCommands, ShowNoCredentialsToAnotherHost) {
  ::setenv("VARVE_TOKEN", "secret", 1);
  FakeWarg storage;
  {
    ServedWarg elsewhere(storage);
    registry.upload_base = elsewhere.url() + "/";
    registry.tamper = [&](const std::string& target, const std::string&, Answer& answer) {
      // The registry is told what its storage got.
      if (!target.starts_with("/v1/package/") || storage.contents.empty()) return;
      if (!target.ends_with("/record") && answer.body.find("sourcing") != std::string::npos)
        EXPECT_TRUE(registry.ask({.target = target + "/content/" + Digest::of("one").to_string(),
                                  .method = "POST",
                                  .body = "one"}));
    };
    EXPECT_EQ(release("1.0.0", "one"), ExitCode::ok) << said();
    EXPECT_EQ(storage.contents.at(Digest::of("one")), "one");
    EXPECT_TRUE(server.saw_credentials);
    EXPECT_FALSE(elsewhere.saw_credentials);
    storage.base = elsewhere.url();
    registry.tamper = [&](const std::string& target, const std::string&, Answer& answer) {
      if (!target.starts_with("/v1/content/")) return;
      for (std::size_t at; (at = answer.body.find(server.url())) != std::string::npos;)
        answer.body.replace(at, server.url().size(), elsewhere.url());
    };
    EXPECT_EQ(download("test:hello"), ExitCode::ok) << said();
    EXPECT_FALSE(elsewhere.saw_credentials);
    EXPECT_EQ(storage.asked.size(), 2u);
  }
}

TEST_F(WargCommands, ForgetARegistryOnRequest) {
  EXPECT_EQ(ask({"key", "forget"}), ExitCode::absent);
  EXPECT_EQ(release("1.0.0", "one"), ExitCode::ok);
  registry.cut(1);
  EXPECT_EQ(ask({"warg", "info", "test:hello"}), ExitCode::equivocation);
  EXPECT_NE(said().find("varve key forget --server " + server.url()), std::string::npos) << said();
  EXPECT_EQ(ask({"key", "forget"}), ExitCode::ok);
  EXPECT_EQ(ask({"warg", "info", "test:hello"}), ExitCode::absent);
}

TEST_F(WargCommands, HideNothingFromATerminalThatARegistrySays) {
  registry.tamper = [](const std::string& target, const std::string&, Answer& answer) {
    if (target.ends_with("/record"))
      answer = {422, "{\"status\":422,\"message\":\"\\u001b[2Jgone\"}", {}};
  };
  EXPECT_EQ(release("1.0.0", "one"), ExitCode::policy);
  EXPECT_NE(said().find("\\x1b[2Jgone"), std::string::npos) << said();
}

TEST(Ages, AreANumberAndAUnit) {
  using namespace std::chrono_literals;
  EXPECT_EQ(*age_in("90s"), 90s);
  EXPECT_EQ(*age_in("30m"), 30min);
  EXPECT_EQ(*age_in("24h"), 24h);
  EXPECT_EQ(*age_in("7d"), 168h);
  for (const char* bad : {"", "h", "24", "-1h", "1.5h", "24 h", "1w", "99999999999999999999s"})
    EXPECT_FALSE(age_in(bad)) << bad;
}

}  // namespace
}  // namespace varve::cli
