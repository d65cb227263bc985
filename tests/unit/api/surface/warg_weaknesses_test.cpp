// What Warg's reference server and client are known to do wrong, one test for each: here it holds.
#include <gmock/gmock.h>

#include "core/base/limits.h"
#include "core/codec.h"
#include "core/warg/bundle.h"
#include "log/operator_record.h"
#include "log/proof/note.h"
#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;

using WargWeakness = WargTest;

TEST_F(WargWeakness, RePostingAStoredRecordNeitherFailsNorTakesItBack) {
  const auto published = client.publish("test:hello", {init(alice)}, alice);
  const auto rejected = alice.sign(client.next("test:hello", {yank("1.0.0")}));
  const auto waiting = alice.sign(client.next("test:hello", {release("1.0.0", "hello")}));
  client.submit("test:hello", rejected);
  client.submit("test:hello", waiting);
  const std::pair<const WargClient::Signed*, std::string> records[] = {
      {&published, "\"published\""}, {&rejected, "\"rejected\""}, {&waiting, "\"sourcing\""}};
  const std::uint64_t size = server.size();
  for (int round = 0; round < 2; ++round) {
    for (const auto& [record, state] : records) {
      // A rejected one is judged again, which waits for the one that waits: nothing is taken back.
      const Answer answer = client.submit("test:hello", *record);
      EXPECT_TRUE(answer.status == 202 || (record == &rejected && answer.status == 409))
          << answer.body;
      EXPECT_EQ(client.state("test:hello", *record), state);
    }
  }
  EXPECT_EQ(server.size(), size);
}

TEST_F(WargWeakness, AnUnknownButWellFormedFetchTokenIsAnswered) {
  client.publish("test:hello", {init(alice)}, alice);
  const Answer answer =
      client.fetch(in_quotes(client.log("test:hello")) + ":" + in_quotes(no_id()), 3);
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.body, R"({"status":404,"type":"fetchToken","id":")" + no_id() + "\"}");
  const Answer op = client.fetch("", 3, ",\"operator\":" + in_quotes(no_id()));
  EXPECT_EQ(op.body, answer.body);
}

TEST_F(WargWeakness, ARecordThatIsNotTheHeadCanBeProved) {
  client.publish("test:hello", {init(alice)}, alice);
  client.publish("test:hello", {grant(bob, kYank)}, alice);
  EXPECT_EQ(client.post("/v1/proof/inclusion", R"({"logLength":4,"leafs":[2]})").status, 422U);
  EXPECT_EQ(client.post("/v1/proof/record", R"({"logLength":4,"leafs":[2]})").status, 200U);
}

TEST_F(WargWeakness, ARevokedKeyAppendsNothingAndBricksNothing) {
  client.publish_release("test:hello", "hello", alice);
  client.publish("test:hello", {grant(bob, kReleaseAndYank)}, alice);
  client.publish("test:hello", {revoke(bob, kReleaseAndYank)}, alice);
  const std::uint64_t size = server.size();
  const std::int64_t far = client.now().seconds + 100L * 365 * 86'400;
  using Entries = WargClient::Entries;
  for (const Entries& entries : {Entries{}, Entries{grant(bob, {})}, Entries{revoke(alice, {})},
                                 Entries{release("9.0.0", "hello")}, Entries{init(bob)}}) {
    for (const std::int64_t seconds : {client.now().seconds, far}) {
      warg::PackageRecord record = client.next("test:hello", entries);
      record.time.seconds = seconds;
      EXPECT_EQ(client.submit("test:hello", bob.sign(record)).status, 401U);
    }
  }
  EXPECT_EQ(server.size(), size);
  client.publish("test:hello", {release("1.0.1", "hello")}, alice);
}

