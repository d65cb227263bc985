// Reading Warg's logs: fetch/logs with its limits and tokens, names, checkpoints, the ledger.
#include <gmock/gmock.h>

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class WargFetch : public WargTest {
 protected:
  std::string all_of(std::string_view name, const std::string& token = {}) const {
    return in_quotes(WargClient::log(name)) + ":" + (token.empty() ? "null" : in_quotes(token));
  }
  std::string ids(const Answer& answer, std::string_view name) const {
    std::string text;
    for (int i = 0;; ++i) {
      const std::string token = json_at(answer.body, "/packages/" + WargClient::log(name) + "/" +
                                                         std::to_string(i) + "/fetchToken");
      if (!token.starts_with('"')) return text;
      text += token;
    }
  }
};

std::string no_such(std::string_view type, std::string_view id) {
  return R"({"status":404,"type":")" + std::string(type) + R"(","id":)" + std::string(id) + "}";
}

TEST_F(WargFetch, GivesTheRecordsAsTheyWereSigned) {
  const auto record = client.publish("test:hello", {init(alice)}, alice);
  const Answer answer = client.fetch(all_of("test:hello"), client.length());
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(json_at(answer.body, "/packages/" + client.log("test:hello")),
            R"([{"contentBytes":")" + base64_encode(*record->envelope.content) +
                R"(","fetchToken":")" + record->id.to_string() + R"(","keyId":")" +
                alice.id().to_string() + R"(","registryIndex":2,"signature":")" +
                record->envelope.signature.text() + R"("}])");
  EXPECT_EQ(json_at(answer.body, "/more"), "false");
  EXPECT_EQ(json_at(answer.body, "/operator/0/registryIndex"), "0");
  EXPECT_EQ(json_at(answer.body, "/operator/1/registryIndex"), "1");
}

