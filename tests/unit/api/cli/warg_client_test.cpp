// What a client believes of a Warg registry, and every lie it does not.
#include "api/cli/warg_client.h"

#include <gtest/gtest.h>

#include "tests/unit/api/cli/fake_warg.h"
#include "tests/unit/api/cli/scratch.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::string kName = "test:hello";

class WargRegistry : public ::testing::Test {
 protected:
  WargRegistry() { registry.release(kName, "1.0.0", "one", key); }

  WargClient client() { return {registry, store, around, recorder.console}; }
  Outcome<WargView> look(const std::string& name = kName,
                         std::optional<std::chrono::seconds> max_age = 24h) {
    return client().look(test::package(name), max_age);
  }
  ExitCode code(const std::string& name = kName) {
    const auto view = look(name);
    said = view ? "" : view.error().what + ": " + view.error().why;
    return view ? ExitCode::ok : view.error().code;
  }
  std::string memory() const { return Scratch::read(store.file(registry.url())); }
  // The code, and that what is remembered stays what it was.
  ExitCode code_of_a_lie(const std::string& name = kName) {
    const std::string before = memory();
    const ExitCode result = code(name);
    EXPECT_EQ(memory(), before);
    return result;
  }
  std::vector<std::string> evidence(std::string_view ending) const {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(scratch.path() / "evidence", error))
      if (item.path().extension() == ending) files.push_back(Scratch::read(item.path()));
    std::ranges::sort(files);
    return files;
  }
  void expect_evidence(const warg::SignedCheckpoint& a, const warg::SignedCheckpoint& b) const {
    std::vector<std::string> both = {write_checkpoint(a) + "\n", write_checkpoint(b) + "\n"};
    std::ranges::sort(both);
    EXPECT_EQ(evidence(".json"), both);
  }
  // Every answer to this target is changed by `change`.
  void tamper(const std::string& target, std::function<void(Answer&)> change) {
    registry.tamper = [target, change](const std::string& asked, const std::string&,
                                       Answer& answer) {
      if (asked == target) change(answer);
    };
  }
  void replace(const std::string& target, const std::string& from, const std::string& to) {
    tamper(target, [from, to](Answer& answer) {
      const std::size_t at = answer.body.find(from);
      ASSERT_NE(at, std::string::npos) << answer.body;
      answer.body.replace(at, from.size(), to);
    });
  }

  FakeWarg registry;
  const warg::PrivateKey key = warg_test_key('p', warg::KeyAlgorithm::ed25519);
  Scratch scratch;
  WargStore store{StateDirectory(scratch.path())};
  Recorder recorder;
  Surroundings around{machine_now, [](std::chrono::milliseconds) {}, {}};
  std::string said;
};

TEST_F(WargRegistry, IsProvenAndRemembered) {
  registry.release("test:other", "1.0.0", "other", key);
  registry.release(kName, "1.1.0", "two", key);
  const auto view = look();
  ASSERT_TRUE(view) << view.error().what << view.error().why;
  EXPECT_EQ(view->package->records.size(), 2u);
  EXPECT_EQ(view->package->records.back().registry_index, 3u);
  EXPECT_EQ(view->package->facts.state().releases.size(), 2u);
  const auto memory = *store.load(registry.url());
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->checkpoint.contents.log_length, 4u);
  EXPECT_EQ(memory->operator_key, registry.operator_key.public_key().text());
  EXPECT_EQ(memory->packages.at(kName).count, 2u);
  EXPECT_EQ(memory->packages.size(), 1u);
}

TEST_F(WargRegistry, IsAnnouncedAtItsFirstUseAndOnlyThen) {
  EXPECT_EQ(code(), ExitCode::ok);
  EXPECT_NE(recorder.err.str().find(registry.operator_key.public_key().text().text()),
            std::string::npos);
  recorder.err.str("");
  registry.release("test:other", "1.0.0", "other", key);
  EXPECT_EQ(code("test:other"), ExitCode::ok);
  EXPECT_EQ(recorder.err.str(), "");
  EXPECT_EQ((*store.load(registry.url()))->packages.size(), 2u);
}

