// Records in: what is taken, what is refused with which words, and that nothing changes then.
#include <gmock/gmock.h>

#include "core/base/limits.h"
#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using WargPublish = WargTest;
using WargRefusals = WargTest;

// ---- what is taken ----

TEST_F(WargPublish, AnswersPublishedToTheVeryPost) {
  const auto record = alice.sign(client.next("test:hello", {init(alice)}));
  const Answer answer = client.submit("test:hello", record);
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  // Index 0 is the operator's first record, 1 the one that defines the namespace.
  EXPECT_EQ(answer.body, R"({"recordId":")" + record->id.to_string() +
                             R"(","registryIndex":2,"state":"published"})");
  EXPECT_EQ(answer.header("Varve-Proof"), "/log/proof/" + answer.header("Varve-Index"));
  const Answer again = client.get(client.record_path("test:hello", record));
  EXPECT_EQ(again.status, 200U);
  EXPECT_EQ(again.body, answer.body);
}

TEST_F(WargPublish, SaysWhatIsMissingAndWhereItGoes) {
  const auto record =
      alice.sign(client.next("test:hello", {init(alice), release("1.0.0", "hello")}));
  const Answer answer = client.submit("test:hello", record);
  EXPECT_EQ(answer.status, 202U);
  const std::string digest = Digest::of("hello").to_string();
  const std::string url = client.upload_path("test:hello", record, "hello").substr(1);
  EXPECT_EQ(answer.body, R"({"missingContent":{")" + digest +
                             R"(":{"upload":[{"method":"POST","type":"http","url":")" + url +
                             R"("}]}},"recordId":")" + record->id.to_string() +
                             R"(","state":"sourcing"})");
  EXPECT_EQ(client.get(client.record_path("test:hello", record)).body, answer.body);
}

TEST_F(WargPublish, NamesOnlyWhatIsStillMissing) {
  const auto record =
      alice.sign(client.next("test:hello", {init(alice), release("1.0.0", "one"),
                                            release("2.0.0", "two"), release("2.0.1", "two")}));
  EXPECT_EQ(client.submit("test:hello", record).status, 202U);
  EXPECT_EQ(client.upload("test:hello", record, "one").status, 201U);
  const Answer between = client.get(client.record_path("test:hello", record));
  EXPECT_THAT(between.body, HasSubstr(Digest::of("two").to_string()));
  EXPECT_THAT(between.body, Not(HasSubstr(Digest::of("one").to_string())));
  EXPECT_EQ(client.upload("test:hello", record, "two").status, 201U);
  // Never sourcing after the last upload: the real client gives up then.
  EXPECT_EQ(client.state("test:hello", record), "\"published\"");
}

TEST_F(WargPublish, TakesBothAlgorithms) {
  const Publisher ed{'e', warg::KeyAlgorithm::ed25519};
  client.publish("test:ed", {init(ed)}, ed);
  client.publish("test:both", {init(alice), grant(ed, kRelease)}, alice);
  client.publish_release("test:content", "bytes", alice);
  client.publish("test:both", {release("1.0.0", "bytes")}, ed);
}

TEST_F(WargPublish, TakesInitReleaseGrantRevokeAndYankInOrder) {
  client.publish_release("test:hello", "hello", alice);
  client.publish("test:hello", {grant(bob, kReleaseAndYank)}, alice);
  client.publish("test:hello", {release("1.1.0", "hello")}, bob);
  client.publish("test:hello", {yank("1.0.0")}, bob);
  client.publish("test:hello", {revoke(bob, kReleaseAndYank)}, alice);
  const auto late = bob.sign(client.next("test:hello", {release("1.2.0", "hello")}));
  const Answer refused = client.submit("test:hello", late);
  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(refused.body, R"({"status":401,"message":"the key with ID )" + bob.id().to_string() +
                              R"( has no permissions left"})");
}

// ---- what comes again ----

