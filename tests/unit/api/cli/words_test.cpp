// What people type and what they get to read: references, addresses, hidden characters, the
// grammar.
#include <gtest/gtest.h>

#include "api/cli/client.h"
#include "api/cli/grammar.h"
#include "api/cli/json_out.h"
#include "api/cli/reference.h"
#include "api/config.h"
#include "tests/support/packages_given.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

const std::string kDigest = Digest::of("x").to_string();

TEST(References, NameARepositoryATagOrADigest) {
  EXPECT_EQ(parse_ref("library/app")->to_string(), "library/app");
  EXPECT_EQ(parse_ref("library/app")->manifest_reference(), "");
  EXPECT_EQ(parse_ref("library/app:1.0")->tag->text(), "1.0");
  EXPECT_EQ(parse_ref("library/app@" + kDigest)->manifest_reference(), kDigest);
}

TEST(References, RefuseWhatIsNoneOfThem) {
  for (const std::string& text :
       std::vector<std::string>{"", ":1", "app:", "app@", "App", "app:1@" + kDigest,
                                "app@sha256:12", "../app", "app:a b", "app:1:2"})
    EXPECT_FALSE(parse_ref(text)) << text;
}

TEST(References, FindTheEventsThatConcernThem) {
  const Event tag =
      oci::TagSet{Digest::of("x"), std::nullopt, *RepoName::parse("a/b"), *oci::Tag::parse("1")};
  EXPECT_TRUE(concerns(tag, *parse_ref("a/b")));
  EXPECT_TRUE(concerns(tag, *parse_ref("a/b:1")));
  EXPECT_TRUE(concerns(tag, *parse_ref("a/b@" + kDigest)));
  EXPECT_FALSE(concerns(tag, *parse_ref("a/b:2")));
  EXPECT_FALSE(concerns(tag, *parse_ref("a/c")));
  EXPECT_FALSE(concerns(tag, *parse_ref("a/b@" + Digest::of("y").to_string())));
  EXPECT_EQ(summary(tag), "a/b:1 " + kDigest);
}

TEST(References, FindWhatALockOrADeletedRepositoryMeansForThem) {
  const Event gone = content::RepoDeleted{*RepoName::parse("a/b")};
  EXPECT_TRUE(concerns(gone, *parse_ref("a/b")));
  EXPECT_TRUE(concerns(gone, *parse_ref("a/b:1")));
  EXPECT_TRUE(concerns(gone, *parse_ref("a/b@" + kDigest)));
  EXPECT_FALSE(concerns(gone, *parse_ref("a/c:1")));
  EXPECT_EQ(summary(gone), "a/b");
  const Event locked =
      oci::TagAttributesSet{{.write = false}, *RepoName::parse("a/b"), *oci::Tag::parse("1")};
  EXPECT_TRUE(concerns(locked, *parse_ref("a/b:1")));
  EXPECT_FALSE(concerns(locked, *parse_ref("a/b:2")));
  EXPECT_EQ(summary(locked), "a/b:1 delete=true list=true read=true write=false");
}

TEST(References, FindWhatIsSaidOfARepositoryAndShowItOnOneLine) {
  const Event said =
      content::RepoUpdated{content::Category::linux_system, "two\nlines", *RepoName::parse("a/b")};
  EXPECT_TRUE(concerns(said, *parse_ref("a/b")));
  EXPECT_FALSE(concerns(said, *parse_ref("a/c")));
  EXPECT_EQ(summary(said), "a/b category=linux description=two lines");
  EXPECT_EQ(summary(content::NamespaceCreated{*NamespaceName::parse("team")}), "namespace=team");
}

TEST(References, FindWhatHappenedToPulpsPackagesAndTheirRepositories) {
  const Event added = pulp::PackageAdded{test::package_id(1), test::rpm_repo("el9")};
  const std::string package = "packages/" + test::package_id(1).text();
  EXPECT_TRUE(concerns(added, *parse_ref("rpm/el9")));
  EXPECT_TRUE(concerns(added, *parse_ref(package)));
  EXPECT_FALSE(concerns(added, *parse_ref("el9")));
  EXPECT_FALSE(concerns(added, *parse_ref("packages/" + test::package_id(2).text())));
  EXPECT_EQ(summary(added), "rpm/el9 " + package);
  EXPECT_EQ(summary(pulp::PackageDeleted{test::nevra("bash"), test::package_id(1)}),
            package + " arch=x86_64 epoch=0 name=bash release=14 version=12.2.0");
}

TEST(Addresses, AreTakenApart) {
  EXPECT_EQ(parse_url("http://127.0.0.1:5000")->port, "5000");
  EXPECT_EQ(parse_url("http://registry.example/base/")->prefix, "/base");
  EXPECT_EQ(parse_url("http://[::1]:5000")->authority(), "[::1]:5000");
  EXPECT_EQ(parse_url("http://registry.example")->authority(), "registry.example");
  EXPECT_EQ(parse_url("http://Registry.EXAMPLE/Base")->authority(), "registry.example");
  EXPECT_EQ(parse_url("http://Registry.EXAMPLE/Base")->prefix, "/Base");
  EXPECT_EQ(parse_url("https://registry.example")->port, "443");
  EXPECT_EQ(parse_url("https://registry.example:443/a/")->url(), "https://registry.example/a");
  EXPECT_EQ(parse_url("https://registry.example:80")->url(), "https://registry.example:80");
  EXPECT_TRUE(parse_url("https://h")->secure);
  EXPECT_FALSE(parse_url("http://h:443")->secure);
}

