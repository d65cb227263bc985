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

TEST(Presented, TakesPulpsBlankSecondBasicForNothing) {
  const Presented alice(Password{"alice", "wonder"});
  for (const std::string_view tail : {", Basic", ", Basic ", ",Basic", ", basic"})
    EXPECT_EQ(parse(basic("alice:wonder") + std::string(tail)).value(), alice) << tail;
  for (const std::string_view tail :
       {",", ", ", ", Basic x", ", Bearer", ", Basic, Basic", " Basic"})
    EXPECT_FALSE(parse(basic("alice:wonder") + std::string(tail)).has_value()) << tail;
  EXPECT_FALSE(parse("Basic , Basic").has_value());
}

TEST(Presented, KnowsASignatureOfHuaweisSdks) {
  const std::string mac(64, 'a');
  const auto parsed =
      parse("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + mac);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed,
            Presented(SdkSignature{"AK", {"host", "x-sdk-date"}, std::string(32, '\xaa')}));
  for (const std::string_view other :
       {"SDK-HMAC-SM3", "V11-HMAC-SHA256", "SDK-ECDSA-P256-SHA256"}) {
    const auto refused =
        parse(std::string(other) + " Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + mac);
    ASSERT_FALSE(refused.has_value()) << other;
    EXPECT_EQ(refused.error().code, Errc::unauthorized) << other;
  }
  EXPECT_FALSE(parse("SDK-HMAC-SHA256 ").has_value());
}

TEST(Presented, TakesXAuthTokenForABearerToken) {
  const Fields one = {{"Host", "x"}, {"X-Auth-Token", "x.y.z"}};
  EXPECT_EQ(parse_authorization(one).value(), Presented(Token{"x.y.z"}));
  const std::string login = basic("alice:a");
  const Fields several[] = {{{"X-Auth-Token", "a"}, {"x-auth-token", "a"}},
                            {{"X-Auth-Token", "a"}, {"Authorization", login}},
                            {{"Authorization", login}, {"X-Auth-Token", ""}}};
  for (const Fields& fields : several) EXPECT_FALSE(parse_authorization(fields).has_value());
  for (const std::string_view bad : {"", "a b", "Bearer a", "a,b"}) {
    const Fields fields = {{"X-Auth-Token", bad}};
    EXPECT_FALSE(parse_authorization(fields).has_value()) << bad;
  }
}

TEST(Presented, FindsTheAccessKeyOfADockerLogin) {
  const std::string id = "01JD7Q2V3W4X5Y6Z7A8B9C0D1E";
  for (const std::string region : {"cn-north-4", "", "any@thing"})
    EXPECT_EQ(access_key_in(region + "@" + id).value().text(), id) << region;
  for (const std::string& user : {id, "r@" + id.substr(1), "r@" + id + "@", "r@" + id + " "})
    EXPECT_EQ(access_key_in(user), std::nullopt) << user;
}

TEST(Presented, NeverRepeatsASecretInAnError) {
  const auto parsed = parse("Basic c2VjcmV0");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().what.find("secret"), std::string::npos);
  EXPECT_TRUE(parsed.error().detail.empty());
}

}  // namespace
}  // namespace varve::auth
