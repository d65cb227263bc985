// Who gets in where: credentials against routes, and what a 401 says.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "api/surface/access.h"
#include "api/surface/all.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {
namespace {

using http::Method;

Call with(std::string_view authorization, Method method, std::string target,
          std::string body = {}) {
  Call call{method, std::move(target), {{"Host", "r.example:5000"}}, std::move(body)};
  if (!authorization.empty()) call.headers.emplace_back("Authorization", authorization);
  return call;
}

std::string bearer(std::string_view token) {
  return "Bearer " + std::string(token);
}

unsigned start_upload(TestServer& server, std::string_view authorization,
                      const std::string& repo = "team/app") {
  return server.call(with(authorization, Method::post, "/v2/" + repo + "/blobs/uploads/")).status;
}

TEST(Ping, AsksForALoginEvenWhereEverybodyMayPull) {
  TestServer server({.dev = false});
  const Answer answer = server.call(with("", Method::get, "/v2/"));
  EXPECT_EQ(answer.status, 401U);
  EXPECT_EQ(answer.header("WWW-Authenticate"),
            R"(Bearer realm="http://r.example:5000/oauth2/token",service="registry.example")");
  const std::string right = basic("admin", kAdminPassword);
  EXPECT_EQ(server.call(with(right, Method::get, "/v2/")).status, 200U);
  EXPECT_EQ(server.call(with(basic("admin", "guess"), Method::get, "/v2/")).status, 401U);
}

TEST(Ping, IsOpenInDevModeAndOnACopy) {
  TestServer dev;
  EXPECT_EQ(dev.get("/v2/").status, 200U);
  TestServer copy({.with_ledger = false});
  EXPECT_EQ(copy.get("/v2/").status, 200U);
}

TEST(Access, OfNobodyIsPullingAndNothingElse) {
  TestServer server({.dev = false});
  EXPECT_EQ(server.get("/v2/team/app/manifests/v1").status, 404U);
  EXPECT_EQ(server.get("/v2/team/app/tags/list").status, 404U);
  const Answer refused = server.call(with("", Method::post, "/v2/team/app/blobs/uploads/"));
  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(code_of(refused), "UNAUTHORIZED");
  EXPECT_EQ(refused.header("WWW-Authenticate"),
            R"(Bearer realm="http://r.example:5000/oauth2/token",service="registry.example",)"
            R"(scope="repository:team/app:pull,push")");
}

TEST(Access, OfAWriterIsToWhatIsGranted) {
  TestServer server({.dev = false});
  const std::string token = server.add_account("ci", "writer", "team/*");
  EXPECT_EQ(start_upload(server, bearer(token)), 202U);
  EXPECT_EQ(start_upload(server, token), 202U);  // without the word Bearer
  EXPECT_EQ(start_upload(server, basic("ci", token)), 202U);
  EXPECT_EQ(start_upload(server, bearer(token), "other/app"), 403U);
  const Answer deleted = server.call(with(bearer(token), Method::del, "/v2/team/app/manifests/v1"));
  EXPECT_EQ(deleted.status, 403U);
  EXPECT_EQ(code_of(deleted), "DENIED");
}

TEST(Access, OfAReaderStopsBeforeTheBodyIsRead) {
  TestServer server({.dev = false});
  const std::string token = server.add_account("viewer", "reader", "*");
  const std::uint64_t before = server.size();
  EXPECT_EQ(start_upload(server, bearer(token)), 403U);
  EXPECT_EQ(server.call(with(bearer(token), Method::put, "/v2/team/app/manifests/v1", "{}")).status,
            403U);
  EXPECT_EQ(server.size(), before);
}

TEST(Access, NeedsATokenOfItsOwnPrincipal) {
  TestServer server({.dev = false});
  const std::string token = server.add_account("ci", "writer", "*");
  EXPECT_EQ(start_upload(server, basic("admin", token)), 401U);
  std::string forged = token;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(start_upload(server, bearer(forged)), 401U);
  EXPECT_EQ(start_upload(server, bearer("nonsense")), 401U);
  EXPECT_EQ(start_upload(server, "Digest x"), 401U);
}

TEST(Access, EndsWithTheCredential) {
  TestServer server({.dev = false});
  const std::string token = server.add_account("ci", "writer", "*");
  ASSERT_EQ(start_upload(server, bearer(token)), 202U);  // and is remembered
  const std::string id = token.substr(6, 26);
  server.administer(Method::del, "/admin/v1/principals/ci/credentials/" + id + "?reason=leaked");
  EXPECT_EQ(start_upload(server, bearer(token)), 401U);
  EXPECT_EQ(start_upload(server, basic("ci", token)), 401U);
}

TEST(Access, ByATokenCannotBeProlongedWithIt) {
  TestServer server({.dev = false});
  const std::string secret = server.add_account("ci", "writer", "*");
  const std::string target = "/oauth2/token?scope=repository:team/app:pull,push";
  const Answer first = server.call(with(basic("ci", secret), Method::get, target));
  ASSERT_EQ(first.status, 200U);
  constexpr std::string_view kBefore = R"("access_token":")";
  const std::size_t begin = first.body.find(kBefore) + kBefore.size();
  const std::string token = first.body.substr(begin, first.body.find('"', begin) - begin);
  EXPECT_EQ(start_upload(server, bearer(token)), 202U);
  EXPECT_EQ(server.call(with(bearer(token), Method::get, target)).status, 401U);
}

TEST(Access, PausesWhileThePrincipalIsDisabled) {
  TestServer server({.dev = false});
  const std::string token = server.add_account("ci", "writer", "*");
  ASSERT_EQ(start_upload(server, bearer(token)), 202U);
  server.administer(Method::post, "/admin/v1/principals/ci/disable", R"({"reason":"holiday"})");
  EXPECT_EQ(start_upload(server, bearer(token)), 401U);
  server.administer(Method::post, "/admin/v1/principals/ci/enable");
  EXPECT_EQ(start_upload(server, bearer(token)), 202U);
}

TEST(Access, ToAPrivateRepositoryIsForItsReaders) {
  TestServer server({.dev = false});
  const std::string token = server.add_account("viewer", "reader", "secret/*");
  server.administer(Method::put, "/admin/v1/grants",
                    R"({"principal":"anonymous","resource":"secret/*","role":"none"})");
  const Answer refused = server.call(with("", Method::get, "/v2/secret/app/manifests/v1"));
  EXPECT_EQ(refused.status, 401U);
  EXPECT_NE(refused.header("WWW-Authenticate").find(R"(scope="repository:secret/app:pull")"),
            std::string::npos);
  EXPECT_EQ(server.get("/v2/asof.1/secret/app/manifests/v1").status, 401U);
  EXPECT_EQ(server.get("/v2/secret/app/tags/list?as_of=1").status, 401U);
  EXPECT_EQ(server.get("/v2/public/app/manifests/v1").status, 404U);
  EXPECT_EQ(server.call(with(bearer(token), Method::get, "/v2/secret/app/manifests/v1")).status,
            404U);
  EXPECT_EQ(
      server.call(with(bearer(token), Method::get, "/v2/asof.1/secret/app/manifests/v1")).status,
      404U);
}

TEST(Access, InDevModeIsOpenButWhatIsPresentedMustBeRight) {
  TestServer server;
  EXPECT_EQ(start_upload(server, "", "app"), 403U);  // the Host of a stranger's page
  EXPECT_EQ(server.call({Method::post, "/v2/app/blobs/uploads/"}).status, 202U);
  const std::string wrong = basic("nobody", "guess");
  const Call guess{Method::post, "/v2/app/blobs/uploads/", {{"Authorization", wrong}}};
  EXPECT_EQ(server.call(guess).status, 401U);
}

TEST(Guessing, IsThrottledAndHurtsNobodyElse) {
  TestServer server({.dev = false});
  unsigned throttled = 0;
  for (int i = 0; i < 30; ++i) {
    const Answer answer =
        server.call(with(basic("admin", "guess" + std::to_string(i)), Method::get, "/v2/"));
    ASSERT_TRUE(answer.status == 401 || answer.status == 429) << answer.status;
    throttled += answer.status == 429 ? 1 : 0;
    if (answer.status == 429) EXPECT_EQ(answer.header("Retry-After"), "1");
  }
  EXPECT_EQ(throttled, 20U);
  // The right password is no way round it from here, and is one after a while.
  const std::string right = basic("admin", kAdminPassword);
  EXPECT_EQ(server.call(with(right, Method::get, "/v2/")).status, 429U);
  server.steady += std::chrono::minutes(2);
  EXPECT_EQ(server.call(with(right, Method::get, "/v2/")).status, 200U);
}

// Many at once, as one client's connections or a guesser's.
std::vector<Result<Actor>> at_once(TestServer& server, int count,
                                   const std::function<auth::Password(int)>& shown) {
  boost::asio::io_context io;
  std::vector<Result<Actor>> answers;
  for (int i = 0; i < count; ++i)
    boost::asio::co_spawn(io, server.services().auth->identify(shown(i), "127.0.0.1"),
                          [&](std::exception_ptr thrown, Result<Actor> answer) {
                            EXPECT_EQ(thrown, nullptr);
                            answers.push_back(std::move(answer));
                          });
  io.run();
  return answers;
}

TEST(Guessing, IsNotWhatAClientWithManyConnectionsDoes) {
  TestServer server({.dev = false});
  const auto answers =
      at_once(server, 40, [](int) { return auth::Password{"admin", std::string(kAdminPassword)}; });
  ASSERT_EQ(answers.size(), 40U);
  for (const auto& answer : answers) EXPECT_TRUE(answer.has_value()) << answer.error().what;
}

TEST(Guessing, AtOnceGetsNoMoreThanABurst) {
  TestServer server({.dev = false});
  const auto answers = at_once(
      server, 40, [](int i) { return auth::Password{"admin", "guess " + std::to_string(i)}; });
  const auto count = [&](Errc code) {
    return std::ranges::count_if(
        answers, [code](const auto& answer) { return answer.error().code == code; });
  };
  EXPECT_EQ(count(Errc::unauthorized), 10);
  EXPECT_EQ(count(Errc::throttled), 30);
}

TEST(Guessing, LeavesOtherUsersOfTheSamePeerAlone) {
  TestServer server({.dev = false});
  const std::string path = "/admin/v1/principals/bob";
  server.administer(Method::put, path);
  server.administer(Method::post, path + "/credentials",
                    R"({"kind":"password","password":"bob's own"})");
  for (int i = 0; i < 15; ++i) server.call(with(basic("admin", "guess"), Method::get, "/v2/"));
  EXPECT_EQ(server.call(with(basic("bob", "bob's own"), Method::get, "/v2/")).status, 200U);
}

TEST(Passwords, AreRememberedUntilSomethingHappensToThem) {
  TestServer server({.dev = false});
  const std::string path = "/admin/v1/principals/bob";
  server.administer(Method::put, path);
  server.administer(Method::post, path + "/credentials",
                    R"({"kind":"password","password":"the first"})");
  EXPECT_EQ(server.call(with(basic("bob", "the first"), Method::get, "/v2/")).status, 200U);
  // Their owner changes it: the remembered one is void at once.
  const Answer changed =
      server.call(with(basic("bob", "the first"), Method::post, path + "/credentials",
                       R"({"kind":"password","password":"the second"})"));
  ASSERT_EQ(changed.status, 201U) << changed.body;
  EXPECT_EQ(changed.body.find("the second"), std::string::npos);
  EXPECT_EQ(server.call(with(basic("bob", "the first"), Method::get, "/v2/")).status, 401U);
  EXPECT_EQ(server.call(with(basic("bob", "the second"), Method::get, "/v2/")).status, 200U);
}

TEST(Challenge, NamesWhatEachRouteNeeds) {
  TestServer server({.dev = false});
  const auto scope = [&](Method method, const std::string& target) {
    const std::size_t mark = std::min(target.find('?'), target.size());
    http::Request request;
    request.method = method;
    request.path = target.substr(0, mark);
    if (mark < target.size())
      request.query = http::Query::parse(std::string_view(target).substr(mark + 1)).value();
    const http::Match match = server.router().match(method, request.path);
    VARVE_ASSERT(match.route != nullptr);
    request.params = match.params;
    return surface::scope_of(*match.route, request);
  };
  EXPECT_EQ(scope(Method::get, "/v2/a/b/manifests/v1"), "repository:a/b:pull");
  EXPECT_EQ(scope(Method::head, "/v2/a/b/manifests/v1"), "repository:a/b:pull");
  EXPECT_EQ(scope(Method::put, "/v2/a/b/manifests/v1"), "repository:a/b:pull,push");
  EXPECT_EQ(scope(Method::del, "/v2/a/b/manifests/v1"), "repository:a/b:delete");
  EXPECT_EQ(scope(Method::del, "/v2/a/b/blobs/uploads/x"), "repository:a/b:pull,push");
  EXPECT_EQ(scope(Method::patch, "/v2/a/b/blobs/uploads/x"), "repository:a/b:pull,push");
  EXPECT_EQ(scope(Method::get, "/v2/asof.7/a/b/tags/list"), "repository:a/b:pull");
  EXPECT_EQ(scope(Method::post, "/v2/a/b/blobs/uploads/?mount=sha256:0&from=c/d"),
            "repository:a/b:pull,push repository:c/d:pull");
  EXPECT_EQ(scope(Method::get, "/acr/v1/a/b"), "repository:a/b:metadata_read");
  EXPECT_EQ(scope(Method::get, "/acr/v1/a/b/_tags/v1"), "repository:a/b:metadata_read");
  EXPECT_EQ(scope(Method::patch, "/acr/v1/a/b/_manifests/x"), "repository:a/b:metadata_write");
  EXPECT_EQ(scope(Method::del, "/acr/v1/a/b"), "repository:a/b:delete");
  EXPECT_EQ(scope(Method::get, "/acr/v1/_catalog"), "registry:catalog:*");
  EXPECT_EQ(scope(Method::get, "/v2/"), "");
  EXPECT_EQ(scope(Method::get, "/v2/A\"B/tags/list"), "");
  EXPECT_EQ(scope(Method::get, "/admin/v1/policies"), "registry:admin:*");
}

TEST(Challenge, SaysThatATokenWasWrongOrTooNarrow) {
  TestServer server({.dev = false});
  const Answer wrong = server.call(with("Bearer x.y.z", Method::get, "/v2/"));
  EXPECT_NE(wrong.header("WWW-Authenticate").find(R"(error="invalid_token")"), std::string::npos);
  EXPECT_EQ(server.call(with(basic("x", "y"), Method::get, "/v2/"))
                .header("WWW-Authenticate")
                .find("err"),
            std::string::npos);
}

TEST(Challenge, AsksForThePasswordItselfWhereThatIsConfiguredAndTakesTokensAllTheSame) {
  TestServer server({.dev = false});
  const std::string token = "Bearer " + server.add_account("ci", "writer", "lib/*");
  server.config().challenge = ChallengeKind::basic;
  for (const char* target : {"/v2/", "/v2/_catalog", "/admin/v1/policies"}) {
    const Answer answer = server.call(with("", Method::get, target));
    EXPECT_EQ(answer.status, 401U) << target;
    EXPECT_EQ(answer.header("WWW-Authenticate"), R"(Basic realm="varve")") << target;
  }
  EXPECT_EQ(server.call(with(basic("admin", kAdminPassword), Method::get, "/v2/")).status, 200U);
  EXPECT_EQ(server.call(with(token, Method::get, "/v2/")).status, 200U);
}

TEST(Challenge, SpeaksTheSchemeThatATrustedProxyTells) {
  TestServer server({.dev = false});
  const auto realm = [&](std::string_view peer) {
    Call call{Method::get, "/v2/", {{"Host", "r.example"}, {"X-Forwarded-Proto", "https"}}};
    call.peer = peer;
    return server.call(std::move(call)).header("WWW-Authenticate").substr(0, 22);
  };
  EXPECT_EQ(realm("10.0.0.1"), R"(Bearer realm="http://r)");
  server.config().trusted_proxies = http::TrustedProxies::parse("10.0.0.1").value();
  EXPECT_EQ(realm("10.0.0.1"), R"(Bearer realm="https://)");
  EXPECT_EQ(realm("10.0.0.2"), R"(Bearer realm="http://r)");
}

TEST(Guessing, BehindATrustedProxyIsCountedByTheClientThatGuesses) {
  TestServer server({.dev = false});
  server.config().trusted_proxies = http::TrustedProxies::parse("10.0.0.1").value();
  const auto guess = [&](const std::string& user, std::string_view client) {
    const std::string wrong = basic(user, "guess");
    Call call{Method::get, "/v2/", {{"Authorization", wrong}, {"X-Forwarded-For", client}}};
    call.peer = "10.0.0.1";
    return server.call(std::move(call)).status;
  };
  // Up to the bound of one client, whatever it writes in front.
  unsigned throttled = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string list = "198.51.100." + std::to_string(i) + ", 203.0.113.9";
    throttled += guess("user" + std::to_string(i), list) == 429 ? 1 : 0;
  }
  EXPECT_EQ(throttled, 10U);
  EXPECT_EQ(guess("somebody", "203.0.113.10"), 401U) << "another client of the same proxy";
}

TEST(Challenge, SpeaksTheSchemeOfTheConfiguredAddress) {
  TestServer server({.dev = false});
  server.config().external_url = "https://registry.example";
  const Answer answer = server.call(with("", Method::get, "/v2/"));
  EXPECT_TRUE(answer.header("WWW-Authenticate")
                  .starts_with(R"(Bearer realm="https://registry.example/oauth2/token",)"));
}

}  // namespace
}  // namespace varve::test