TEST(Addresses, AreRefusedWhenTheyCouldMeanSomethingElse) {
  for (const char* text : {"", "127.0.0.1:5000", "ftp://h", "http://", "http://h:0",
                           "http://h:65536", "http://h:1x", "http://u:p@h", "http://h/?q=1",
                           "http://h/a b", "http://h\r\nX:", "http://[::1", "http://h/%0d%0a"})
    EXPECT_FALSE(parse_url(text)) << text;
}

TEST(Clean, ShowsWhatWouldMoveTheCursorOrReorderTheLine) {
  EXPECT_EQ(clean("plain – ✓ text"), "plain – ✓ text");
  EXPECT_EQ(clean("a\x1b[2Kb\rc\n"), "a\\x1b[2Kb\\x0dc\\x0a");
  EXPECT_EQ(clean("a\xe2\x80\xae"
                  "b"),
            "a\\xe2\\x80\\xae"
            "b");
  EXPECT_EQ(clean("\xc2\x9b"
                  "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(clean("\xff\xc3"), "\\xff\\xc3");
}

TEST(JsonOut, IsAlwaysValidWhateverTheBytes) {
  EXPECT_EQ(JsonObject().text("a", "\"\n").number("n", 3).boolean("b", true).str(),
            "{\"a\":\"\\\"\\n\",\"n\":3,\"b\":true}");
  EXPECT_EQ(quoted("\xff"), "\"\\\\xff\"");
}

ExitCode run_words(std::vector<std::string> words, Recorder& recorder) {
  return run(words, recorder.console);
}

TEST(Grammar, HelpOfEveryCommandOpensWithExamples) {
  for (const char* name : {"init", "serve", "log", "prove", "verify", "replay", "fsck", "key",
                           "user", "grant", "policy", "config", "version", "help"}) {
    Recorder recorder;
    EXPECT_EQ(run_words({name, "--help"}, recorder), ExitCode::ok) << name;
    EXPECT_TRUE(recorder.out.str().starts_with("Examples:\n  varve " + std::string(name)))
        << recorder.out.str();
    EXPECT_EQ(recorder.err.str(), "");
  }
}

TEST(Grammar, PrintsTheExitCodesAsTextAndAsJson) {
  Recorder text;
  EXPECT_EQ(run_words({"help", "exit-codes"}, text), ExitCode::ok);
  EXPECT_NE(text.out.str().find("130  interrupted"), std::string::npos);
  Recorder json;
  EXPECT_EQ(run_words({"help", "exit-codes", "-o", "json"}, json), ExitCode::ok);
  EXPECT_TRUE(json.out.str().starts_with("{\"schema\":\"varve.exit_codes/v1\""));
}

TEST(Grammar, RefusesWhatItDoesNotUnderstandInThreeParts) {
  const std::vector<std::vector<std::string>> kWrong = {
      {},
      {"lgo"},
      {"log", "--form", "1"},
      {"log", "-o", "yaml"},
      {"verify"},
      {"init"},
      {"key"},
      {"help", "nothing"},
      {"log", "--from", "x"},
      {"fsck"},
      {"replay", "--out", "/nonexistent/x"},
      {"fsck", "--data", "a", "--url", "b"},
      {"fsck", "--url", "http://127.0.0.1:1"},
      {"log", "--server", "ftp://registry.example"},
      {"serve", "--dev", "--listen", "0.0.0.0:5000"}};
  for (const auto& words : kWrong) {
    Recorder recorder;
    EXPECT_EQ(run_words(words, recorder), ExitCode::usage) << (words.empty() ? "" : words[0]);
    EXPECT_NE(recorder.err.str().find("error:"), std::string::npos);
    EXPECT_NE(recorder.err.str().find("next: "), std::string::npos);
    EXPECT_EQ(recorder.out.str(), "");
  }
}

TEST(Grammar, ExplainsEveryConfigurationField) {
  Recorder recorder;
  EXPECT_EQ(run_words({"config", "--explain", "--io-threads", "9"}, recorder), ExitCode::ok);
  EXPECT_NE(recorder.out.str().find("io_threads = 9   [flag --io-threads]"), std::string::npos);
  for (const ConfigField& field : config_fields())
    EXPECT_NE(recorder.out.str().find(field.variable()), std::string::npos) << field.name;
}

TEST(Help, AboutNothingIsTheProgramsOwn) {
  Recorder asked;
  EXPECT_EQ(run_words({"help"}, asked), ExitCode::ok);
  Recorder flagged;
  EXPECT_EQ(run_words({"--help"}, flagged), ExitCode::ok);
  EXPECT_EQ(asked.out.str(), flagged.out.str());
  for (const char* command :
       {"\n  serve ", "\n  verify ", "\n  help ", "varve is a package registry"})
    EXPECT_NE(asked.out.str().find(command), std::string::npos) << command;
}

TEST(Help, AboutACommandIsThatCommandsOwn) {
  for (const char* command : {"serve", "verify", "key", "help"}) {
    Recorder asked;
    EXPECT_EQ(run_words({"help", command}, asked), ExitCode::ok);
    Recorder flagged;
    EXPECT_EQ(run_words({command, "--help"}, flagged), ExitCode::ok);
    EXPECT_EQ(asked.out.str(), flagged.out.str()) << command;
    EXPECT_NE(asked.out.str().find("varve " + std::string(command)), std::string::npos) << command;
  }
  Recorder recorder;
  EXPECT_EQ(run_words({"help", "nonsense"}, recorder), ExitCode::usage);
}

}  // namespace
}  // namespace varve::cli
