// Proofs out of Warg's tree and map, checked as a client checks them, and what a checkpoint is
// worth.
#include <gmock/gmock.h>

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/warg/bundle.h"
#include "log/operator_record.h"
#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;

std::string text_at(const std::string& json, std::string_view pointer) {
  const std::string value = json_at(json, pointer);
  if (value.size() >= 2 && value.front() == '"') return value.substr(1, value.size() - 2);
  ADD_FAILURE() << "no text at " << pointer << ": " << json;
  return {};
}
std::string bytes_at(const std::string& json, std::string_view pointer) {
  const auto bytes = base64_decode(text_at(json, pointer));
  EXPECT_TRUE(bytes.has_value());
  return bytes.value_or("");
}

struct Roots {
  Hash256 log{};
  Hash256 map{};
};

// Five records of two packages, and the checkpoint of every length.
class WargProofs : public WargTest {
 protected:
  WargProofs() {
    note();  // 1: the operator's
    hello = client.publish("test:hello", {init(alice)}, alice)->id.to_string();
    note();  // 3, after the namespace at 2
    client.publish("test:other", {init(bob)}, bob);
    note();
    client.publish("test:hello", {grant(bob, kYank)}, alice);
    note();
    client.publish("test:hello", {revoke(bob, kYank)}, alice);
    note();
    length = client.length();
  }
  void note() {
    for (std::uint64_t n = checkpoints.size() + 1; n <= client.length(); ++n) {
      const auto row = warg::find_checkpoint(*server.services().reader().view(), n).value();
      ASSERT_TRUE(row) << n;
      checkpoints.push_back({warg::parse_hash_text(row->checkpoint.log_root.to_string()).value(),
                             warg::parse_hash_text(row->checkpoint.map_root.to_string()).value()});
    }
  }
  const Roots& roots(std::uint64_t n) const { return checkpoints[n - 1]; }
  warg::Leaf leaf(std::uint64_t index) {
    return *warg::find_leaf(*server.services().reader().view(), index).value();
  }
  warg::LogLeaf log_leaf(std::uint64_t index) {
    const warg::Leaf of = leaf(index);
    return {index, warg::log_leaf_hash(of.log, of.record)};
  }
  warg::MapEntry map_entry(std::uint64_t index) {
    const warg::Leaf of = leaf(index);
    return {warg::map_key(of.log), warg::map_leaf_hash(of.record)};
  }
  Answer ask(std::string_view what, std::uint64_t n, std::string_view leaves) {
    return client.post(
        "/v1/proof/" + std::string(what),
        R"({"logLength":)" + std::to_string(n) + R"(,"leafs":[)" + std::string(leaves) + "]}");
  }
  Answer consistency(std::string_view from, std::string_view to) {
    return client.post("/v1/proof/consistency",
                       R"({"from":)" + std::string(from) + R"(,"to":)" + std::string(to) + "}");
  }

  std::vector<Roots> checkpoints;
  std::string hello;
  std::uint64_t length = 0;
};

std::string failure(std::string_view why) {
  return R"({"status":422,"reason":"failure","message":")" + std::string(why) + "\"}";
}

TEST_F(WargProofs, OfConsistencyHoldBetweenAnyTwoLengths) {
  ASSERT_EQ(length, 6U);
  for (std::uint64_t to = 1; to <= length; ++to) {
    for (std::uint64_t from = 1; from <= to; ++from) {
      const Answer answer = consistency(std::to_string(from), std::to_string(to));
      ASSERT_EQ(answer.status, 200U) << answer.body;
      const auto bundle = warg::LogBundle::decode(bytes_at(answer.body, "/proof"));
      ASSERT_TRUE(bundle);
      EXPECT_TRUE(
          warg::verify_consistency(*bundle, from, to, roots(from).log, roots(to).log).has_value())
          << from << " to " << to;
      if (from != to)
        EXPECT_FALSE(warg::verify_consistency(*bundle, from, to, roots(to).log, roots(to).log));
    }
  }
}

