// Addresses that a registry names, and bytes to and from them.
#include "api/cli/warg_content.h"

#include <gtest/gtest.h>

#include "tests/unit/api/cli/fake_warg.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

std::string resolved(const std::string& registry, const std::string& url) {
  const auto to = resolve_url(registry, url);
  return to ? to->server + " " + to->target : "refused";
}

TEST(NamedAddresses, AreTheRegistrysOwnOrAnothers) {
  const std::string plain = "http://registry.test:5000";
  EXPECT_EQ(resolved(plain, "v1/up?t=1"), " /v1/up?t=1");
  EXPECT_EQ(resolved(plain, "/v1/up"), " /v1/up");
  EXPECT_EQ(resolved(plain, "http://registry.test:5000/content/x"), " /content/x");
  EXPECT_EQ(resolved(plain, "http://REGISTRY.test:5000/content/x"), " /content/x");
  EXPECT_EQ(resolved(plain, "http://registry.test:5001/x"), "http://registry.test:5001 /x");
  EXPECT_EQ(resolved(plain, "https://registry.test:5000/x"), "https://registry.test:5000 /x");
  EXPECT_EQ(resolved(plain, "https://storage.test?key=a/b"), "https://storage.test /?key=a/b");
  const std::string below = "https://registry.test/base";
  EXPECT_EQ(resolved(below, "v1/up"), " /v1/up");
  EXPECT_EQ(resolved(below, "https://registry.test/base/v1"), " /v1");
  // Beside the prefix is somebody else: the same host, but not the registry.
  EXPECT_EQ(resolved(below, "/v1/up"), "https://registry.test /v1/up");
  EXPECT_EQ(resolved(below, "https://registry.test/basement"), "https://registry.test /basement");
  EXPECT_EQ(resolved("http://[::1]:5000", "http://[::1]:5000/x"), " /x");
}

