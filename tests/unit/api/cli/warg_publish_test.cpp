// Publishing: what is found out before anything is sent, and what a registry may answer.
#include "api/cli/warg_publish.h"

#include <gtest/gtest.h>

#include "tests/unit/api/cli/fake_warg.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

using namespace std::chrono_literals;
using warg::PackagePermission;
using Init = RecordWish::Init;

const std::string kName = "test:hello";

class Publishing : public ::testing::Test {
 protected:
  Outcome<Receipt> send(const RecordWish& what, const warg::PrivateKey& signer, bool wait = true) {
    WargClient client{registry, WargStore{StateDirectory(scratch.path())}, around,
                      recorder.console};
    return publish(client, what, signer, wait, 24h);
  }
  ExitCode code(const RecordWish& what, const warg::PrivateKey& signer, bool wait = true) {
    const auto receipt = send(what, signer, wait);
    said = receipt ? "" : receipt.error().what + ": " + receipt.error().why;
    return receipt ? ExitCode::ok : receipt.error().code;
  }
  // Nothing was sent.
  ExitCode code_of_a_mistake(const RecordWish& what, const warg::PrivateKey& signer) {
    const int before = posts();
    const ExitCode result = code(what, signer);
    EXPECT_EQ(posts(), before);
    return result;
  }
  int posts() { return registry.asked[target()]; }
  static std::string target(const std::string& name = kName) {
    return "/v1/package/" + FakeWarg::log_id(name).to_string() + "/record";
  }
  RecordWish release(const std::string& version, const std::string& content,
                     Init init = Init::if_needed) const {
    const std::string file = scratch.write(version, content);
    return {test::package(kName),
            {warg::Release{test::version(version), Digest::of(content)}},
            init,
            {{Digest::of(content), file}}};
  }
  RecordWish both_releases() const {
    RecordWish both = release("1.0.0", "one");
    const RecordWish second = release("2.0.0", "two");
    both.entries.push_back(second.entries[0]);
    both.content.insert(second.content.begin(), second.content.end());
    return both;
  }
  // The record waits, and this content never arrives. "two" is uploaded before "one", by digest.
  void break_off(const RecordWish& what, const warg::PrivateKey& signer,
                 const std::string& content) {
    registry.before_upload = [content](const std::string& digest) {
      const bool breaks = digest == Digest::of(content).to_string();
      return breaks ? std::optional(0u) : std::nullopt;
    };
    EXPECT_EQ(code(what, signer), ExitCode::cannot_tell);
    EXPECT_NE(said.find("was not uploaded"), std::string::npos) << said;
    EXPECT_EQ(registry.records.size(), 1u);
    registry.before_upload = {};
  }
  static RecordWish wish(warg::PackageEntry entry) {
    return {test::package(kName), {std::move(entry)}, Init::never, {}};
  }
  void answer_posts(std::function<void(Answer&)> change) {
    registry.tamper = [change](const std::string& asked, const std::string&,
                               Answer& answer) mutable {
      if (asked == target()) change(answer);
    };
  }

  // So many records are rejected; and then something else happens.
  void reject_posts(std::function<void()> then, int times = 100) {
    answer_posts([this, then, times](Answer& answer) mutable {
      if (times-- <= 0) return;
      const std::string id = registry.records.back().id.to_string();
      registry.cut(registry.records.size() - 1);
      answer = {202, R"({"recordId":")" + id + R"(","state":"rejected","reason":"because"})", {}};
      then();
    });
  }

  FakeWarg registry;
  const warg::PrivateKey key = warg_test_key('p', warg::KeyAlgorithm::ed25519);
  const warg::PrivateKey other = warg_test_key('q');
  Scratch scratch;
  Recorder recorder;
  std::chrono::milliseconds slept{0};
  Surroundings around{machine_now, [this](std::chrono::milliseconds t) { slept += t; }, {}};
  std::string said;
};

