// The log's read surface, as a verifier uses it.
#include <gtest/gtest.h>

#include <thread>

#include "log/proof/bundle.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

Checkpoint checkpoint_of(TestServer& server) {
  const Answer answer = server.get("/log/checkpoint");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "*");
  auto checkpoint = open_checkpoint(answer.body, server.services().log_key);
  EXPECT_TRUE(checkpoint.has_value());
  return checkpoint.value_or(Checkpoint{});
}

// Enough events for a full tile and a bit: 256 tags and what comes before them.
void push_many(TestServer& server) {
  const std::string manifest = server.push_image("app", "v", "layer");
  for (int i = 0; i < 256; ++i)
    server.put("/v2/app/manifests/v" + std::to_string(i), manifest, kImageType);
  server.wait_published();
}

TEST(Tlog, ServesACheckpointThatCoversWhatWasPublished) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  server.wait_published();
  EXPECT_EQ(checkpoint_of(server).size, TreeSize{server.published()});
}

TEST(Tlog, ServesTilesAndBundlesThatLeadToTheSignedRoot) {
  TestServer server;
  push_many(server);
  const Checkpoint checkpoint = checkpoint_of(server);
  ASSERT_GT(checkpoint.size.value, 256U);
  const unsigned rest = static_cast<unsigned>(checkpoint.size.value - 256);
  std::string leaves = server.get("/log/tile/0/000").body;
  EXPECT_EQ(leaves.size(), 8192U);
  leaves += server.get("/log/tile/0/001.p/" + std::to_string(rest)).body;
  ASSERT_EQ(leaves.size(), checkpoint.size.value * 32);
  TreeEdge edge;
  std::vector<TreeEdge::FullTile> completed;
  for (std::size_t i = 0; i < leaves.size(); i += 32)
    edge.append(hash_from(std::string_view(leaves).substr(i, 32)), completed);
  EXPECT_EQ(edge.root(), checkpoint.root);

  const std::string bundle = server.get("/log/tile/entries/000").body;
  const auto entries = split_bundle(bundle);
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->size(), 256U);
  for (std::size_t i = 0; i < entries->size(); ++i)
    EXPECT_EQ(leaf_hash((*entries)[i]), hash_from(std::string_view(leaves).substr(i * 32, 32)));
  const std::string tail = server.get("/log/tile/entries/001.p/" + std::to_string(rest)).body;
  EXPECT_EQ(split_bundle(tail).value().size(), rest);
  EXPECT_EQ(server.get("/log/tile/1/000.p/1").body.size(), 32U);
}

TEST(Tlog, ServesEveryWidthOfATileThatIsFullNow) {
  TestServer server;
  push_many(server);
  const std::string full = server.get("/log/tile/0/000").body;
  for (const unsigned width : {1U, 17U, 255U}) {
    const Answer answer = server.get("/log/tile/0/000.p/" + std::to_string(width));
    EXPECT_EQ(answer.body, full.substr(0, width * 32));
    EXPECT_EQ(answer.header("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream");
  }
  const Answer bundle = server.get("/log/tile/entries/000.p/3");
  EXPECT_EQ(split_bundle(bundle.body).value().size(), 3U);
  EXPECT_EQ(server.get("/log/tile/0/000").body, full);  // from memory now
}

TEST(Tlog, HasNoTileThatMustNotExist) {
  TestServer server;
  push_many(server);
  const std::string next = std::to_string(server.published() - 256 + 1);
  for (const std::string& path :
       {std::string("0/000.p/0"), std::string("0/000.p/256"), std::string("0/000.p/01"),
        std::string("0/001"),     "0/001.p/" + next,          "entries/001.p/" + next,
        std::string("0/002.p/1"), std::string("1/000"),       std::string("1/000.p/2"),
        std::string("2/000.p/1"), std::string("63/000.p/1"),  std::string("64/000"),
        std::string("00/000"),    std::string("0/0"),         std::string("0/x000/000"),
        std::string("0/000.p/"),  std::string("0"),           std::string("entries"),
        std::string("-1/000"),    std::string("0/000/"),      std::string("../checkpoint")}) {
    EXPECT_EQ(server.get("/log/tile/" + path).status, 404U) << path;
  }
}

TEST(Tlog, ServesNoLeafThatNoCheckpointCovers) {
  TestServer server({.publish_interval = std::chrono::hours(1)});
  server.push_image("app", "v1", "layer");
  const std::uint64_t published = server.published();
  ASSERT_GT(server.size(), published);
  const std::string width = std::to_string(published + 1);
  EXPECT_EQ(server.get("/log/tile/0/000.p/" + width).status, 404U);
  EXPECT_EQ(server.get("/log/tile/entries/000.p/" + width).status, 404U);
  EXPECT_EQ(server.get("/log/tile/0/000.p/" + std::to_string(published)).status, 200U);
}

TEST(Tlog, ProvesAnEntryOffline) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  server.wait_published();
  const Answer pushed = server.head("/v2/app/manifests/v1");
  const Answer proof = server.get(pushed.header("Varve-Proof"));
  ASSERT_EQ(proof.status, 200U) << proof.body;
  EXPECT_EQ(proof.header("Varve-Index"), pushed.header("Varve-Index"));
  const auto bundle = parse_bundle(proof.body);
  ASSERT_TRUE(bundle.has_value());
  const TrustedKeys keys{server.services().log_key, server.services().event_key};
  const Verdict verdict = verify_bundle(*bundle, keys, std::nullopt, std::nullopt);
  EXPECT_TRUE(verdict.proven());
  ASSERT_TRUE(verdict.entry.has_value());
  EXPECT_EQ(type_of(verdict.entry->event), "oci.tag.set");
}

