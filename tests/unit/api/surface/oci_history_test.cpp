// Where a tag pointed, the way back there, and changes that hold only while a tag stands still.
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

constexpr const char* kHistory = "/v2/app/_oci/tag-history/v1";

Answer restore(TestServer& server, const std::string& body,
               const std::string& url = "/v2/app/_varve/tags/v1") {
  return server.call({Method::post, url, {}, body});
}
std::string index_body(std::uint64_t index) {
  return "{\"index\":" + std::to_string(index) + "}";
}

// One line a version: event, index, digest.
std::vector<std::string> versions_in(const Answer& answer) {
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.header("Content-Type"), kIndexType);
  simdjson::dom::parser parser;
  simdjson::dom::array manifests;
  EXPECT_EQ(parser.parse(answer.body).at_key("manifests").get(manifests), simdjson::SUCCESS);
  std::vector<std::string> lines;
  for (const auto item : manifests) {
    const auto text = [&item](const char* pointer) {
      return std::string(std::string_view(item.at_pointer(pointer).get_string().value()));
    };
    EXPECT_EQ(text("/mediaType"), kImageType);
    EXPECT_GT(std::uint64_t(item.at_key("size").get_uint64().value()), 100U);
    EXPECT_TRUE(text("/annotations/org.opencontainers.image.ref.created").ends_with("Z"));
    lines.push_back(text("/annotations/dev.varve.event") + " " +
                    text("/annotations/dev.varve.index") + " " + text("/digest"));
  }
  return lines;
}

struct Moved {
  TestServer server;
  std::string first = Digest::of(server.push_image("app", "v1", "first")).to_string();
  std::uint64_t first_index = server.size() - 1;
  std::string second = Digest::of(server.push_image("app", "v1", "second")).to_string();
  std::uint64_t second_index = server.size() - 1;
  std::uint64_t deleted_index = [this] {
    EXPECT_EQ(server.del("/v2/app/manifests/" + second).status, 202U);
    return server.size() - 1;
  }();
  std::vector<std::string> all{"deleted " + std::to_string(deleted_index) + " " + second,
                               "set " + std::to_string(second_index) + " " + second,
                               "set " + std::to_string(first_index) + " " + first};
};

TEST(OciTagHistory, IsNewestFirstAndKnowsDeletedManifests) {
  Moved it;
  const Answer answer = it.server.get(kHistory);
  EXPECT_EQ(versions_in(answer), it.all);
  EXPECT_EQ(answer.header("Link"), "");
  EXPECT_EQ(answer.number("Varve-Tree-Size"), it.server.size());
}

TEST(OciTagHistory, ComesInPages) {
  Moved it;
  std::vector<std::string> found;
  std::string target = std::string(kHistory) + "?n=1";
  for (int pages = 0; !target.empty(); ++pages) {
    ASSERT_LT(pages, 5);
    const Answer answer = it.server.get(target);
    for (const std::string& line : versions_in(answer)) found.push_back(line);
    const std::string link = answer.header("Link");
    target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    if (pages == 0) it.server.push_image("app", "v1", "meanwhile");
  }
  EXPECT_EQ(found, it.all);
  EXPECT_EQ(it.server.get(std::string(kHistory) + "?last=x").status, 400U);
  EXPECT_EQ(it.server.get(std::string(kHistory) + "?n=x").status, 400U);
  EXPECT_EQ(it.server.get(std::string(kHistory) + "?n=0").header("Link"), "");
}

TEST(OciTagHistory, AsOfASizeEndsThere) {
  Moved it;
  const std::string n = std::to_string(it.second_index + 1);
  for (const std::string& url :
       {std::string(kHistory) + "?as_of=" + n, "/v2/asof." + n + "/app/_oci/tag-history/v1"})
    EXPECT_EQ(versions_in(it.server.get(url)),
              std::vector<std::string>(it.all.begin() + 1, it.all.end()));
}

