// GET /v2/manage/repos: every field, pages, who sees what, and earlier states.
#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "log/download_counts.h"
#include "tests/unit/api/surface/swr_json.h"

namespace varve::test {
namespace {

using http::Method;
using Names = std::vector<std::string>;

constexpr const char* kRepos = "/v2/manage/repos";

TEST(SwrRepos, AreNoneInAnEmptyRegistry) {
  TestServer server;
  const Answer answer = server.get(kRepos);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "[]");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.header("Content-Range"), "");
}

TEST(SwrRepos, HaveEveryFieldWithTrueValues) {
  TestServer server;
  server.push_image("team/app/web", "v1", "layer");
  server.push_image("team/app/web", "v2", "layer two");
  const std::string body = send(server, Method::get, kRepos).body;
  EXPECT_EQ(at(body, "/0/name"), "app/web");
  EXPECT_EQ(at(body, "/0/namespace"), "team");
  EXPECT_EQ(at(body, "/0/category"), "other");
  EXPECT_EQ(at(body, "/0/description"), "");
  EXPECT_EQ(at(body, "/0/size"), "16");          // {} once, and both layers
  EXPECT_EQ(at(body, "/0/is_public"), "false");  // nobody was granted anything
  EXPECT_EQ(at(body, "/0/num_images"), "2");
  EXPECT_EQ(at(body, "/0/num_download"), "0");
  EXPECT_EQ(at(body, "/0/logo"), "");
  EXPECT_EQ(at(body, "/0/url"), "");
  EXPECT_EQ(at(body, "/0/path"), "registry.example/team/app/web");
  EXPECT_EQ(at(body, "/0/internal_path"), "registry.example/team/app/web");
  EXPECT_EQ(at(body, "/0/domain_name"), "registry.example");
  EXPECT_EQ(at(body, "/0/tags"), R"(["v1","v2"])");
  EXPECT_EQ(at(body, "/0/status"), "false");
  EXPECT_EQ(at(body, "/0/total_range"), "1");
  for (const char* time : {"/0/created_at", "/0/updated_at"}) {
    const std::string text = at(body, time);
    ASSERT_EQ(text.size(), std::string("2017-09-11T03:00:02.542841Z").size()) << text;
    EXPECT_TRUE(Timestamp::parse(text).has_value());
  }
  EXPECT_LT(at(body, "/0/created_at"), at(body, "/0/updated_at"));
}

TEST(SwrRepos, AreUpdatedByWhatIsTakenFromThem) {
  TestServer server;
  server.push_image("team/app", "v1", "layer");
  server.push_image("team/app", "v2", "layer two");
  const auto updated = [&] {
    const std::string listed = at(server.get(kRepos).body, "/0/updated_at");
    EXPECT_EQ(at(server.get("/v2/manage/namespaces/team/repos/app").body, "/updated"), listed);
    EXPECT_EQ(at(server.get("/acr/v1/team/app").body, "/lastUpdateTime"), listed);
    return listed;
  };
  const std::string pushed = updated();
  EXPECT_EQ(server.del("/v2/manage/namespaces/team/repos/app/tags/v2").status, 204U);
  const std::string untagged = updated();
  EXPECT_LT(pushed, untagged);
  EXPECT_EQ(server.del("/acr/v1/team/app/_tags/v1").status, 202U);
  EXPECT_LT(untagged, updated());
}

TEST(SwrRepos, NameTheHostsThatAreConfigured) {
  TestServer server;
  server.push_image("team/app", "v1", "layer");
  const Answer as_reached = server.call({Method::get, kRepos, {{"Host", "localhost:5000"}}});
  EXPECT_EQ(at(as_reached.body, "/0/path"), "localhost:5000/team/app");
  server.config().swr_registry = "pull.example";
  server.config().swr_domain = "acme";
  const std::string body = server.get(kRepos).body;
  EXPECT_EQ(at(body, "/0/path"), "pull.example/team/app");
  EXPECT_EQ(at(body, "/0/internal_path"), "pull.example/team/app");
  EXPECT_EQ(at(body, "/0/domain_name"), "acme");
  server.config().swr_internal = "10.0.0.1:80";
  EXPECT_EQ(at(server.get(kRepos).body, "/0/internal_path"), "10.0.0.1:80/team/app");
}

class SwrPages : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* repo : {"a/one", "a/two", "b/one", "b/three", "root"})
      server.push_image(repo, "v1", repo);
    server.push_image("b/one", "v2", "more");
  }
  Answer list(const std::string& query) { return server.get(std::string(kRepos) + "?" + query); }
  Names paths(const std::string& query) { return each(list(query).body, "path"); }

  TestServer server;
};

