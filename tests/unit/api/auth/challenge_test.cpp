// What a 401 tells a client.
#include "api/auth/challenge.h"

#include <gtest/gtest.h>

namespace varve::auth {
namespace {

TEST(Challenge, StartsWithTheSchemeAndNamesServiceAndScope) {
  EXPECT_EQ(render({"https://r.example/oauth2/token", "r.example", "repository:a:pull", ""}),
            R"(Bearer realm="https://r.example/oauth2/token",service="r.example",)"
            R"(scope="repository:a:pull")");
}

TEST(Challenge, OmitsAnEmptyScopeAndSaysWhatWasWrong) {
  EXPECT_EQ(render({"http://x/oauth2/token", "s", "", "invalid_token"}),
            R"(Bearer realm="http://x/oauth2/token",service="s",error="invalid_token")");
}

TEST(BaseUrl, HasTheSchemeAndHostOfTheRequest) {
  EXPECT_EQ(base_url("", false, "127.0.0.1:5000", "f:1"), "http://127.0.0.1:5000");
  EXPECT_EQ(base_url("", true, "r.example", "f:1"), "https://r.example");
  EXPECT_EQ(base_url("", true, "[::1]:443", "f:1"), "https://[::1]:443");
}

TEST(BaseUrl, IsTheConfiguredOneBehindAProxy) {
  EXPECT_EQ(base_url("https://r.example", false, "10.0.0.7:5000", "f:1"), "https://r.example");
}

TEST(BaseUrl, LetsNoHostileHostIntoAnAnswer) {
  for (const std::string_view host :
       {"", "a\"b", "a b", "a/b", "a\\b", "a,b", "user@host", "a\r\nb", "caf\xc3\xa9"})
    EXPECT_EQ(base_url("", false, host, "127.0.0.1:5000"), "http://127.0.0.1:5000") << host;
  EXPECT_EQ(base_url("", false, std::string(256, 'a'), "f:1"), "http://f:1");
}

TEST(ServiceName, HoldsNeitherQuotesNorSchemeWords) {
  EXPECT_TRUE(valid_service_name("registry.example/main"));
  EXPECT_TRUE(valid_service_name("localhost:5000"));
  for (const std::string_view name : {"", "a b", "a\"b", "my-basic-registry", "BEARER.example",
                                      "a?b", "a~b", "a>b", "caf\xc3\xa9"})
    EXPECT_FALSE(valid_service_name(name)) << name;
  EXPECT_FALSE(valid_service_name(std::string(256, 'a')));
}

}  // namespace
}  // namespace varve::auth