TEST_F(WargFetch, GivesTheOperatorsLogAlone) {
  const Answer answer = client.post("/v1/fetch/logs", R"({"logLength":1})");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_THAT(answer.body, StartsWith(R"({"more":false,"operator":[{"contentBytes":")"));
  EXPECT_EQ(json_at(answer.body, "/packages"), "nothing at /packages");
}

TEST_F(WargFetch, GoesOnBehindATokenAndSaysWhetherThereIsMore) {
  std::vector<std::string> records;
  records.push_back(client.publish("test:hello", {init(alice)}, alice)->id.to_string());
  for (const char letter : {'c', 'd', 'e', 'f'})
    records.push_back(
        client.publish("test:hello", {grant(Publisher(letter), kYank)}, alice)->id.to_string());
  const std::uint64_t length = client.length();
  const Answer first = client.fetch(all_of("test:hello"), length, R"(,"limit":2)");
  EXPECT_EQ(ids(first, "test:hello"), in_quotes(records[0]) + in_quotes(records[1]));
  EXPECT_EQ(json_at(first.body, "/more"), "true");
  const Answer second = client.fetch(all_of("test:hello", records[1]), length, R"(,"limit":2)");
  EXPECT_EQ(ids(second, "test:hello"), in_quotes(records[2]) + in_quotes(records[3]));
  EXPECT_EQ(json_at(second.body, "/more"), "true");
  const std::string op = json_at(second.body, "/operator/1/fetchToken");
  const Answer third =
      client.fetch(all_of("test:hello", records[3]), length, R"(,"limit":2,"operator":)" + op);
  EXPECT_EQ(ids(third, "test:hello"), in_quotes(records[4]));
  EXPECT_EQ(json_at(third.body, "/more"), "false");
  EXPECT_EQ(json_at(third.body, "/operator"), "nothing at /operator");
  const Answer nothing = client.fetch(all_of("test:hello", records[4]), length);
  EXPECT_EQ(json_at(nothing.body, "/packages/" + client.log("test:hello")), "[]");
}

// A client that read a checkpoint is answered at its length, whatever was published since.
TEST_F(WargFetch, GivesNothingThatTheCheckpointDoesNotCover) {
  const auto first = client.publish("test:hello", {init(alice)}, alice);
  const std::uint64_t length = client.length();
  client.publish("test:hello", {grant(bob, kYank)}, alice);
  client.publish("test:late", {init(alice)}, alice);
  const Answer answer = client.fetch(all_of("test:hello"), length);
  EXPECT_EQ(ids(answer, "test:hello"), in_quotes(first->id.to_string()));
  EXPECT_EQ(json_at(answer.body, "/more"), "false");
  // A log without a record below that length is not there: trap 4.
  const Answer late = client.fetch(all_of("test:late"), length);
  EXPECT_EQ(late.status, 404U);
  EXPECT_EQ(late.body, no_such("log", in_quotes(client.log("test:late"))));
}

TEST_F(WargFetch, RefusesLimitsOutOfRange) {
  client.publish("test:hello", {init(alice)}, alice);
  for (const std::string limit : {"0", "1001", "65536"}) {
    const Answer answer = client.fetch("", client.length(), ",\"limit\":" + limit);
    EXPECT_EQ(answer.status, 400U) << limit;
    EXPECT_EQ(answer.body, R"({"status":400,"message":"invalid records limit value `)" + limit +
                               R"(`: must be between 1 and 1000"})");
  }
  for (const std::string limit : {"-1", "1.5", "\"7\"", "true", "[]"})
    EXPECT_EQ(client.fetch("", client.length(), ",\"limit\":" + limit).status, 422U) << limit;
  for (const std::string limit : {"1", "1000", "null"})
    EXPECT_EQ(client.fetch("", client.length(), ",\"limit\":" + limit).status, 200U) << limit;
}

TEST_F(WargFetch, RefusesLengthsThatNoCheckpointHas) {
  for (const std::string length : {"99", "18446744073709551615", "0"}) {
    const Answer answer = client.post("/v1/fetch/logs", R"({"logLength":)" + length + "}");
    EXPECT_EQ(answer.status, 404U);
    EXPECT_EQ(answer.body, no_such("logLength", length));
  }
  for (const std::string length : {"-1", "null", "\"1\"", "1.0"})
    EXPECT_EQ(client.post("/v1/fetch/logs", R"({"logLength":)" + length + "}").status, 422U)
        << length;
  EXPECT_EQ(client.post("/v1/fetch/logs", "{}").status, 422U);
}

TEST_F(WargFetch, RefusesUnknownTokensAndThoseOfOtherLogs) {
  const auto hello = client.publish("test:hello", {init(alice)}, alice);
  const auto other = client.publish("test:other", {init(bob)}, bob);
  const auto rejected = alice.sign(client.next("test:hello", {yank("1.0.0")}));
  client.submit("test:hello", rejected);
  for (const std::string& token : {std::string("nonsense"), std::string("sha256:"), no_id(),
                                   other->id.to_string(), rejected->id.to_string()}) {
    const Answer answer = client.fetch(all_of("test:hello", token), client.length());
    EXPECT_EQ(answer.status, 404U) << token;
    EXPECT_EQ(answer.body, no_such("fetchToken", in_quotes(token)));
    const Answer op = client.fetch("", client.length(), ",\"operator\":" + in_quotes(token));
    EXPECT_EQ(op.body, no_such("fetchToken", in_quotes(token)));
  }
  EXPECT_EQ(client.fetch(all_of("test:hello", hello->id.to_string()), client.length()).status,
            200U);
}

TEST_F(WargFetch, RefusesUnknownLogsHoweverMany) {
  EXPECT_EQ(client.fetch(in_quotes(no_id()) + ":null", 1).body, no_such("log", in_quotes(no_id())));
  std::string many;
  for (int i = 0; i < 10'000; ++i)
    many += (i == 0 ? "" : ",") + all_of("test:p" + std::to_string(i));
  EXPECT_EQ(client.fetch(many, 1).status, 404U);
  for (int i = 10'000; i < 100'000; ++i)
    many += "," + in_quotes("sha256:" + std::to_string(i)) + ":1";
  EXPECT_EQ(client.fetch(many, 1).status, 413U);
}

TEST_F(WargFetch, RefusesMembersThatItDoesNotKnowAndMembersThatComeTwice) {
  const Answer unknown = client.fetch("", 1, R"(,"packagez":1)");
  EXPECT_EQ(unknown.status, 422U);
  EXPECT_THAT(unknown.body, HasSubstr("packagez: unknown field"));
  EXPECT_EQ(client.fetch("", 1, R"(,"logLength":2)").status, 400U);
  EXPECT_EQ(client.fetch(all_of("test:hello") + "," + all_of("test:hello"), 1).status, 400U);
  for (const std::string packages : {"[]", "7", "\"x\""})
    EXPECT_EQ(
        client.post("/v1/fetch/logs", R"({"logLength":1,"packages":)" + packages + "}").status,
        422U);
  EXPECT_EQ(client.fetch("\"nonsense\":null", 1).status, 422U);
  EXPECT_EQ(client.fetch(in_quotes(no_id()) + ":7", 1).status, 422U);
  EXPECT_EQ(
      client.post("/v1/fetch/logs", R"({"logLength":1,"packages":null,"operator":null})").status,
      200U);
}

// Long records: an answer ends somewhere, and the client comes back for the rest.
TEST_F(WargFetch, GivesABoundedAnswerAndLosesNothing) {
  const auto large = [&](warg::PackageRecord record, char mark) {
    std::string bytes = warg::encode(record);
    const std::size_t padding = 900'000;
    bytes += std::string("\xfa\x01", 2);  // field 31, bytes: unknown, and legal
    append_uleb128(bytes, padding);
    return bytes + std::string(padding, mark);
  };
  std::vector<std::string> sent;
  const auto key = warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256);
  const auto id = key.public_key().id().to_string();
  for (char mark = 'a'; mark < 'h'; ++mark) {
    const Publisher someone(mark);
    const auto record = client.next(
        "test:hello", mark == 'a' ? WargClient::Entries{warg::Init{key.public_key().text()}}
                                  : WargClient::Entries{grant(someone, kYank)});
    sent.push_back(large(record, mark));
    const auto signature = key.sign(warg::Purpose::package_record, sent.back());
    const Answer answer = client.post(client.record_path("test:hello"),
                                      client.body("test:hello", sent.back(), id, signature.text()));
    ASSERT_EQ(json_at(answer.body, "/state"), "\"published\"") << answer.body.substr(0, 300);
  }
  std::string token;
  std::size_t next = 0;
  for (int round = 0; round < 10 && next < sent.size(); ++round) {
    const Answer answer = client.fetch(all_of("test:hello", token), client.length());
    ASSERT_EQ(answer.status, 200U);
    EXPECT_LT(answer.body.size(), 8U << 20);
    const std::string at = "/packages/" + client.log("test:hello") + "/";
    for (int i = 0; json_at(answer.body, at + std::to_string(i)).starts_with("{"); ++i) {
      const std::string record = at + std::to_string(i);
      EXPECT_EQ(json_at(answer.body, record + "/contentBytes"),
                in_quotes(base64_encode(sent[next++])));
      token = json_at(answer.body, record + "/fetchToken");
      token = token.substr(1, token.size() - 2);
    }
    EXPECT_EQ(json_at(answer.body, "/more"), next < sent.size() ? "true" : "false");
  }
  EXPECT_EQ(next, sent.size());
}

TEST_F(WargFetch, AnswersAsOfThen) {
  client.publish("test:hello", {init(alice)}, alice);
  const std::uint64_t then = server.size();
  const std::uint64_t length = client.length();
  client.publish("test:hello", {grant(bob, kYank)}, alice);
  const std::string as_of = "?as_of=" + std::to_string(then);
  EXPECT_EQ(json_at(client.get("/v1/fetch/checkpoint" + as_of).body, "/contents/logLength"),
            std::to_string(length));
  const auto ask = [&](std::uint64_t of) {
    return client.post("/v1/fetch/logs" + as_of, R"({"logLength":)" + std::to_string(of) + "}");
  };
  EXPECT_EQ(ask(length).status, 200U);
  EXPECT_EQ(ask(length + 1).status, 404U);
  EXPECT_EQ(client.get("/v1/fetch/checkpoint?as_of=nonsense").status, 400U);
}

// ---- checkpoints ----

using WargCheckpoints = WargTest;

TEST_F(WargCheckpoints, StandFromTheBeginningAndCoverEachRecordAtOnce) {
  const Answer first = client.get("/v1/fetch/checkpoint");
  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(first.header("Content-Type"), "application/json");
  EXPECT_THAT(first.body,
              ::testing::MatchesRegex(
                  "\\{\"contents\":\\{\"logLength\":1,\"logRoot\":\"sha256:[0-9a-f]{64}\","
                  "\"mapRoot\":\"sha256:[0-9a-f]{64}\",\"timestamp\":[0-9]+\\},\"keyId\":"
                  "\"sha256:[0-9a-f]{64}\",\"signature\":\"ecdsa-p256:[A-Za-z0-9+/=]+\"\\}"));
  client.publish("test:hello", {init(alice)}, alice);
  EXPECT_EQ(client.length(), 3U);
}

// ---- names ----

using WargNames = WargTest;

TEST_F(WargNames, OfPublishedPackages) {
  client.publish("test:hello", {init(alice)}, alice);
  client.publish("other:thing", {init(bob)}, bob);
  const std::string hello = client.log("test:hello");
  const std::string thing = client.log("other:thing");
  const Answer answer = client.post("/v1/fetch/names", R"({"packages":[")" + hello + R"(",")" +
                                                           thing + R"(",")" + hello + R"("]})");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(json_at(answer.body, "/packages/" + hello), "\"test:hello\"");
  EXPECT_EQ(json_at(answer.body, "/packages/" + thing), "\"other:thing\"");
  EXPECT_EQ(client.post("/v1/fetch/names", R"({"packages":[]})").body, R"({"packages":{}})");
}