TEST_F(WargRegistry, IsReadPageByPage) {
  for (int i = 1; i <= 120; ++i)
    registry.append(
        kName, {warg::Release{test::version("1.0." + std::to_string(i)), Digest::of("x")}}, key);
  const auto view = look();
  ASSERT_TRUE(view) << view.error().what << view.error().why;
  EXPECT_EQ(view->package->records.size(), 121u);
  EXPECT_EQ(registry.asked["/v1/fetch/logs"], 2);
}

// ---- proofs ----

TEST_F(WargRegistry, IsNotBelievedWithoutProofs) {
  for (const char* empty : {R"({"log":"","map":""})", R"({"log":"CAI=","map":""})"}) {
    tamper("/v1/proof/inclusion", [=](Answer& answer) { answer.body = empty; });
    EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false) << empty;
  }
  EXPECT_EQ(memory(), "");
}

TEST_F(WargRegistry, IsNotBelievedWithAProofOfSomethingElse) {
  registry.release("test:other", "1.0.0", "other", key);
  for (const auto& leaves :
       std::vector<std::vector<std::uint64_t>>{{0, 2}, {0}, {1, 0}, {0, 1, 2}}) {
    Answer other = *registry.ask({.target = "/v1/proof/inclusion",
                                  .bytes_max = 1 << 20,
                                  .method = "POST",
                                  .body = write_inclusion_question(3, leaves)});
    tamper("/v1/proof/inclusion", [&](Answer& answer) { answer = other; });
    EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false) << leaves.size();
    registry.tamper = {};
  }
}

TEST_F(WargRegistry, IsNotBelievedWithAnyByteOfItsProofChanged) {
  registry.release("test:other", "1.0.0", "other", key);
  for (const char* member : {"log", "map"}) {
    tamper("/v1/proof/inclusion", [&](Answer& answer) {
      simdjson::dom::parser parser;
      const std::string text(parser.parse(answer.body)[member].get_string().value());
      std::string bytes = base64_decode(text).value();
      bytes.back() = static_cast<char>(bytes.back() ^ 1);
      answer.body.replace(answer.body.find(text), text.size(), base64_encode(bytes));
    });
    EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false) << member;
  }
}

TEST_F(WargRegistry, ThatRefusesProofsProvesNothing) {
  for (const unsigned status : {404u, 422u, 500u, 503u}) {
    tamper("/v1/proof/inclusion", [=](Answer& answer) { answer = {status, "{}", {}}; });
    EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell) << status;
  }
  tamper("/v1/proof/inclusion", [](Answer& answer) { answer.status = 401; });
  EXPECT_EQ(code_of_a_lie(), ExitCode::authentication);
  tamper("/v1/proof/inclusion", [](Answer& answer) { answer.status = 0; });
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
}

// ---- checkpoints ----

TEST_F(WargRegistry, SignsEveryMemberOfItsCheckpoint) {
  const auto signed_one = registry.checkpoint();
  const std::string key_id = signed_one.key.to_string();
  const std::string other_id = warg_test_key('x').public_key().id().to_string();
  const std::string root = warg::log_root_text(signed_one.contents);
  const std::string map = warg::map_root_text(signed_one.contents);
  const std::string other_root = warg::hash_text(sha256("other"));
  const std::string target = "/v1/fetch/checkpoint";
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {root, other_root}, {map, other_root}, {key_id, other_id}}) {
    replace(target, from, to);
    EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false) << from;
  }
  const std::string time =
      "\"timestamp\":" + std::to_string(signed_one.contents.timestamp).substr(0, 8);
  tamper(target, [&](Answer& answer) {
    const std::size_t at = answer.body.find(time);
    ASSERT_NE(at, std::string::npos);
    answer.body[at + 13] = static_cast<char>(answer.body[at + 13] ^ 1);
  });
  EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false);
}

TEST_F(WargRegistry, MayChangeItsKeyThroughItsLogAlone) {
  EXPECT_EQ(code(), ExitCode::ok);
  const auto old = warg_test_key('o');
  registry.rotate_operator_key('n');
  EXPECT_EQ(code(), ExitCode::ok) << said;
  registry.release(kName, "1.1.0", "two", key);
  registry.signer = &old;
  EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false);
  EXPECT_NE(said.find("may not sign checkpoints"), std::string::npos) << said;
  const auto stranger = warg_test_key('x');
  registry.signer = &stranger;
  EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false);
  registry.signer = nullptr;
  EXPECT_EQ(code(), ExitCode::ok) << said;
}

