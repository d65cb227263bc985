// Looking for packages, and Pulp's audit call.
#include <gtest/gtest.h>

#include "tests/unit/api/surface/pulp_client.h"

namespace varve::test {
namespace {

using http::Method;

class PulpSearch : public testing::Test {
 protected:
  void SetUp() override {
    bash = client.created("bash");
    tools = client.created("bash-tools", "tools");
    client.post("/repositories/", R"({"id":"el9"})");
    client.post("/repositories/el9/add_package/", R"({"packageid":[")" + tools + "\"]}");
  }
  Answer search(const std::string& body) { return client.post("/services/search/packages/", body); }

  TestServer server;
  PulpClient client{server};
  std::string bash;
  std::string tools;
};

TEST_F(PulpSearch, TakesNamesAsTheyAreUnlessAskedForExpressions) {
  EXPECT_EQ(count_in(search(R"({"name":"bash"})")), 1U);
  EXPECT_EQ(count_in(search(R"({"name":"bash","regex":true})")), 2U);
  EXPECT_EQ(count_in(search(R"({"name":"ba.h"})")), 0U);
  EXPECT_EQ(count_in(search("{}")), 2U);
  EXPECT_EQ(count_in(search(R"({"epoch":0,"version":"5.2.15","release":"2.el9","arch":"x86_64"})")),
            2U);
  EXPECT_EQ(count_in(search(R"({"filename":"bash-5.2.15-2.el9.x86_64.rpm"})")), 1U);
  EXPECT_EQ(count_in(search(R"({"checksum_type":"sha256","checksum":")" +
                            Digest::of("tools").hex() + "\"}")),
            1U);
  EXPECT_EQ(count_in(search(R"({"checksum_type":"md5"})")), 0U);
  EXPECT_EQ(count_in(search(R"({"checksum":")" + Digest::of("tools").hex().substr(0, 9) + "\"}")),
            0U);
  EXPECT_EQ(count_in(search(R"({"regex":true,"checksum_type":"^sha","checksum":"^)" +
                            Digest::of("tools").hex().substr(0, 9) + "\"}")),
            1U);
  const Answer put =
      client.call(Method::put, "/pulp/api/services/search/packages/", R"({"name":"bash"})");
  EXPECT_EQ(put.body, R"([{"_id":")" + bash + R"(","arch":"x86_64","checksum":{"sha256":")" +
                          Digest::of("rpm").hex() +
                          R"("},"epoch":"0","filename":"bash-5.2.15-2.el9.x86_64.rpm","id":")" +
                          bash + R"(","name":"bash","release":"2.el9","repoids":[],)" +
                          R"("version":"5.2.15"}])");
}

TEST_F(PulpSearch, StaysWithinTheRepositoriesItIsTold) {
  const Answer found = search(R"({"repoids":["el9","none","N O"]})");
  EXPECT_EQ(count_in(found), 1U);
  EXPECT_EQ(text_at(found, "/0/name"), "bash-tools");
  EXPECT_EQ(value_at(found, "/0/repoids"), R"(["el9"])");
  EXPECT_EQ(search(R"({"repoids":["none"]})").body, "[]");
  EXPECT_EQ(count_in(search(R"({"repoids":[]})")), 2U);
}

TEST_F(PulpSearch, IsInABoundedNumberOfRepositories) {
  std::string many = R"({"repoids":["el9")";
  for (int i = 0; i < 100; ++i) many += ",\"r" + std::to_string(i) + '"';
  EXPECT_EQ(search(many + "]}").status, 413U);
}

TEST_F(PulpSearch, RefusesWhatIsNoSearch) {
  for (const char* body :
       {R"({"regex":"yes"})", R"({"name":["bash"]})", R"({"name":5})", R"({"repoids":"el9"})",
        R"({"checksum":5})", R"({"name":"(","regex":true})", "[]", ""})
    EXPECT_EQ(search(body).status, 400U) << body;
  EXPECT_EQ(search(R"({"name":"("})").body, "[]");
}

TEST_F(PulpSearch, ByAddressShowsFourMembers) {
  const Answer found = client.get("/services/search/packages/?name=tools");
  EXPECT_EQ(found.body, R"([{"_id":")" + tools + R"(","description":"The bash-tools package",)" +
                            R"("id":")" + tools + R"(","name":"bash-tools"}])");
  EXPECT_EQ(client.get("/services/search/packages/?name=(").status, 400U);
}

TEST_F(PulpSearch, KnowsTheChecksumsOfFiles) {
  const std::string path = "/services/search/packages/checksum/";
  const Answer found = client.post(
      path,
      R"(["bash-5.2.15-2.el9.x86_64.rpm","none.rpm","no/file","bash-5.2.15-2.el9.x86_64.rpm"])");
  EXPECT_EQ(found.body, R"({"bash-5.2.15-2.el9.x86_64.rpm":[")" + Digest::of("rpm").hex() +
                            R"("],"none.rpm":[]})");
  EXPECT_EQ(client.post(path, "{}").status, 400U);
  std::string many = "[\"a\"";
  for (int i = 0; i < 1'000; ++i) many += ",\"a\"";
  EXPECT_EQ(client.post(path, many + "]").status, 413U);
}