TEST_F(SwrPages, FollowEachOtherWithTheCountAndTheTotal) {
  const Answer first = list("filter=center::self|offset::0|limit::2");
  EXPECT_EQ(each(first.body, "name"), (Names{"one", "root"}));
  EXPECT_EQ(each(first.body, "total_range"), (Names{"5", "5"}));
  EXPECT_EQ(first.header("Content-Range"), "0-2/5");
  const Answer last = list("offset=4&limit=10");
  EXPECT_EQ(last.header("Content-Range"), "4-1/5");
  EXPECT_EQ(each(last.body, "name"), (Names{"one"}));
  const Answer beyond = list("offset=5&limit=10");
  EXPECT_EQ(beyond.status, 200U);
  EXPECT_EQ(beyond.body, "[]");
  EXPECT_EQ(beyond.header("Content-Range"), "5-0/5");
  // One alone has no effect, and no Content-Range.
  for (const char* lone : {"offset=4", "limit=1", "filter=limit::1"}) {
    EXPECT_EQ(paths(lone).size(), 5U);
    EXPECT_EQ(list(lone).header("Content-Range"), "");
  }
}

TEST_F(SwrPages, ComeInTheOrderThatIsAskedFor) {
  EXPECT_EQ(each(list("").body, "namespace"), (Names{"b", "_", "b", "a", "a"}));
  EXPECT_EQ(each(list("order_column=tag_count&order_type=desc").body, "num_images"),
            (Names{"2", "1", "1", "1", "1"}));
  EXPECT_EQ(each(list("filter=order_column::name|order_type::asc").body, "name"),
            (Names{"one", "one", "root", "three", "two"}));
}

TEST_F(SwrPages, HoldWhatTheFilterSays) {
  EXPECT_EQ(each(list("filter=namespace::a").body, "name"), (Names{"two", "one"}));
  EXPECT_EQ(each(list("filter=name::o|namespace::b").body, "name"), (Names{"one"}));
  EXPECT_EQ(each(list("filter=%27center%3A%3Aself%7Cname%3A%3Athree%27").body, "name"),
            (Names{"three"}));
  EXPECT_EQ(list("filter=name::nothing|offset::0|limit::10").body, "[]");
  EXPECT_EQ(list("filter=center::thirdparty").body, "[]");
  EXPECT_EQ(list("filter=format::oci|limit::10|offset::0").header("Content-Range"), "0-5/5");
  EXPECT_EQ(list("filter=format::rpm|limit::10|offset::0").header("Content-Range"), "0-0/0");
  const Answer twice = list("filter=name::one&filter=name::two");
  EXPECT_EQ(twice.status, 400U);
  EXPECT_EQ(swr_code(twice), "4001035");
}

TEST_F(SwrPages, AreOfAnEarlierStateToo) {
  const std::string then = std::to_string(server.size());
  const Names before = paths("");
  server.push_image("a/new", "v1", "x");
  server.del("/v2/manage/namespaces/b/repos/three");
  EXPECT_EQ(paths("").size(), 5U);
  const Answer past = list("as_of=" + then);
  EXPECT_EQ(past.header("Varve-Tree-Size"), then);
  EXPECT_EQ(each(past.body, "path"), before);
  EXPECT_EQ(each(past.body, "num_images"), (Names{"2", "1", "1", "1", "1"}));
  EXPECT_EQ(list("as_of=999999").status, 404U);
  EXPECT_EQ(list("as_of=soon").status, 400U);
  EXPECT_EQ(list("as_of=1").body, "[]");
}

TEST_F(SwrPages, OfEarlierStatesAreMadeAFewAtATime) {
  server.services().state->swr_of_the_past = 2;
  const Answer busy = list("as_of=3");
  EXPECT_EQ(busy.status, 503U);
  EXPECT_EQ(busy.header("Retry-After"), "1");
  server.services().state->swr_of_the_past = 0;
  EXPECT_EQ(list("as_of=3").status, 200U);
}

TEST_F(SwrPages, SayWhatIsWrongInEveryShapeAClientReads) {
  const Answer unknown = list("filter=nam::x");
  EXPECT_EQ(unknown.status, 400U);
  EXPECT_EQ(swr_code(unknown), "4001035");
  EXPECT_EQ(at(unknown.body, "/error_code"), "SVCSTG.SWR.4001035");
  EXPECT_EQ(swr_code(list("order_column=num_images")), "4001096");
  EXPECT_EQ(swr_code(list("offset=0&limit=5000")), "4000056");
  server.config().swr_error_shape = SwrErrorShape::documented;
  EXPECT_EQ(at(list("filter=nam::x").body, "/0/errorCode"), "SVCSTG.SWR.4001035");
  server.config().swr_require_filter = true;
  EXPECT_EQ(server.get(kRepos).status, 400U);
  server.config().swr_strict = true;
  EXPECT_EQ(list("limit=5").status, 400U);
}

TEST_F(SwrPages, LeaveOutWhatIsLockedAgainstListings) {
  const std::string off = R"({"listEnabled":false})";
  EXPECT_EQ(send(server, Method::patch, "/acr/v1/b/three", off).status, 200U);
  EXPECT_EQ(paths("").size(), 4U);
  EXPECT_EQ(send(server, Method::patch, "/acr/v1/b/one/_tags/v1", off).status, 200U);
  const std::string one = list("filter=namespace::b").body;
  EXPECT_EQ(at(one, "/0/num_images"), "1");
  EXPECT_EQ(at(one, "/0/tags"), R"(["v2"])");
}