// A client that was never here before cannot know better; the operator's log tells it too.
TEST_F(WargRegistry, WithARevokedKeyIsNotBelievedAtFirstUseEither) {
  const auto old = warg_test_key('o');
  registry.rotate_operator_key('n');
  registry.signer = &old;
  EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false);
  EXPECT_EQ(memory(), "");
}

TEST_F(WargRegistry, CannotBeToldFromAnOldOneByAnOldCheckpoint) {
  const auto at = [&](std::chrono::seconds ago) {
    registry.signed_at = [=] {
      return Timestamp{machine_now().micros - std::chrono::microseconds(ago).count()};
    };
  };
  at(25h);
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
  EXPECT_NE(said.find("too old"), std::string::npos) << said;
  at(-1h);
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
  EXPECT_NE(said.find("from the future"), std::string::npos) << said;
  at(23h);
  EXPECT_EQ(code(), ExitCode::ok);
  at(25h);
  EXPECT_TRUE(look(kName, std::nullopt));
  EXPECT_TRUE(look(kName, 26h));
}

// ---- one history ----

TEST_F(WargRegistry, IsFollowedWhileItGrows) {
  for (const int more : {1, 1, 2, 7, 30}) {
    for (int i = 0; i < more; ++i)
      registry.append("test:other" + std::string(registry.records.size(), 'x'),
                      {warg::Init{key.public_key().text()}}, key);
    EXPECT_EQ(code(), ExitCode::ok) << said;
    EXPECT_EQ((*store.load(registry.url()))->checkpoint.contents.log_length, registry.length());
  }
}

TEST_F(WargRegistry, IsCaughtGoingBack) {
  registry.release(kName, "1.1.0", "two", key);
  EXPECT_EQ(code(), ExitCode::ok);
  registry.published = 2;
  // Old as it is: that it is shown now is worse.
  registry.signed_at = [] { return Timestamp{1'700'000'000'000'000}; };
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
  EXPECT_NE(said.find("rollback"), std::string::npos) << said;
  EXPECT_EQ(evidence(".json").size(), 2u);
  EXPECT_NE(said.find(".json"), std::string::npos);
}

TEST_F(WargRegistry, IsCaughtWithTwoHistoriesOfOneLength) {
  EXPECT_EQ(code(), ExitCode::ok);
  const auto first = (*store.load(registry.url()))->checkpoint;
  registry.cut(1);
  registry.release(kName, "1.0.0", "evil", key);
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
  expect_evidence(first, registry.checkpoint());
}

TEST_F(WargRegistry, IsCaughtWithAHistoryThatWentAnotherWay) {
  registry.release("test:other", "1.0.0", "other", key);
  EXPECT_EQ(code(), ExitCode::ok);
  const auto first = (*store.load(registry.url()))->checkpoint;
  registry.cut(2);
  registry.release("test:other", "1.0.0", "evil", key);
  registry.release(kName, "1.1.0", "two", key);
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
  EXPECT_NE(said.find("fork"), std::string::npos) << said;
  expect_evidence(first, registry.checkpoint());
  // The hashes say so to a third party that has both checkpoints.
  ASSERT_EQ(evidence(".proof").size(), 1u);
  const auto bundle = warg::LogBundle::decode(evidence(".proof")[0]).value();
  EXPECT_FALSE(warg::verify_consistency(bundle, 3, 4, first.contents.log_root,
                                        registry.checkpoint().contents.log_root));
}

TEST_F(WargRegistry, ThatDoesNotProveThatItOnlyGrewIsNotBelieved) {
  EXPECT_EQ(code(), ExitCode::ok);
  registry.release(kName, "1.1.0", "two", key);
  const std::vector<Answer> silences = {{404, "{}", {}},
                                        {500, "", {}},
                                        {200, R"({"proof":""})", {}},
                                        {200, R"({"proof":"CAI="})", {}},
                                        {0, "", {}}};
  for (const Answer& silence : silences) {
    tamper("/v1/proof/consistency", [&](Answer& answer) { answer = silence; });
    EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell) << silence.status << silence.body;
    EXPECT_EQ(evidence(".json").size(), 2u);
    fs::remove_all(scratch.path() / "evidence");
  }
}

TEST_F(WargRegistry, IsCaughtWhenAnotherOneIsInItsPlace) {
  EXPECT_EQ(code(), ExitCode::ok);
  registry.cut(0);
  registry.operator_key = warg_test_key('n');
  registry.append_operator({warg::Init{registry.operator_key.public_key().text()}});
  registry.release(kName, "1.0.0", "one", key);
  registry.release(kName, "1.0.1", "two", key);
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
  EXPECT_NE(said.find("another registry"), std::string::npos) << said;
}

// The tree only grows while the map goes back: no proof of consistency shows that.
TEST_F(WargRegistry, IsCaughtWhenAPackagesLogIsShorterThanBefore) {
  registry.release(kName, "1.1.0", "two", key);
  EXPECT_EQ(code(), ExitCode::ok);
  registry.release("test:other", "1.0.0", "other", key);
  registry.hidden = {2};
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
  EXPECT_NE(said.find("not the one that was shown before"), std::string::npos) << said;
  registry.hidden = {1, 2};
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
  EXPECT_NE(said.find("no longer has"), std::string::npos) << said;
  registry.proves_absence = false;
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
}

TEST_F(WargRegistry, IsCaughtWhenAPackagesLogIsAnotherThanBefore) {
  registry.release(kName, "1.1.0", "two", key);
  EXPECT_EQ(code(), ExitCode::ok);
  registry.hidden = {2};
  registry.release(kName, "1.1.0", "evil", key);
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
  registry.release(kName, "1.2.0", "three", key);
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
}

TEST_F(WargRegistry, IsCaughtWhenItsOperatorsLogIsShorterThanBefore) {
  registry.append_operator({warg::DefineNamespace{"more"}});
  EXPECT_EQ(code(), ExitCode::ok);
  registry.release(kName, "1.1.0", "two", key);
  registry.hidden = {2};
  EXPECT_EQ(code_of_a_lie(), ExitCode::equivocation);
}

// ---- records ----

TEST_F(WargRegistry, CannotLeaveARecordOut) {
  registry.release(kName, "1.1.0", "two", key);
  registry.release(kName, "1.2.0", "three", key);
  registry.hidden = {2};
  EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false);
  EXPECT_NE(said.find("previous record hash does not match"), std::string::npos) << said;
}