TEST_F(WargNames, OfUnknownLogs) {
  const Answer answer = client.post("/v1/fetch/names", R"({"packages":[")" + no_id() + R"("]})");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.body, no_such("log", in_quotes(no_id())));
  for (const std::string packages : {"{}", "[7]", "\"x\"", "[\"x\"]", "null"})
    EXPECT_EQ(client.post("/v1/fetch/names", R"({"packages":)" + packages + "}").status, 422U)
        << packages;
}

TEST_F(WargNames, OfTheFirstThousandOnly) {
  client.publish("test:hello", {init(alice)}, alice);
  std::string many;
  for (std::size_t i = 0; i < limits::kWargNamesMax; ++i)
    many += in_quotes(client.log("test:hello")) + ",";
  EXPECT_EQ(
      client.post("/v1/fetch/names", R"({"packages":[)" + many + in_quotes(no_id()) + "]}").status,
      200U);
}

// ---- ledger ----

using WargLedger = WargTest;

TEST_F(WargLedger, ListsEveryRecordOfEveryLog) {
  const auto hello = client.publish("test:hello", {init(alice)}, alice);
  const Answer ledger = client.get("/v1/ledger");
  EXPECT_EQ(ledger.status, 200U);
  EXPECT_EQ(ledger.body, R"({"hashAlgorithm":"sha256","sources":[{"contentType":)"
                         R"("application/vnd.warg.ledger.packed","firstRegistryIndex":0,)"
                         R"("lastRegistryIndex":2,"url":"v1/ledger/records/0"}]})");
  const Answer rows = client.get("/v1/ledger/records/0");
  EXPECT_EQ(rows.status, 200U);
  EXPECT_EQ(rows.header("Content-Type"), "application/vnd.warg.ledger.packed");
  ASSERT_EQ(rows.body.size(), 3U * 64);
  EXPECT_EQ(rows.body.substr(0, 32), warg::operator_log_id().raw());
  EXPECT_EQ(rows.body.substr(128, 32), client.log_id("test:hello").raw());
  EXPECT_EQ(rows.body.substr(160), hello->id.raw());
  EXPECT_EQ(client.get("/v1/ledger/records/2").body, rows.body.substr(128));
}

