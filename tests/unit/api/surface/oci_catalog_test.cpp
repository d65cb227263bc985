// Which repositories there are, and which endpoints.
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

TEST(OciCatalog, ListsRepositoriesInByteOrderPageByPage) {
  TestServer server;
  EXPECT_EQ(server.get("/v2/_catalog").body, R"({"repositories":[]})");
  for (const char* repo : {"b", "a/b", "a-b"}) server.push_blob(repo, "x");
  const std::string n = std::to_string(server.size());
  EXPECT_EQ(server.get("/v2/_catalog").body, R"({"repositories":["a-b","a/b","b"]})");
  const Answer first = server.get("/v2/_catalog?n=2");
  EXPECT_EQ(first.body, R"({"repositories":["a-b","a/b"]})");
  EXPECT_EQ(first.header("Link"), "</v2/_catalog?n=2&last=a/b&as_of=" + n + ">; rel=\"next\"");
  server.push_blob("c", "x");
  const Answer second = server.get("/v2/_catalog?n=2&last=a%2Fb&as_of=" + n);
  EXPECT_EQ(second.body, R"({"repositories":["b"]})");
  EXPECT_EQ(second.header("Link"), "");
  EXPECT_EQ(second.header("Varve-Tree-Size"), n);
  EXPECT_EQ(server.get("/v2/_catalog?n=0").body, R"({"repositories":[]})");
  EXPECT_EQ(server.get("/v2/_catalog?n=-1").status, 400U);
  EXPECT_EQ(server.get("/v2/_catalog?as_of=999999").status, 404U);
}

TEST(OciCatalog, LooksAtABoundedNumberOfRows) {
  TestServer server;
  for (const char* repo : {"a", "b", "c"}) server.push_blob(repo, "x");
  server.services().scan_rows_max = 2;
  const Answer answer = server.get("/v2/_catalog");
  EXPECT_EQ(answer.body, R"({"repositories":["a","b"]})");
  EXPECT_NE(answer.header("Link"), "");
}

TEST(OciCatalog, TellsNoNameTheCallerMayNotSeeWhereAPageEnds) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  std::vector<std::string> shown;
  for (int i = 0; i < 30; ++i) {
    const std::string number = std::to_string(100 + i);
    const bool open = i % 7 == 3;
    const std::string repo = (open ? "r" + number : "r" + number + "-secret");
    if (open) shown.push_back(repo);
    const std::string target =
        "/v2/" + repo + "/blobs/uploads/?digest=" + Digest::of("x").to_string();
    ASSERT_EQ(server.call({http::Method::post, target, {{"Authorization", admin}}, "x"}).status,
              201U);
    if (!open)
      server.administer(http::Method::put, "/admin/v1/grants",
                        R"({"principal":"anonymous","resource":")" + repo + R"(","role":"none"})");
  }
  // Sees what everybody does.
  const std::string viewer = "Bearer " + server.add_account("viewer", "reader", "elsewhere/*");
  for (const std::size_t rows : {1U, 2U, 3U, 5U, 29U, 30U, 31U}) {
    server.services().scan_rows_max = rows;
    std::vector<std::string> seen;
    std::string target = "/v2/_catalog?n=2";
    int pages = 0;
    for (; !target.empty() && pages < 40; ++pages) {
      const Answer page = server.call({http::Method::get, target, {{"Authorization", viewer}}});
      ASSERT_EQ(page.status, 200U) << page.body;
      EXPECT_EQ(page.body.find("secret"), std::string::npos) << page.body;
      const std::string link = page.header("Link");
      EXPECT_EQ(link.find("secret"), std::string::npos) << link;
      simdjson::dom::parser parser;
      for (const auto repo : parser.parse(page.body)["repositories"].get_array())
        seen.emplace_back(repo.get_string().value());
      target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    EXPECT_LT(pages, 40) << "it never ends, with rows " << rows;
    EXPECT_EQ(seen, shown) << rows;
  }
}

TEST(OciCatalog, GoesOnOnlyWhereItWasToldTo) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  for (const std::string& bad : {std::string(), std::string("x"), std::string(371, 'A')})
    EXPECT_EQ(
        server.call({http::Method::get, "/v2/_catalog?next=" + bad, {{"Authorization", admin}}})
            .status,
        400U)
        << bad;
}

TEST(OciCatalog, AndMountsTellNothingOfWhatACallerMayNotPull) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  const std::string writer = "Bearer " + server.add_account("ci", "writer", "open/*");
  const Digest digest = Digest::of("secret bytes");
  const auto call = [&](http::Method method, const std::string& target, const std::string& who,
                        std::string body = {}) {
    return server.call({method, target, {{"Authorization", who}}, std::move(body)});
  };
  for (const char* repo : {"secret/app", "open/app"}) {
    const std::string bytes = repo == std::string("open/app") ? "open bytes" : "secret bytes";
    const std::string target =
        "/v2/" + std::string(repo) + "/blobs/uploads/?digest=" + Digest::of(bytes).to_string();
    ASSERT_EQ(call(http::Method::post, target, admin, bytes).status, 201U);
  }
  server.administer(http::Method::put, "/admin/v1/grants",
                    R"({"principal":"anonymous","resource":"secret/*","role":"none"})");
  EXPECT_EQ(call(http::Method::get, "/v2/_catalog", writer).body,
            R"({"repositories":["open/app"]})");
  EXPECT_EQ(call(http::Method::get, "/v2/_catalog", admin).body,
            R"({"repositories":["open/app","secret/app"]})");
  const std::string mount = "/v2/open/app/blobs/uploads/?mount=" + digest.to_string();
  for (const std::string& from : {std::string(), std::string("&from=secret/app")}) {
    EXPECT_EQ(call(http::Method::post, mount + from, writer).status, 202U) << from;
    EXPECT_EQ(call(http::Method::head, "/v2/open/app/blobs/" + digest.to_string(), writer).status,
              404U);
  }
  EXPECT_EQ(call(http::Method::post, mount, admin).status, 201U);
}

TEST(OciExtensions, AreNamedForTheRegistryAndForARepositoryThatExists) {
  TestServer server;
  server.push_blob("app", "x");
  for (const char* url : {"/v2/_oci/ext/discover", "/v2/app/_oci/ext/discover"}) {
    const Answer answer = server.get(url);
    ASSERT_EQ(answer.status, 200U) << url;
    simdjson::dom::parser parser;
    simdjson::dom::array extensions;
    ASSERT_EQ(parser.parse(answer.body).at_key("extensions").get(extensions), simdjson::SUCCESS);
    for (const auto extension : extensions) {
      for (const char* member : {"name", "url", "description"})
        EXPECT_TRUE(extension.at_key(member).is_string()) << member;
      EXPECT_TRUE(extension.at_key("endpoints").is_array());
    }
    EXPECT_GE(extensions.size(), 3U);
  }
  EXPECT_EQ(server.get("/v2/nobody/_oci/ext/discover").status, 404U);
}

}  // namespace
}  // namespace varve::test
