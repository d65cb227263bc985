// Warg's JSON from a hostile registry: what is not exactly the protocol's is refused, and says
// nothing.
#include "api/cli/warg_json.h"

#include <gtest/gtest.h>

#include "tests/unit/api/cli/fake_warg.h"

namespace varve::cli {
namespace {

void expect_useless(const auto& result, const std::string& json) {
  ASSERT_FALSE(result) << json;
  EXPECT_EQ(result.error().code, Errc::unavailable) << json;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(WargJson, WritesAndReadsACheckpoint) {
  const FakeWarg registry;
  const auto checkpoint = registry.checkpoint();
  const std::string json = write_checkpoint(checkpoint);
  const auto again = read_checkpoint(json);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->contents, checkpoint.contents);
  EXPECT_EQ(again->key, checkpoint.key);
  EXPECT_EQ(again->signature, checkpoint.signature);
  // Members that nobody here knows are somebody else's.
  EXPECT_TRUE(read_checkpoint(replaced(json, "{", R"({"witness":[1],)")));
}

TEST(WargJson, RefusesACheckpointThatIsNone) {
  const FakeWarg registry;
  const std::string json = write_checkpoint(registry.checkpoint());
  const std::string length = "\"logLength\":1";
  for (const std::string& bad : std::vector<std::string>{
           "", "[]", "null", "\"x\"", json.substr(0, json.size() - 1), json + json,
           replaced(json, length, "\"logLength\":\"1\""),
           replaced(json, length, "\"logLength\":1.0"), replaced(json, length, "\"logLength\":-1"),
           replaced(json, length, "\"logLength\":null"),
           replaced(json, length, "\"logLength\":4294967296"),
           replaced(json, length, "\"logLength\":18446744073709551616"),
           replaced(json, length, length + "," + length), replaced(json, "logRoot", "logroot"),
           replaced(json, "sha256:", "SHA256:"),
           replaced(json, "\"contents\":{", "\"contents\":[{"),
           replaced(json, "ecdsa-p256:", "rsa:")})
    expect_useless(read_checkpoint(bad), bad);
}

struct Pages : ::testing::Test {
  FakeWarg registry;
  LogsQuestion question{1, 100, std::nullopt, FakeWarg::log_id("test:a"), std::nullopt};
  std::string page() {
    registry.release("test:a", "1.0.0", "one", warg_test_key('p'));
    question.log_length = 2;
    return registry
        .ask({.target = "/v1/fetch/logs",
              .bytes_max = 1 << 20,
              .method = "POST",
              .body = write_logs_question(question)})
        ->body;
  }
};

TEST_F(Pages, AreRead) {
  const auto logs = read_logs_page(page(), question);
  ASSERT_TRUE(logs) << logs.error().what;
  EXPECT_FALSE(logs->more);
  ASSERT_EQ(logs->of_operator.size(), 1u);
  ASSERT_EQ(logs->of_package.size(), 1u);
  EXPECT_EQ(logs->of_package[0].registry_index, 1u);
  EXPECT_EQ(logs->of_package[0].fetch_token, registry.records[1].id.to_string());
  EXPECT_TRUE(read_logs_page(R"({"more":true,"warnings":[{"message":"x"}]})", question)->more);
  EXPECT_TRUE(read_logs_page(R"({"more":false,"operator":null,"packages":{}})", question));
}

TEST_F(Pages, AreRefusedWithAnythingElseInThem) {
  const std::string json = page();
  for (const std::string& bad : std::vector<std::string>{
           replaced(json, "\"more\":false", "\"more\":0"), replaced(json, "\"more\"", "\"less\""),
           replaced(json, "\"operator\":[", "\"operator\":{}, \"x\":["),
           replaced(json, "\"registryIndex\":0", "\"registryIndex\":\"0\""),
           replaced(json, "\"contentBytes\":\"", "\"contentBytes\":\"!"),
           replaced(json, "\"contentBytes\":\"", "\"contentBytes\":\"A"),
           replaced(json, "\"keyId\":\"sha256:", "\"keyId\":\"sha512:"),
           replaced(json, "\"fetchToken\":\"", "\"fetchToken\":\"" + std::string(2'000, 'x')),
           replaced(json, "\"packages\":{\"sha256:", "\"packages\":{\"sha256:0"),
           replaced(json, "\"packages\":{",
                    "\"packages\":{\"" + FakeWarg::log_id("test:b").to_string() + "\":[],")})
    expect_useless(read_logs_page(bad, question), bad);
  // More than were asked for: memory would be the registry's to fill.
  question.limit = 0;
  expect_useless(read_logs_page(json, question), json);
}

TEST(WargJson, AsksInTheProtocolsWords) {
  const auto log = FakeWarg::log_id("test:a").to_string();
  EXPECT_EQ(write_logs_question({7, 100, std::nullopt, FakeWarg::log_id("test:a"), std::nullopt}),
            R"({"logLength":7,"limit":100,"packages":{")" + log + R"(":null}})");
  EXPECT_EQ(write_logs_question({7, 9, "op\"", FakeWarg::log_id("test:a"), "t"}),
            R"({"logLength":7,"limit":9,"operator":"op\"","packages":{")" + log + R"(":"t"}})");
  EXPECT_EQ(write_logs_question({7, 9, std::nullopt, std::nullopt, std::nullopt}),
            R"({"logLength":7,"limit":9})");
  EXPECT_EQ(write_consistency_question(3, 4), R"({"from":3,"to":4})");
  EXPECT_EQ(write_inclusion_question(4, std::vector<std::uint64_t>{0, 3}),
            R"({"logLength":4,"leafs":[0,3]})");
  EXPECT_EQ(write_absence_question(4, FakeWarg::log_id("test:a")),
            R"({"logLength":4,"packages":[")" + log + "\"]}");
}

TEST(WargJson, ReadsWhatBecameOfARecord) {
  const std::string id = warg::package_record_id("x").to_string();
  const auto status = [&](const std::string& rest) {
    return read_record_status(R"({"recordId":")" + id + "\"," + rest + "}");
  };
  EXPECT_EQ(status(R"("state":"processing")")->id.to_string(), id);
  EXPECT_EQ(std::get<Rejected>(status(R"("state":"rejected","reason":"no")")->state).reason, "no");
  EXPECT_EQ(
      std::get<Published>(status(R"("state":"published","registryIndex":3)")->state).registry_index,
      3u);
  const std::string digest = Digest::of("x").to_string();
  const std::string place = R"({"type":"http","method":"PUT","url":"v1/up?t=1"})";
  const auto sourcing = status(R"("state":"sourcing","missingContent":{")" + digest +
                               R"(":{"upload":[{"type":"carrier pigeon"},)" + place + "]}}");
  ASSERT_TRUE(sourcing) << sourcing.error().what;
  const auto& places = std::get<Sourcing>(sourcing->state).missing.at(Digest::of("x"));
  ASSERT_EQ(places.size(), 1u);
  EXPECT_EQ(places[0].method, "PUT");
  for (const char* bad : {R"("state":"done")", R"("state":"published")", R"("state":"rejected")",
                          R"("state":"sourcing")", R"("state":"sourcing","missingContent":[])",
                          R"("state":"sourcing","missingContent":{"md5:00":{"upload":[]}})",
                          R"("state":7)", R"("x":1)"})
    expect_useless(status(bad), bad);
  const auto patched = status(R"("state":"sourcing","missingContent":{")" + digest +
                              R"(":{"upload":[{"type":"http","method":"DELETE","url":"x"}]}})");
  expect_useless(patched, "DELETE");
  expect_useless(read_record_status(R"({"recordId":"x","state":"processing"})"), "id");
}

