// Tags as SWR's clients see them: listed, shown, set to what another points to, deleted.
#include <gtest/gtest.h>

#include "tests/unit/api/surface/swr_json.h"

namespace varve::test {
namespace {

using http::Method;
using Names = std::vector<std::string>;

class SwrTags : public testing::Test {
 protected:
  void SetUp() override {
    first = server.push_image("team/app", "v1", "layer");
    server.push_image("team/app", "v2", "other layer");
    server.push_image("team/app", "edge", "edge");
  }
  Answer list(const std::string& query = "") { return server.get(kTags + query); }
  Answer retag(const std::string& body) { return send(server, Method::post, kTags, body); }

  const std::string kTags = "/v2/manage/namespaces/team/repos/app/tags";
  TestServer server;
  std::string first;
};

TEST_F(SwrTags, HaveEveryField) {
  const Answer shown = server.get(kTags + "/v1");
  ASSERT_EQ(shown.status, 200U) << shown.body;
  EXPECT_EQ(at(shown.body, "/Tag"), "v1");
  EXPECT_EQ(at(shown.body, "/digest"), Digest::of(first).to_string());
  EXPECT_EQ(at(shown.body, "/manifest"), first);
  EXPECT_EQ(at(shown.body, "/image_id"), Digest::of("{}").to_string().substr(7));
  EXPECT_EQ(at(shown.body, "/size"), "7");  // {} and the layer
  EXPECT_EQ(at(shown.body, "/path"), "registry.example/team/app:v1");
  EXPECT_EQ(at(shown.body, "/internal_path"), "registry.example/team/app:v1");
  EXPECT_EQ(at(shown.body, "/tag_type"), "0");
  EXPECT_EQ(at(shown.body, "/schema"), "2");
  EXPECT_EQ(at(shown.body, "/deleted"), "null");
  EXPECT_EQ(at(shown.body, "/scanned"), "false");
  EXPECT_EQ(at(shown.body, "/is_trusted"), "false");
  EXPECT_EQ(at(shown.body, "/domain_id"), "registry.example");
  EXPECT_EQ(at(shown.body, "/repo_id"),
            at(server.get("/v2/manage/namespaces/team/repos/app").body, "/id"));
  EXPECT_EQ(at(shown.body, "/created").size(), 27U);
  EXPECT_EQ(at(shown.body, "/updated"), at(shown.body, "/created"));
  EXPECT_NE(shown.header("Varve-Index"), "");
}

TEST_F(SwrTags, OfAnIndexReachWhatItsImagesNeed) {
  const std::string index = R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) +
                            R"(","manifests":[{"mediaType":")" + std::string(kImageType) +
                            R"(","digest":")" + Digest::of(first).to_string() + R"(","size":)" +
                            std::to_string(first.size()) + "}]}";
  ASSERT_EQ(server.put("/v2/team/app/manifests/multi", index, kIndexType).status, 201U);
  const Answer shown = server.get(kTags + "/multi");
  EXPECT_EQ(at(shown.body, "/tag_type"), "1");
  EXPECT_EQ(at(shown.body, "/size"), "7");
  EXPECT_EQ(at(shown.body, "/image_id"), "");
}

TEST_F(SwrTags, AreListedNewestFirstOrByName) {
  EXPECT_EQ(each(list().body, "Tag"), (Names{"edge", "v2", "v1"}));
  EXPECT_EQ(list().header("Content-Range"), "");
  EXPECT_EQ(each(list("?order_column=tag&order_type=asc").body, "Tag"),
            (Names{"edge", "v1", "v2"}));
  const Answer page = list("?limit=2&offset=1&order_column=updated_at&order_type=asc");
  EXPECT_EQ(each(page.body, "Tag"), (Names{"v2", "edge"}));
  EXPECT_EQ(page.header("Content-Range"), "1-2/3");
  EXPECT_EQ(list("?limit=2&offset=7").body, "[]");
  EXPECT_EQ(each(list("?filter=tag::v|order_column::tag|order_type::desc").body, "Tag"),
            (Names{"v2", "v1"}));
  EXPECT_EQ(swr_code(list("?order_column=size")), "4001096");
  EXPECT_EQ(swr_code(list("?filter=name::v")), "4001035");
}

// A client that pages by offset would never hear of an item that a page leaves out.
TEST_F(SwrTags, AreAllOnTheirPageThoughTheirManifestsMayBeTooLargeForIt) {
  std::string large;
  for (char pad = 'a'; pad < 'e'; ++pad) {
    large = first;
    large.insert(1, R"("annotations":{"pad":")" + std::string(3'500'000, pad) + R"("},)");
    const std::string path = "/v2/team/app/manifests/large-" + std::string(1, pad);
    ASSERT_EQ(server.put(path, large, kImageType).status, 201U);
  }
  const Answer whole = list("?limit=100&offset=0");
  EXPECT_EQ(whole.header("Content-Range"), "0-7/7");
  EXPECT_EQ(each(whole.body, "Tag"),
            (Names{"large-d", "large-c", "large-b", "large-a", "edge", "v2", "v1"}));
  EXPECT_EQ(at(whole.body, "/0/manifest"), large);
  EXPECT_EQ(at(whole.body, "/1/manifest").size(), large.size());
  for (const char* item : {"/2", "/3", "/4", "/5", "/6"}) {
    EXPECT_EQ(at(whole.body, std::string(item) + "/manifest"), "");
    EXPECT_EQ(at(whole.body, std::string(item) + "/image_id"),
              Digest::of("{}").to_string().substr(7));
  }
  const Answer rest = list("?limit=3&offset=4");
  EXPECT_EQ(rest.header("Content-Range"), "4-3/7");
  EXPECT_EQ(at(rest.body, "/2/manifest"), first);
}

TEST_F(SwrTags, OfOneManifestSayTheSame) {
  const std::string path = "/v2/team/app/manifests/" + Digest::of(first).to_string();
  ASSERT_EQ(server.put(path + "?tag=again", first, kImageType).status, 201U);
  const Answer listed = list();
  EXPECT_EQ(each(listed.body, "Tag"), (Names{"again", "edge", "v2", "v1"}));
  EXPECT_EQ(at(listed.body, "/0/size"), "7");
  EXPECT_EQ(at(listed.body, "/2/size"), "13");  // {} and the other layer
  for (const char* field : {"/size", "/image_id", "/manifest", "/digest"})
    EXPECT_EQ(at(listed.body, std::string("/0") + field),
              at(listed.body, std::string("/3") + field));
}

// 25 links more than the first image has, which is counted whatever it reaches.
TEST_F(SwrTags, OfWhichTooMuchIsReachedAreAskedForFewerAtATime) {
  for (int n = 0; n < 12; ++n)
    server.push_image("team/app", "n" + std::to_string(n), "layer " + std::to_string(n));
  server.services().scan_rows_max = 1;
  const Answer refused = list("?offset=0&limit=14");
  EXPECT_EQ(refused.status, 413U);
  EXPECT_NE(refused.body.find("fewer tags"), std::string::npos) << refused.body;
  const Answer page = list("?offset=0&limit=13");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.header("Content-Range"), "0-13/15");
  EXPECT_EQ(list("?offset=13&limit=13").header("Content-Range"), "13-2/15");
  const Answer all = list();
  EXPECT_EQ(all.status, 200U);
  EXPECT_EQ(each(all.body, "Tag").size(), 13U);
  EXPECT_EQ(all.header("Content-Range"), "0-13/15");
  EXPECT_EQ(server.get(kTags + "/v1").status, 200U);
  server.services().scan_rows_max = 0;
  EXPECT_EQ(server.get(kTags + "/v1").status, 413U);
}

TEST_F(SwrTags, SayWhenThereAreMoreThanOneAnswerHolds) {
  for (int n = 0; n < 1'024; n += 64) {
    std::string path = "/v2/team/app/manifests/" + Digest::of(first).to_string();
    for (int i = 0; i < 64; ++i) path += (i == 0 ? "?tag=n" : "&tag=n") + std::to_string(n + i);
    ASSERT_EQ(server.put(path, first, kImageType).status, 201U);
  }
  const Answer cut = list();
  EXPECT_NE(at(cut.body, "/999/Tag"), "absent");
  EXPECT_EQ(at(cut.body, "/1000/Tag"), "absent");
  EXPECT_EQ(cut.header("Content-Range"), "0-1000/1027");
  EXPECT_EQ(each(list("?limit=1000&offset=1000").body, "Tag").size(), 27U);
}

TEST_F(SwrTags, ThatAreNotThereAre404) {
  EXPECT_EQ(swr_code(server.get(kTags + "/none")), "4041056");
  EXPECT_EQ(swr_code(server.get(kTags + "/-bad-")), "4041056");
  EXPECT_EQ(swr_code(server.del(kTags + "/none")), "4041056");
  EXPECT_EQ(swr_code(server.get("/v2/manage/namespaces/team/repos/none/tags")), "4040010");
  EXPECT_EQ(swr_code(server.get("/v2/manage/namespaces/none/repos/app/tags/v1")), "4040010");
}

TEST_F(SwrTags, AreSetToWhatAnotherPointsTo) {
  EXPECT_EQ(retag(R"({"source_tag":"v1","destination_tag":"stable","override":false})").status,
            201U);
  EXPECT_EQ(at(server.get(kTags + "/stable").body, "/digest"), Digest::of(first).to_string());
  const Answer taken = retag(R"({"source_tag":"v2","destination_tag":"stable","override":false})");
  EXPECT_EQ(taken.status, 409U);
  EXPECT_EQ(swr_code(taken), "4090006");
  EXPECT_TRUE(at(taken.body, "/error_msg").starts_with("the tag is there already")) << taken.body;
  EXPECT_EQ(retag(R"({"source_tag":"v2","destination_tag":"stable","override":true})").status,
            201U);
  EXPECT_NE(at(server.get(kTags + "/stable").body, "/digest"), Digest::of(first).to_string());
  EXPECT_EQ(swr_code(retag(R"({"source_tag":"none","destination_tag":"x"})")), "4041056");
  EXPECT_EQ(swr_code(retag(R"({"source_tag":"v1"})")), "4001036");
  EXPECT_EQ(swr_code(retag(R"({"source_tag":"v1","destination_tag":"x","override":1})")),
            "4000014");
  EXPECT_EQ(retag(R"({"source_tag":"v1","destination_tag":"-"})").status, 400U);
  EXPECT_EQ(swr_code(send(server, Method::post, "/v2/manage/namespaces/team/repos/none/tags",
                          R"({"source_tag":"v1","destination_tag":"x"})")),
            "4040010");
}

TEST_F(SwrTags, AreDeletedWithoutWhatTheyPointTo) {
  const Answer gone = server.del(kTags + "/v1");
  EXPECT_EQ(gone.status, 204U);
  EXPECT_EQ(gone.body, "");
  EXPECT_EQ(server.get(kTags + "/v1").status, 404U);
  EXPECT_EQ(server.get("/v2/team/app/manifests/" + Digest::of(first).to_string()).status, 200U);
  // And then they are still what they were.
  const std::string then = "?as_of=" + std::to_string(gone.number("Varve-Index"));
  EXPECT_EQ(server.get(kTags + "/v1" + then).status, 200U);
  EXPECT_EQ(each(list(then).body, "Tag"), (Names{"edge", "v2", "v1"}));
}

TEST_F(SwrTags, ThatAreLockedAreForbidden) {
  EXPECT_EQ(
      send(server, Method::patch, "/acr/v1/team/app/_tags/v1", R"({"writeEnabled":false})").status,
      200U);
  const Answer refused = server.del(kTags + "/v1");
  EXPECT_EQ(refused.status, 403U);
  EXPECT_EQ(swr_code(refused), "4039002");
}

// OCI's own list of tags ends the same way, but its repositories are never below "manage".
TEST_F(SwrTags, MayBeCalledList) {
  server.push_image("team/app", "list", "x");
  EXPECT_EQ(at(server.get(kTags + "/list").body, "/Tag"), "list");
}

}  // namespace
}  // namespace varve::test