TEST_F(WargLedger, PastTheEndHasNoRows) {
  for (const std::string start : {"1", "99", "18446744073709551615"}) {
    const Answer answer = client.get("/v1/ledger/records/" + start);
    EXPECT_EQ(answer.status, 200U) << start;
    EXPECT_EQ(answer.body, "") << start;
  }
  for (const std::string start : {"x", "-1", "01", "18446744073709551616", "%20"})
    EXPECT_EQ(client.get("/v1/ledger/records/" + start).status, 400U) << start;
  const Answer slash = client.get("/v1/ledger/");
  EXPECT_EQ(slash.status, 404U);
}

TEST_F(WargLedger, AsOfThenLeadsToTheRowsOfThen) {
  client.publish("test:hello", {init(alice)}, alice);
  const std::string then = "?as_of=" + std::to_string(server.size());
  const std::string rows = client.get("/v1/ledger/records/0").body;
  client.publish("test:hello", {grant(bob, kYank)}, alice);
  const Answer ledger = client.get("/v1/ledger" + then);
  EXPECT_EQ(json_at(ledger.body, "/sources/0/lastRegistryIndex"), "2");
  EXPECT_EQ(json_at(ledger.body, "/sources/0/url"), in_quotes("v1/ledger/records/0" + then));
  EXPECT_EQ(client.get("/v1/ledger/records/0" + then).body, rows);
  EXPECT_EQ(client.get("/v1/ledger/records/0").body.size(), rows.size() + 64);
}

TEST_F(WargLedger, ComesInPiecesOfAThousand) {
  const auto view = [&] { return server.services().reader().view(); };
  client.publish("test:hello", {init(alice)}, alice);
  bool granted = false;
  while (warg::log_length(*view()).value() < 1'001) {
    if (granted)
      client.publish("test:hello", {revoke(bob, kYank)}, alice);
    else
      client.publish("test:hello", {grant(bob, kYank)}, alice);
    granted = !granted;
  }
  const Answer ledger = client.get("/v1/ledger");
  EXPECT_EQ(json_at(ledger.body, "/sources/0/lastRegistryIndex"), "999");
  EXPECT_EQ(json_at(ledger.body, "/sources/1/firstRegistryIndex"), "1000");
  EXPECT_EQ(json_at(ledger.body, "/sources/1/lastRegistryIndex"), "1000");
  EXPECT_EQ(json_at(ledger.body, "/sources/1/url"), "\"v1/ledger/records/1000\"");
  EXPECT_EQ(client.get("/v1/ledger/records/0").body.size(), 64'000U);
  EXPECT_EQ(client.get("/v1/ledger/records/1").body.size(), 64'000U);
  EXPECT_EQ(client.get("/v1/ledger/records/1000").body.size(), 64U);
}

}  // namespace
}  // namespace varve::test
