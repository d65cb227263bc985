// Accounts over HTTP: what administrators can do, and that nobody else can.
#include <gtest/gtest.h>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

constexpr const char* kGrants = "/admin/v1/grants";

Call as(const std::string& authorization, Method method, std::string target,
        std::string body = {}) {
  return {method, std::move(target), {{"Authorization", authorization}}, std::move(body)};
}

TEST(Admin, MakesPrincipalsOnceAndListsThem) {
  TestServer server({.dev = false});
  const std::string made =
      server.administer(Method::put, "/admin/v1/principals/ci", R"({"kind":"service"})").body;
  EXPECT_NE(made.find(R"("changed":true,"index":)"), std::string::npos) << made;
  EXPECT_EQ(server.administer(Method::put, "/admin/v1/principals/ci", R"({"kind":"service"})").body,
            "{\"changed\":false}\n");
  const std::string all = server.administer(Method::get, "/admin/v1/principals").body;
  for (const std::string_view name : {"admin", "anonymous", "ci"})
    EXPECT_NE(all.find(R"("name":")" + std::string(name)), std::string::npos) << all;
}

TEST(Admin, TellsASecretOnceAndNeverAgain) {
  TestServer server({.dev = false});
  const std::string path = "/admin/v1/principals/bob";
  server.administer(Method::put, path);
  const std::string made =
      server.administer(Method::post, path + "/credentials", R"({"kind":"password"})").body;
  EXPECT_NE(made.find(R"("secret":")"), std::string::npos) << made;
  const std::string shown = server.administer(Method::get, path).body;
  EXPECT_EQ(shown.find("secret"), std::string::npos) << shown;
  EXPECT_NE(shown.find(R"("kind":"password")"), std::string::npos) << shown;
  const Answer set = server.administer(Method::post, path + "/credentials",
                                       R"({"kind":"password","password":"bob's own"})");
  EXPECT_EQ(set.body.find("secret"), std::string::npos) << set.body;
}

TEST(Admin, TellsASecretKeyOnceAndKeepsItSealed) {
  TestServer server({.dev = false});
  const std::string path = "/admin/v1/principals/bob";
  server.administer(Method::put, path);
  const std::string made =
      server.administer(Method::post, path + "/credentials", R"({"kind":"aksk"})").body;
  const auto member = [&](const std::string& name) {
    const std::size_t start = made.find("\"" + name + "\":\"") + name.size() + 4;
    return made.substr(start, made.find('"', start) - start);
  };
  const std::string secret = member("secret");
  EXPECT_EQ(secret.size(), 40U) << made;
  EXPECT_EQ(member("credential").size(), 26U) << made;
  const std::string shown = server.administer(Method::get, path).body;
  EXPECT_NE(shown.find(R"("kind":"aksk")"), std::string::npos) << shown;
  EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
  const SecretStore secrets(server.config().data);
  const auto line = secrets.read(CredentialId::parse(member("credential")).value()).value();
  ASSERT_TRUE(line.has_value());
  EXPECT_TRUE(line->starts_with("sealed:")) << *line;
  EXPECT_EQ(line->find(secret), line->npos);
  server.administer(Method::del, path + "/credentials/" + member("credential"));
  EXPECT_EQ(secrets.read(CredentialId::parse(member("credential")).value()).value(), std::nullopt);
}

TEST(Admin, AllowsCertificatesWithoutASecret) {
  TestServer server({.dev = false});
  const std::string path = "/admin/v1/principals/edge";
  server.administer(Method::put, path, R"({"kind":"consumer"})");
  const std::string made = server
                               .administer(Method::post, path + "/credentials",
                                           R"({"expires":"2099-01-01T00:00:00Z","kind":"x509"})")
                               .body;
  EXPECT_NE(made.find(R"("kind":"x509")"), std::string::npos) << made;
  EXPECT_EQ(made.find("secret"), std::string::npos) << made;
  const std::string shown = server.administer(Method::get, path).body;
  EXPECT_NE(shown.find(R"("expires":"2099-01-01T00:00:00.000000Z")"), std::string::npos) << shown;
  EXPECT_NE(shown.find(R"("kind":"x509")"), std::string::npos) << shown;
}

TEST(Admin, ChoosesEverySecretButAPasswordItself) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  server.administer(Method::put, "/admin/v1/principals/bob");
  const std::uint64_t before = server.size();
  for (const std::string kind : {"token", "aksk", "x509", "wizard"})
    EXPECT_EQ(server
                  .call(as(admin, Method::post, "/admin/v1/principals/bob/credentials",
                           R"({"kind":")" + kind + R"(","password":"mine"})"))
                  .status,
              400U)
        << kind;
  EXPECT_EQ(server.size(), before);
}

TEST(Admin, TakesRolesForTheRightsTheyName) {
  TestServer server({.dev = false});
  server.administer(Method::put, "/admin/v1/principals/bob");
  const auto rights = [&](const std::string& wish) {
    server.administer(Method::put, kGrants, R"({"principal":"bob","resource":"*",)" + wish + "}");
    const std::string shown =
        server.administer(Method::get, std::string(kGrants) + "?principal=bob").body;
    const std::size_t start = shown.find(R"("rights":)");
    return shown.substr(start, shown.find(']', start) + 1 - start);
  };
  EXPECT_EQ(rights(R"("role":"reader")"), R"("rights":["pull"])");
  EXPECT_EQ(rights(R"("role":"writer")"), R"("rights":["pull","push"])");
  EXPECT_EQ(rights(R"("role":"maintainer")"), R"("rights":["delete","pull","push"])");
  EXPECT_EQ(rights(R"("role":"none")"), R"("rights":[])");
  EXPECT_EQ(rights(R"("rights":["pull","read_log"])"), R"("rights":["pull","read_log"])");
  server.administer(Method::del, std::string(kGrants) + "?principal=bob&resource=*");
  EXPECT_NE(server.administer(Method::get, std::string(kGrants) + "?principal=bob")
                .body.find(R"("grants":[])"),
            std::string::npos);
}

TEST(Admin, SetsAndRemovesPolicies) {
  TestServer server({.dev = false});
  server.administer(Method::put, "/admin/v1/policies",
                    R"({"immutable_tags":true,"resource":"release/*"})");
  EXPECT_NE(
      server.administer(Method::get, "/admin/v1/policies").body.find(R"("immutable_tags":true)"),
      std::string::npos);
  server.administer(Method::put, "/admin/v1/policies",
                    R"({"require_author_sig":true,"resource":"release/*"})");
  const std::string set = server.administer(Method::get, "/admin/v1/policies").body;
  EXPECT_NE(set.find(R"("immutable_tags":false)"), std::string::npos) << set;
  EXPECT_NE(set.find(R"("require_author_sig":true)"), std::string::npos) << set;
  server.administer(Method::del, "/admin/v1/policies?resource=release/*");
  EXPECT_NE(server.administer(Method::get, "/admin/v1/policies").body.find(R"("policies":[])"),
            std::string::npos);
}

TEST(Admin, IsForAdministrators) {
  TestServer server({.dev = false});
  const std::string token = "Bearer " + server.add_account("ci", "maintainer", "*");
  const std::uint64_t before = server.size();
  const std::pair<Method, std::string> wishes[] = {
      {Method::get, "/admin/v1/principals"},
      {Method::get, "/admin/v1/principals/admin"},
      {Method::get, "/admin/v1/grants?principal=admin"},
      {Method::get, "/admin/v1/policies"},
      {Method::put, "/admin/v1/principals/eve"},
      {Method::post, "/admin/v1/principals/admin/disable"},
      {Method::post, "/admin/v1/principals/ci/enable"},
      {Method::del, "/admin/v1/grants?principal=admin&resource=*"},
      {Method::del, "/admin/v1/policies?resource=*"}};
  for (const auto& [method, target] : wishes) {
    EXPECT_EQ(server.call(as(token, method, target)).status, 403U) << target;
    EXPECT_EQ(server.call({method, target}).status, 401U) << target;
  }
  const Call grant =
      as(token, Method::put, kGrants, R"({"principal":"ci","resource":"*","role":"admin"})");
  EXPECT_EQ(server.call(grant).status, 403U);
  const Call credential =
      as(token, Method::post, "/admin/v1/principals/admin/credentials", R"({"kind":"token"})");
  EXPECT_EQ(server.call(credential).status, 403U);
  EXPECT_EQ(server.size(), before);
}

TEST(Admin, ShowsEverybodyTheirOwnAccount) {
  TestServer server({.dev = false});
  const std::string token = "Bearer " + server.add_account("ci", "reader", "team/*");
  const Answer own = server.call(as(token, Method::get, "/admin/v1/principals/ci"));
  EXPECT_EQ(own.status, 200U);
  EXPECT_EQ(own.header("Cache-Control"), "no-store");
  EXPECT_EQ(server.call(as(token, Method::get, "/admin/v1/grants?principal=ci")).status, 200U);
  // But a token makes no password: whoever found it would own the account.
  const Call wish = as(token, Method::post, "/admin/v1/principals/ci/credentials",
                       R"({"kind":"password","password":"mine now"})");
  EXPECT_EQ(server.call(wish).status, 401U);
}

TEST(Admin, ShowsNoAccountToATokenThatWasMadeForSomethingElse) {
  TestServer server({.dev = false});
  const std::string own = basic("ci", server.add_account("ci", "writer", "team/*"));
  const auto token_for = [&](const std::string& who, const std::string& scope) {
    const Answer made = server.call(as(who, Method::get, "/oauth2/token?scope=" + scope));
    constexpr std::string_view kBefore = R"("access_token":")";
    const std::size_t begin = made.body.find(kBefore) + kBefore.size();
    return "Bearer " + made.body.substr(begin, made.body.find('"', begin) - begin);
  };
  const std::string narrow = token_for(own, "repository:team/app:pull");
  for (const std::string target : {"/admin/v1/principals/ci", "/admin/v1/grants?principal=ci"}) {
    EXPECT_EQ(server.call(as(own, Method::get, target)).status, 200U) << target;
    EXPECT_EQ(server.call(as(narrow, Method::get, target)).status, 401U) << target;
  }
  const Call wish = as(narrow, Method::post, "/admin/v1/principals/ci/credentials",
                       R"({"kind":"password","password":"mine now"})");
  EXPECT_EQ(server.call(wish).status, 401U);
  const std::string account = token_for(own, "registry:account:*");
  EXPECT_EQ(server.call(as(account, Method::get, "/admin/v1/principals/ci")).status, 200U);
  EXPECT_EQ(server.call(as(account, Method::get, "/admin/v1/principals/admin")).status, 403U);
  EXPECT_EQ(server
                .call(as(account, Method::post, "/admin/v1/principals/ci/credentials",
                         R"({"kind":"password","password":"mine now"})"))
                .status,
            401U);
  // One that was made for accounts shows them.
  const std::string root = basic("admin", kAdminPassword);
  const std::string accounts = token_for(root, "registry:admin:*");
  EXPECT_EQ(server.call(as(accounts, Method::get, "/admin/v1/principals/admin")).status, 200U);
  EXPECT_EQ(
      server
          .call(as(token_for(root, "repository:a:pull"), Method::get, "/admin/v1/principals/admin"))
          .status,
      401U);
}

TEST(Admin, GivesAConsumerNothingButReading) {
  TestServer server({.dev = false});
  server.administer(Method::put, "/admin/v1/principals/edge", R"({"kind":"consumer"})");
  const std::string admin = basic("admin", kAdminPassword);
  for (const std::string role : {"writer", "maintainer", "admin"})
    EXPECT_EQ(server
                  .call(as(admin, Method::put, kGrants,
                           R"({"principal":"edge","resource":"*","role":")" + role + R"("})"))
                  .status,
              400U)
        << role;
  server.administer(Method::put, kGrants, R"({"principal":"edge","resource":"*","role":"reader"})");
}

TEST(Admin, KeepsTheNamesTheRegistryActsUnder) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  EXPECT_EQ(server.call(as(admin, Method::put, "/admin/v1/principals/purger", "{}")).status, 409U);
}

TEST(Admin, RefusesMembersNamedTwice) {
  TestServer server({.dev = false});
  const std::uint64_t before = server.size();
  const std::string admin = basic("admin", kAdminPassword);
  const std::pair<std::string, std::string> wishes[] = {
      {"/admin/v1/principals/eve", R"({"kind":"consumer","kind":"user"})"},
      {kGrants, R"({"principal":"anonymous","resource":"*","role":"none","role":"admin"})"},
      {kGrants, R"({"principal":"nobody","principal":"admin","resource":"*","role":"none"})"},
      {kGrants, R"({"principal":"admin","resource":"*","ro\u006ce":"admin","role":"none"})"},
      {"/admin/v1/policies", R"({"immutable_tags":true,"resource":"*","immutable_tags":false})"}};
  for (const auto& [target, body] : wishes)
    EXPECT_EQ(server.call(as(admin, Method::put, target, body)).status, 400U) << body;
  EXPECT_EQ(server.size(), before);
}

TEST(Admin, LeavesNoSecretOfACredentialThatWasRefused) {
  TestServer server({.dev = false});
  const auto files = [&] {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& file :
         std::filesystem::directory_iterator(server.config().data / "secrets" / "credentials"))
      ++count;
    return count;
  };
  const std::size_t before = files();
  const std::string admin = basic("admin", kAdminPassword);
  const Call nobody =
      as(admin, Method::post, "/admin/v1/principals/ghost/credentials", R"({"kind":"token"})");
  EXPECT_EQ(server.call(nobody).status, 404U);
  EXPECT_EQ(files(), before);
}

TEST(Admin, KeepsAnAdministrator) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  EXPECT_EQ(server.call(as(admin, Method::post, "/admin/v1/principals/admin/disable")).status,
            409U);
  EXPECT_EQ(
      server.call(as(admin, Method::del, "/admin/v1/grants?principal=admin&resource=*")).status,
      409U);
  EXPECT_EQ(server.call(as(admin, Method::get, "/admin/v1/principals")).status, 200U);
}

TEST(Admin, RefusesDocumentsItDoesNotUnderstand) {
  TestServer server({.dev = false});
  const std::string admin = basic("admin", kAdminPassword);
  const std::uint64_t before = server.size();
  const std::pair<std::string, std::string> bad[] = {
      {"/admin/v1/principals/bob", "["},
      {"/admin/v1/principals/bob", "[]"},
      {"/admin/v1/principals/bob", R"({"kind":"wizard"})"},
      {"/admin/v1/principals/bob", R"({"kind":7})"},
      {"/admin/v1/principals/bob", R"({"kind":"user","kind":"service"})"},
      {"/admin/v1/principals/bob", R"({"knid":"user"})"},
      {"/admin/v1/principals/Bob", "{}"},
      {"/admin/v1/principals/bob@example.org", "{}"},
      {kGrants, "{}"},
      {kGrants, R"({"principal":"admin","resource":"*"})"},
      {kGrants, R"({"principal":"admin","resource":"*","role":"owner"})"},
      {kGrants, R"({"principal":"admin","resource":"*","role":"admin","rights":["pull"]})"},
      {kGrants, R"({"principal":"admin","resource":"a/../b","role":"reader"})"},
      {kGrants, R"({"principal":"admin","resource":"*","rights":"pull"})"},
      {kGrants, R"({"principal":"admin","resource":"*","rights":[1]})"},
      {"/admin/v1/policies", R"({"resource":"*"})"},
      {"/admin/v1/policies", R"({"resource":"*","immutable_tags":"yes"})"},
      {"/admin/v1/policies", R"({"resource":"*","require_author_sig":1})"}};
  for (const auto& [target, body] : bad)
    EXPECT_EQ(server.call(as(admin, Method::put, target, body)).status, 400U) << target << body;
  const std::string large(20 << 10, ' ');
  EXPECT_EQ(server.call(as(admin, Method::put, kGrants, large)).status, 413U);
  EXPECT_EQ(server.size(), before);
}

}  // namespace
}  // namespace varve::test