// Nor does a key that still may something, with what says nothing.
TEST_F(WargWeakness, RecordsThatSayNothingAreRejectedWhoeverSignsThem) {
  client.publish("test:hello", {init(alice)}, alice);
  using Entries = WargClient::Entries;
  for (const Entries& entries : {Entries{}, Entries{grant(bob, {})}, Entries{revoke(alice, {})}}) {
    const Answer answer =
        client.submit("test:hello", alice.sign(client.next("test:hello", entries)));
    EXPECT_EQ(json_at(answer.body, "/state"), "\"rejected\"") << answer.body;
  }
  warg::PackageRecord future = client.next("test:hello", {grant(bob, kYank)});
  future.time.seconds += 3'600;
  EXPECT_EQ(json_at(client.submit("test:hello", alice.sign(future)).body, "/reason"),
            "\"the package record was invalid: record has a timestamp too far in the future\"");
  client.publish("test:hello", {grant(bob, kYank)}, alice);
}

TEST_F(WargWeakness, AnAlteredCheckpointDoesNotVerifyByItsKeyAndSignature) {
  std::string text = client.get("/v1/fetch/checkpoint").body;
  const std::string time = json_at(text, "/contents/timestamp");
  text.replace(text.find(time), time.size(), "1");
  EXPECT_EQ(client.post("/v1/verify/checkpoint", text).body,
            R"({"checkpoint":"verified","signature":"invalid"})");
}

// The record's id says nothing of its signature; the entry of the main log does.
TEST_F(WargWeakness, WhichSignatureWasAcceptedIsProvable) {
  const auto record = client.next("test:hello", {init(alice)});
  const auto first = alice.sign(record);
  const auto second = alice.sign(record);
  ASSERT_EQ(first->id, second->id);
  ASSERT_NE(first->envelope.signature, second->envelope.signature) << "ECDSA has many for one text";
  const Answer accepted = client.submit("test:hello", first);
  const Answer again = client.submit("test:hello", second);
  EXPECT_EQ(again.status, 202U);
  EXPECT_EQ(again.header("Varve-Index"), accepted.header("Varve-Index"));
  const Answer logs = client.fetch(in_quotes(client.log("test:hello")) + ":null", client.length());
  EXPECT_EQ(json_at(logs.body, "/packages/" + client.log("test:hello") + "/0/signature"),
            in_quotes(first->envelope.signature.text()));
  const auto entry = server.services().reader().entry(EntryIndex{accepted.number("Varve-Index")});
  ASSERT_TRUE(entry);
  EXPECT_THAT(*entry, HasSubstr(first->envelope.signature.text()));
}

TEST_F(WargWeakness, EmptyProofsAndRevokedOperatorKeysConvinceNobody) {
  const auto empty = warg::LogBundle::decode("");
  const warg::LogLeaf leaf{0, Hash256{}};
  EXPECT_FALSE(empty && warg::verify_inclusion(*empty, 1, {&leaf, 1}, Hash256{}));
  EXPECT_FALSE(empty && warg::verify_consistency(*empty, 1, 1, Hash256{}, Hash256{}));
  EXPECT_FALSE(warg::MapBundle::decode(""));
  // And the server makes none.
  EXPECT_EQ(client.post("/v1/proof/inclusion", R"({"logLength":1,"leafs":[]})").status, 422U);
}

TEST(WargWeaknesses, UploadsNeedNoHeaderThatTheClientCannotSend) {
  TestServer server({.dev = false, .warg = true});
  server.administer(Method::put, "/admin/v1/warg/namespaces/test", "{}");
  const std::string admin = basic("admin", kAdminPassword);
  WargClient client(server, {{"Authorization", admin}});
  const Publisher alice{'a', warg::KeyAlgorithm::ecdsa_p256};
  const auto record =
      alice.sign(client.next("test:hello", {init(alice), release("1.0.0", "hello")}));
  EXPECT_THAT(client.submit("test:hello", record).body, Not(HasSubstr("headers")));
  EXPECT_EQ(client.upload("test:hello", record, "hello").status, 201U) << "by nobody";
  EXPECT_EQ(server.get(client.file_path("hello")).body, "hello") << "and down again";
}

