// What holds for Warg's routes whatever they are about: paths, methods, headers, browsers, servers
// that only read, and the document by which clients find their way.
#include <gmock/gmock.h>

#include "api/surface/tickets.h"
#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;

using WargRoutes = WargTest;

constexpr std::string_view kGets[] = {"/v1/fetch/checkpoint", "/v1/ledger", "/v1/ledger/records/0"};
constexpr std::string_view kPosts[] = {
    "/v1/fetch/logs",   "/v1/fetch/names",   "/v1/proof/consistency", "/v1/proof/inclusion",
    "/v1/proof/record", "/v1/proof/absence", "/v1/verify/checkpoint"};

TEST_F(WargRoutes, AnUnknownPathSaysSoInJson) {
  for (const std::string path : {"/v1", "/v1/", "/v1/nothing", "/v1/fetch", "/v1/package/x/y"}) {
    const Answer answer = server.get(path);
    EXPECT_EQ(answer.status, 404U) << path;
    EXPECT_EQ(answer.header("Content-Type"), "application/json") << path;
    EXPECT_EQ(answer.body, R"({"status":404,"message":"the requested resource was not found"})");
  }
}

TEST_F(WargRoutes, AWrongMethodSaysNothing) {
  for (const std::string_view path : kGets) {
    const Answer answer = server.call({Method::put, std::string(path)});
    EXPECT_EQ(answer.status, 405U) << path;
    EXPECT_EQ(answer.body, "") << path;
  }
  for (const std::string_view path : kPosts) {
    const Answer answer = server.get(std::string(path));
    EXPECT_EQ(answer.status, 405U) << path;
    EXPECT_EQ(answer.body, "") << path;
  }
}

TEST_F(WargRoutes, ARequestForAnotherRegistryIsRefusedInPlainText) {
  const auto refused = [&](Method method, std::string target) {
    const Answer answer = server.call({method, target, {{"Warg-Registry", "other.example"}}, "{}"});
    EXPECT_EQ(answer.status, 501U) << target;
    EXPECT_EQ(answer.body, "`Warg-Registry` header is not supported");
    EXPECT_THAT(answer.header("Content-Type"), testing::StartsWith("text/plain"));
    EXPECT_EQ(answer.header("Warg-Registry-Hint"), "");
  };
  for (const std::string_view path : kGets) refused(Method::get, std::string(path));
  for (const std::string_view path : kPosts) refused(Method::post, std::string(path));
  const std::string record = client.record_path("test:hello");
  refused(Method::post, record);
  refused(Method::get, record + "/" + no_id());
  refused(Method::post, record + "/" + no_id() + "/content/" + no_id());
  refused(Method::get, "/v1/content/" + no_id());
}

// A hint in an answer to a request that carries the header would make the client ask for ever.
TEST_F(WargRoutes, NoAnswerHintsAtAnotherRegistry) {
  const Answer answer = client.fetch(in_quotes(no_id()) + ":null", 1);
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.header("Warg-Registry-Hint"), "");
}

TEST_F(WargRoutes, GetsAnswerHeadWithoutABody) {
  for (const std::string_view path : kGets) {
    const Answer answer = server.head(std::string(path));
    EXPECT_EQ(answer.status, 200U) << path;
    EXPECT_EQ(answer.body, "");
  }
}

TEST_F(WargRoutes, BrowsersMayAskEverything) {
  for (const auto& surface : server.router().surfaces()) {
    if (surface.prefix != "/v1") continue;
    for (const auto& route : surface.routes) {
      if (route.method == Method::options) continue;
      std::string path(route.pattern);
      for (const std::string_view part : {"{log}", "{record}", "{digest}"})
        if (const auto at = path.find(part); at != path.npos)
          path.replace(at, part.size(), no_id());
      if (const auto at = path.find("{start}"); at != path.npos) path.replace(at, 7, "0");
      const Answer answer = server.call(
          {Method::options,
           path,
           {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "POST"}}});
      EXPECT_EQ(answer.status, 200U) << path;
      EXPECT_EQ(answer.header("Access-Control-Allow-Methods"), "GET, POST") << path;
      EXPECT_EQ(answer.header("Access-Control-Allow-Headers"), "content-type, accept") << path;
      EXPECT_EQ(answer.header("Vary"),
                "origin, access-control-request-method, access-control-request-headers");
    }
  }
}

