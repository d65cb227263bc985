// Reading an earlier state, by parameter and by name.
#include <gtest/gtest.h>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

// Two states of app:v1: the first image at `size`, the second at the head.
struct TwoStates {
  TestServer server;
  std::string first = server.push_image("lib/app", "v1", "first");
  std::uint64_t size = server.size();
  std::string second = server.push_image("lib/app", "v1", "second");
};

TEST(AsOf, AnswersAManifestAsItWas) {
  TwoStates it;
  const std::string n = std::to_string(it.size);
  for (const std::string& url :
       {"/v2/lib/app/manifests/v1?as_of=" + n, "/v2/asof." + n + "/lib/app/manifests/v1"}) {
    const Answer answer = it.server.get(url);
    EXPECT_EQ(answer.status, 200U) << url;
    EXPECT_EQ(answer.body, it.first);
    EXPECT_EQ(answer.number("Varve-Tree-Size"), it.size);
    EXPECT_LT(answer.number("Varve-Index"), it.size);
  }
  EXPECT_EQ(it.server.get("/v2/lib/app/manifests/v1").body, it.second);
}

TEST(AsOf, AnswersEverythingAnUnmodifiedPullAsksFor) {
  TwoStates it;
  const std::string base = "/v2/asof." + std::to_string(it.size) + "/lib/app/";
  EXPECT_EQ(it.server.head(base + "manifests/v1").status, 200U);
  EXPECT_EQ(it.server.get(base + "manifests/" + Digest::of(it.first).to_string()).status, 200U);
  EXPECT_EQ(it.server.get(base + "blobs/" + Digest::of("first").to_string()).body, "first");
  EXPECT_EQ(it.server.head(base + "blobs/" + Digest::of("{}").to_string()).status, 200U);
  EXPECT_EQ(it.server.get(base + "tags/list").status, 200U);
  EXPECT_EQ(it.server.get(base + "blobs/" + Digest::of("second").to_string()).status, 404U);
}

TEST(AsOf, StillShowsWhatWasDeletedSince) {
  TwoStates it;
  it.server.del("/v2/lib/app/manifests/v1");
  const std::string before = "?as_of=" + std::to_string(it.server.size() - 1);
  EXPECT_EQ(it.server.get("/v2/lib/app/manifests/v1").status, 404U);
  EXPECT_EQ(it.server.get("/v2/lib/app/manifests/v1" + before).body, it.second);
  EXPECT_EQ(it.server.get("/v2/lib/app/tags/list").body, R"({"name":"lib/app","tags":[]})");
  EXPECT_EQ(it.server.get("/v2/lib/app/tags/list" + before).body,
            R"({"name":"lib/app","tags":["v1"]})");
}

TEST(AsOf, BeforeTheFirstEntryThereWasNothing) {
  TwoStates it;
  const Answer answer = it.server.get("/v2/lib/app/manifests/v1?as_of=0");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.number("Varve-Tree-Size"), 0U);
}

TEST(AsOf, ASizeTheLogHasNotReachedIsNotFoundAndSaysHowFarItIs) {
  TwoStates it;
  const std::string n = std::to_string(it.server.size() + 1);
  for (const std::string& url :
       {"/v2/lib/app/manifests/v1?as_of=" + n, "/v2/asof." + n + "/lib/app/tags/list",
        "/v2/lib/app/blobs/" + Digest::of("first").to_string() + "?as_of=" + n}) {
    const Answer answer = it.server.get(url);
    EXPECT_EQ(answer.status, 404U) << url;
    EXPECT_EQ(answer.number("Varve-Tree-Size"), it.server.size());
  }
}

TEST(AsOf, ATimeLaterThanTheNewestEntryIsRefused) {
  TwoStates it;
  EXPECT_EQ(it.server.get("/v2/lib/app/manifests/v1?as_of=2999-01-01T00:00:00Z").status, 400U);
  EXPECT_EQ(it.server.get("/v2/asof.29990101t000000z/lib/app/manifests/v1").status, 400U);
}

TEST(AsOf, ATimeMeansTheEntriesUpToIt) {
  TwoStates it;
  const std::string newest = it.server.services().head.get()->last_at.to_string();
  const Answer answer = it.server.get("/v2/lib/app/manifests/v1?as_of=" + newest);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.number("Varve-Tree-Size"), it.server.size());
  const Answer early = it.server.get("/v2/asof.20000101t000000z/lib/app/manifests/v1");
  EXPECT_EQ(early.status, 404U);
  EXPECT_EQ(early.number("Varve-Tree-Size"), 0U);
}

TEST(AsOf, AskedTwiceInOneRequestIsRefused) {
  TwoStates it;
  const std::string n = std::to_string(it.size);
  EXPECT_EQ(it.server.get("/v2/asof." + n + "/lib/app/manifests/v1?as_of=" + n).status, 400U);
}

TEST(AsOf, NonsenseIsRefused) {
  TwoStates it;
  for (const char* url : {"/v2/lib/app/manifests/v1?as_of=soon", "/v2/lib/app/manifests/v1?as_of=",
                          "/v2/asof.soon/lib/app/manifests/v1", "/v2/asof.1/manifests/v1"})
    EXPECT_EQ(it.server.get(url).status, 400U) << url;
}

TEST(AsOf, ThePastCannotBeChanged) {
  TwoStates it;
  const std::uint64_t before = it.server.size();
  const std::string name = "/v2/asof." + std::to_string(it.size) + "/lib/app/";
  const std::string id(48, '0');
  const std::string now = "?as_of=" + std::to_string(it.size);
  const std::pair<Method, std::string> wishes[] = {
      {Method::put, name + "manifests/v1"},
      {Method::del, name + "manifests/v1"},
      {Method::post, name + "blobs/uploads/"},
      {Method::patch, name + "blobs/uploads/" + id},
      {Method::put, name + "blobs/uploads/" + id},
      {Method::del, name + "blobs/uploads/" + id},
      {Method::put, "/v2/lib/app/manifests/v1" + now},
      {Method::del, "/v2/lib/app/manifests/v1" + now},
  };
  for (const auto& [method, url] : wishes) {
    const Answer answer = it.server.call({method, url, {}, "{}"});
    EXPECT_EQ(answer.status, 405U) << url;
    EXPECT_EQ(code_of(answer), "UNSUPPORTED") << url;
  }
  EXPECT_EQ(it.server.size(), before);
}

}  // namespace
}  // namespace varve::test
