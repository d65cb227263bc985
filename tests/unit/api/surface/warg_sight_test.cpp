// Packages that not everybody may see: who sees their logs, names and content, and what the others
// are told.
#include <gmock/gmock.h>

#include <map>

#include "tests/unit/api/surface/warg_client.h"

namespace varve::test {
namespace {

using http::Method;
using ::testing::HasSubstr;

// Namespaces `open`, which everybody may pull from, and `secret`, which `reader` may.
class WargSight : public ::testing::Test {
 protected:
  WargSight() {
    for (const std::string name : {"open", "secret"})
      server.administer(Method::put, "/admin/v1/warg/namespaces/" + name, "{}");
    login("reader", "reader", "secret/*");
    login("stranger", "maintainer", "other/*");
    login("writer", "maintainer", "secret/*");
    grant_everybody("secret/*", "none");
    as("admin").publish_release("open:app", "open bytes", alice);
    hidden = std::make_unique<WargClient::Signed>(
        as("admin").publish_release("secret:app", "secret bytes", alice));
  }
  void login(const std::string& name, std::string_view role, std::string_view resource) {
    logins[name] = basic(name, server.add_account(name, role, resource));
  }
  void grant_everybody(std::string_view resource, std::string_view role) {
    server.administer(Method::put, "/admin/v1/grants",
                      R"({"principal":"anonymous","resource":")" + std::string(resource) +
                          R"(","role":")" + std::string(role) + R"("})");
  }
  WargClient as(const std::string& who) {
    if (who == "nobody") return WargClient(server);
    return WargClient(server, {{"Authorization", logins.at(who)}});
  }
  Answer fetch(const std::string& who, std::string_view name) {
    WargClient client = as(who);
    return client.fetch(in_quotes(WargClient::log(name)) + ":null", as("nobody").length());
  }
  Answer names(const std::string& who, std::string_view name) {
    return as(who).post("/v1/fetch/names", R"({"packages":[")" + WargClient::log(name) + R"("]})");
  }
  static std::string no_log(std::string_view name) {
    return R"({"status":404,"type":"log","id":")" + WargClient::log(name) + "\"}";
  }

  TestServer server{{.dev = false, .warg = true}};
  std::map<std::string, std::string> logins{{"admin", basic("admin", kAdminPassword)}};
  const Publisher alice{'a', warg::KeyAlgorithm::ecdsa_p256};
  const Publisher bob{'b', warg::KeyAlgorithm::ecdsa_p256};
  std::unique_ptr<WargClient::Signed> hidden;
};

TEST_F(WargSight, WhoeverMayPullReadsLogsNamesAndContent) {
  for (const std::string who : {"reader", "writer", "admin"}) {
    EXPECT_EQ(fetch(who, "secret:app").status, 200U) << who;
    EXPECT_EQ(json_at(names(who, "secret:app").body, "/packages/" + WargClient::log("secret:app")),
              "\"secret:app\"");
    EXPECT_EQ(as(who).get(WargClient::sources_path("secret bytes")).status, 200U) << who;
    EXPECT_EQ(as(who).get(WargClient::file_path("secret bytes")).body, "secret bytes") << who;
  }
  for (const std::string who : {"nobody", "stranger"}) {
    EXPECT_EQ(fetch(who, "open:app").status, 200U) << who;
    EXPECT_EQ(as(who).get(WargClient::file_path("open bytes")).body, "open bytes") << who;
  }
}

// Where everything else is open, a private package is one that is not there.
TEST_F(WargSight, TheOthersAreToldThatThereIsNoSuchLog) {
  for (const std::string who : {"nobody", "stranger"}) {
    for (const std::string_view name : {"secret:app", "secret:nothing"}) {
      const Answer logs = fetch(who, name);
      EXPECT_EQ(logs.status, 404U) << who;
      EXPECT_EQ(logs.body, no_log(name)) << who;
      EXPECT_EQ(names(who, name).body, no_log(name)) << who;
    }
    const Answer sources = as(who).get(WargClient::sources_path("secret bytes"));
    EXPECT_EQ(sources.status, 404U) << who;
    EXPECT_EQ(sources.body, R"({"status":404,"type":"contentDigest","id":")" +
                                Digest::of("secret bytes").to_string() + "\"}");
    const Answer file = as(who).get(WargClient::file_path("secret bytes"));
    EXPECT_EQ(file.status, 404U) << who;
    EXPECT_EQ(file.body, "") << who;
  }
}

