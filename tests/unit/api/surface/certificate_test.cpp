// Client certificates against routes: names that the TLS handshake found.
#include <gtest/gtest.h>

#include "api/auth/ended_certificates.h"
#include "core/codec.h"
#include "log/reader.h"
#include "tests/unit/api/surface/credentials_given.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

class Certificates : public testing::Test {
 protected:
  Certificates() {
    server.add_account("edge", "reader", "team/*");
    server.administer(Method::put, "/admin/v1/grants",
                      R"({"principal":"anonymous","resource":"*","role":"none"})");
  }
  std::string allow() {
    return member(server.administer(Method::post, std::string(kAccount) + "/credentials",
                                    R"({"kind":"x509"})"),
                  "credential");
  }
  Answer get(std::string_view name, std::string_view authorization = {}) {
    Call call{Method::get, kAccount};
    call.client_name = name;
    if (!authorization.empty()) call.headers.emplace_back("Authorization", authorization);
    return server.call(std::move(call));
  }
  // Where nobody needs to be anybody.
  unsigned open(std::string_view name) {
    Call call{Method::get, "/healthz"};
    call.client_name = name;
    return server.call(call).status;
  }
  void end(const std::string& account, const std::string& id) {
    server.administer(Method::del, account + "/credentials/" + id);
  }
  static constexpr const char* kAccount = "/admin/v1/principals/edge";
  TestServer server{{.dev = false}};
};

TEST_F(Certificates, StandForThePrincipalTheyNameOnceThatIsAllowed) {
  EXPECT_EQ(get("edge").status, 401U);
  allow();
  EXPECT_EQ(get("edge").status, 200U);
  EXPECT_EQ(get("edge:0b1c-17").status, 200U);  // as Pulp names its users
  EXPECT_EQ(get("edge:").status, 200U);
}

TEST_F(Certificates, ThatAreNotToBeBelievedAreRefusedInPulpsWords) {
  allow();
  const Answer refused = get("");
  EXPECT_EQ(refused.status, 401U);
  EXPECT_NE(refused.body.find("Invalid SSL Certificate"), std::string::npos) << refused.body;
  EXPECT_EQ(open(""), 401U);
}

// Of the same authority, for something else: a client shows it to whoever asks for one.
TEST_F(Certificates, OfWhomNobodyAllowedAnyAreAsIfThereWereNone) {
  allow();
  for (const std::string_view name :
       {"admin", "nobody", "edge ", "Edge", "edge/x", ":edge", "anonymous", "*", "edge,"}) {
    const Answer refused = get(name);
    EXPECT_EQ(refused.status, 401U) << name;
    EXPECT_EQ(refused.body.find("Certificate"), std::string::npos) << refused.body;
    for (int i = 0; i < 12; ++i) EXPECT_EQ(open(name), 200U) << name;  // and nobody counts them
  }
}

TEST_F(Certificates, EndWithTheirCredentialAndPauseWithTheirPrincipal) {
  const std::string id = allow();
  server.administer(Method::post, std::string(kAccount) + "/disable");
  EXPECT_EQ(get("edge").status, 401U);
  EXPECT_EQ(open("edge"), 401U);
  server.administer(Method::post, std::string(kAccount) + "/enable");
  EXPECT_EQ(get("edge").status, 200U);
  end(kAccount, id);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(get("edge").body.find("Invalid SSL Certificate"), std::string::npos);
    EXPECT_EQ(open("edge"), 401U);
  }
  allow();
  EXPECT_EQ(get("edge").status, 200U);
}

TEST_F(Certificates, EndWithTheTimeTheyWereAllowedFor) {
  server.administer(Method::post, std::string(kAccount) + "/credentials",
                    R"({"expires":"2099-01-01T00:00:00Z","kind":"x509"})");
  EXPECT_EQ(open("edge"), 200U);
  server.later = std::chrono::hours(24 * 365 * 100);
  EXPECT_EQ(open("edge"), 401U);
}