TEST_F(Publishing, BeginsAPackageWithItsFirstRelease) {
  const auto first = send(release("1.0.0", "one"), key);
  ASSERT_TRUE(first) << first.error().what << first.error().why;
  EXPECT_TRUE(first->began_log);
  EXPECT_EQ(first->uploads, 1u);
  EXPECT_EQ(first->published->registry_index, 1u);
  EXPECT_EQ(first->published->log_length, 2u);
  EXPECT_EQ(registry.contents.at(Digest::of("one")), "one");
  const auto second = send(release("1.1.0", "one"), key);
  ASSERT_TRUE(second) << second.error().what << second.error().why;
  EXPECT_FALSE(second->began_log);
  EXPECT_EQ(second->uploads, 0u);
}

TEST_F(Publishing, BeginsAPackageOnlyOnce) {
  const RecordWish begin{test::package(kName), {}, Init::only, {}};
  EXPECT_EQ(code(begin, key), ExitCode::ok);
  EXPECT_EQ(code_of_a_mistake(begin, key), ExitCode::conflict);
}

TEST_F(Publishing, ReleasesSeveralVersionsInOneRecord) {
  const auto receipt = send(both_releases(), key);
  ASSERT_TRUE(receipt) << receipt.error().what << receipt.error().why;
  EXPECT_EQ(receipt->uploads, 2u);
  EXPECT_EQ(registry.records.size(), 2u);
}

TEST_F(Publishing, FindsMistakesBeforeAnythingIsSent) {
  EXPECT_EQ(code_of_a_mistake(release("1.0.0", "one", Init::never), key), ExitCode::absent);
  EXPECT_EQ(code_of_a_mistake(wish(warg::Yank{test::version("1.0.0")}), key), ExitCode::absent);
  EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  EXPECT_EQ(code_of_a_mistake(release("1.0.0", "two"), key), ExitCode::conflict);
  EXPECT_EQ(code_of_a_mistake(release("1.1.0", "two"), other), ExitCode::authentication);
  EXPECT_EQ(code_of_a_mistake(wish(warg::Yank{test::version("2.0.0")}), key), ExitCode::absent);
  const auto other_id = other.public_key().id();
  EXPECT_EQ(code_of_a_mistake(
                wish(warg::Revoke<PackagePermission>{other_id, {PackagePermission::yank}}), key),
            ExitCode::absent);
  RecordWish twice = release("3.0.0", "three");
  twice.entries.push_back(twice.entries[0]);
  EXPECT_EQ(code_of_a_mistake(twice, key), ExitCode::usage);
}

TEST_F(Publishing, GrantsRevokesAndYanks) {
  EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  const auto grant =
      wish(warg::Grant<PackagePermission>{other.public_key().text(), {PackagePermission::yank}});
  EXPECT_EQ(code(grant, key), ExitCode::ok) << said;
  EXPECT_EQ(code_of_a_mistake(release("1.1.0", "two"), other), ExitCode::authentication);
  EXPECT_EQ(code_of_a_mistake(wish(warg::Grant<PackagePermission>{key.public_key().text(),
                                                                  {PackagePermission::release}}),
                              other),
            ExitCode::authentication);
  EXPECT_EQ(code(wish(warg::Yank{test::version("1.0.0")}), other), ExitCode::ok) << said;
  EXPECT_EQ(code_of_a_mistake(wish(warg::Yank{test::version("1.0.0")}), key), ExitCode::conflict);
  const auto revoke =
      wish(warg::Revoke<PackagePermission>{other.public_key().id(), {PackagePermission::yank}});
  EXPECT_EQ(code(revoke, key), ExitCode::ok) << said;
  EXPECT_EQ(code_of_a_mistake(wish(warg::Yank{test::version("1.0.0")}), other),
            ExitCode::authentication);
}

TEST_F(Publishing, WarnsWhenAbsenceIsNotProven) {
  EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  EXPECT_EQ(recorder.err.str().find("does not prove"), std::string::npos);
  registry.cut(1);
  Scratch::replace(scratch.path() / "nothing", "");
  std::vector<std::filesystem::path> removed;
  ASSERT_TRUE(WargStore{StateDirectory(scratch.path())}.forget(registry.url(), removed));
  registry.proves_absence = false;
  EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  EXPECT_NE(recorder.err.str().find("does not prove"), std::string::npos);
  EXPECT_EQ(
      code_of_a_mistake(
          {test::package("test:none"), {warg::Yank{test::version("1.0.0")}}, Init::never, {}}, key),
      ExitCode::cannot_tell);
}