TEST(Tlog, SaysThatAProofIsNotYetThere) {
  TestServer server({.publish_interval = std::chrono::hours(1)});
  server.push_image("app", "v1", "layer");
  const std::uint64_t last = server.size() - 1;
  ASSERT_GE(last, server.published());
  const std::string url = "/log/proof/" + std::to_string(last);
  const Answer answer = server.get(url);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.body, R"({"index":)" + std::to_string(last) + R"(,"published":)" +
                             std::to_string(server.published()) + "}");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(server.get(url + "?wait=1").status, 503U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(950));
}

TEST(Tlog, LetsNoMoreWaitForAProofThanItCanAfford) {
  TestServer server({.publish_interval = std::chrono::hours(1)});
  server.push_image("app", "v1", "layer");
  const std::string url = "/log/proof/" + std::to_string(server.size() - 1) + "?wait=10";
  server.services().state->proof_waiters = limits::kProofWaitersMax;
  const auto begin = std::chrono::steady_clock::now();
  const Answer answer = server.get(url);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(server.services().state->proof_waiters, limits::kProofWaitersMax);
  server.services().state->proof_waiters = 0;
  server.services().state->draining = true;
  EXPECT_EQ(server.get(url).status, 503U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(server.services().state->proof_waiters, 0U);
}

TEST(Tlog, HoldsAProofUntilTheCheckpointIsThere) {
  TestServer server({.publish_interval = std::chrono::milliseconds(400)});
  server.push_image("app", "v1", "layer");
  const Answer answer = server.get("/log/proof/" + std::to_string(server.size() - 1) + "?wait=10");
  EXPECT_EQ(answer.status, 200U);
}

TEST(Tlog, RefusesProofsNobodyCanGive) {
  TestServer server;
  const Answer beyond = server.get("/log/proof/" + std::to_string(server.size()));
  EXPECT_EQ(beyond.status, 404U);
  EXPECT_EQ(beyond.number("Varve-Tree-Size"), server.size());
  for (const char* path :
       {"x", "-1", "01", "18446744073709551616", "0?wait=11", "0?wait=-1", "0?wait=1.5", "0?wait="})
    EXPECT_EQ(server.get("/log/proof/" + std::string(path)).status, 400U) << path;
}

TEST(Tlog, ServesTheBodiesThatEventsNameAndNoOthers) {
  TestServer server;
  const std::string manifest = server.push_image("app", "v1", "layer");
  const Answer body = server.get("/log/body/" + Digest::of(manifest).to_string());
  EXPECT_EQ(body.status, 200U);
  EXPECT_EQ(body.body, manifest);
  EXPECT_EQ(body.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(body.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(server.get("/log/body/" + Digest::of("layer").to_string()).status, 404U);
  EXPECT_EQ(server.get("/log/body/sha256:xyz").status, 400U);
}

TEST(Tlog, NamesItsTwoKeys) {
  TestServer server;
  const auto keys = parse_trusted_keys(server.get("/log/vkey").body);
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->log, server.services().log_key);
  EXPECT_EQ(keys->event, server.services().event_key);
  EXPECT_TRUE(keys->earlier.empty());
}

}  // namespace
}  // namespace varve::test