TEST(NamedAddresses, AreRefusedWhenARequestCannotHaveThem) {
  for (const std::string& bad : std::vector<std::string>{"",
                                                         "//storage.test/x",
                                                         "ftp://storage.test/x",
                                                         "file:///etc/passwd",
                                                         "javascript:x",
                                                         "http://user:secret@storage.test/x",
                                                         "http://storage.test/a b",
                                                         "http://storage.test/a\r\nb",
                                                         "http://storage.test/a#b",
                                                         "http://storage.test/../x",
                                                         "v1/../../x",
                                                         "v1/./x",
                                                         "http://storage.test:0/x",
                                                         "http://",
                                                         "v1/\xc3\xa4",
                                                         "v1\\x",
                                                         "v1/%zz",
                                                         "v1/%",
                                                         "v1/%00",
                                                         std::string(5'000, 'x')})
    EXPECT_EQ(resolved("http://registry.test", bad), "refused") << bad;
}

// A path that only looks as if it were below the registry's own would be shown its credentials.
TEST(NamedAddresses, AreRefusedWhenTheirDotsAreEncoded) {
  const std::string registry = "https://registry.test/base";
  for (const std::string segments :
       {"%2e%2e/other", "%2E%2e/other", ".%2e/other", "%2e./other", "v1/%2e%2e/%2e%2e/other",
        "%2e%2e", "%2e/v1", "..%2fother", "%2e%2e%2Fother", "v1%2f..%2f..%2fother", "..%5cother",
        "v1%5C..%5cother"}) {
    EXPECT_EQ(resolved(registry, registry + "/" + segments), "refused") << segments;
    EXPECT_EQ(resolved(registry, segments), "refused") << segments;
  }
  EXPECT_EQ(resolved(registry, "v1/%2e%2e%2e/a%2eb/%252e%252e?to=%2e%2e/.."),
            " /v1/%2e%2e%2e/a%2eb/%252e%252e?to=%2e%2e/..");
}

// What a registry is asked over TLS does not go on in the open.
TEST(NamedAddresses, NeverLeadFromTlsToNone) {
  EXPECT_EQ(resolved("https://registry.test", "http://registry.test/x"), "refused");
  EXPECT_EQ(resolved("https://registry.test", "http://storage.test/x"), "refused");
  EXPECT_EQ(resolved("http://registry.test", "https://storage.test/x"), "https://storage.test /x");
}

class Downloads : public ::testing::Test {
 protected:
  Downloads() { registry.contents[digest] = "content"; }
  ExitCode download() {
    WargClient client{registry, WargStore{StateDirectory(scratch.path() / "state")}, around,
                      recorder.console};
    const auto done = ContentMover(client).download(digest, out);
    return done ? ExitCode::ok : done.error().code;
  }
  // Nothing appears but what was checked; and nothing stays that was not.
  void expect_nothing() const {
    EXPECT_FALSE(fs::exists(out));
    EXPECT_TRUE(fs::is_empty(scratch.path()));
  }
  static std::string places(const std::string& list) {
    return R"({"contentSources":{")" + Digest::of("content").to_string() + "\":" + list + "}}";
  }

  FakeWarg registry;
  const Digest digest = Digest::of("content");
  Scratch scratch;
  const std::string out = (scratch.path() / "out").string();
  Recorder recorder;
  Surroundings around{machine_now, [](std::chrono::milliseconds) {},
                      [](const std::string& url) -> Outcome<std::unique_ptr<Server>> {
                        return refuse(ExitCode::cannot_tell, "nobody is there", url, "");
                      }};
};

TEST_F(Downloads, AreWholeFiles) {
  EXPECT_EQ(download(), ExitCode::ok);
  EXPECT_EQ(Scratch::read(out), "content");
  Scratch::replace(out, "what was there before");
  EXPECT_EQ(download(), ExitCode::ok);
  EXPECT_EQ(Scratch::read(out), "content");
}

TEST_F(Downloads, AreRefusedWithOtherBytes) {
  registry.contents[digest] = "Content";
  EXPECT_EQ(download(), ExitCode::proven_false);
  expect_nothing();
  registry.contents[digest] = "conten";
  EXPECT_EQ(download(), ExitCode::proven_false);
  expect_nothing();
}

TEST_F(Downloads, EndWhenMoreComesThanThereIs) {
  registry.tamper = [&](const std::string& target, const std::string&, Answer& answer) {
    if (target.starts_with("/content/")) answer.body += "and more";
  };
  EXPECT_EQ(download(), ExitCode::cannot_tell);
  expect_nothing();
}

TEST_F(Downloads, CannotBeToldWhenTheRegistryHasNotWhatItsLogHas) {
  registry.contents.clear();
  EXPECT_EQ(download(), ExitCode::cannot_tell);
  expect_nothing();
}

TEST_F(Downloads, TryTheNextPlaceWhenOneIsNotThere) {
  const std::string own = registry.base + "/content/sha256-" + digest.hex();
  std::string list;
  registry.tamper = [&](const std::string& target, const std::string&, Answer& answer) {
    if (target.starts_with("/v1/content/")) answer.body = places(list);
  };
  list = R"([{"type":"httpGet","url":"/content/sha256-)" + Digest::of("x").hex() +
         R"("},{"type":"httpGet","url":")" + own + "\"}]";
  EXPECT_EQ(download(), ExitCode::ok);
  fs::remove(out);
  list = R"([{"type":"httpGet","url":"ftp://x/y"}])";
  EXPECT_EQ(download(), ExitCode::cannot_tell);
  expect_nothing();
}

TEST(NewFiles, AreNeverHalf) {
  const Scratch scratch;
  const fs::path path = scratch.path() / "file";
  {
    auto file = NewFile::create(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("half"));
  }
  EXPECT_TRUE(fs::is_empty(scratch.path()));
  Scratch::replace(path, "there");
  {
    auto file = NewFile::create(path);
    ASSERT_TRUE(file && file->write("new"));
    const auto placed = file->place(0600, NewFile::Existing::keep);
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().code, Errc::conflict);
  }
  EXPECT_EQ(Scratch::read(path), "there");
  auto file = NewFile::create(path);
  ASSERT_TRUE(file && file->write("new") && file->place(0640, NewFile::Existing::replace));
  EXPECT_EQ(Scratch::read(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0640});
}

}  // namespace
}  // namespace varve::cli