TEST_F(WargRegistry, CannotLeaveTheNewestRecordOut) {
  registry.release(kName, "1.1.0", "two", key);
  const auto whole = registry.checkpoint();
  registry.hidden = {2};
  tamper("/v1/fetch/checkpoint", [&](Answer& answer) { answer.body = write_checkpoint(whole); });
  EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false);
}

TEST_F(WargRegistry, CannotAddARecordOfItsOwn) {
  const auto stranger = warg_test_key('x');
  registry.append(kName, {warg::Release{test::version("6.6.6"), Digest::of("evil")}}, stranger);
  EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false);
  EXPECT_NE(said.find("unknown key id"), std::string::npos) << said;
}

TEST_F(WargRegistry, CannotChangeWhatWasSigned) {
  auto& stored = registry.records.back();
  auto record = warg::decode_package_record(*stored.envelope.content).value();
  std::get<warg::Release>(record.entries.back()).content = Digest::of("evil");
  stored.envelope.content = std::make_shared<const std::string>(warg::encode(record));
  stored.id = warg::package_record_id(*stored.envelope.content);
  EXPECT_EQ(code_of_a_lie(), ExitCode::proven_false);
}

TEST_F(WargRegistry, ThatGoesOnForEverIsLeft) {
  const std::string target = "/v1/fetch/logs";
  tamper(target, [](Answer& answer) { answer.body = R"({"more":true})"; });
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
  EXPECT_EQ(registry.asked[target], 1);
  // The same records again and again.
  registry.tamper = {};
  const Answer first =
      *registry.ask({.target = target,
                     .bytes_max = 1 << 20,
                     .method = "POST",
                     .body = write_logs_question({2, 100, {}, FakeWarg::log_id(kName), {}})});
  tamper(target, [&](Answer& answer) {
    answer = first;
    answer.body.replace(answer.body.find("false"), 5, "true");
  });
  registry.asked.clear();
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
  EXPECT_EQ(registry.asked[target], 2);
}