TEST_F(WargRoutes, EveryJsonAnswerHasExactlyOneContentType) {
  client.publish_release("test:hello", "hello", alice);
  const auto is_json = [](const Answer& answer) {
    EXPECT_EQ(answer.header("Content-Type"), "application/json") << answer.body;
    EXPECT_EQ(json_at(answer.body, "").find("no JSON"), std::string::npos) << answer.body;
  };
  for (const std::string_view path : {"/v1/fetch/checkpoint", "/v1/ledger"})
    is_json(server.get(std::string(path)));
  for (const std::string_view path : kPosts) is_json(client.post(std::string(path), "{}"));
  for (const std::string_view path : kPosts) is_json(client.post(std::string(path), "{"));
  is_json(server.get(client.sources_path("hello")));
  is_json(server.get(client.sources_path("nothing")));
  is_json(server.get("/v1/fetch/checkpoint?as_of=99999"));
}

TEST_F(WargRoutes, TheDocumentThatClientsLookForSuitsAllOfThem) {
  const std::string path = "/.well-known/wasm-pkg/registry.json";
  const Answer answer = server.call({Method::get, path, {{"Host", "registry.example:5000"}}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, R"({"oci":{"registry":"registry.example:5000"},"preferredProtocol":"oci",)"
                         R"("warg":{"url":"http://registry.example:5000/"}})");
  // What is no host comes back in no answer.
  const Answer odd = server.call({Method::get, path, {{"Host", "a\"b\xff/../c"}}});
  EXPECT_EQ(odd.status, 200U);
  EXPECT_THAT(odd.body, HasSubstr(R"("url":"http://127.0.0.1:)"));
  EXPECT_EQ(server.get("/.well-known/wasm-pkg/other.json").status, 404U);
}

TEST(WargReadOnly, ServesWhatIsThereAndTakesNothing) {
  TestServer server({.with_ledger = false, .warg = true});
  WargClient client(server);
  EXPECT_EQ(client.get("/v1/fetch/checkpoint").status, 200U);
  EXPECT_EQ(client.post("/v1/fetch/logs", R"({"logLength":1})").status, 200U);
  const Publisher alice{'a'};
  const auto record = alice.sign(client.next("test:hello", {init(alice)}));
  const Answer refused = client.submit("test:hello", record);
  EXPECT_EQ(refused.status, 405U);
  EXPECT_EQ(json_at(refused.body, "/status"), "405");
}

// ---- tickets ----

TEST(Ticket, IsForOneDigestForAWhileAndUnchanged) {
  const surface::Tickets tickets;
  const Timestamp now{1'795'281'611'000'000};
  const Digest digest = Digest::of("hello");
  const std::string ticket = tickets.issue(digest, now);
  const auto after = [&](std::chrono::microseconds time) {
    return Timestamp{now.micros + time.count()};
  };
  EXPECT_TRUE(tickets.admits(ticket, digest, now));
  EXPECT_TRUE(tickets.admits(ticket, digest, after(std::chrono::minutes(59))));
  EXPECT_FALSE(tickets.admits(ticket, digest, after(surface::Tickets::kLifetime)));
  EXPECT_FALSE(tickets.admits(ticket, Digest::of("other"), now));
  for (std::size_t i = 0; i + 1 < ticket.size(); ++i) {
    std::string altered = ticket;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tickets.admits(altered, digest, now)) << i;
  }
  for (const std::string& other :
       {std::string(), ticket + "A", ticket.substr(1), std::string("%%%"), std::string(54, 'A')})
    EXPECT_FALSE(tickets.admits(other, digest, now)) << other;
  EXPECT_FALSE(surface::Tickets().admits(ticket, digest, now)) << "another process has another key";
}

}  // namespace
}  // namespace varve::test