TEST(OciTagHistory, OfATagThatNeverWasIsEmptyAndOfNoRepositoryAnError) {
  Moved it;
  for (const char* tag : {"v2", ".never-a-tag", "v"})
    EXPECT_TRUE(versions_in(it.server.get("/v2/app/_oci/tag-history/" + std::string(tag))).empty());
  EXPECT_EQ(code_of(it.server.get("/v2/nobody/_oci/tag-history/v1")), "NAME_UNKNOWN");
}

TEST(OciTagRestore, SetsATagBackToWhatItWas) {
  Moved it;
  EXPECT_EQ(it.server.get("/v2/app/manifests/v1").status, 404U);
  const Answer answer = restore(it.server, index_body(it.first_index));
  ASSERT_EQ(answer.status, 201U) << answer.body;
  EXPECT_EQ(answer.header("Docker-Content-Digest"), it.first);
  EXPECT_EQ(answer.header("Location"), "/v2/app/manifests/" + it.first);
  EXPECT_EQ(answer.number("Varve-Index"), it.server.size() - 1);
  EXPECT_EQ(it.server.head("/v2/app/manifests/v1").header("Docker-Content-Digest"), it.first);
  const std::uint64_t before = it.server.size();
  EXPECT_EQ(restore(it.server, index_body(it.first_index)).status, 201U);
  EXPECT_EQ(it.server.size(), before) << "a repeat changes nothing";
}