TEST_F(WargWeakness, ARecordThatFollowsAtOnceFindsTheOneBefore) {
  const auto first = alice.sign(client.next("test:hello", {init(alice), grant(bob, kRelease)}));
  const auto second =
      bob.sign(warg::PackageRecord{first->id, 0, first->record.time, {release("1.0.0", "hello")}});
  EXPECT_EQ(client.submit("test:hello", first).status, 202U);
  EXPECT_EQ(json_at(client.submit("test:hello", second).body, "/state"), "\"sourcing\"");
}

TEST(WargWeaknesses, WhatWaitsForContentKeepsTheOwnerOutForADayAtMost) {
  auto ahead = std::make_shared<std::chrono::microseconds>(0);
  TestOptions options;
  options.warg = true;
  options.clock = [ahead] {
    using namespace std::chrono;
    const auto wall = duration_cast<microseconds>(system_clock::now().time_since_epoch());
    return Timestamp{(wall + *ahead).count()};
  };
  TestServer server(options);
  WargClient client(server);
  const Publisher alice{'a', warg::KeyAlgorithm::ecdsa_p256};
  client.publish("test:hello", {init(alice)}, alice);
  const auto lost = alice.sign(client.next("test:hello", {release("1.0.0", "lost")}));
  EXPECT_EQ(client.submit("test:hello", lost).status, 202U);
  const auto next = alice.sign(client.next("test:hello", {grant(Publisher('b'), kYank)}));
  EXPECT_EQ(client.submit("test:hello", next).status, 409U);
  *ahead = limits::kWargSourcingMax + std::chrono::seconds(1);
  EXPECT_EQ(json_at(client.submit("test:hello", next).body, "/state"), "\"published\"");
  EXPECT_EQ(json_at(client.get(client.record_path("test:hello", lost)).body, "/reason"),
            "\"the record was rejected: its content did not arrive in time\"");
}

TEST(WargWeaknesses, NobodyBeginsAPackageInANamespaceThatIsNotOpen) {
  TestServer server({.dev = false, .warg = true});
  server.administer(Method::put, "/admin/v1/warg/namespaces/test", "{}");
  WargClient client(server);
  const Publisher alice{'a'};
  const std::uint64_t size = server.size();
  const Answer answer =
      client.submit("test:hello", alice.sign(client.next("test:hello", {init(alice)})));
  EXPECT_EQ(answer.status, 401U);
  EXPECT_NE(answer.header("WWW-Authenticate"), "");
  EXPECT_EQ(server.size(), size);
}

TEST_F(WargWeakness, NamesOfPackagesThatWereNeverPublishedAreNotTold) {
  const auto record =
      alice.sign(client.next("test:hello", {init(alice), release("1.0.0", "hello")}));
  client.submit("test:hello", record);
  const Answer answer =
      client.post("/v1/fetch/names", R"({"packages":[")" + client.log("test:hello") + R"("]})");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_THAT(answer.body, Not(HasSubstr("test:hello")));
  client.upload("test:hello", record, "hello");
  EXPECT_EQ(
      client.post("/v1/fetch/names", R"({"packages":[")" + client.log("test:hello") + R"("]})")
          .status,
      200U);
}

TEST_F(WargWeakness, ErrorsOfUploadsAreWholeSentences) {
  const auto record =
      alice.sign(client.next("test:hello", {init(alice), release("1.0.0", "hello")}));
  client.submit("test:hello", record);
  const std::string target = client.upload_path("test:hello", record, "hello");
  const Answer wrong = server.call({Method::post, target, {}, "other", true});
  EXPECT_EQ(wrong.status, 400U);
  EXPECT_THAT(json_at(wrong.body, "/message"), Not(HasSubstr("{")));
  EXPECT_THAT(json_at(wrong.body, "/message"), HasSubstr(Digest::of("other").to_string()));
}

}  // namespace
}  // namespace varve::test
