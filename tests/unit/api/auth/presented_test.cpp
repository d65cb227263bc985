// The Authorization header, in every form clients send and some that nobody should.
#include "api/auth/presented.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::auth {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

Result<Presented> parse(std::string_view value) {
  const Fields fields = {{"Host", "x"}, {"Authorization", value}};
  return parse_authorization(fields);
}

std::string basic(std::string_view pair) {
  return "Basic " + base64_encode(pair);
}

TEST(Presented, IsNothingWithoutTheHeader) {
  const Fields fields = {{"Host", "x"}};
  EXPECT_EQ(parse_authorization(fields).value(), Presented(Nothing{}));
}

TEST(Presented, IsNothingWhenBasicHasNeitherNameNorPassword) {
  EXPECT_EQ(parse(basic(":")).value(), Presented(Nothing{}));
}

TEST(Presented, TakesBasicApartAtTheFirstColon) {
  EXPECT_EQ(parse(basic("alice:wonder")).value(), Presented(Password{"alice", "wonder"}));
  EXPECT_EQ(parse(basic("alice:a:b:")).value(), Presented(Password{"alice", "a:b:"}));
  EXPECT_EQ(parse(basic("alice:")).value(), Presented(Password{"alice", ""}));
  EXPECT_EQ(parse(basic(":secret")).value(), Presented(Password{"", "secret"}));
  EXPECT_EQ(parse(basic("alice:p\xc3\xa4ss")).value(), Presented(Password{"alice", "p\xc3\xa4ss"}));
}

TEST(Presented, KnowsTheSchemeWhateverItsCase) {
  EXPECT_EQ(parse("bAsIc " + base64_encode("a:b")).value(), Presented(Password{"a", "b"}));
  EXPECT_EQ(parse("BEARER x.y.z").value(), Presented(Token{"x.y.z"}));
  EXPECT_EQ(parse("Bearer   x.y.z").value(), Presented(Token{"x.y.z"}));
}

TEST(Presented, TakesABareTokenForBearer) {
  EXPECT_EQ(parse("eyJhbGciOi.J9-_.x").value(), Presented(Token{"eyJhbGciOi.J9-_.x"}));
  EXPECT_EQ(parse("varve_01JD_abc").value(), Presented(Token{"varve_01JD_abc"}));
}

TEST(Presented, RefusesWhatIsMalformedAsUnauthorized) {
  const std::string bad[] = {"Basic ",
                             "Basic !!!!",
                             "Basic YWxpY2U6d29uZGVy=",
                             "Basic YTpi YTpi",
                             basic("no colon"),
                             basic(std::string("a\0b:c", 5)),
                             basic("a:b\n"),
                             basic("a\x7f:b"),
                             basic("a:\xff\xfe"),
                             basic(std::string(limits::kShownUserBytesMax + 1, 'a') + ":b"),
                             basic("a:" + std::string(limits::kShownPasswordBytesMax + 1, 'b')),
                             "Bearer ",
                             "Bearer a b",
                             "Bearer a\"b",
                             "Bearer a,b",
                             "Digest username=\"a\"",
                             "Negotiate abc",
                             ""};
  for (const std::string& value : bad) {
    const auto parsed = parse(value);
    // "Basic" and "Bearer" alone have the form of a bare token: they are refused when it is
    // checked.
    if (value == "Basic" || value == "Bearer") continue;
    ASSERT_FALSE(parsed.has_value()) << value;
    EXPECT_EQ(parsed.error().code, Errc::unauthorized) << value;
  }
}

TEST(Presented, RefusesTwoHeadersRatherThanChoose) {
  const std::string one = basic("alice:a");
  const std::string other = basic("mallory:b");
  const Fields fields = {{"Authorization", one}, {"authorization", other}};
  EXPECT_FALSE(parse_authorization(fields).has_value());
}

TEST(Presented, NeverRepeatsASecretInAnError) {
  const auto parsed = parse("Basic c2VjcmV0");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().what.find("secret"), std::string::npos);
  EXPECT_TRUE(parsed.error().detail.empty());
}

}  // namespace
}  // namespace varve::auth
