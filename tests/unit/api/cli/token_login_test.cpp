// A login that buys tokens, against servers that ask for them.
#include "api/cli/token_login.h"

#include <gtest/gtest.h>

#include <mutex>

#include "api/auth/authenticator.h"
#include "core/base/bytes.h"
#include "log/secrets.h"
#include "tests/unit/api/cli/loopback.h"

namespace varve::cli {
namespace {

const std::string kLogin = "Basic " + base64_encode("00000000-0000-0000-0000-000000000000:x.y.z");

// Serves a token for the login, and everything else for that token; keeps what it was asked.
class Registry {
 public:
  explicit Registry(std::string challenge)
      : challenge_(std::move(challenge)), server_([this](int fd, int) {
          for (std::string request; !(request = read_request(fd)).empty();) say(fd, reply(request));
        }) {}
  TokenLogin login() {
    auto address = parse_url(server_.url());
    return {std::make_unique<HttpClient>(*std::move(address), ClientOptions{}), kLogin};
  }
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  static std::string answer(const std::string& status, const std::string& body,
                            const std::string& more = {}) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           more + "\r\n" + body;
  }
  std::string reply(const std::string& request) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request.substr(0, request.find(" HTTP")));
    const bool shows_login = request.find("Authorization: " + kLogin) != request.npos;
    if (request.starts_with("GET /oauth2/token?"))
      return shows_login ? answer("200 OK", R"({"token":"bought"})") : answer("401 No", "");
    EXPECT_FALSE(shows_login) << "it is for the token service alone";
    if (request.find("Authorization: Bearer bought") != request.npos) return answer("200 OK", "in");
    return answer("401 No", "", "WWW-Authenticate: " + challenge_ + "\r\n");
  }

  const std::string challenge_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
  Loopback server_;
};

TEST(TokenLogin, IsTheNullUsersAndNobodyElses) {
  EXPECT_TRUE(is_token_login(kLogin));
  EXPECT_FALSE(is_token_login("Basic " + base64_encode("alice:secret")));
  EXPECT_FALSE(is_token_login("Bearer x.y.z"));
  EXPECT_FALSE(is_token_login("Basic ===="));
  EXPECT_FALSE(is_token_login(""));
  // A machine's token is a password, and opens everything by itself.
  const auto id = CredentialId::parse("01JD0000000000000000000000").value();
  const std::string machine = std::string(auth::kTokenUser) + ':' + make_machine_token(id);
  EXPECT_FALSE(is_token_login("Basic " + base64_encode(machine)));
}

TEST(TokenLogin, BuysWhatTheAnswerAsksForAndKeepsIt) {
  Registry registry(
      R"(Bearer realm="http://evil.example/oauth2/token",service="r.example/a",scope="registry:account:* registry:admin:*")");
  {
    auto login = registry.login();
    for (int i = 0; i < 2; ++i) {
      const auto answer = login.ask({.target = "/x", .bytes_max = 100});
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->status, 200U);
      EXPECT_EQ(answer->body, "in");
    }
  }
  const std::vector<std::string> wanted = {
      "GET /x",
      "GET /oauth2/token?service=r.example/a&scope=registry:account:%2A&scope=registry:admin:%2A",
      "GET /x", "GET /x"};
  EXPECT_EQ(registry.asked(), wanted);
}

TEST(TokenLogin, ShowsNothingToAServerThatAsksForAPassword) {
  Registry registry(R"(Basic realm="varve")");
  {
    auto login = registry.login();
    const auto answer = login.ask({.target = "/x", .bytes_max = 100});
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 401U);
  }
  EXPECT_EQ(registry.asked(), std::vector<std::string>{"GET /x"});
}

TEST(TokenLogin, SendsWhatWasRefusedOnceMoreAndNoOftener) {
  Loopback server([](int fd, int) {
    for (std::string request; !(request = read_request(fd)).empty();) {
      const bool token = request.starts_with("GET /oauth2/token?");
      say(fd, token ? "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"token\":\"other\"}"
                    : "HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Bearer "
                      "realm=\"r\",service=\"s\"\r\n\r\n");
    }
  });
  auto address = parse_url(server.url());
  TokenLogin login(std::make_unique<HttpClient>(*std::move(address), ClientOptions{}), kLogin);
  const auto answer = login.ask({.target = "/x", .bytes_max = 100});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 401U);
}

}  // namespace
}  // namespace varve::cli
