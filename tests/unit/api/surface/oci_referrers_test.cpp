// What refers to a manifest.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/limits.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

constexpr std::string_view kOpening =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)";

// An index that names `subject`, pushed by its digest.
std::string refer(TestServer& server, const std::string& subject, const std::string& type,
                  const std::string& note) {
  const std::string body = R"({"schemaVersion":2,"artifactType":")" + type +
                           R"(","manifests":[],"subject":{"mediaType":"a/b","digest":")" + subject +
                           R"(","size":1},"annotations":{"note":")" + note + "\"}}";
  const std::string digest = Digest::of(body).to_string();
  const Answer answer = server.put("/v2/app/manifests/" + digest, body, kIndexType);
  EXPECT_EQ(answer.status, 201U) << answer.body;
  EXPECT_EQ(answer.header("OCI-Subject"), subject);
  return R"({"mediaType":")" + std::string(kIndexType) + R"(","digest":")" + digest +
         R"(","size":)" + std::to_string(body.size()) + R"(,"artifactType":")" + type +
         R"(","annotations":{"note":")" + note + "\"}}";
}

std::string next_of(const Answer& answer) {
  const std::string link = answer.header("Link");
  constexpr std::string_view kEnd = ">; rel=\"next\"";
  EXPECT_TRUE(link.empty() || (link.starts_with('<') && link.ends_with(kEnd))) << link;
  return link.empty() ? "" : link.substr(1, link.size() - 1 - kEnd.size());
}

std::size_t count(const std::string& text, std::string_view word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST(OciReferrers, AreNoneForWhateverNobodyRefersTo) {
  TestServer server;
  for (const std::string& digest :
       {Digest::of("x").to_string(), Digest::of("x", DigestAlgorithm::sha512).to_string(),
        "blake3:" + std::string(64, 'a')}) {
    const Answer answer = server.get("/v2/nobody/referrers/" + digest);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.header("Content-Type"), kIndexType);
    EXPECT_EQ(answer.header("OCI-Filters-Applied"), "");
    EXPECT_EQ(answer.body, std::string(kOpening) + "]}");
  }
  for (const char* bad : {"sha256:short", "v1", "sha256:", "a:b%5Cc"}) {
    const Answer answer = server.get("/v2/app/referrers/" + std::string(bad));
    EXPECT_EQ(answer.status, 400U) << bad;
    EXPECT_EQ(code_of(answer), "DIGEST_INVALID") << bad;
  }
  EXPECT_EQ(server.get("/v2/UPPER/referrers/" + Digest::of("x").to_string()).status, 400U);
}

TEST(OciReferrers, AreDescribedWithTheirOwnAnnotationsAndNothingElse) {
  TestServer server;
  const std::string subject = Digest::of("subject").to_string();
  const std::string url = "/v2/app/referrers/" + subject;
  const std::string one = refer(server, subject, "a/one+json", "1");
  const std::uint64_t with_one = server.size();
  EXPECT_EQ(server.get(url).body, std::string(kOpening) + one + "]}");
  const std::string two = refer(server, subject, "a/two", "2");
  const std::string both = server.get(url).body;
  EXPECT_NE(both.find(one), std::string::npos);
  EXPECT_NE(both.find(two), std::string::npos);
  EXPECT_EQ(server.get(url + "?as_of=" + std::to_string(with_one)).body,
            std::string(kOpening) + one + "]}");
  const std::string then = "/v2/asof." + std::to_string(with_one) + "/app/referrers/" + subject;
  EXPECT_EQ(server.get(then).body, std::string(kOpening) + one + "]}");

  for (const char* type : {"a/one%2Bjson", "a/one+json"}) {
    const Answer filtered = server.get(url + "?artifactType=" + type);
    EXPECT_EQ(filtered.header("OCI-Filters-Applied"), "artifactType");
    EXPECT_EQ(filtered.body, std::string(kOpening) + one + "]}");
  }
  EXPECT_EQ(server.get(url + "?artifactType=a/none").body, std::string(kOpening) + "]}");
  EXPECT_EQ(count(server.get(url + "?artifactType=a/two&artifactType=a/one+json").body, "\"note\""),
            2U);
}

TEST(OciReferrers, GoWithTheReferrerAndStayWithoutTheSubject) {
  TestServer server;
  const std::string image = server.push_image("app", "v1", "layer");
  const std::string subject = Digest::of(image).to_string();
  const std::string descriptor = refer(server, subject, "a/sbom", "1");
  EXPECT_EQ(server.del("/v2/app/manifests/" + subject).status, 202U);
  EXPECT_EQ(server.get("/v2/app/referrers/" + subject).body,
            std::string(kOpening) + descriptor + "]}");
  const std::string digest = descriptor.substr(descriptor.find("sha256:"), 71);
  EXPECT_EQ(server.del("/v2/app/manifests/" + digest).status, 202U);
  EXPECT_EQ(server.get("/v2/app/referrers/" + subject).body, std::string(kOpening) + "]}");
}

TEST(OciReferrers, ThatAClientKeepsUnderAFallbackTagAreListedOnce) {
  TestServer server;
  const std::string subject = Digest::of("subject").to_string();
  const std::string descriptor = refer(server, subject, "a/sbom", "1");
  std::string fallback = subject;
  std::ranges::replace(fallback, ':', '-');
  const std::string index = std::string(kOpening) + descriptor + "]}";
  EXPECT_EQ(server.put("/v2/app/manifests/" + fallback, index, kIndexType).status, 201U);
  EXPECT_EQ(server.get("/v2/app/referrers/" + subject).body, index);
  EXPECT_EQ(server.get("/v2/app/manifests/" + fallback).body, index);
}

TEST(OciReferrers, AnImageWithoutATypeOfItsOwnHasItsConfigs) {
  TestServer server;
  server.push_blob("app", "{}");
  server.push_blob("app", "layer");
  const std::string subject = Digest::of("subject").to_string();
  std::string image = image_of("{}", "layer");
  image.insert(image.size() - 1,
               R"(,"subject":{"mediaType":"a/b","digest":")" + subject + R"(","size":1})");
  EXPECT_EQ(server.put("/v2/app/manifests/v1", image, kImageType).status, 201U);
  const std::string body = server.get("/v2/app/referrers/" + subject).body;
  EXPECT_NE(body.find(R"("artifactType":"application/vnd.oci.image.config.v1+json")"),
            std::string::npos);
  EXPECT_EQ(body.find("annotations"), std::string::npos);
}

TEST(OciReferrers, ComeInPagesThatAreOneSnapshot) {
  TestServer server;
  const std::string subject = Digest::of("subject").to_string();
  for (int i = 0; i < 5; ++i) refer(server, subject, i < 4 ? "a/b+c" : "a/d", std::to_string(i));
  server.services().scan_rows_max = 3;
  std::string target = "/v2/app/referrers/" + subject + "?n=2&artifactType=a/b%2Bc";
  std::size_t found = 0;
  for (int pages = 0; !target.empty(); ++pages) {
    ASSERT_LT(pages, 10) << "pages go round in circles";
    const Answer answer = server.get(target);
    ASSERT_EQ(answer.status, 200U) << target;
    EXPECT_EQ(answer.header("OCI-Filters-Applied"), "artifactType");
    const std::size_t here = count(answer.body, "\"note\"");
    EXPECT_LE(here, 2U);
    found += here;
    target = next_of(answer);
    if (pages == 0) refer(server, subject, "a/b+c", "too late");
  }
  EXPECT_EQ(found, 4U);
  EXPECT_EQ(server.get("/v2/app/referrers/" + subject + "?n=x").status, 400U);
  EXPECT_EQ(server.get("/v2/app/referrers/" + subject + "?last=x").status, 400U);
  EXPECT_EQ(server.get("/v2/app/referrers/" + subject + "?n=0").header("Link"), "");
}

TEST(OciReferrers, WithMegabytesOfAnnotationsAreFewAPage) {
  TestServer server;
  const std::string subject = Digest::of("subject").to_string();
  for (int i = 0; i < 4; ++i)
    refer(server, subject, "a/b", std::string(3 << 20, static_cast<char>('a' + i)));
  const Answer answer = server.get("/v2/app/referrers/" + subject);
  EXPECT_LE(answer.body.size(), limits::kReferrersBodyBytesMax + (1 << 20));
  EXPECT_GE(count(answer.body, "\"note\""), 1U);
  EXPECT_NE(next_of(answer), "");
}

}  // namespace
}  // namespace varve::test
