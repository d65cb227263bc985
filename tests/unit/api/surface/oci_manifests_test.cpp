// Manifests: what is pushed comes back byte for byte; what is wrong changes nothing.
#include <gtest/gtest.h>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

std::string manifest_url(const std::string& repo, const std::string& reference) {
  return "/v2/" + repo + "/manifests/" + reference;
}

TEST(OciManifest, ComesBackByteForByteByTagAndByDigest) {
  TestServer server;
  server.push_blob("app", "{}");
  server.push_blob("app", "layer");
  const std::string manifest = image_of("{}", "layer") + " \n";  // odd bytes are the pusher's right
  const std::string digest = Digest::of(manifest).to_string();
  Answer answer = server.put(manifest_url("app", "v1"), manifest,
                             "application/vnd.oci.image.manifest.v1+json; charset=utf-8");
  ASSERT_EQ(answer.status, 201U) << answer.body;
  EXPECT_EQ(answer.header("Location"), manifest_url("app", digest));
  EXPECT_EQ(answer.header("Docker-Content-Digest"), digest);
  EXPECT_EQ(answer.header("OCI-Subject"), "");
  EXPECT_EQ(answer.number("Varve-Index"), server.size() - 1);
  for (const std::string& reference : {std::string("v1"), digest}) {
    answer = server.get(manifest_url("app", reference));
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, manifest);
    EXPECT_EQ(answer.header("Content-Type"), kImageType);
    EXPECT_EQ(answer.header("Docker-Content-Digest"), digest);
    EXPECT_EQ(answer.header("ETag"), '"' + digest + '"');
    EXPECT_EQ(answer.header("Varve-Proof"), "/log/proof/" + answer.header("Varve-Index"));
    answer = server.head(manifest_url("app", reference));
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.content_length, manifest.size());
  }
}

TEST(OciManifest, PushedAgainAppendsNothingAndNamesTheSameEvent) {
  TestServer server;
  const std::string manifest = server.push_image("app", "v1", "layer");
  const std::string index = server.head(manifest_url("app", "v1")).header("Varve-Index");
  const std::uint64_t before = server.size();
  const Answer answer = server.put(manifest_url("app", "v1"), manifest, kImageType);
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.header("Varve-Index"), index);
  EXPECT_EQ(server.size(), before);
}

TEST(OciManifest, ArrivesChunkedToo) {
  TestServer server;
  server.push_blob("app", "{}");
  server.push_blob("app", "layer");
  Call call{Method::put,
            manifest_url("app", "v1"),
            {{"Content-Type", kImageType}},
            image_of("{}", "layer"),
            true};
  EXPECT_EQ(server.call(call).status, 201U);
}

TEST(OciManifest, ByDigestMustHashToItInItsOwnAlgorithm) {
  TestServer server;
  server.push_blob("app", "{}");
  server.push_blob("app", "layer");
  const std::string manifest = image_of("{}", "layer");
  const std::string sha512 = Digest::of(manifest, DigestAlgorithm::sha512).to_string();
  EXPECT_EQ(server.put(manifest_url("app", sha512), manifest, kImageType).status, 201U);
  const Answer found = server.head(manifest_url("app", sha512));
  EXPECT_EQ(found.header("Docker-Content-Digest"), sha512);
  const std::uint64_t before = server.size();
  const Answer answer = server.put(manifest_url("app", sha512), manifest + " ", kImageType);
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(code_of(answer), "DIGEST_INVALID");
  EXPECT_EQ(server.size(), before);
}

TEST(OciManifest, WithASubjectSaysSoInTheAnswer) {
  TestServer server;
  server.push_blob("app", "{}");
  server.push_blob("app", "layer");
  std::string manifest = image_of("{}", "layer");
  const std::string subject = Digest::of("somebody").to_string();
  manifest.insert(manifest.size() - 1, R"(,"subject":{"mediaType":")" + std::string(kImageType) +
                                           R"(","digest":")" + subject + R"(","size":8})");
  const Answer answer = server.put(manifest_url("app", "v1"), manifest, kImageType);
  ASSERT_EQ(answer.status, 201U) << answer.body;
  EXPECT_EQ(answer.header("OCI-Subject"), subject);
}

TEST(OciManifest, IsNotSentToAClientThatHasIt) {
  TestServer server;
  const std::string tag =
      '"' + Digest::of(server.push_image("app", "v1", "layer")).to_string() + '"';
  for (const Method method : {Method::get, Method::head}) {
    const Answer answer =
        server.call({method, manifest_url("app", "v1"), {{"If-None-Match", tag}}});
    EXPECT_EQ(answer.status, 304U);
    EXPECT_EQ(answer.body, "");
  }
}

TEST(OciManifest, UnderAMalformedTagIsAbsentUnderAMalformedDigestAMistake) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  for (const Method method : {Method::get, Method::head, Method::del}) {
    EXPECT_EQ(server.call({method, manifest_url("app", ".INVALID_MANIFEST_NAME")}).status, 404U);
    EXPECT_EQ(server.call({method, manifest_url("app", "sha256:baddigest")}).status, 400U);
    EXPECT_EQ(server.call({method, manifest_url("app", "absent")}).status, 404U);
    EXPECT_EQ(server.call({method, manifest_url("absent", "v1")}).status, 404U);
  }
  EXPECT_EQ(server.put(manifest_url("app", ".bad"), "{}", kImageType).status, 400U);
}