TEST_F(WargPublish, ARepeatOfAPublishedRecordChangesNothing) {
  const auto record = client.publish("test:hello", {init(alice)}, alice);
  const std::uint64_t size = server.size();
  const Answer again = client.submit("test:hello", record);
  EXPECT_EQ(again.status, 202U);
  EXPECT_EQ(json_at(again.body, "/state"), "\"published\"");
  EXPECT_EQ(json_at(again.body, "/registryIndex"), "2");
  EXPECT_EQ(server.size(), size);
}

TEST_F(WargPublish, ARepeatOfAWaitingRecordSaysWhatIsMissingNow) {
  const auto record = alice.sign(
      client.next("test:hello", {init(alice), release("1.0.0", "one"), release("2.0.0", "two")}));
  EXPECT_EQ(client.submit("test:hello", record).status, 202U);
  client.upload("test:hello", record, "one");
  const std::uint64_t size = server.size();
  const Answer again = client.submit("test:hello", record);
  EXPECT_EQ(again.status, 202U);
  EXPECT_EQ(json_at(again.body, "/state"), "\"sourcing\"");
  EXPECT_THAT(again.body, Not(HasSubstr(Digest::of("one").to_string())));
  EXPECT_EQ(server.size(), size);
}

TEST_F(WargPublish, ARejectedRecordIsAnEventOnceAndAnswersItsReason) {
  client.publish("test:hello", {init(alice)}, alice);
  const auto wrong = alice.sign(client.next("test:hello", {yank("9.9.9")}));
  const std::string expected =
      R"({"reason":"the package record was invalid: an entry attempted to yank version 9.9.9 )"
      R"(which had not yet been released","recordId":")" +
      wrong->id.to_string() + R"(","state":"rejected"})";
  const Answer first = client.submit("test:hello", wrong);
  EXPECT_EQ(first.status, 202U);
  EXPECT_EQ(first.body, expected);
  const std::uint64_t size = server.size();
  EXPECT_EQ(client.submit("test:hello", wrong).body, expected);
  EXPECT_EQ(client.get(client.record_path("test:hello", wrong)).body, expected);
  EXPECT_EQ(server.size(), size);
  EXPECT_EQ(client.publish("test:hello", {grant(bob, kYank)}, alice)->id,
            warg::find_log(*server.services().reader().view(), client.log_id("test:hello"))
                .value()
                ->head.id);
}

TEST_F(WargPublish, ARecordThatOnceCameTooEarlyMayComeAgain) {
  const auto first = client.publish("test:hello", {init(alice)}, alice);
  const auto second = alice.sign(client.next("test:hello", {grant(bob, kYank)}));
  const auto third =
      alice.sign(warg::PackageRecord{second->id, 0, second->record.time, {grant(bob, kRelease)}});
  EXPECT_EQ(json_at(client.submit("test:hello", third).body, "/reason"),
            "\"the package record was invalid: previous record hash does not match\"");
  client.submit("test:hello", second);
  EXPECT_EQ(json_at(client.submit("test:hello", third).body, "/state"), "\"published\"");
}

TEST_F(WargPublish, AConflictNamesTheRecordThatWaits) {
  client.publish("test:hello", {init(alice)}, alice);
  const auto waiting = alice.sign(client.next("test:hello", {release("1.0.0", "hello")}));
  EXPECT_EQ(client.submit("test:hello", waiting).status, 202U);
  const auto other = alice.sign(client.next("test:hello", {grant(bob, kYank)}));
  const Answer conflict = client.submit("test:hello", other);
  EXPECT_EQ(conflict.status, 409U);
  EXPECT_EQ(conflict.body,
            R"({"status":409,"type":"record","id":")" + waiting->id.to_string() + "\"}");
  client.upload("test:hello", waiting, "hello");
  // As the real client does: it waits for that record, and makes its own again.
  client.publish("test:hello", {grant(bob, kYank)}, alice);
}

TEST_F(WargPublish, TheFirstRecordOfAPackageMayWaitToo) {
  const auto waiting =
      alice.sign(client.next("test:hello", {init(alice), release("1.0.0", "hello")}));
  EXPECT_EQ(client.submit("test:hello", waiting).status, 202U);
  const auto other = bob.sign(client.next("test:hello", {init(bob)}));
  EXPECT_EQ(client.submit("test:hello", other).status, 409U);
  EXPECT_EQ(client.fetch(in_quotes(client.log("test:hello")) + ":null", client.length()).status,
            404U);
}