TEST_F(SwrPages, AreHarborsToo) {
  EXPECT_EQ(server.get("/dockyard/v2/repositories?filter=center::self").body,
            list("filter=center::self").body);
}

// As clients expect that show their login when they are asked for it.
TEST(SwrRepos, AskForALoginWhereNothingIsForEverybody) {
  TestServer server({.dev = false});
  const std::string reader = "Bearer " + server.add_account("reader", "reader", "team/*");
  const auto grant = [&](const char* resource, const char* role) {
    server.administer(Method::put, "/admin/v1/grants",
                      R"({"principal":"anonymous","resource":")" + std::string(resource) +
                          R"(","role":")" + role + R"("})");
  };
  const auto expect = [&](unsigned status) {
    for (const char* target : {kRepos, "/v2/manage/namespaces", "/dockyard/v2/repositories"}) {
      const Answer answer = server.get(target);
      EXPECT_EQ(answer.status, status) << target;
      if (status == 401) EXPECT_EQ(swr_code(answer), "4010000") << target;
      EXPECT_EQ(send(server, Method::get, target, "", reader).status, 200U) << target;
    }
  };
  expect(200);
  grant("*", "none");
  grant("a/*", "none");
  expect(401);
  grant("z/app", "reader");
  expect(200);
}

TEST(SwrRepos, AreThoseTheCallerMayPull) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  for (const char* repo : {"open/a", "team/a", "team/b", "other/a"}) {
    const std::string target =
        "/v2/" + std::string(repo) + "/blobs/uploads/?digest=" + Digest::of("x").to_string();
    ASSERT_EQ(send(server, Method::post, target, "x", admin).status, 201U);
  }
  for (const char* closed : {"team/*", "other/*"})
    server.administer(
        Method::put, "/admin/v1/grants",
        R"({"principal":"anonymous","resource":")" + std::string(closed) + R"(","role":"none"})");
  const auto seen = [&](const std::string& authorization, const char* query = "") {
    const Answer answer = send(server, Method::get, std::string(kRepos) + query, "", authorization);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    Names paths = each(answer.body, "path");
    std::ranges::sort(paths);
    for (std::string& path : paths) path = path.substr(path.find('/') + 1);
    return paths;
  };
  const std::string reader = "Bearer " + server.add_account("reader", "reader", "team/a");
  const std::string keeper = "Bearer " + server.add_account("keeper", "maintainer", "team/*");
  EXPECT_EQ(seen(""), (Names{"open/a"}));
  EXPECT_EQ(seen(reader), (Names{"open/a", "team/a"}));
  EXPECT_EQ(seen(keeper), (Names{"open/a", "team/a", "team/b"}));
  EXPECT_EQ(seen(admin), (Names{"open/a", "other/a", "team/a", "team/b"}));
  // What others share with whoever asks: in namespaces where they do not push.
  EXPECT_EQ(seen(reader, "?filter=center::thirdparty"), (Names{"team/a"}));
  EXPECT_EQ(seen(keeper, "?filter=center::thirdparty"), Names{});
  EXPECT_EQ(seen("", "?filter=center::thirdparty"), Names{});
  // The rights of now decide about earlier states.
  const std::string now = "?as_of=" + std::to_string(server.size());
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"reader","resource":"team/a","role":"none"})");
  EXPECT_EQ(seen(reader, now.c_str()), (Names{"open/a"}));
}

TEST(SwrRepos, CountWhatWasPulledOutsideTheLog) {
  TestServer server;
  DownloadCounts counts(server.config().data / "download_counts");
  server.services().downloads = &counts;
  server.push_image("team/app", "v1", "layer");
  const std::string then = std::to_string(server.size());
  EXPECT_EQ(server.get("/v2/team/app/manifests/v1").status, 200U);
  EXPECT_EQ(server.get("/v2/team/app/manifests/v1").status, 200U);
  EXPECT_EQ(server.head("/v2/team/app/manifests/v1").status, 200U);
  EXPECT_EQ(server.get("/v2/team/app/manifests/none").status, 404U);
  EXPECT_EQ(server.get("/v2/asof." + then + "/team/app/manifests/v1").status, 200U);
  const std::uint64_t size = server.size();
  server.push_image("team/other", "v1", "x");  // so that then is no longer now
  EXPECT_EQ(at(server.get(std::string(kRepos) + "?filter=name::app").body, "/0/num_download"), "3");
  EXPECT_EQ(at(server.get(std::string(kRepos) + "?as_of=" + then).body, "/0/num_download"), "0");
  EXPECT_EQ(at(server.get("/v2/manage/namespaces/team/repos/app").body, "/num_download"), "3");
  EXPECT_GT(server.size(), size);
}

}  // namespace
}  // namespace varve::test