// Where not everything is open, whoever is nobody is told to log in: whether there is a package or
// not, and for a package that everybody may see there is no need.
TEST_F(WargSight, WhereNotEverythingIsOpenNobodyIsToldToLogIn) {
  grant_everybody("*", "none");
  grant_everybody("open/*", "reader");
  std::vector<std::string> told;
  for (const std::string_view name : {"secret:app", "secret:nothing", "nothing:at-all"}) {
    const Answer logs = fetch("nobody", name);
    EXPECT_EQ(logs.status, 401U) << name;
    EXPECT_NE(logs.header("WWW-Authenticate"), "");
    EXPECT_EQ(json_at(logs.body, "/status"), "401");
    told.push_back(logs.body);
    EXPECT_EQ(names("nobody", name).status, 401U) << name;
    EXPECT_EQ(fetch("stranger", name).body, no_log(name));
  }
  EXPECT_EQ(told[0], told[1]);
  EXPECT_EQ(told[0], told[2]);
  EXPECT_EQ(fetch("nobody", "open:app").status, 200U);
  EXPECT_EQ(fetch("reader", "secret:app").status, 200U);
}

TEST_F(WargSight, ARecordThatIsNotThereTellsNothingOfItsLog) {
  const auto ask = [&](const std::string& who, std::string_view name) {
    return as(who).get(WargClient::record_path(name) + "/" + no_id());
  };
  const auto bring = [&](const std::string& who, std::string_view name) {
    return as(who).post(WargClient::record_path(name) + "/" + no_id() + "/content/" + no_id(), "x");
  };
  for (const std::string who : {"nobody", "stranger"}) {
    for (const std::string_view name : {"secret:app", "secret:nothing"}) {
      EXPECT_EQ(ask(who, name).body, no_log(name)) << who;
      EXPECT_EQ(bring(who, name).body, no_log(name)) << who;
    }
  }
  EXPECT_EQ(ask("reader", "secret:app").body,
            R"({"status":404,"type":"record","id":")" + no_id() + "\"}");
}

// Publishers show no credentials when they ask what became of a record: its id is theirs to know.
TEST_F(WargSight, WhoeverKnowsARecordHearsWhatBecameOfIt) {
  const std::string path = WargClient::record_path("secret:app", *hidden);
  EXPECT_EQ(json_at(as("nobody").get(path).body, "/state"), "\"published\"");
}

TEST_F(WargSight, OfOldMomentsIsJudgedByTheRightsOfNow) {
  const std::string as_of = "?as_of=" + std::to_string(server.size());
  grant_everybody("open/*", "none");
  WargClient nobody = as("nobody");
  const std::string wish = R"({"logLength":)" + std::to_string(nobody.length()) +
                           R"(,"packages":{)" + in_quotes(WargClient::log("open:app")) + ":null}}";
  EXPECT_EQ(nobody.post("/v1/fetch/logs" + as_of, wish).status, 404U);
  EXPECT_EQ(nobody.get(WargClient::sources_path("open bytes") + as_of).status, 404U);
  grant_everybody("open/*", "reader");
  EXPECT_EQ(nobody.post("/v1/fetch/logs" + as_of, wish).status, 200U);
}

TEST_F(WargSight, ARevokedCredentialOpensNothing) {
  const std::string list = server.administer(Method::get, "/admin/v1/principals/reader").body;
  const std::size_t at = list.find("\"credential\":\"");
  ASSERT_NE(at, list.npos) << list;
  server.administer(Method::del,
                    "/admin/v1/principals/reader/credentials/" + list.substr(at + 14, 26));
  EXPECT_EQ(fetch("reader", "secret:app").status, 401U);
}