// ---- what a registry answers ----

TEST_F(Publishing, MeansWhatTheRegistrySays) {
  const std::vector<std::pair<Answer, ExitCode>> answers = {
      {{401, R"({"status":401,"message":"no"})", {}}, ExitCode::authentication},
      {{404, R"({"status":404,"type":"namespace","id":"test"})", {}}, ExitCode::absent},
      {{409, R"({"status":409,"type":"namespaceImport","id":"test"})", {}}, ExitCode::conflict},
      {{422, R"({"status":422,"message":"too big"})", {}}, ExitCode::policy},
      {{500, R"({"status":500,"message":"oh"})", {}}, ExitCode::cannot_tell},
      {{503, "", {}}, ExitCode::cannot_tell},
      {{202, "{}", {}}, ExitCode::cannot_tell},
      {{202,
        R"({"recordId":")" + warg::package_record_id("x").to_string() +
            R"(","state":"published","registryIndex":0})",
        {}},
       ExitCode::cannot_tell}};
  for (const auto& [answer, expected] : answers) {
    answer_posts([&](Answer& given) {
      given = answer;
      registry.cut(1);
    });
    std::vector<std::filesystem::path> removed;
    ASSERT_TRUE(WargStore{StateDirectory(scratch.path())}.forget(registry.url(), removed));
    EXPECT_EQ(code({test::package(kName), {}, Init::only, {}}, key), expected)
        << answer.status << answer.body << said;
  }
}

TEST_F(Publishing, WaitsForARecordOfSomebodyElse) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  int conflicts = 0;
  answer_posts([&](Answer& answer) {
    if (++conflicts > 2) return;
    // Not ours: another one came first.
    registry.cut(registry.records.size() - 1);
    const auto first = registry.append(
        kName, {warg::Release{test::version("1.0." + std::to_string(conflicts)), Digest::of("x")}},
        key);
    answer = {409, R"({"status":409,"type":"record","id":")" + first.to_string() + "\"}", {}};
  });
  const auto receipt = send(release("2.0.0", "one"), key);
  ASSERT_TRUE(receipt) << receipt.error().what << receipt.error().why;
  EXPECT_EQ(posts(), 1 + 3);
  EXPECT_EQ(receipt->published->registry_index, 4u);
}

TEST_F(Publishing, GivesUpWhenOthersNeverEnd) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  const std::string there = registry.records.back().id.to_string();
  answer_posts([&](Answer& answer) {
    registry.cut(2);
    answer = {409, R"({"status":409,"type":"record","id":")" + there + "\"}", {}};
  });
  EXPECT_EQ(code(release("2.0.0", "one"), key), ExitCode::conflict);
  EXPECT_EQ(posts(), 1 + 8);
}

TEST_F(Publishing, WaitsOnlySoLongForARecordThatNobodyFinishes) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  ASSERT_EQ(code(release("1.1.0", "two"), key, false), ExitCode::ok);
  const std::string pending = warg::package_record_id("pending").to_string();
  registry.tamper = [&](const std::string& asked, const std::string&, Answer& answer) {
    if (asked == target()) {
      registry.cut(3);
      answer = {409, R"({"status":409,"type":"record","id":")" + pending + "\"}", {}};
    }
    if (asked == target() + "/" + pending)
      answer = {
          200, R"({"recordId":")" + pending + R"(","state":"sourcing","missingContent":{}})", {}};
  };
  EXPECT_EQ(code(release("2.0.0", "one"), key), ExitCode::conflict);
  EXPECT_GE(slept, 4min);
  EXPECT_LE(slept, 6min);
}

TEST_F(Publishing, SaysWhyARecordWasRejected) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  reject_posts([] {});
  EXPECT_EQ(code(release("2.0.0", "one"), key), ExitCode::policy);
  EXPECT_NE(said.find("because"), std::string::npos) << said;
  EXPECT_EQ(posts(), 1 + 1);
}