// ---- what is refused, in the order in which it is looked at ----

struct Refusal {
  std::string_view what;
  unsigned status;
  std::string body;
};

// Answers, and that nothing was appended.
void expect_refusal(WargClient& client, const std::string& target, const std::string& json,
                    const Refusal& expected) {
  const std::uint64_t size = client.server().size();
  const Answer answer = client.post(target, json);
  EXPECT_EQ(answer.status, expected.status) << expected.what << ": " << answer.body;
  EXPECT_EQ(answer.body, expected.body) << expected.what;
  EXPECT_EQ(answer.header("Content-Type"), "application/json") << expected.what;
  EXPECT_EQ(client.server().size(), size) << expected.what;
}

std::string message(unsigned status, std::string_view text) {
  return R"({"status":)" + std::to_string(status) + R"(,"message":")" + std::string(text) + "\"}";
}

TEST_F(WargRefusals, OfALogThatIsNotThePackages) {
  const auto record = alice.sign(client.next("test:hello", {init(alice)}));
  expect_refusal(
      client, "/v1/package/" + no_id() + "/record", client.body("test:hello", record->envelope),
      {"log", 400,
       message(400, "package log identifier `" + client.log("test:hello") +
                        "` derived from `name` does not match provided log identifier `" + no_id() +
                        "`")});
}

TEST_F(WargRefusals, OfABadHashInThePath) {
  const Answer answer = client.post("/v1/package/nonsense/record", "{}");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_THAT(answer.body, StartsWith(R"({"status":400,"message":"Invalid URL: )"));
  for (const std::string& id : {"sha256:" + std::string(64, 'E'), "sha256:" + std::string(63, 'e'),
                                std::string("sha512:") + std::string(64, 'e')})
    EXPECT_EQ(client.get("/v1/package/" + no_id() + "/record/" + id).status, 400U) << id;
}

TEST_F(WargRefusals, OfABodyThatDoesNotSayThatItIsJson) {
  const auto record = alice.sign(client.next("test:hello", {init(alice)}));
  for (const std::string_view type : {"", "text/plain", "application/jsonp", "json"}) {
    WargClient::Headers headers;
    if (!type.empty()) headers.emplace_back("Content-Type", type);
    const Answer answer = server.call({Method::post, client.record_path("test:hello"), headers,
                                       client.body("test:hello", record->envelope)});
    EXPECT_EQ(answer.status, 415U) << type;
    EXPECT_EQ(answer.body, message(415, "Expected request with `Content-Type: application/json`"));
  }
  for (const std::string_view type :
       {"application/json; charset=utf-8", "Application/JSON", "application/vnd.warg+json"})
    EXPECT_EQ(server
                  .call({Method::post,
                         client.record_path("test:hello"),
                         {{"Content-Type", type}},
                         client.body("test:hello", record->envelope)})
                  .status,
              202U)
        << type;
}

TEST_F(WargRefusals, OfWhatIsNoJson) {
  for (const std::string text : {"", "{", "nonsense", "{\"a\":1}{", "\xff", "{\"a\":1,\"a\":2}"}) {
    const Answer answer = client.post(client.record_path("test:hello"), text);
    EXPECT_EQ(answer.status, 400U) << text;
    EXPECT_THAT(
        answer.body,
        StartsWith(R"({"status":400,"message":"Failed to parse the request body as JSON: )"))
        << text;
  }
}

TEST_F(WargRefusals, OfJsonOfAnotherForm) {
  const auto record = alice.sign(client.next("test:hello", {init(alice)}));
  const std::string good = client.body("test:hello", record->envelope);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    return at == text.npos ? text : text.replace(at, from.size(), to);
  };
  const std::string key = alice.id().to_string();
  for (const std::string& text :
       {std::string("[]"), std::string("null"), std::string("{}"), with("packageName", "name"),
        with("\"test:hello\"", "7"), with("\"test:hello\"", "null"),
        with("\"test:hello\"", "\"Test:hello\""), with("\"test:hello\"", "\"hello\""),
        with("record\"", "records\""), with("contentBytes\":\"", "contentBytes\":\"*"),
        with("\"keyId\"", "\"key\""), with(key, "sha256:00"), with("ecdsa-p256:", "rsa:"),
        with("\"signature\":\"ecdsa-p256:", "\"signature\":\"ecdsa-p256:*"),
        good.substr(0, good.size() - 1) + R"(,"contentSources":{}})"}) {
    const Answer answer = client.post(client.record_path("test:hello"), text);
    EXPECT_EQ(answer.status, 422U) << text;
    EXPECT_THAT(
        answer.body,
        StartsWith(R"({"status":422,"message":"Failed to deserialize the JSON body into the )"
                   R"(target type: )"))
        << text;
  }
  EXPECT_EQ(client.post(client.record_path("test:hello"), good).status, 202U);
}