// What an answer says about where it stands in the log can be followed by whoever saw the answer.
TEST_F(WargSight, TheEntryOfARecordIsReadByWhoeverSeesItsPackage) {
  const auto entry_of = [&](std::string_view name, const WargClient::Signed& record) {
    return as("admin").get(WargClient::record_path(name, record)).header("Varve-Proof");
  };
  const auto open = as("admin").publish("open:other", {init(bob)}, bob);
  server.wait_published();
  const std::string hidden_entry = entry_of("secret:app", *hidden);
  EXPECT_EQ(as("reader").get(hidden_entry).status, 200U) << hidden_entry;
  EXPECT_EQ(as("stranger").get(hidden_entry).status, 403U);
  EXPECT_EQ(as("nobody").get(hidden_entry).status, 401U);
  EXPECT_EQ(as("nobody").get(entry_of("open:other", open)).status, 200U);
}

// ---- content ----

TEST_F(WargSight, ADownloadCarriesLeaveInItsAddress) {
  const Answer sources = as("reader").get(WargClient::sources_path("secret bytes"));
  const std::string digest = Digest::of("secret bytes").to_string();
  std::string url = json_at(sources.body, "/contentSources/" + digest + "/0/url");
  url = url.substr(1, url.size() - 2);
  const std::size_t path = url.find("/content/");
  ASSERT_NE(path, url.npos) << url;
  url = url.substr(path);
  ASSERT_THAT(url, HasSubstr("?ticket="));
  EXPECT_EQ(server.get(url).body, "secret bytes");
  EXPECT_EQ(server.head(url).status, 200U);
  EXPECT_EQ(server.call({Method::get, url, {{"Range", "bytes=0-5"}}}).body, "secret");
  // For that file alone, and unaltered.
  const std::string ticket = url.substr(url.find('?'));
  EXPECT_EQ(server.get(url + "A").status, 404U);
  as("admin").publish_release("secret:other", "other bytes", bob);
  EXPECT_EQ(server.get(WargClient::file_path("other bytes") + ticket).status, 404U);
  // After a restart the server does not know it any more.
  server.services().state->tickets = surface::Tickets();
  EXPECT_EQ(server.get(url).status, 404U);
}

TEST_F(WargSight, WhatEverybodyMayHaveNeedsNoLeave) {
  const Answer sources = as("reader").get(WargClient::sources_path("open bytes"));
  EXPECT_THAT(sources.body, Not(HasSubstr("ticket")));
}

TEST_F(WargSight, ContentOfAnOpenAndAPrivatePackageIsOpen) {
  WargClient admin = as("admin");
  const auto record =
      alice.sign(admin.next("secret:shared", {init(alice), release("1.0.0", "open bytes")}));
  EXPECT_EQ(json_at(admin.submit("secret:shared", record).body, "/state"), "\"published\"")
      << "what everybody may have need not be brought again";
  EXPECT_EQ(server.get(WargClient::file_path("open bytes")).body, "open bytes");
  EXPECT_EQ(fetch("nobody", "secret:shared").status, 404U);
}

// Knowing a digest is not having the bytes: whoever releases what others keep private brings it.
TEST_F(WargSight, PrivateContentIsNotHadByNamingItInARecordOfOnesOwn) {
  WargClient admin = as("admin");
  const auto thief =
      bob.sign(admin.next("open:thief", {init(bob), release("1.0.0", "secret bytes")}));
  const Answer answer = admin.submit("open:thief", thief);
  const Answer unknown = admin.submit(
      "open:other", bob.sign(admin.next("open:other", {init(bob), release("1.0.0", "no bytes")})));
  EXPECT_EQ(json_at(answer.body, "/state"), "\"sourcing\"");
  EXPECT_EQ(json_at(unknown.body, "/state"), "\"sourcing\"")
      << "and nobody learns that it is there";
  EXPECT_EQ(server.get(WargClient::file_path("secret bytes")).status, 404U);
  // Whoever has the bytes may show them to whom they like.
  EXPECT_EQ(admin.upload("open:thief", thief, "secret bytes").status, 201U);
  EXPECT_EQ(server.get(WargClient::file_path("secret bytes")).body, "secret bytes");
}

TEST_F(WargSight, APackageNeedNotBringItsOwnContentAgain) {
  WargClient admin = as("admin");
  const auto record = alice.sign(admin.next("secret:app", {release("1.0.1", "secret bytes")}));
  EXPECT_EQ(json_at(admin.submit("secret:app", record).body, "/state"), "\"published\"");
}

