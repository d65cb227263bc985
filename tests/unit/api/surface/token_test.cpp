// The token service, as each client asks it.
#include <gtest/gtest.h>

#include <chrono>

#include "api/auth/jwt.h"
#include "api/surface/all.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

// What docker clients name as the user when their "password" is a token.
constexpr std::string_view kNullUser = "00000000-0000-0000-0000-000000000000";

// A member of a JSON object that is a string; empty when absent.
std::string text_in(const Answer& answer, std::string_view member) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view text;
  if (parser.parse(answer.body).get(root) != simdjson::SUCCESS) return "not JSON: " + answer.body;
  if (root[member].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

struct Registry {
  TestServer server{{.dev = false}};
  std::string writer = server.add_account("ci", "writer", "team/*");

  Answer get(const std::string& query, std::string_view authorization = {}) {
    Call call{Method::get, "/oauth2/token?service=registry.example" + query};
    if (!authorization.empty()) call.headers.emplace_back("Authorization", authorization);
    return server.call(std::move(call));
  }
  Answer post(std::string form, std::string target = "/oauth2/token") {
    return server.call({Method::post, std::move(target), {}, std::move(form)});
  }
  unsigned use(const std::string& token, Method method, std::string target) {
    const std::string value = "Bearer " + token;
    return server.call({method, std::move(target), {{"Authorization", value}}}).status;
  }
  unsigned push(const std::string& token, const std::string& repo = "team/app") {
    return use(token, Method::post, "/v2/" + repo + "/blobs/uploads/");
  }
  std::string own() const { return basic("ci", writer); }
};

TEST(Token, IsMadeForWhatWasAskedAndIsHeld) {
  Registry registry;
  const Answer answer = registry.get(
      "&scope=repository:team/app:pull,push&scope=repository:other:"
      "push&scope=repository:team/app:delete",
      registry.own());
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(text_in(answer, "scope"), "repository:team/app:pull,push");
  EXPECT_EQ(text_in(answer, "token"), text_in(answer, "access_token"));
  EXPECT_EQ(text_in(answer, "refresh_token"), "");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_NE(answer.body.find(R"("expires_in":300)"), std::string::npos);
  const std::string token = text_in(answer, "token");
  EXPECT_EQ(registry.push(token), 202U);
  EXPECT_EQ(registry.use(token, Method::get, "/v2/"), 200U);
}

TEST(Token, TakesScopesRepeatedAndWithSpacesInEitherSpelling) {
  Registry registry;
  for (const std::string scopes :
       {"&scope=repository:team/a:pull&scope=repository:team/b:push",
        "&scope=repository:team/a:pull%20repository:team/b:push",
        "&scope=repository%3Ateam%2Fa%3Apull+repository%3Ateam%2Fb%3Apush"})
    EXPECT_EQ(text_in(registry.get(scopes, registry.own()), "scope"),
              "repository:team/a:pull repository:team/b:push");
}

TEST(Token, ForEverythingNamesWhatIsHeldOfIt) {
  Registry registry;
  EXPECT_EQ(text_in(registry.get("&scope=repository:team/a:*", registry.own()), "scope"),
            "repository:team/a:pull,push");
  const std::string admin = basic("admin", kAdminPassword);
  EXPECT_EQ(text_in(registry.get("&scope=repository:team/a:*", admin), "scope"),
            "repository:team/a:*,delete,pull,push");
}

TEST(Token, OfNobodyPulls) {
  Registry registry;
  const Answer answer = registry.get("&scope=repository:team/app:pull,push");
  ASSERT_EQ(answer.status, 200U);
  EXPECT_EQ(text_in(answer, "scope"), "repository:team/app:pull");
  const std::string token = text_in(answer, "token");
  EXPECT_EQ(registry.use(token, Method::get, "/v2/"), 200U);
  EXPECT_EQ(registry.use(token, Method::get, "/v2/team/app/tags/list"), 404U);
  EXPECT_EQ(registry.push(token), 401U);
  EXPECT_EQ(text_in(registry.get("&offline_token=true"), "refresh_token"), "");
}

TEST(Token, OfNobodyPushesNothingWhereEverybodyIsGrantedIt) {
  Registry registry;
  registry.server.administer(
      Method::put, "/admin/v1/grants",
      R"({"principal":"anonymous","resource":"open/*","role":"maintainer"})");
  const Answer answer = registry.get("&scope=repository:open/app:pull,push,delete");
  EXPECT_EQ(text_in(answer, "scope"), "repository:open/app:pull");
  const std::uint64_t before = registry.server.size();
  const std::string token = text_in(answer, "token");
  EXPECT_EQ(registry.push(token, "open/app"), 401U);
  EXPECT_EQ(registry.use(token, Method::del, "/v2/open/app/manifests/v1"), 401U);
  EXPECT_EQ(registry.server.call({Method::post, "/v2/open/app/blobs/uploads/"}).status, 401U);
  EXPECT_EQ(registry.server.size(), before);
  EXPECT_EQ(registry.push(registry.writer, "open/app"), 202U) << "somebody may";
}

TEST(Token, OfAnotherServerIsRefusedWhateverItSays) {
  Registry registry;
  const Signer theirs = Signer::generate("registry.example/tokens");
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count();
  const auth::Claims claims{auth::TokenUse::access,
                            "admin",
                            "01JD6F3A0000000000000000AD",
                            "registry.example",
                            "x",
                            at,
                            at + 300,
                            {{"repository", "", "team/app", {"*"}}}};
  const std::string forged = auth::make_token(claims, theirs);
  EXPECT_EQ(registry.push(forged), 401U);
  // Ours with another header, claims or signature in its place.
  const std::string ours =
      text_in(registry.get("&scope=repository:team/app:push", registry.own()), "token");
  const auto part = [](const std::string& token, int n) {
    const std::size_t first = token.find('.');
    const std::size_t second = token.find('.', first + 1);
    return n == 0   ? token.substr(0, first)
           : n == 1 ? token.substr(first + 1, second - first - 1)
                    : token.substr(second + 1);
  };
  const std::string none = auth::base64url_encode(R"({"alg":"none","typ":"JWT"})");
  const std::string hmac = auth::base64url_encode(R"({"alg":"HS256","typ":"JWT"})");
  for (const std::string& bad :
       {none + '.' + part(ours, 1) + '.', none + '.' + part(ours, 1) + '.' + part(ours, 2),
        hmac + '.' + part(ours, 1) + '.' + part(ours, 2),
        part(ours, 0) + '.' + part(forged, 1) + '.' + part(ours, 2),
        part(ours, 0) + '.' + part(ours, 1) + '.' + part(forged, 2),
        part(ours, 0) + '.' + part(ours, 1) + '.'})
    EXPECT_EQ(registry.push(bad), 401U) << bad;
  EXPECT_EQ(registry.push(ours), 202U);
}

TEST(Token, EndsByTheClock) {
  Registry registry;
  const std::string token =
      text_in(registry.get("&scope=repository:team/app:push", registry.own()), "token");
  registry.server.later = std::chrono::seconds(299);
  EXPECT_EQ(registry.push(token), 202U);
  registry.server.later = std::chrono::seconds(301);
  EXPECT_EQ(registry.push(token), 401U);
}

TEST(Token, ForListingListsWhatItsPrincipalMayPullAndPullsNothing) {
  Registry registry;
  TestServer& server = registry.server;
  const auto push = [&](const std::string& repo) {
    const std::string admin = basic("admin", kAdminPassword);
    const std::string target =
        "/v2/" + repo + "/blobs/uploads/?digest=" + Digest::of("x").to_string();
    ASSERT_EQ(server.call({Method::post, target, {{"Authorization", admin}}, "x"}).status, 201U);
  };
  for (const char* repo : {"hidden/app", "open/app", "team/app"}) push(repo);
  for (const char* resource : {"hidden/*", "team/*"})
    server.administer(
        Method::put, "/admin/v1/grants",
        R"({"principal":"anonymous","resource":")" + std::string(resource) + R"(","role":"none"})");
  const auto token_for = [&](const std::string& scope) {
    return text_in(registry.get("&scope=" + scope, registry.own()), "token");
  };
  const auto list = [&](const std::string& token) {
    const std::string value = "Bearer " + token;
    const Answer answer = server.call({Method::get, "/v2/_catalog", {{"Authorization", value}}});
    return answer.status == 200 ? answer.body : std::to_string(answer.status);
  };
  const std::string lister = token_for("registry:catalog:*");
  EXPECT_EQ(list(lister), R"({"repositories":["open/app","team/app"]})");
  EXPECT_EQ(registry.use(lister, Method::get, "/v2/team/app/tags/list"), 401U);
  // What was made for something else about the registry does not list.
  const std::string admin = basic("admin", kAdminPassword);
  for (const std::string scope : {"registry:log:*", "registry:admin:*", "repository:team/app:pull"})
    EXPECT_EQ(list(text_in(registry.get("&scope=" + scope, admin), "token")), "401") << scope;
  EXPECT_EQ(list(text_in(registry.get("&scope=registry:catalog:*"), "token")),
            R"({"repositories":["open/app"]})");
}

TEST(Token, WithNothingGrantedIsNoError) {
  Registry registry;
  EXPECT_EQ(registry.get("").status, 200U);
  EXPECT_EQ(registry.get("&scope=").status, 200U);
  const Answer answer = registry.get("&scope=repository:other:delete", registry.own());
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(text_in(answer, "scope"), "");
}

TEST(Token, ThatIsTooNarrowGetsAChallengeForAWiderOne) {
  Registry registry;
  const std::string token =
      text_in(registry.get("&scope=repository:team/app:pull", registry.own()), "token");
  const std::string value = "Bearer " + token;
  const Answer answer = registry.server.call(
      {Method::post, "/v2/team/app/blobs/uploads/", {{"Authorization", value}}});
  EXPECT_EQ(answer.status, 401U);
  const std::string challenge = answer.header("WWW-Authenticate");
  EXPECT_NE(challenge.find(R"(scope="repository:team/app:pull,push")"), std::string::npos);
  EXPECT_NE(challenge.find(R"(error="insufficient_scope")"), std::string::npos);
}

TEST(Token, ThatMayNotPullASourceIsToldOfTheOneItsClientNamedAndOfNoOther) {
  Registry registry;
  registry.server.administer(Method::put, "/admin/v1/grants",
                             R"({"principal":"anonymous","resource":"team/*","role":"none"})");
  const Digest digest = Digest::of("shared");
  const std::string blobs = "/v2/team/base/blobs/uploads/?digest=" + digest.to_string();
  ASSERT_EQ(
      registry.server.call({Method::post, blobs, {{"Authorization", registry.own()}}, "shared"})
          .status,
      201U);
  const std::string value =
      "Bearer " +
      text_in(registry.get("&scope=repository:team/app:pull,push", registry.own()), "token");
  const auto mount = [&](const std::string& from) {
    const std::string target = "/v2/team/app/blobs/uploads/?mount=" + digest.to_string() + from;
    return registry.server.call({Method::post, target, {{"Authorization", value}}});
  };
  const Answer named = mount("&from=team/base");
  EXPECT_EQ(named.status, 401U);
  EXPECT_NE(named.header("WWW-Authenticate").find("repository:team/base:pull"), std::string::npos);
  const Answer unnamed = mount("");
  EXPECT_EQ(unnamed.status, 202U);
  EXPECT_EQ(unnamed.body.find("team/base"), std::string::npos);
}

TEST(Token, CannotHelpWhomNothingIsGranted) {
  Registry registry;
  const std::string token =
      text_in(registry.get("&scope=repository:other/app:pull,push", registry.own()), "token");
  EXPECT_EQ(registry.push(token, "other/app"), 403U);
}

TEST(Token, DiesWithItsCredential) {
  Registry registry;
  const Answer made =
      registry.get("&offline_token=true&scope=repository:team/app:pull,push", registry.own());
  const std::string token = text_in(made, "token");
  ASSERT_EQ(registry.push(token), 202U);
  registry.server.administer(
      Method::del, "/admin/v1/principals/ci/credentials/" + registry.writer.substr(6, 26));
  EXPECT_EQ(registry.push(token), 401U);
  EXPECT_EQ(registry
                .post("grant_type=refresh_token&service=registry.example&refresh_token=" +
                      text_in(made, "refresh_token"))
                .status,
            401U);
}

TEST(Token, IsRefusedToWrongCredentials) {
  Registry registry;
  const Answer answer = registry.get("", basic("ci", "guess"));
  EXPECT_EQ(answer.status, 401U);
  EXPECT_EQ(code_of(answer), "UNAUTHORIZED");
  EXPECT_EQ(answer.header("WWW-Authenticate"), R"(Basic realm="varve")");
}

TEST(Token, ForAnotherServiceIsNotMade) {
  Registry registry;
  const Answer answer = registry.server.get("/oauth2/token?service=elsewhere.example");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(registry.server.get("/oauth2/token").status, 200U);
}

TEST(Token, IsMadeWhereHarborsAdapterForSwrLooksForIt) {
  Registry registry;
  const std::string target =
      "/swr/auth/v2/registry/auth?service=registry.example&scope=repository:team/app:push,pull";
  const auto get = [&](const std::string& authorization) {
    return registry.server.call({Method::get, target, {{"Authorization", authorization}}});
  };
  const Answer answer = get(registry.own());
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(text_in(answer, "scope"), "repository:team/app:pull,push");
  EXPECT_NE(text_in(answer, "issued_at"), "");
  EXPECT_EQ(registry.push(text_in(answer, "token")), 202U);
  const Answer wrong = get(basic("ci", "guess"));
  EXPECT_EQ(wrong.status, 401U);
  EXPECT_EQ(wrong.header("WWW-Authenticate"), R"(Basic realm="varve")");
}

TEST(Token, WithOddScopesIsABadRequest) {
  Registry registry;
  for (const std::string scope : {"x", "repository:a%22b:pull", "repository:a:p%00ll"}) {
    const auto query = http::percent_decode(scope);
    if (!query) continue;  // the session refuses it before
    const Answer answer = registry.get("&scope=" + scope);
    EXPECT_EQ(answer.status, 400U) << scope;
    EXPECT_EQ(code_of(answer), "BAD_REQUEST") << scope;
  }
}

TEST(RefreshToken, BuysAccessTokensAndNothingElse) {
  Registry registry;
  const std::string refresh =
      text_in(registry.get("&offline_token=true", registry.own()), "refresh_token");
  ASSERT_NE(refresh, "");
  EXPECT_EQ(registry.push(refresh), 401U);
  const Answer answer = registry.post(
      "grant_type=refresh_token&service=registry.example&client_id=x&scope=repository%3Ateam%2Fapp"
      "%3Apull%2Cpush+repository%3Aother%3Apull&refresh_token=" +
      refresh);
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(text_in(answer, "refresh_token"), refresh);
  EXPECT_EQ(text_in(answer, "scope"), "repository:team/app:pull,push repository:other:pull");
  EXPECT_EQ(registry.push(text_in(answer, "access_token")), 202U);
  // An access token is no refresh token.
  EXPECT_EQ(registry
                .post("grant_type=refresh_token&service=registry.example&refresh_token=" +
                      text_in(answer, "access_token"))
                .status,
            401U);
}

TEST(RefreshToken, StandsWhereThePasswordOfTheNullUserStands) {
  Registry registry;
  const std::string refresh =
      text_in(registry.get("&offline_token=true", registry.own()), "refresh_token");
  const Answer answer = registry.get("&scope=repository:team/app:push",
                                     basic("00000000-0000-0000-0000-000000000000", refresh));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(text_in(answer, "scope"), "repository:team/app:push");
}

TEST(RefreshToken, AsTheNullUsersPasswordOpensTheTokenServiceAndNoOtherRoute) {
  Registry registry;
  const std::string refresh =
      text_in(registry.get("&offline_token=true", registry.own()), "refresh_token");
  const std::string shown = basic(kNullUser, refresh);
  const std::pair<Method, std::string> elsewhere[] = {{Method::get, "/v2/"},
                                                      {Method::post, "/v2/team/app/blobs/uploads/"},
                                                      {Method::get, "/v2/_catalog"},
                                                      {Method::get, "/v2/team/app/tags/list"},
                                                      {Method::get, "/admin/v1/principals/ci"},
                                                      {Method::get, "/log/proof/0"}};
  for (const auto& [method, target] : elsewhere) {
    const Answer answer = registry.server.call({method, target, {{"Authorization", shown}}});
    EXPECT_EQ(answer.status, 401U) << target;
    // Where a client buys what it needs instead.
    EXPECT_TRUE(answer.header("WWW-Authenticate").starts_with("Bearer realm=")) << target;
  }
  const Answer bought = registry.get("&scope=repository:team/app:pull,push", shown);
  ASSERT_EQ(bought.status, 200U) << bought.body;
  EXPECT_EQ(registry.push(text_in(bought, "token")), 202U);
}

TEST(RefreshToken, DoesNotOutliveTheLoginItComesFromHoweverItIsRenewed) {
  Registry registry;
  const std::string first =
      text_in(registry.get("&offline_token=true", registry.own()), "refresh_token");
  constexpr std::chrono::hours kDay{24};
  registry.server.later = 29 * kDay;
  // Every way there is to get a refresh token for a refresh token.
  const std::string renewed[] = {
      text_in(
          registry.post("grant_type=access_token&service=registry.example&access_token=" + first,
                        "/oauth2/exchange"),
          "refresh_token"),
      text_in(registry.get("&offline_token=true", basic(kNullUser, first)), "refresh_token"),
      text_in(registry.post("grant_type=refresh_token&service=registry.example&access_type=offline&"
                            "refresh_token=" +
                            first),
              "refresh_token")};
  const auto buy = [&](const std::string& refresh) {
    return registry.get("", basic(kNullUser, refresh)).status;
  };
  for (const std::string& token : renewed) {
    ASSERT_NE(token, "");
    EXPECT_EQ(buy(token), 200U);
  }
  const std::string twice = text_in(
      registry.post("grant_type=access_token&service=registry.example&access_token=" + renewed[0],
                    "/oauth2/exchange"),
      "refresh_token");
  registry.server.later = 30 * kDay + std::chrono::seconds(1);
  for (const std::string& token : {first, renewed[0], renewed[1], renewed[2], twice})
    EXPECT_EQ(buy(token), 401U);
}

TEST(RefreshToken, ThatWasRenewedDiesWithTheCredentialItComesFrom) {
  Registry registry;
  const std::string first =
      text_in(registry.get("&offline_token=true", registry.own()), "refresh_token");
  const std::string form = "grant_type=access_token&service=registry.example&access_token=";
  const std::string renewed =
      text_in(registry.post(form + first, "/oauth2/exchange"), "refresh_token");
  ASSERT_NE(renewed, "");
  registry.server.administer(
      Method::del, "/admin/v1/principals/ci/credentials/" + registry.writer.substr(6, 26));
  EXPECT_EQ(registry.get("", basic(kNullUser, renewed)).status, 401U);
  EXPECT_EQ(registry.post(form + renewed, "/oauth2/exchange").status, 401U);
}

TEST(PasswordGrant, KnowsThePassword) {
  Registry registry;
  const std::string form =
      "grant_type=password&service=registry.example&client_id=docker&"
      "access_type=offline&scope=repository:team/app:push&username=ci&password=";
  const Answer answer = registry.post(form + registry.writer);
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(text_in(answer, "scope"), "repository:team/app:push");
  EXPECT_NE(text_in(answer, "refresh_token"), "");
  EXPECT_EQ(registry.post(form + "guess").status, 401U);
}

TEST(PasswordGrant, OfNobodyIsAnonymous) {
  Registry registry;
  const Answer answer = registry.post(
      "grant_type=password&service=registry.example&scope=repository:a:pull&refresh_token=");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(text_in(answer, "scope"), "repository:a:pull");
  EXPECT_EQ(text_in(answer, "refresh_token"), "");
}

TEST(Exchange, GivesAThreePartTokenThatSaysWhenItEnds) {
  Registry registry;
  const std::string target = "/oauth2/exchange?api-version=2021-07-01";
  const Answer answer = registry.post(
      "grant_type=access_token&service=registry.example&access_token=" + registry.writer, target);
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const std::string refresh = text_in(answer, "refresh_token");
  const std::size_t first = refresh.find('.');
  const std::size_t second = refresh.find('.', first + 1);
  ASSERT_NE(second, std::string::npos);
  const auto claims = auth::base64url_decode(refresh.substr(first + 1, second - first - 1));
  ASSERT_TRUE(claims.has_value());
  EXPECT_NE(claims->find("\"exp\":"), std::string::npos);
  const Answer token = registry.post(
      "grant_type=refresh_token&service=registry.example&scope=repository:team/app:metadata_read&"
      "refresh_token=" +
      refresh);
  EXPECT_EQ(text_in(token, "scope"), "repository:team/app:metadata_read");
}

TEST(Exchange, TakesNoAccessTokenAndNoGuess) {
  Registry registry;
  const std::string narrow =
      text_in(registry.get("&scope=repository:team/app:pull", registry.own()), "token");
  const std::string form = "grant_type=access_token&service=registry.example&access_token=";
  EXPECT_EQ(registry.post(form + narrow, "/oauth2/exchange").status, 401U);
  EXPECT_EQ(registry.post(form + "x.y.z", "/oauth2/exchange").status, 401U);
  EXPECT_EQ(registry.post(form, "/oauth2/exchange").status, 401U);
  EXPECT_EQ(registry.post("grant_type=password", "/oauth2/exchange").status, 400U);
}

TEST(TokenForms, AreBoundedAndWellFormed) {
  Registry registry;
  EXPECT_EQ(registry.post("grant_type=client_credentials").status, 400U);
  EXPECT_EQ(registry.post("").status, 400U);
  EXPECT_EQ(registry.post("grant_type=password&scope=%zz").status, 400U);
  EXPECT_EQ(registry.post(std::string(64 << 10, 'a')).status, 413U);
}

TEST(TokenService, IsNotThereOnACopy) {
  TestServer server({.with_ledger = false});
  EXPECT_EQ(server.get("/oauth2/token").status, 405U);
}

TEST(TokenService, InDevModeGivesWhateverIsAsked) {
  TestServer server;
  const Answer answer = server.get("/oauth2/token?scope=repository:a:push,delete");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(text_in(answer, "scope"), "repository:a:delete,push");
}

}  // namespace
}  // namespace varve::test