TEST_F(WargRefusals, OfMoreThanTwoMebibytesOfJson) {
  const std::string large =
      R"({"packageName":")" + std::string(limits::kWargJsonBytesMax, 'x') + "\"}";
  expect_refusal(client, client.record_path("test:hello"), large,
                 {"known length", 413,
                  message(413, "Failed to buffer the request body: length limit exceeded")});
  const Answer chunked = server.call({Method::post,
                                      client.record_path("test:hello"),
                                      {{"Content-Type", "application/json"}},
                                      large,
                                      true});
  EXPECT_EQ(chunked.status, 413U);
}

TEST_F(WargRefusals, OfContentSources) {
  const auto record = alice.sign(client.next("test:hello", {init(alice)}));
  const std::string sources = R"(,"contentSources":[{"type":"httpGet","url":"http://a/"}])";
  expect_refusal(client, client.record_path("test:hello"),
                 client.body("test:hello", record->envelope, sources),
                 {"sources", 501, message(501, "specifying content sources is not supported")});
  for (const std::string_view none : {R"(,"contentSources":[])", R"(,"contentSources":null)"})
    EXPECT_EQ(client
                  .post(client.record_path("test:hello"),
                        client.body("test:hello", record->envelope, none))
                  .status,
              202U);
}

TEST_F(WargRefusals, OfAKeyThatTheLogDoesNotKnow) {
  client.publish("test:hello", {init(alice)}, alice);
  const auto record = bob.sign(client.next("test:hello", {grant(bob, kYank)}));
  expect_refusal(client, client.record_path("test:hello"),
                 client.body("test:hello", record->envelope),
                 {"key", 401, message(401, "unknown key id `" + bob.id().to_string() + "`")});
  // With an init of one's own, neither: the log has begun.
  const auto own = bob.sign(client.next("test:hello", {init(bob)}));
  expect_refusal(client, client.record_path("test:hello"), client.body("test:hello", own->envelope),
                 {"own", 401, message(401, "unknown key id `" + bob.id().to_string() + "`")});
}

TEST_F(WargRefusals, OfASignatureThatIsNotOverThisRecord) {
  const auto one = alice.sign(client.next("test:hello", {init(alice)}));
  const auto two = alice.sign(client.next("test:hello", {init(alice)}));
  const std::string& signature = two->envelope.signature.text();
  expect_refusal(
      client, client.record_path("test:hello"),
      client.body("test:hello", *one->envelope.content, alice.id().to_string(), signature),
      {"signature", 401, message(401, "signature `" + signature + "` verification failed")});
}

TEST_F(WargRefusals, OfUnknownRecordsAndLogs) {
  const Answer log = client.get("/v1/package/" + no_id() + "/record/" + no_id('f'));
  EXPECT_EQ(log.status, 404U);
  EXPECT_EQ(log.body, R"({"status":404,"type":"log","id":")" + no_id() + "\"}");
  client.publish("test:hello", {init(alice)}, alice);
  const Answer record = client.get(client.record_path("test:hello") + "/" + no_id('f'));
  EXPECT_EQ(record.status, 404U);
  EXPECT_EQ(record.body, R"({"status":404,"type":"record","id":")" + no_id('f') + "\"}");
}