TEST(OciManifest, DeletedByTagLosesTheTagDeletedByDigestEverything) {
  TestServer server;
  const std::string digest = Digest::of(server.push_image("app", "v1", "layer")).to_string();
  server.put(manifest_url("app", "v2"), image_of("{}", "layer"), kImageType);
  Answer answer = server.del(manifest_url("app", "v1"));
  EXPECT_EQ(answer.status, 202U);
  EXPECT_EQ(answer.number("Varve-Index"), server.size() - 1);
  EXPECT_EQ(server.get(manifest_url("app", "v1")).status, 404U);
  EXPECT_EQ(server.get(manifest_url("app", digest)).status, 200U);
  EXPECT_EQ(server.del(manifest_url("app", digest)).status, 202U);
  EXPECT_EQ(server.get(manifest_url("app", digest)).status, 404U);
  EXPECT_EQ(server.get(manifest_url("app", "v2")).status, 404U);
  EXPECT_EQ(server.del(manifest_url("app", digest)).status, 404U);
}

// Every row: the body, the status and the code word it must get.
TEST(OciManifest, ThatIsHostileGetsAClearAnswerAndChangesNothing) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  const std::uint64_t before = server.size();
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  std::string many = R"({"schemaVersion":2,"manifests":[)";
  for (int i = 0; i < 30'000; ++i)
    many += (i == 0 ? "" : ",") + (R"({"mediaType":"a/b","digest":")" +
                                   Digest::of(std::to_string(i)).to_string() + R"(","size":1})");
  many += "]}";
  struct Row {
    const char* what;
    std::string body;
    std::string_view type;
    unsigned status;
    const char* code;
  };
  const Row rows[] = {
      {"empty", "", kImageType, 400, "MANIFEST_INVALID"},
      {"not JSON", "{\"schemaVersion\":2,", kImageType, 400, "MANIFEST_INVALID"},
      {"too large", std::string(5 << 20, ' '), kImageType, 413, "MANIFEST_INVALID"},
      {"deep", R"({"schemaVersion":2,"x":)" + deep + "}", kImageType, 400, "MANIFEST_INVALID"},
      {"many children", many, kIndexType, 400, "MANIFEST_INVALID"},
      {"two names", R"({"schemaVersion":2,"schemaVersion":2})", kImageType, 400,
       "MANIFEST_INVALID"},
      {"contradiction", image_of("{}", "layer"), kIndexType, 400, "MANIFEST_INVALID"},
      {"absent blob", image_of("{}", "never pushed"), kImageType, 400, "MANIFEST_BLOB_UNKNOWN"},
      {"header in the type", R"({"schemaVersion":2,"mediaType":"a/b\r\nX-Evil: 1"})", "", 400,
       "MANIFEST_INVALID"},
  };
  for (const Row& row : rows) {
    const Answer answer = server.put(manifest_url("app", "v1"), row.body, row.type);
    EXPECT_EQ(answer.status, row.status) << row.what;
    EXPECT_EQ(code_of(answer), row.code) << row.what;
  }
  EXPECT_EQ(server.size(), before);
  EXPECT_EQ(server.get(manifest_url("app", "v1")).body, image_of("{}", "layer"));
}

TEST(OciManifest, TooLargeIsRefusedWhileItArrivesChunked) {
  TestServer server;
  Call call{Method::put, manifest_url("app", "v1"), {}, std::string(5 << 20, ' '), true};
  EXPECT_EQ(server.call(call).status, 413U);
}

TEST(OciName, NeverBecomesAnythingButAName) {
  TestServer server;
  const std::uint64_t before = server.size();
  const std::string long_name(230, 'a');
  for (const std::string& name :
       {std::string("../etc"), std::string("a/../b"), std::string("UPPER"), std::string("a//b"),
        std::string("a%2F..%2Fb"), std::string("a%5Cb"), std::string("%ff"), std::string("a%0Ab"),
        std::string("-a"), std::string("a-"), std::string("a%252fb"), long_name}) {
    for (const Answer& answer :
         {server.get("/v2/" + name + "/manifests/v1"), server.get("/v2/" + name + "/tags/list"),
          server.put("/v2/" + name + "/manifests/v1", "{}", kImageType),
          server.call({Method::post, "/v2/" + name + "/blobs/uploads/"})}) {
      EXPECT_EQ(answer.status, 400U) << name;
      EXPECT_EQ(code_of(answer), "NAME_INVALID") << name;
    }
  }
  EXPECT_EQ(server.size(), before);
}

// Its routes are another surface's, so that a name there is none at all.
TEST(OciName, IsNeverBelowManage) {
  TestServer server;
  const std::uint64_t before = server.size();
  for (const Answer& answer :
       {server.get("/v2/manage/x/manifests/v1"), server.get("/v2/manage/x/tags/list"),
        server.put("/v2/manage/x/manifests/v1", "{}", kImageType),
        server.call({Method::post, "/v2/manage/x/blobs/uploads/"})})
    EXPECT_EQ(answer.status, 404U) << answer.body;
  EXPECT_EQ(server.size(), before);
}

TEST(OciName, MayHoldTheWordsOfTheRoutes) {
  TestServer server;
  const std::string repo = "blobs/manifests/tags/list/uploads";
  const std::string manifest = server.push_image(repo, "list", "layer");
  EXPECT_EQ(server.get(manifest_url(repo, "list")).body, manifest);
  EXPECT_EQ(server.get("/v2/" + repo + "/tags/list").status, 200U);
}

TEST(OciPing, AnswersWithAndWithoutTheSlash) {
  TestServer server;
  for (const char* path : {"/v2", "/v2/"}) {
    EXPECT_EQ(server.get(path).body, "{}");
    EXPECT_EQ(server.head(path).status, 200U);
  }
}

}  // namespace
}  // namespace varve::test