// Of everything that answers a stranger, nothing names the package, its key, or its content.
TEST_F(WargSight, NothingThatAnswersAStrangerNamesThePackage) {
  WargClient stranger = as("stranger");
  std::string heard;
  const auto hear = [&](const Answer& answer) {
    heard += answer.body;
    for (const auto& [name, value] : answer.headers) heard += name + ": " + value + "\n";
  };
  const std::string log = WargClient::log("secret:app");
  hear(stranger.get("/v1/fetch/checkpoint"));
  hear(stranger.post("/v1/fetch/logs",
                     R"({"logLength":)" + std::to_string(stranger.length()) + "}"));
  hear(fetch("stranger", "secret:app"));
  hear(names("stranger", "secret:app"));
  hear(stranger.get(WargClient::record_path("secret:app", *hidden)));
  hear(stranger.upload("secret:app", *hidden, "x"));
  hear(stranger.submit("secret:app", bob.sign(stranger.next("secret:app", {grant(bob, kYank)}))));
  hear(stranger.get("/v1/ledger"));
  const std::string leaves = std::to_string(stranger.length() - 1);
  hear(stranger.post("/v1/proof/inclusion", R"({"logLength":)" + std::to_string(stranger.length()) +
                                                R"(,"leafs":[)" + leaves + "]}"));
  hear(stranger.post("/v1/proof/absence", R"({"logLength":)" + std::to_string(stranger.length()) +
                                              R"(,"packages":[")" + log + R"("]})"));
  EXPECT_THAT(heard, Not(HasSubstr("secret:app")));
  EXPECT_THAT(heard, Not(HasSubstr("1.0.0")));
  EXPECT_THAT(heard, Not(HasSubstr(alice.id().to_string())));
  EXPECT_THAT(heard, Not(HasSubstr(base64_encode(*(*hidden)->envelope.content).substr(0, 40))));
}

// ---- who may begin ----

TEST_F(WargSight, APackageIsBegunByWhoeverMayPushThere) {
  const auto begin = [&](const std::string& who, std::string_view name, const Publisher& key) {
    WargClient client = as(who);
    return client.submit(name, key.sign(client.next(name, {init(key)})));
  };
  const Publisher other{'o'};
  EXPECT_EQ(begin("nobody", "secret:new", other).status, 401U);
  EXPECT_EQ(begin("reader", "secret:new", other).status, 403U);
  EXPECT_EQ(begin("stranger", "secret:new", other).status, 403U);
  EXPECT_EQ(begin("nobody", "open:new", other).status, 401U);
  EXPECT_EQ(begin("writer", "secret:new", other).status, 202U);
  // From then on the signature is the credential.
  WargClient nobody = as("nobody");
  EXPECT_EQ(nobody.submit("secret:new", other.sign(nobody.next("secret:new", {grant(bob, kYank)})))
                .status,
            202U);
  server.config().open_namespaces = true;
  EXPECT_EQ(begin("nobody", "open:new", other).status, 202U);
  EXPECT_EQ(begin("nobody", "undefined:new", other).status, 404U);
}

// Warg's own client may have no credential to show: a key that is registered to somebody who may
// push is one.
TEST_F(WargSight, APackageIsBegunByARegisteredKeyUntilItIsRevoked) {
  const Publisher key{'k', warg::KeyAlgorithm::ecdsa_p256};
  const auto begin = [&](std::string_view name) {
    WargClient nobody = as("nobody");
    return nobody.submit(name, key.sign(nobody.next(name, {init(key)})));
  };
  EXPECT_EQ(begin("secret:new").status, 401U);
  server.administer(Method::post, "/admin/v1/principals/writer/keys",
                    R"({"public_key":")" + key.text().text() + "\"}");
  EXPECT_EQ(begin("secret:new").status, 202U);
  EXPECT_EQ(begin("open:new").status, 401U) << "its holder may not push there";
  server.administer(Method::del, "/admin/v1/principals/writer/keys/" + key.id().to_string());
  EXPECT_EQ(begin("secret:newer").status, 401U);
  // What it began goes on: there the package's own log says who may.
  WargClient nobody = as("nobody");
  EXPECT_EQ(
      nobody.submit("secret:new", key.sign(nobody.next("secret:new", {grant(bob, kYank)}))).status,
      202U);
}

}  // namespace
}  // namespace varve::test