TEST_F(WargRefusals, TheOperatorsRecordsAreNoPackages) {
  const auto view = server.services().reader().view();
  const auto head = warg::find_log(*view, warg::operator_log_id()).value();
  const std::string log = warg::operator_log_id().to_string();
  const Answer answer = client.get("/v1/package/" + log + "/record/" + head->head.id.to_string());
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.body, R"({"status":404,"type":"log","id":")" + log + "\"}");
}

// A namespace is for ever, so what anybody could send must not define one.
TEST_F(WargRefusals, DefineNoNamespaceOnTheWay) {
  const auto record = alice.sign(client.next("fresh:hello", {init(alice)}));
  const std::string wrong =
      bob.sign(client.next("fresh:hello", {init(bob)}))->envelope.signature.text();
  const std::uint64_t size = server.size();
  EXPECT_EQ(client
                .post(client.record_path("fresh:hello"),
                      client.body("fresh:hello", *record->envelope.content, alice.id().to_string(),
                                  wrong))
                .status,
            401U);
  EXPECT_EQ(server.size(), size);
  client.publish("fresh:hello", {init(alice)}, alice);
}

// §2.3 of the protocol's own order: each request is wrong in everything from some check on.
TEST(WargOrder, OfTheChecksIsTheReferences) {
  TestServer server({.dev = false, .warg = true});
  const std::string admin = basic("admin", kAdminPassword);
  WargClient client(server, {{"Authorization", admin}});
  const Publisher alice{'a', warg::KeyAlgorithm::ecdsa_p256};
  const Publisher bob{'b', warg::KeyAlgorithm::ecdsa_p256};
  const std::string sources = R"(,"contentSources":[1])";
  const auto record = alice.sign(client.next("test:hello", {init(alice)}));
  const std::string good = *record->envelope.content;
  const std::string key = alice.id().to_string();
  const std::string wrong =
      bob.sign(client.next("test:hello", {init(bob)}))->envelope.signature.text();
  const auto ask = [&](std::string_view log, std::string_view content, std::string_view more) {
    return client.post("/v1/package/" + std::string(log) + "/record",
                       client.body("test:hello", content, key, wrong, more));
  };
  const std::string own = client.log("test:hello");
  EXPECT_THAT(ask(no_id(), "\xff", sources).body, HasSubstr("does not match provided log"));
  EXPECT_THAT(ask(own, "\xff", sources).body, HasSubstr("the record is malformed"));
  EXPECT_EQ(ask(own, "\xff", sources).status, 400U);
  EXPECT_EQ(ask(own, good, sources).status, 501U);
  const Answer undefined = ask(own, good, "");
  EXPECT_EQ(undefined.status, 404U);
  EXPECT_EQ(undefined.body, R"({"status":404,"type":"namespace","id":"test"})");
  server.administer(Method::put, "/admin/v1/warg/namespaces/test", "{}");
  EXPECT_EQ(ask(own, good, "").status, 401U);
  EXPECT_EQ(client.submit("test:hello", record).status, 202U);
}

TEST(WargOrder, AnImportedNamespaceIsAConflictBeforeAnySignature) {
  TestServer server({.dev = false, .warg = true});
  WargClient client(server);
  server.administer(Method::put, "/admin/v1/warg/namespaces/wasi",
                    R"({"registry":"wasi.example"})");
  const Publisher alice{'a', warg::KeyAlgorithm::ecdsa_p256};
  const auto record = alice.sign(client.next("wasi:http", {init(alice)}));
  const Answer answer = client.submit("wasi:http", record);
  EXPECT_EQ(answer.status, 409U);
  EXPECT_EQ(answer.body, R"({"status":409,"type":"namespaceImport","id":"wasi"})");
}

}  // namespace
}  // namespace varve::test