TEST(WargJson, ReadsWhereContentIs) {
  const Digest digest = Digest::of("x");
  const auto places = [&](const std::string& list) {
    return read_content_places(R"({"contentSources":{")" + digest.to_string() + "\":" + list + "}}",
                               digest);
  };
  const auto two = places(R"([{"type":"httpGet","url":"http://a/b","size":5,"acceptRanges":true},
                              {"type":"httpGet","url":"http://c/d"}])");
  ASSERT_TRUE(two) << two.error().what;
  EXPECT_EQ(two->at(0).size, 5u);
  EXPECT_EQ(two->at(1).size, std::nullopt);
  for (const char* bad :
       {"[]", "{}", "null", R"([{"type":"bitTorrent","url":"x"}])", R"([{"type":"httpGet"}])",
        R"([{"type":"httpGet","url":1}])", R"([{"type":"httpGet","url":"x","size":-1}])"})
    expect_useless(places(bad), bad);
  expect_useless(read_content_places(R"({"contentSources":{}})", digest), "none");
}

// A bundle that is none is a proof that failed, not an answer nobody understands.
TEST(WargJson, TellsABadProofFromABadAnswer) {
  for (const char* none : {"{}", R"({"proof":5})", R"({"proof":"A"})", "no JSON"})
    expect_useless(read_consistency(none), none);
  const auto bad = read_consistency(R"({"proof":"////"})");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().about, About::proof);
  EXPECT_EQ(bad.error().code, Errc::invalid);
}

TEST(WargJson, QuotesWhatARefusalSays) {
  EXPECT_EQ(read_refusal(R"({"status":401,"message":"no"})").message, "no");
  EXPECT_EQ(read_refusal(R"({"status":422,"reason":"why"})").message, "why");
  EXPECT_EQ(read_refusal(R"({"status":404,"type":"log","id":"x"})").id, "x");
  EXPECT_EQ(read_refusal(R"({"status":404,"type":"logLength","id":7})").id, "");
  EXPECT_EQ(read_refusal("<html>").type, "");
}

}  // namespace
}  // namespace varve::cli