TEST(OciTagRestore, IsRefusedWhenThereIsNothingToGoBackTo) {
  Moved it;
  const std::uint64_t before = it.server.size();
  struct Row {
    std::string body, url;
    unsigned status;
    const char* code;
  };
  const std::string url = "/v2/app/_varve/tags/v1";
  const Row rows[] = {
      {index_body(it.second_index), url, 404, "MANIFEST_UNKNOWN"},  // deleted since
      {index_body(it.deleted_index), url, 404, "MANIFEST_UNKNOWN"},
      {index_body(0), url, 404, "MANIFEST_UNKNOWN"},
      {index_body(before), url, 404, "NOT_FOUND"},
      {index_body(it.first_index), "/v2/app/_varve/tags/v2", 404, "MANIFEST_UNKNOWN"},
      {index_body(it.first_index), "/v2/app/_varve/tags/.bad", 404, "MANIFEST_UNKNOWN"},
      {index_body(it.first_index), "/v2/asof.3/app/_varve/tags/v1", 405, "UNSUPPORTED"},
      {"", url, 400, "BAD_REQUEST"},
      {"[]", url, 400, "BAD_REQUEST"},
      {R"({"index":-1})", url, 400, "BAD_REQUEST"},
      {R"({"index":18446744073709551615})", url, 400, "BAD_REQUEST"},
      {R"({"index":1,"index":2})", url, 400, "BAD_REQUEST"},
      {R"({"index":"1"})", url, 400, "BAD_REQUEST"},
      {std::string(5'000, ' '), url, 413, "SIZE_INVALID"},
  };
  for (const Row& row : rows) {
    const Answer answer = restore(it.server, row.body, row.url);
    EXPECT_EQ(answer.status, row.status) << row.body;
    EXPECT_EQ(code_of(answer), row.code) << row.body;
  }
  EXPECT_EQ(it.server.size(), before);
}

TEST(OciConditions, LetOneOfTwoWritersWin) {
  TestServer server;
  const std::string url = "/v2/app/manifests/v1";
  const std::string first = server.push_image("app", "other", "first");
  const std::string second = server.push_image("app", "another", "second");
  const std::string tag = '"' + Digest::of(first).to_string() + '"';
  const auto put = [&](const std::string& body, std::string_view name, std::string_view value) {
    return server.call({Method::put, url, {{"Content-Type", kImageType}, {name, value}}, body});
  };
  EXPECT_EQ(put(first, "If-Match", "*").status, 412U);
  EXPECT_EQ(put(first, "If-None-Match", "*").status, 201U);
  const std::uint64_t before = server.size();
  const Answer lost = put(second, "If-None-Match", "*");
  EXPECT_EQ(lost.status, 412U);
  EXPECT_EQ(code_of(lost), "PRECONDITION_FAILED");
  EXPECT_NE(lost.body.find(Digest::of(first).to_string()), std::string::npos);
  EXPECT_EQ(put(second, "If-Match", R"("sha256:none", W/)" + tag).status, 412U) << "weak";
  EXPECT_EQ(server.size(), before);
  EXPECT_EQ(put(second, "If-Match", R"("x", )" + tag).status, 201U);
  EXPECT_EQ(server.call({Method::del, url, {{"If-Match", tag}}}).status, 412U);
  EXPECT_EQ(server.head(url).status, 200U);
  const std::string now = '"' + Digest::of(second).to_string() + '"';
  EXPECT_EQ(server.call({Method::del, url, {{"If-Match", now}}}).status, 202U);
  EXPECT_EQ(server.call({Method::del, url, {{"If-Match", now}}}).status, 412U);
}

TEST(OciTagParameters, SetEveryTagOfAManifestPutByItsDigest) {
  TestServer server;
  const std::string manifest = server.push_image("app", "v1", "layer");
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const std::string digest = Digest::of(manifest, algorithm).to_string();
    const Answer answer =
        server.put("/v2/app/manifests/" + digest + "?tag=a&tag=b&tag=a", manifest, kImageType);
    ASSERT_EQ(answer.status, 201U) << answer.body;
    std::vector<std::string> tags;
    for (const auto& [name, value] : answer.headers)
      if (name == "OCI-Tag") tags.push_back(value);
    EXPECT_EQ(tags, (std::vector<std::string>{"a", "b", "a"}));
    for (const char* tag : {"a", "b"})
      EXPECT_EQ(
          server.head("/v2/app/manifests/" + std::string(tag)).header("Docker-Content-Digest"),
          digest);
  }
}

TEST(OciTagParameters, AreRefusedWhenTheyAreNoTagsOrTooManyOrBesideATag) {
  TestServer server;
  const std::string manifest = server.push_image("app", "v1", "layer");
  const std::string url = "/v2/app/manifests/" + Digest::of(manifest).to_string() + "?tag=";
  const std::uint64_t before = server.size();
  for (const std::string& bad :
       {url, url + ".a", url + "a&tag=sha256:x", std::string("/v2/app/manifests/v2?tag=a")}) {
    const Answer answer = server.put(bad, manifest, kImageType);
    EXPECT_EQ(answer.status, 400U) << bad;
    EXPECT_EQ(code_of(answer), "TAG_INVALID") << bad;
  }
  std::string many = url + "t";
  for (int i = 1; i < 64; ++i) many += "&tag=t" + std::to_string(i);
  EXPECT_EQ(server.put(many + "&tag=more", manifest, kImageType).status, 414U);
  EXPECT_EQ(server.size(), before);
  EXPECT_EQ(server.put(many, manifest, kImageType).status, 201U);
  EXPECT_EQ(server.size(), before + 64);
}

TEST(OciWarnings, TellOfDataThatIsNotTheContent) {
  TestServer server;
  server.push_blob("app", "{}");
  server.push_blob("app", "layer");
  std::string manifest = image_of("{}", "layer");
  EXPECT_EQ(server.put("/v2/app/manifests/v1", manifest, kImageType).header("Warning"), "");
  manifest.insert(manifest.find("\"size\":2") + 8, R"(,"data":"e30=")");
  EXPECT_EQ(server.put("/v2/app/manifests/v1", manifest, kImageType).header("Warning"), "");
  manifest.replace(manifest.find("e30="), 4, "e31=");
  const Answer answer = server.put("/v2/app/manifests/v1", manifest, kImageType);
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.header("Warning"), "299 - \"the data of descriptor " +
                                          Digest::of("{}").to_string() + " is not its content\"");
}

}  // namespace
}  // namespace varve::test
