// Who may do what before any handler runs, and what an operator is told.
#include <gtest/gtest.h>

#include "api/surface/all.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Effect;
using http::Method;

// A target that fits the route's pattern.
std::string example_of(std::string_view pattern) {
  std::string target(pattern);
  const auto replace = [&target](std::string_view what, const std::string& by) {
    if (const std::size_t at = target.find(what); at != std::string::npos)
      target.replace(at, what.size(), by);
  };
  replace("{name...}", "lib/app");
  replace("{digest}", Digest::of("x").to_string());
  replace("{upload}", std::string(48, '0'));
  replace("{reference}", "v1");
  replace("{path...}", "0/000.p/1");
  replace("{index}", "0");
  replace("{tag}", "v1");
  replace("{log}", "sha256:" + std::string(64, '1'));
  replace("{record}", "sha256:" + std::string(64, '2'));
  replace("{start}", "0");
  replace("{file}", "sha256-" + std::string(64, '3'));
  replace("{namespace}", "test");
  replace("{repository...}", "app");
  replace("{package}", "00000000-0000-4000-8000-000000000000");
  replace("{repository}", "el9");
  replace("{filename}", "a.rpm");
  return target;
}

template <class Visit>
void each_route(const TestServer& server, Visit visit) {
  for (const http::Surface& surface : server.router().surfaces())
    for (const http::Route& route : surface.routes) visit(route, example_of(route.pattern));
}

// What nobody may even look at: where one logs in, the accounts, and lists of what the caller may
// pull.
bool asks_for_login(const http::Route& route) {
  return route.pattern == "/v2" || route.pattern == "/v2/" ||
         route.pattern.ends_with("/_catalog") || route.pattern.starts_with("/v2/manage/utils/") ||
         route.pattern.starts_with("/admin/v1/");
}

TEST(Gate, RefusesEveryMutationByNobody) {
  TestServer server({.dev = false});
  each_route(server, [&](const http::Route& route, const std::string& target) {
    const Answer answer = server.call({route.method, target});
    if (route.caller == http::Caller::anyone) {
      EXPECT_NE(answer.status, 401U) << target;
    } else if (route.effect == Effect::none && !asks_for_login(route)) {
      EXPECT_NE(answer.status, 401U) << target;
    } else {
      EXPECT_EQ(answer.status, 401U) << target;
      EXPECT_NE(answer.header("WWW-Authenticate"), "") << target;
    }
  });
}

TEST(Gate, LetsNoWebPageChangeARegistryInDevMode) {
  TestServer server;
  using Headers = decltype(Call::headers);
  const Headers strangers[] = {{{"Host", "evil.example:5000"}},
                               {{"Host", "127.0.0.1:5000"}, {"Origin", "https://evil.example"}},
                               {{"Host", "localhost:5000"}, {"Origin", "null"}}};
  each_route(server, [&](const http::Route& route, const std::string& target) {
    for (const Headers& headers : strangers) {
      const unsigned status = server.call({route.method, target, headers}).status;
      if (route.effect == Effect::none)
        EXPECT_NE(status, 403U) << target;
      else
        EXPECT_EQ(status, 403U) << target;
    }
  });
  const Headers friends[] = {{{"Host", "127.0.0.1:5000"}},
                             {{"Host", "localhost"}, {"Origin", "http://localhost:3000"}},
                             {}};
  for (const Headers& headers : friends)
    EXPECT_EQ(server.call({Method::post, "/v2/app/blobs/uploads/", headers}).status, 202U);
}

TEST(Gate, OffersNoMutationOnAReadOnlyServer) {
  TestServer server({.with_ledger = false});
  each_route(server, [&](const http::Route& route, const std::string& target) {
    if (route.effect == Effect::none) return;
    EXPECT_EQ(server.call({route.method, target}).status, 405U) << target;
  });
  EXPECT_EQ(server.get("/readyz").status, 200U);
}

TEST(Gate, StopsChangesWhileTheDiskIsNearlyFullAndGoesOnByItself) {
  TestServer server;
  server.push_image("app", "v1", "layer");
  server.config().disk_low_water_bytes = UINT64_MAX;
  server.services().state->disk_checked_ms = 0;
  each_route(server, [&](const http::Route& route, const std::string& target) {
    if (route.effect == Effect::none) return;
    EXPECT_EQ(server.call({route.method, target}).status, 503U) << target;
  });
  EXPECT_EQ(server.get("/v2/app/manifests/v1").status, 200U);
  EXPECT_EQ(server.get("/healthz").status, 200U);
  const Answer ready = server.get("/readyz");
  EXPECT_EQ(ready.status, 503U);
  EXPECT_NE(ready.body.find("disk"), std::string::npos);

  server.config().disk_low_water_bytes = 1;
  server.services().state->disk_checked_ms = 0;
  EXPECT_EQ(server.get("/readyz").status, 200U);
  EXPECT_EQ(server.del("/v2/app/manifests/v1").status, 202U);
}

TEST(Gate, MeasuresTheDiskBeforeEachWindowOfAnUpload) {
  TestServer server;
  const std::string upload =
      server.call({Method::post, "/v2/app/blobs/uploads/"}).header("Location");
  server.config().disk_low_water_bytes = UINT64_MAX;
  server.services().state->disk_checked_ms = INT64_MAX;  // the last answer, "enough", is not old
  EXPECT_EQ(server.call({Method::patch, upload, {}, "window"}).status, 503U);
  server.config().disk_low_water_bytes = 1;
  server.services().state->disk_checked_ms = 0;
  EXPECT_EQ(server.get(upload).header("Range"), "0-0");
  EXPECT_EQ(server.call({Method::patch, upload, {}, "window"}).status, 202U);
}

TEST(Gate, CountsTheVolumeOfTheAnchor) {
  TestServer server;
  server.config().anchor = server.config().data / "unmounted" / "head.anchor";
  server.services().state->disk_checked_ms = 0;
  EXPECT_EQ(server.call({Method::post, "/v2/app/blobs/uploads/"}).status, 503U);
  std::filesystem::create_directory(server.config().data / "unmounted");
  server.services().state->disk_checked_ms = 0;
  EXPECT_EQ(server.call({Method::post, "/v2/app/blobs/uploads/"}).status, 202U);
}

TEST(Ready, SaysThatTheServerDrains) {
  TestServer server;
  EXPECT_EQ(server.get("/readyz").body, "ready\n");
  server.services().state->draining = true;
  const Answer answer = server.get("/readyz");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_NE(answer.body.find("draining"), std::string::npos);
  EXPECT_EQ(server.get("/healthz").status, 200U);
}

// The table says what a route may change; the log says what it did.
TEST(Routes, ThatPromiseNoEventAppendNone) {
  TestServer server;
  server.push_image("lib/app", "v1", "layer");
  each_route(server, [&](const http::Route& route, const std::string& target) {
    if (route.effect == Effect::event) return;
    const std::uint64_t before = server.size();
    server.call({route.method, target});
    EXPECT_EQ(server.size(), before) << target;
  });
}

TEST(Routes, OfNobodyAreNotFoundInPlainText) {
  TestServer server;
  const Answer answer = server.get("/nobody/knows");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(server.call({Method::post, "/healthz"}).status, 405U);
}

}  // namespace
}  // namespace varve::test