TEST_F(WargProofs, OfConsistencyAreRefusedInTheReferencesWords) {
  const Answer order = consistency("3", "2");
  EXPECT_EQ(order.status, 422U);
  EXPECT_EQ(order.body, failure("tries to prove later value comes before earlier"));
  for (const std::string to : {"7", "18446744073709551615"}) {
    const Answer beyond = consistency("1", to);
    EXPECT_EQ(beyond.status, 422U);
    EXPECT_EQ(beyond.body, failure("Necessary hash not found"));
  }
  EXPECT_EQ(consistency("0", "3").status, 422U);
  EXPECT_EQ(json_at(consistency("0", "3").body, "/reason"), "\"failure\"");
  EXPECT_EQ(consistency("0", "0").status, 422U);
  for (const std::string_view from : {"-1", "null", "\"1\""})
    EXPECT_EQ(consistency(from, "3").status, 422U) << from;
}

TEST_F(WargProofs, OfHeadsHoldAtEveryLength) {
  for (std::uint64_t n = 1; n <= length; ++n) {
    std::map<warg::LogId, std::uint64_t> heads;
    for (std::uint64_t i = 0; i < n; ++i) heads.insert_or_assign(leaf(i).log, i);
    std::string wish;
    std::vector<warg::LogLeaf> leaves;
    std::vector<warg::MapEntry> entries;
    for (const auto& [log, index] : heads) {
      wish += (wish.empty() ? "" : ",") + std::to_string(index);
      leaves.push_back(log_leaf(index));
      entries.push_back(map_entry(index));
    }
    const Answer answer = ask("inclusion", n, wish);
    ASSERT_EQ(answer.status, 200U) << answer.body;
    const auto log = warg::LogBundle::decode(bytes_at(answer.body, "/log"));
    const auto map = warg::MapBundle::decode(bytes_at(answer.body, "/map"));
    ASSERT_TRUE(log && map);
    EXPECT_TRUE(warg::verify_inclusion(*log, n, leaves, roots(n).log).has_value()) << n;
    EXPECT_TRUE(warg::verify_inclusion(*map, entries, roots(n).map).has_value()) << n;
    if (n > 1) EXPECT_FALSE(warg::verify_inclusion(*map, entries, roots(n - 1).map)) << n;
  }
}

TEST_F(WargProofs, KeepTheOrderOfTheRequest) {
  const Answer answer = ask("inclusion", length, "5,1,3");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const auto map = warg::MapBundle::decode(bytes_at(answer.body, "/map"));
  ASSERT_TRUE(map);
  const std::vector<warg::MapEntry> entries{map_entry(5), map_entry(1), map_entry(3)};
  EXPECT_TRUE(warg::verify_inclusion(*map, entries, roots(length).map).has_value());
}

TEST_F(WargProofs, OfARecordThatIsNotTheHeadOfItsLogNameWhereItWouldLead) {
  const Answer answer = ask("inclusion", length, "2");
  EXPECT_EQ(answer.status, 422U);
  EXPECT_EQ(json_at(answer.body, "/reason"), "\"incorrectProof\"");
  EXPECT_EQ(text_at(answer.body, "/root"), warg::hash_text(roots(length).map));
  EXPECT_NE(text_at(answer.body, "/found"), warg::hash_text(roots(length).map));
  EXPECT_EQ(json_at(answer.body, "/status"), "422");
  EXPECT_EQ(ask("inclusion", 3, "2").status, 200U) << "it was the head then";
}

TEST_F(WargProofs, OfAnyRecordAreHadAtProofRecord) {
  for (std::uint64_t n = 1; n <= length; ++n) {
    for (std::uint64_t index = 0; index < n; ++index) {
      const Answer answer = ask("record", n, std::to_string(index));
      ASSERT_EQ(answer.status, 200U) << answer.body;
      const auto bundle = warg::LogBundle::decode(bytes_at(answer.body, "/log"));
      ASSERT_TRUE(bundle);
      const warg::LogLeaf right = log_leaf(index);
      EXPECT_TRUE(warg::verify_inclusion(*bundle, n, {&right, 1}, roots(n).log).has_value())
          << index << " of " << n;
      const warg::LogLeaf wrong{index, log_leaf((index + 1) % length).hash};
      EXPECT_FALSE(warg::verify_inclusion(*bundle, n, {&wrong, 1}, roots(n).log));
    }
  }
}

