// Reading an earlier state, by parameter and by name.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <mutex>
#include <thread>

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

// Remembers which threads read entries.
class WatchedSnapshot final : public Snapshot {
 public:
  explicit WatchedSnapshot(std::shared_ptr<const Snapshot> real) : real_(std::move(real)) {}
  Result<std::optional<std::string>> get(Family family, std::string_view key) const override {
    if (family == Family::entry) note();
    return real_->get(family, key);
  }
  std::unique_ptr<Cursor> cursor(Family family, std::string_view lower,
                                 std::string_view upper) const override {
    if (family == Family::entry) note();
    return real_->cursor(family, lower, upper);
  }
  std::vector<std::thread::id> readers() const {
    const std::lock_guard lock(mutex_);
    return readers_;
  }

 private:
  void note() const {
    const std::lock_guard lock(mutex_);
    readers_.push_back(std::this_thread::get_id());
  }
  std::shared_ptr<const Snapshot> real_;
  mutable std::mutex mutex_;
  mutable std::vector<std::thread::id> readers_;
};

TEST(AsOf, ATimeIsLookedUpInFewEntriesAndNeverOnTheThreadThatTalksHttp) {
  TwoStates it;
  auto head = std::make_shared<Head>(*it.server.services().head.get());
  const auto watched = std::make_shared<WatchedSnapshot>(head->snapshot);
  head->snapshot = watched;
  const std::string newest = head->last_at.to_string();
  it.server.services().head.publish(head);
  for (const std::string& what : {"manifests/v1", "tags/list"}) {
    EXPECT_EQ(it.server.get("/v2/lib/app/" + what + "?as_of=" + newest).status, 200U);
    EXPECT_EQ(it.server.get("/v2/asof." + std::to_string(it.size) + "/lib/app/" + what).status,
              200U);
  }
  const auto readers = watched->readers();
  EXPECT_FALSE(readers.empty());
  EXPECT_LE(readers.size(), 2 * std::bit_width(it.server.size()));
  EXPECT_EQ(std::ranges::count(readers, std::this_thread::get_id()), 0);
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