// What was found about a principal holds until something happens to its credentials.
TEST_F(Certificates, ThatCountedForNothingMayBeAllowedAndEnded) {
  const std::string admin = "/admin/v1/principals/admin";
  EXPECT_EQ(open("admin"), 200U);
  EXPECT_EQ(get("admin").status, 401U);
  const std::string id = member(
      server.administer(Method::post, admin + "/credentials", R"({"kind":"x509"})"), "credential");
  EXPECT_EQ(get("admin").status, 200U);
  end(admin, id);
  EXPECT_EQ(open("admin"), 401U);
  // Another kind that ends is none of these.
  const std::string token = member(
      server.administer(Method::post, std::string(kAccount) + "/credentials", R"({"kind":"aksk"})"),
      "credential");
  EXPECT_EQ(open("edge"), 200U);
  end(kAccount, token);
  EXPECT_EQ(open("edge"), 200U);
}

// Every request with a certificate asks, on an I/O thread.
TEST_F(Certificates, AreLookedForOnceForEachStateOfTheLog) {
  const auto admin = PrincipalName::parse("admin").value();
  auth::EndedCertificates ended;
  EXPECT_EQ(ended.known(server.services().reader(), admin), std::nullopt);
  EXPECT_FALSE(ended.look(server.services().reader(), admin).value());
  EXPECT_EQ(ended.known(server.services().reader(), admin), false);
  for (const char* name : {"a", "b"}) {
    server.add_account(name, "reader", "team/*");  // nothing that is about admin
    EXPECT_EQ(ended.known(server.services().reader(), admin), std::nullopt);
    EXPECT_FALSE(ended.look(server.services().reader(), admin).value());
    EXPECT_EQ(ended.known(server.services().reader(), admin), false);
  }
  const std::string account = "/admin/v1/principals/admin";
  end(account,
      member(server.administer(Method::post, account + "/credentials", R"({"kind":"x509"})"),
             "credential"));
  EXPECT_EQ(ended.known(server.services().reader(), admin), std::nullopt);
  EXPECT_TRUE(ended.look(server.services().reader(), admin).value());
  server.add_account("c", "reader", "team/*");
  EXPECT_EQ(ended.known(server.services().reader(), admin), true);  // for ever
}

TEST_F(Certificates, CountWhereNothingElseIsShown) {
  allow();
  const std::string admin = basic("admin", kAdminPassword);
  const std::string guess = basic("admin", "guess");
  EXPECT_EQ(get("", admin).status, 200U);
  EXPECT_EQ(get("edge", guess).status, 401U);
}

TEST_F(Certificates, OfATrustedProxyAreNotThoseOfItsClients) {
  allow();
  server.config().trusted_proxies = http::TrustedProxies::parse("127.0.0.1").value();
  const Answer refused = get("edge");
  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(refused.body.find("Certificate"), std::string::npos) << refused.body;
}

TEST_F(Certificates, BuyTokens) {
  const std::string id = allow();
  Call call{Method::get, "/oauth2/token?scope=repository:team/app:pull,push"};
  call.client_name = "edge";
  const Answer made = server.call(call);
  ASSERT_EQ(made.status, 200U) << made.body;
  EXPECT_EQ(member(made, "scope"), "repository:team/app:pull");
}

TEST_F(Certificates, StandInTheEntriesOfWhoShowsThem) {
  const std::string id = allow();
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"edge","resource":"*","role":"admin"})");
  Call call{Method::put, "/admin/v1/principals/made", {}, R"({"kind":"service"})"};
  call.client_name = "edge";
  ASSERT_EQ(server.call(call).status, 200U);
  const auto bytes = server.services().reader().entry(EntryIndex{server.size() - 1}).value();
  const Actor actor = decode_entry_text(parse_note(bytes).value().text).value().envelope.actor;
  EXPECT_EQ(actor.id, "edge");
  EXPECT_EQ(actor.auth, Auth::certificate);
  EXPECT_EQ(actor.credential->text(), id);
}

TEST_F(Certificates, ThatEndedAreTriedAsSlowlyAsPasswords) {
  end(kAccount, allow());
  unsigned refused = 0;
  for (int i = 0; i < 14; ++i)
    if (get("edge").status == 429U) ++refused;
  EXPECT_EQ(refused, 4U);
}

}  // namespace
}  // namespace varve::test