TEST_F(Publishing, SignsAgainWhatAnotherRecordCameBefore) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  reject_posts(
      [&] {
        registry.append(kName, {warg::Release{test::version("1.5.0"), Digest::of("x")}}, key);
      },
      1);
  EXPECT_EQ(code(release("2.0.0", "one"), key), ExitCode::ok) << said;
  EXPECT_EQ(posts(), 1 + 2);
  // What came first may be the very thing.
  reject_posts([&] {
    registry.append(kName, {warg::Release{test::version("3.0.0"), Digest::of("x")}}, key);
  });
  EXPECT_EQ(code(release("3.0.0", "one"), key), ExitCode::conflict);
  EXPECT_EQ(posts(), 1 + 2 + 1);
  // And it may never end.
  int others = 0;
  reject_posts([&] {
    const auto version = test::version("4.0." + std::to_string(++others));
    registry.append(kName, {warg::Release{version, Digest::of("x")}}, key);
  });
  EXPECT_EQ(code(release("5.0.0", "one"), key), ExitCode::conflict);
  EXPECT_EQ(others, 8);
}

TEST_F(Publishing, DoesNotBelieveThatARecordIsPublishedWhichIsNotThere) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  answer_posts([&](Answer&) {  // after it said "published"
    registry.cut(2);
    registry.release("test:other", "1.0.0", "x", key);
  });
  EXPECT_EQ(code(release("2.0.0", "one"), key), ExitCode::proven_false);
  // Published, and then the map goes back.
  answer_posts([&](Answer&) { registry.hidden = {3}; });
  EXPECT_EQ(code(release("2.0.0", "one"), key), ExitCode::proven_false) << said;
}

// A mirror may answer that is some records behind: it proves nothing about what comes later.
TEST_F(Publishing, LooksAgainAtACheckpointThatDoesNotCoverTheRecord) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  int checkpoints = 0;
  int lagging = 3;
  registry.tamper = [&](const std::string& asked, const std::string&, Answer&) {
    if (asked == target()) registry.published = registry.records.size() - 1;
    if (asked != "/v1/fetch/checkpoint" || !registry.published) return;
    if (++checkpoints == lagging) registry.published.reset();
  };
  const auto receipt = send(release("2.0.0", "one"), key);
  ASSERT_TRUE(receipt) << receipt.error().what << receipt.error().why;
  EXPECT_EQ(receipt->published->log_length, 3u);
  EXPECT_EQ(checkpoints, 3);
  EXPECT_GT(slept, 0ms);
  lagging = 1'000;
  EXPECT_EQ(code(release("3.0.0", "one"), key), ExitCode::cannot_tell);
  EXPECT_NE(said.find("not proven yet"), std::string::npos) << said;
  EXPECT_LT(slept, 1min);
}

TEST_F(Publishing, ProvesARecordThatIsNotTheNewestAnyMore) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  answer_posts([&](Answer&) { registry.append(kName, {warg::Yank{test::version("1.0.0")}}, key); });
  const auto receipt = send(release("2.0.0", "one"), key);
  ASSERT_TRUE(receipt) << receipt.error().what << receipt.error().why;
  EXPECT_EQ(receipt->published->registry_index, 2u);
  EXPECT_EQ(registry.asked["/v1/proof/record"], 1);
  // A good proof, of a record that nobody asked about.
  registry.tamper = [&](const std::string& asked, const std::string& body, Answer& answer) {
    if (asked == target()) registry.append(kName, {warg::Yank{test::version("2.0.0")}}, key);
    if (asked != "/v1/proof/record" || body.find("[1]") != body.npos) return;
    answer = *registry.ask({.target = asked,
                            .bytes_max = 1 << 20,
                            .method = "POST",
                            .body = write_inclusion_question(6, std::vector<std::uint64_t>{1})});
    ASSERT_EQ(answer.status, 200u);
  };
  EXPECT_EQ(code(release("3.0.0", "one"), key), ExitCode::proven_false);
}