TEST_F(PulpSearch, FindsWhatIsInNoRepository) {
  const Answer found = client.get("/pulp/api/orphaned/packages/");
  EXPECT_EQ(found.body,
            R"([{"_id":")" + bash + R"(","checksum":{"sha256":")" + Digest::of("rpm").hex() +
                R"("},"filename":"bash-5.2.15-2.el9.x86_64.rpm","id":")" + bash + "\"}]");
}

TEST_F(PulpSearch, StatusNeedsNoLogin) {
  const Answer first = client.get("/services/status/");
  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(value_at(first, "/db_version"), "1");
  const Answer second = client.get("/pulp/api/services/status/");
  EXPECT_EQ(std::stoull(value_at(second, "/status_count")),
            std::stoull(value_at(first, "/status_count")) + 1);
  EXPECT_NE(value_at(first, "/status_duration_ms"), "absent");
}

// ---- events ----

TEST_F(PulpSearch, EventsAreTheLogNewestFirst) {
  const Answer events = client.get("/pulp/api/events/");
  EXPECT_EQ(count_in(events), server.size());
  EXPECT_EQ(text_at(events, "/0/action"), "pulp.repo.package_added");
  EXPECT_EQ(text_at(events, "/0/api"), "pulp.repo");
  EXPECT_EQ(text_at(events, "/0/method"), "package_added");
  EXPECT_EQ(value_at(events, "/0/params"), R"({"package":")" + tools + R"(","repo":"el9"})");
  EXPECT_EQ(text_at(events, "/0/principal"), "anonymous");
  EXPECT_EQ(text_at(events, "/0/principal_type"), "dev");
  for (const char* none : {"/0/result", "/0/exception", "/0/traceback"})
    EXPECT_EQ(value_at(events, none), "null") << none;
  EXPECT_EQ(value_at(events, "/0/index"), std::to_string(server.size() - 1));
  EXPECT_NE(text_at(events, "/0/timestamp").find('T'), std::string::npos);
}

TEST_F(PulpSearch, EventsAreNarrowedDown) {
  const auto count = [&](const std::string& query) {
    const Answer answer = client.get("/pulp/api/events/" + query);
    EXPECT_EQ(answer.status, 200U) << query;
    return count_in(answer);
  };
  EXPECT_EQ(count("?api=pulp.package"), 2U);
  EXPECT_EQ(count("?api=pulp.package&api=pulp.repo&method=created"), 3U);
  EXPECT_EQ(count("?principal=somebody"), 0U);
  EXPECT_EQ(count("?errors_only=true"), 0U);
  EXPECT_EQ(count("?limit=1"), 1U);
  EXPECT_EQ(count("?limit=0"), 0U);
  const Answer fields = client.get("/pulp/api/events/?limit=1&field=api&field=index");
  EXPECT_EQ(fields.body,
            R"([{"api":"pulp.repo","index":)" + std::to_string(server.size() - 1) + "}]");
  for (const std::string query : {"?limit=x", "?errors_only=perhaps", "?last=-1", "?as_of=x"})
    EXPECT_EQ(client.get("/pulp/api/events/" + query).status, 400U) << query;
}

TEST_F(PulpSearch, EventsComeInPagesOfOneState) {
  std::string target = "/pulp/api/events/?limit=2&api=pulp.package&api=pulp.repo";
  std::size_t count = 0;
  const std::size_t expected = count_in(client.get(target + "&limit=100")) > 0 ? 4U : 0U;
  for (int pages = 0; pages < 9 && !target.empty(); ++pages) {
    const Answer page = client.get(target);
    ASSERT_EQ(page.status, 200U) << target;
    count += count_in(page);
    const std::string link = page.header("Link");
    target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    client.created("later" + std::to_string(pages));
  }
  EXPECT_EQ(target, "");
  EXPECT_EQ(count, expected);
}

// The rule is that of /log/proof.
TEST(PulpEvents, OfWhatTheCallerMayNotPullAreNotThere) {
  TestServer server({.dev = false});
  PulpClient admin(server, basic("admin", kAdminPassword));
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"anonymous","resource":"*","role":"none"})");
  const std::string one = admin.created("one");
  admin.created("two");
  PulpClient some(server, basic("some", server.add_account("some", "reader", "packages/" + one)));
  const Answer events = some.get("/pulp/api/events/");
  EXPECT_EQ(count_in(events), 1U);
  EXPECT_EQ(text_at(events, "/0/params/package"), one);
  EXPECT_GT(count_in(admin.get("/pulp/api/events/")), 5U);
  const Answer nobody = server.get("/pulp/api/events/");
  EXPECT_EQ(nobody.status, 401U);
  EXPECT_EQ(nobody.body, "\"Authentication Required\"");
}

}  // namespace
}  // namespace varve::test