TEST_F(WargRegistry, ShowsNothingThatItsCheckpointDoesNotCover) {
  replace("/v1/fetch/logs", "\"registryIndex\":1", "\"registryIndex\":2");
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
  EXPECT_NE(said.find("does not cover"), std::string::npos) << said;
}

TEST_F(WargRegistry, MustShowWhatItHasOrSayThatThereIsNothing) {
  tamper("/v1/fetch/logs", [](Answer& answer) { answer.body = R"({"more":false})"; });
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
}

// ---- absence ----

TEST_F(WargRegistry, ProvesWhatItHasNot) {
  const auto view = look("test:none");
  ASSERT_TRUE(view) << view.error().what << view.error().why;
  EXPECT_FALSE(view->package);
  EXPECT_FALSE(view->absence_unproven) << *view->absence_unproven;
}

TEST_F(WargRegistry, IsNotBelievedThatItHasNotWhatItDoesNotProve) {
  const auto unproven = [&](const std::string& name) {
    const auto view = look(name);
    return view && !view->package && view->absence_unproven;
  };
  const Answer other =
      *registry.ask({.target = "/v1/proof/absence",
                     .bytes_max = 1 << 20,
                     .method = "POST",
                     .body = write_absence_question(2, FakeWarg::log_id("test:another"))});
  ASSERT_EQ(other.status, 200u);
  const std::vector<Answer> answers = {
      other, {200, R"({"map":""})", {}}, {200, "{}", {}}, {404, "{}", {}}, {500, "", {}}};
  for (const Answer& answer : answers) {
    tamper("/v1/proof/absence", [&](Answer& given) { given = answer; });
    EXPECT_TRUE(unproven("test:none")) << answer.status << answer.body;
  }
  // What is there cannot be proven absent.
  registry.tamper = [&](const std::string& target, const std::string& body, Answer& answer) {
    if (target == "/v1/fetch/logs" && body.find("packages") != body.npos)
      answer = {
          404,
          R"({"status":404,"type":"log","id":")" + FakeWarg::log_id(kName).to_string() + "\"}",
          {}};
  };
  EXPECT_TRUE(unproven(kName));
}

TEST_F(WargRegistry, MeansTheLogThatWasAskedForWhenItDeniesOne) {
  registry.tamper = [&](const std::string& target, const std::string&, Answer& answer) {
    if (target == "/v1/fetch/logs")
      answer = {404, R"({"status":404,"type":"logLength","id":2})", {}};
  };
  EXPECT_EQ(code_of_a_lie(), ExitCode::cannot_tell);
}

// ---- other commands ----

TEST_F(WargRegistry, MayBeLookedAtByAnotherCommandMeanwhile) {
  int inclusions = 0;
  registry.tamper = [&](const std::string& target, const std::string&, Answer&) {
    if (target != "/v1/proof/inclusion" || ++inclusions != 1) return;
    // This answer is on its way; another command sees a longer log and remembers it.
    registry.release(kName, "1.1.0", "two", key);
    EXPECT_TRUE(look());
  };
  const auto view = look();
  ASSERT_TRUE(view) << view.error().what << view.error().why;
  EXPECT_EQ(view->checkpoint.contents.log_length, 3u);
  EXPECT_EQ((*store.load(registry.url()))->checkpoint.contents.log_length, 3u);
}

TEST_F(WargRegistry, IsNotForgottenWhenTheMemoryIsDamaged) {
  EXPECT_EQ(code(), ExitCode::ok);
  const std::string whole = memory();
  for (std::size_t at = 0; at < whole.size(); at += 11) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    Scratch::replace(store.file(registry.url()), damaged);
    EXPECT_EQ(code_of_a_lie(), ExitCode::internal) << at;
  }
  Scratch::replace(store.file(registry.url()), "");
  EXPECT_EQ(code_of_a_lie(), ExitCode::internal);
  Scratch::replace(store.file(registry.url()), whole);
  EXPECT_EQ(code(), ExitCode::ok);
  std::vector<fs::path> removed;
  EXPECT_TRUE(store.forget(registry.url(), removed));
  EXPECT_EQ(removed, std::vector{store.file(registry.url())});
  EXPECT_FALSE(*store.load(registry.url()));
}

}  // namespace
}  // namespace varve::cli