// The registry took it, and the answer was lost.
TEST_F(Publishing, FindsARecordWhoseAnswerWasLost) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  answer_posts([&](Answer& answer) { answer.status = 0; });
  EXPECT_EQ(code(release("2.0.0", "one"), key), ExitCode::ok) << said;
  answer_posts([&](Answer& answer) {
    answer.status = 0;
    registry.cut(3);
  });
  EXPECT_EQ(code(release("3.0.0", "one"), key), ExitCode::cannot_tell);
  EXPECT_NE(said.find("not known"), std::string::npos) << said;
}

TEST_F(Publishing, WaitsWhileARecordIsProcessed) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  int answers = 0;
  registry.tamper = [&](const std::string& asked, const std::string&, Answer& answer) {
    if (!asked.starts_with(target()) || ++answers > 4) return;
    const std::string id = registry.records.back().id.to_string();
    answer = {202, R"({"recordId":")" + id + R"(","state":"processing"})", {}};
    if (asked != target()) answer.status = 200;
  };
  EXPECT_EQ(code(release("2.0.0", "one"), key), ExitCode::ok) << said;
  EXPECT_EQ(answers, 5);
  EXPECT_GT(slept, 0ms);
}

TEST_F(Publishing, DoesNotWaitWhenItNeedNot) {
  const auto receipt = send(release("1.0.0", "one"), key, false);
  ASSERT_TRUE(receipt) << receipt.error().what;
  EXPECT_FALSE(receipt->published);
  EXPECT_EQ(receipt->uploads, 1u);
  EXPECT_EQ(registry.records.size(), 2u);
}

// ---- uploads ----

TEST_F(Publishing, UploadsNothingThatIsNotReleased) {
  const std::string digest = Digest::of("secret").to_string();
  answer_posts([&](Answer& answer) {
    const std::size_t at = answer.body.find(Digest::of("one").to_string());
    ASSERT_NE(at, std::string::npos);
    answer.body.replace(at, digest.size(), digest);
  });
  EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::cannot_tell);
  EXPECT_TRUE(registry.contents.empty());
}

TEST_F(Publishing, TriesAnUploadAgainThatBreaks) {
  std::vector<unsigned> answers = {503, 0, 502};
  std::size_t tried = 0;
  registry.before_upload = [&](const std::string&) -> std::optional<unsigned> {
    return tried < answers.size() ? std::optional(answers[tried++]) : std::nullopt;
  };
  EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok) << said;
  EXPECT_EQ(tried, 3u);
  EXPECT_EQ(registry.contents.at(Digest::of("one")), "one");
  EXPECT_GT(slept, 0ms);
  // Not for ever; and what is refused for good only once.
  answers = std::vector<unsigned>(100, 503);
  tried = 0;
  EXPECT_EQ(code(release("1.1.0", "two"), key), ExitCode::cannot_tell);
  EXPECT_EQ(tried, 4u);
  EXPECT_LT(slept, 1min);
  registry.cut(2);
  answers = std::vector<unsigned>(100, 403);
  tried = 0;
  EXPECT_EQ(code(release("1.1.0", "two"), key), ExitCode::authentication);
  EXPECT_EQ(tried, 1u);
}

// Somebody who publishes the same content at the same time may be quicker.
TEST_F(Publishing, DoesNotMindThatAnotherUploadedTheContent) {
  registry.tamper = [&](const std::string& asked, const std::string&, Answer& answer) {
    if (asked.find("/content/sha256:") != asked.npos) answer = {400, "not wanted", {}};
  };
  EXPECT_EQ(code(both_releases(), key), ExitCode::ok) << said;
  EXPECT_EQ(registry.records.size(), 2u);
}

// ---- uploads that broke off ----

TEST_F(Publishing, FinishesARecordWhoseUploadsBrokeOffWhenItIsRunAgain) {
  break_off(both_releases(), key, "one");
  const auto receipt = send(both_releases(), key);
  ASSERT_TRUE(receipt) << receipt.error().what << receipt.error().why;
  EXPECT_EQ(registry.records.size(), 2u);
  EXPECT_EQ(receipt->record, registry.records.back().id);
  EXPECT_EQ(receipt->published->registry_index, 1u);
  EXPECT_EQ(receipt->uploads, 1u);
  EXPECT_TRUE(receipt->began_log);
  EXPECT_EQ(posts(), 2);
  EXPECT_LT(slept, 1min);
}