TEST_F(WargProofs, OfInclusionAreRefusedInTheReferencesWords) {
  for (const std::string_view what : {"inclusion", "record"}) {
    const Answer none = ask(what, length, "");
    EXPECT_EQ(none.status, 422U);
    EXPECT_EQ(none.body, failure("A bundle can not be made from no proofs"));
    const Answer beyond = ask(what, length, "9");
    EXPECT_EQ(beyond.status, 404U);
    EXPECT_EQ(beyond.body, R"({"status":404,"type":"leaf","id":9})");
    const Answer early = ask(what, 3, "4");
    EXPECT_EQ(early.status, 422U);
    EXPECT_EQ(early.body, failure("leaf newer than when it should be included"));
    const Answer unknown = ask(what, 99, "0");
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_EQ(unknown.body, R"({"status":404,"type":"logLength","id":99})");
    for (const std::string_view leaves : {"-1", "null", "\"0\"", "0.5", "[0]"})
      EXPECT_EQ(ask(what, length, leaves).status, 422U) << leaves;
  }
}

TEST_F(WargProofs, OfAsManyLeavesAsAnAnswerHolds) {
  std::string many = "0";
  for (std::size_t i = 1; i < limits::kWargProofLeavesMax; ++i) many += ",0";
  EXPECT_EQ(ask("record", length, many).status, 200U);
  const Answer more = ask("record", length, many + ",0");
  EXPECT_EQ(more.status, 413U);
  EXPECT_EQ(json_at(more.body, "/status"), "413");
}

TEST_F(WargProofs, OfAbsenceHoldAtEveryLength) {
  const auto absent = warg::map_key(client.log_id("test:nothing"));
  const auto later = warg::map_key(client.log_id("test:other"));  // the fourth record
  for (std::uint64_t n = 1; n <= length; ++n) {
    const std::string start = R"({"logLength":)" + std::to_string(n) + R"(,"packages":[)";
    const Answer answer =
        client.post("/v1/proof/absence", start + in_quotes(client.log("test:nothing")) + "]}");
    ASSERT_EQ(answer.status, 200U) << answer.body;
    const auto bundle = warg::MapBundle::decode(bytes_at(answer.body, "/map"));
    ASSERT_TRUE(bundle);
    EXPECT_TRUE(warg::verify_absence(*bundle, {&absent, 1}, roots(n).map).has_value()) << n;
    EXPECT_FALSE(warg::verify_absence(*bundle, {&later, 1}, roots(length).map));
    const Answer other =
        client.post("/v1/proof/absence", start + in_quotes(client.log("test:other")) + "]}");
    EXPECT_EQ(other.status, n < 4 ? 200U : 422U) << n;
    if (n >= 4) EXPECT_EQ(other.body, failure("one of the packages has records at this length"));
  }
}

TEST_F(WargProofs, OfAbsenceAreRefusedForNothingAndForTooMuch) {
  const auto ask_absence = [&](const std::string& packages) {
    return client.post("/v1/proof/absence", R"({"logLength":1,"packages":[)" + packages + "]}");
  };
  EXPECT_EQ(ask_absence("").status, 422U);
  EXPECT_EQ(ask_absence("7").status, 422U);
  EXPECT_EQ(ask_absence("\"x\"").status, 422U);
  std::string many = in_quotes(no_id());
  for (std::size_t i = 0; i < limits::kWargProofLeavesMax; ++i) many += "," + in_quotes(no_id());
  EXPECT_EQ(ask_absence(many).status, 413U);
  const Answer unknown = client.post("/v1/proof/absence",
                                     R"({"logLength":99,"packages":[)" + in_quotes(no_id()) + "]}");
  EXPECT_EQ(unknown.body, R"({"status":404,"type":"logLength","id":99})");
}

// ---- what a checkpoint is worth ----

class WargVerify : public WargTest {
 protected:
  static std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    return text.replace(at, from.size(), to);
  }
  std::string verdict(const std::string& checkpoint) {
    const Answer answer = client.post("/v1/verify/checkpoint", checkpoint);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return answer.body;
  }
  static constexpr std::string_view kGood = R"({"checkpoint":"verified","signature":"verified"})";
  static constexpr std::string_view kForged = R"({"checkpoint":"verified","signature":"invalid"})";
  static constexpr std::string_view kOther = R"({"checkpoint":"invalid","signature":"invalid"})";
};

TEST_F(WargVerify, SaysYesToEveryCheckpointThatWasServed) {
  const std::string first = client.get("/v1/fetch/checkpoint").body;
  client.publish("test:hello", {init(alice)}, alice);
  const std::string second = client.get("/v1/fetch/checkpoint").body;
  EXPECT_EQ(verdict(first), kGood);
  EXPECT_EQ(verdict(second), kGood);
  EXPECT_EQ(verdict(with(second, "{\"contents\"", "{\"more\":1,\"contents\"")), kGood);
}