TEST_F(Publishing, SignsWhatARecordThatItFinishedDoesNotHold) {
  break_off(release("1.0.0", "one"), key, "one");
  const auto receipt = send(release("2.0.0", "one"), key);
  ASSERT_TRUE(receipt) << receipt.error().what << receipt.error().why;
  EXPECT_EQ(registry.records.size(), 3u);
  EXPECT_EQ(receipt->published->registry_index, 2u);
  EXPECT_EQ(receipt->uploads, 0u);
  EXPECT_FALSE(receipt->began_log);
  EXPECT_EQ(posts(), 3);
}

// The same versions are released meanwhile, and they are not what was wished for.
TEST_F(Publishing, DoesNotTakeOtherContentForWhatItReleases) {
  break_off(both_releases(), key, "two");
  RecordWish swapped = release("1.0.0", "two");
  const RecordWish second = release("2.0.0", "one");
  swapped.entries.push_back(second.entries[0]);
  swapped.content.insert(second.content.begin(), second.content.end());
  EXPECT_EQ(code(swapped, key), ExitCode::conflict);
  EXPECT_NE(said.find("1.0.0 is released already"), std::string::npos) << said;
}

TEST_F(Publishing, DoesNotTakeAStrangersPackageForItsOwn) {
  break_off(release("1.0.0", "one"), other, "one");
  EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::authentication);
  EXPECT_EQ(registry.records.size(), 2u);
}

TEST_F(Publishing, UploadsNothingForARecordThatItCannotFinish) {
  break_off(both_releases(), key, "two");
  EXPECT_EQ(code(release("3.0.0", "one"), key), ExitCode::conflict);
  EXPECT_NE(said.find(Digest::of("two").to_string()), std::string::npos) << said;
  EXPECT_TRUE(registry.contents.empty());
  EXPECT_GE(slept, 4min);
}

TEST_F(Publishing, UploadsToAnotherHostOnlyWhenItIsOne) {
  FakeWarg storage;
  std::vector<std::string> hosts;
  around.elsewhere = [&](const std::string& url) -> Outcome<std::unique_ptr<Server>> {
    hosts.push_back(url);
    return refuse(ExitCode::cannot_tell, "nobody is there", url, "");
  };
  for (const char* bad :
       {"ftp://storage.test/", "file:///", "//storage.test/", "http://u:p@storage.test/",
        "http://storage.test/../", "http://storage.test/a b", "http:///"}) {
    registry.cut(1);
    registry.upload_base = bad;
    EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::cannot_tell) << bad;
    EXPECT_TRUE(hosts.empty()) << bad << hosts.back();
  }
  registry.upload_base = "http://Storage.test:80/put/";
  EXPECT_EQ(code(release("1.0.0", "one"), key), ExitCode::cannot_tell);
  EXPECT_EQ(hosts, std::vector<std::string>{"http://storage.test"});
}

TEST_F(Publishing, ShowsUploadsOnATerminalAlone) {
  ASSERT_EQ(code(release("1.0.0", "one"), key), ExitCode::ok);
  EXPECT_EQ(recorder.err.str().find("uploading"), std::string::npos);
  std::ostringstream terminal;
  Console console{recorder.out, terminal, {.progress = true}};
  WargClient client{registry, WargStore{StateDirectory(scratch.path())}, around, console};
  ASSERT_TRUE(publish(client, release("1.1.0", "four"), key, true, 24h));
  EXPECT_NE(terminal.str().find("uploading sha256:"), std::string::npos) << terminal.str();
  EXPECT_NE(terminal.str().find("4 of 4"), std::string::npos) << terminal.str();
  EXPECT_TRUE(terminal.str().ends_with("\r\x1b[K"));
}

TEST_F(Publishing, SaysWhenTheFileIsNotWhatWasReleased) {
  RecordWish changed = release("1.0.0", "one");
  scratch.write("1.0.0", "two");
  EXPECT_EQ(code(changed, key), ExitCode::usage);
  EXPECT_NE(said.find("was not uploaded"), std::string::npos) << said;
}

}  // namespace
}  // namespace varve::cli