TEST_F(WargVerify, SaysNoToAnythingAltered) {
  client.publish("test:hello", {init(alice)}, alice);
  const std::string good = client.get("/v1/fetch/checkpoint").body;
  const std::string time = json_at(good, "/contents/timestamp");
  EXPECT_EQ(verdict(with(good, time, std::to_string(std::stoull(time) + 1))), kForged);
  EXPECT_EQ(verdict(with(good, text_at(good, "/keyId"), no_id())), kForged);
  EXPECT_EQ(verdict(with(good, text_at(good, "/contents/logRoot"), no_id())), kOther);
  EXPECT_EQ(verdict(with(good, text_at(good, "/contents/mapRoot"), no_id())), kOther);
  EXPECT_EQ(verdict(with(good, "\"logLength\":3", "\"logLength\":2")), kOther);
  EXPECT_EQ(verdict(with(good, "\"logLength\":3", "\"logLength\":99")), kOther);
  const auto key = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
  EXPECT_EQ(verdict(with(good, text_at(good, "/signature"),
                         key.sign(warg::Purpose::checkpoint, "x").text())),
            kForged);
  EXPECT_EQ(verdict(with(good, text_at(good, "/signature"),
                         "ed25519:" + base64_encode(std::string(64, '\1')))),
            kForged);
}

TEST_F(WargVerify, SaysThatTheKeyIsOursWhenItSignsWhatIsNotOurs) {
  client.publish("test:hello", {init(alice)}, alice);
  const auto signed_checkpoint =
      warg::sign_checkpoint({7, Hash256{}, Hash256{}, 1}, *server.services().warg_key).value();
  const std::string zeros = "sha256:" + std::string(64, '0');
  EXPECT_EQ(verdict(R"({"contents":{"logLength":7,"logRoot":")" + zeros + R"(","mapRoot":")" +
                    zeros + R"(","timestamp":1},"keyId":")" + signed_checkpoint.key.to_string() +
                    R"(","signature":")" + signed_checkpoint.signature.text() + "\"}"),
            R"({"checkpoint":"invalid","signature":"verified"})");
}

TEST_F(WargVerify, RefusesWhatIsNoCheckpoint) {
  const std::string good = client.get("/v1/fetch/checkpoint").body;
  for (const std::string& text :
       {std::string("{}"), std::string("[]"), with(good, "contents", "content"),
        with(good, "\"logLength\":1", "\"logLength\":-1"), with(good, "sha256:", "sha512:"),
        with(good, "ecdsa-p256:", "rsa:"), with(good, "\"timestamp\":", "\"timestamp\":0.")}) {
    const Answer answer = client.post("/v1/verify/checkpoint", text);
    EXPECT_EQ(answer.status, 422U) << text;
  }
}

// A key that was given up signs no checkpoint any more; those it signed before stay good.
TEST_F(WargVerify, AsksWhoMightSignThen) {
  const std::string before = client.get("/v1/fetch/checkpoint").body;
  auto& services = server.services();
  const auto next_key = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
  const auto append = [&](std::vector<warg::OperatorEntry> entries) {
    auto wish = next_operator_record(*services.reader().view(), std::move(entries),
                                     *services.warg_key, services.now());
    const auto done = services.ledger->run({Actor{std::string(kOperator), Auth::local},
                                            services.ulid(),
                                            "warg",
                                            warg::AppendOperatorRecord{std::move(wish->record)},
                                            {std::move(wish->body)}});
    EXPECT_TRUE(done.has_value()) << done.error().what;
  };
  append({warg::Grant<warg::OperatorPermission>{next_key.public_key().text(),
                                                {warg::OperatorPermission::commit}}});
  append({warg::Revoke<warg::OperatorPermission>{services.warg_key->public_key().id(),
                                                 {warg::OperatorPermission::commit}}});
  EXPECT_EQ(verdict(before), kGood);
  // The same contents signed today by the key that may no more.
  const std::string zeros = "sha256:" + std::string(64, '0');
  const auto late = warg::sign_checkpoint({9, Hash256{}, Hash256{}, 1}, *services.warg_key).value();
  EXPECT_EQ(verdict(R"({"contents":{"logLength":9,"logRoot":")" + zeros + R"(","mapRoot":")" +
                    zeros + R"(","timestamp":1},"keyId":")" + late.key.to_string() +
                    R"(","signature":")" + late.signature.text() + "\"}"),
            kOther);
}

}  // namespace
}  // namespace varve::test
