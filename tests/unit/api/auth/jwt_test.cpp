// Tokens: what we make is believed, and nothing else is.
#include "api/auth/jwt.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"

namespace varve::auth {
namespace {

constexpr std::int64_t kNow = 1'790'000'000;

const Signer& key() {
  static const Signer signer = Signer::generate("token");
  return signer;
}

Claims claims() {
  return {TokenUse::access,
          "ci-prod",
          "01JD6F3A0000000000000000ZZ",
          "registry.example",
          "01JD6F3A0000000000000000AA",
          kNow,
          kNow + 300,
          {Access{"repository", "", "library/app", {"pull", "push"}},
           Access{"registry", "", "catalog", {"*"}}}};
}

Timestamp at(std::int64_t seconds) {
  return Timestamp{seconds * 1'000'000};
}

Result<Claims> verify(std::string_view token, std::int64_t now = kNow,
                      TokenUse use = TokenUse::access,
                      std::string_view service = "registry.example") {
  return verify_token(token, key().verifier(), service, use, at(now));
}

// A token with these parts as they are, signed all the same.
std::string signed_parts(const std::string& header, const std::string& body,
                         const Signer& by = key()) {
  const std::string text = base64url_encode(header) + "." + base64url_encode(body);
  return text + "." + base64url_encode(by.sign(text));
}

std::string kid() {
  const KeyId& id = key().verifier().id();
  return hex_encode({reinterpret_cast<const char*>(id.data()), id.size()});
}

std::string good_header() {
  return R"({"alg":"EdDSA","kid":")" + kid() + R"(","typ":"JWT"})";
}

std::string good_body(const std::string& more = "") {
  return R"({"access":[],"aud":"registry.example","exp":1790000300,"iat":1790000000,)"
         R"("iss":"registry.example","jti":"1","nbf":1790000000,"sub":"ci","use":"access")" +
         more + "}";
}

void expect_refused(const std::string& token, std::string_view why) {
  const auto verified = verify(token);
  ASSERT_FALSE(verified.has_value()) << token;
  EXPECT_EQ(verified.error().code, Errc::unauthorized);
  EXPECT_NE(verified.error().what.find(why), std::string::npos) << verified.error().what;
}

TEST(Jwt, ComesBackAsItWentIn) {
  const std::string token = make_token(claims(), key());
  const auto verified = verify(token);
  ASSERT_TRUE(verified.has_value()) << verified.error().what;
  EXPECT_EQ(*verified, claims());
}

TEST(Jwt, OfNobodyNamesNoCredential) {
  Claims nobody = claims();
  nobody.subject = "anonymous";
  nobody.credential = "";
  nobody.access.clear();
  EXPECT_EQ(verify(make_token(nobody, key())).value(), nobody);
}

// An SDK reads the claims with plain base64.
TEST(Jwt, HoldsClaimsThatPlainBase64CanRead) {
  Claims wide = claims();
  for (char c = 'a'; c <= 'z'; ++c)
    wide.access.push_back({"repository", "", std::string(1, c) + "-_./:" + c, {"pull"}});
  const std::string token = make_token(wide, key());
  const std::size_t first = token.find('.');
  std::string body = token.substr(first + 1, token.find('.', first + 1) - first - 1);
  EXPECT_EQ(body.find_first_of("-_"), std::string::npos);
  body.append((4 - body.size() % 4) % 4, '=');
  EXPECT_NE(base64_decode(body)->find("\"exp\":1790000300"), std::string::npos);
}

TEST(Jwt, StartsAndEndsWhenItSays) {
  const std::string token = make_token(claims(), key());
  EXPECT_TRUE(verify(token, kNow + 299).has_value());
  EXPECT_FALSE(verify(token, kNow + 300).has_value());
  EXPECT_TRUE(verify(token, kNow - 10).has_value());
  EXPECT_FALSE(verify(token, kNow - 11).has_value());
}

TEST(Jwt, IsForOneServiceAndOneUse) {
  const std::string access = make_token(claims(), key());
  EXPECT_FALSE(verify(access, kNow, TokenUse::access, "other.example").has_value());
  EXPECT_FALSE(verify(access, kNow, TokenUse::refresh).has_value());
  Claims refresh = claims();
  refresh.use = TokenUse::refresh;
  EXPECT_TRUE(verify(make_token(refresh, key()), kNow, TokenUse::refresh).has_value());
  EXPECT_FALSE(verify(make_token(refresh, key())).has_value());
}

TEST(Jwt, IsRefusedWhenAnyByteChanges) {
  const std::string token = make_token(claims(), key());
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify(changed).has_value()) << i;
  }
}

TEST(Jwt, IsRefusedWhenCutOrExtended) {
  const std::string token = make_token(claims(), key());
  for (std::size_t i = 0; i < token.size(); ++i)
    EXPECT_FALSE(verify(token.substr(0, i)).has_value()) << i;
  EXPECT_FALSE(verify(token + "A").has_value());
  EXPECT_FALSE(verify(token + "=").has_value());
  EXPECT_FALSE(verify(token + ".x").has_value());
  EXPECT_FALSE(verify(" " + token).has_value());
}

TEST(Jwt, KnowsOneAlgorithm) {
  for (const std::string alg : {"none", "None", "HS256", "RS256", "ES256", "eddsa", ""})
    expect_refused(signed_parts(R"({"alg":")" + alg + R"(","kid":")" + kid() + R"(","typ":"JWT"})",
                                good_body()),
                   "algorithm");
  expect_refused(signed_parts(R"({"kid":")" + kid() + R"(","typ":"JWT"})", good_body()),
                 "algorithm");
  const std::string none =
      base64url_encode(R"({"alg":"none","typ":"JWT"})") + "." + base64url_encode(good_body()) + ".";
  expect_refused(none, "algorithm");
}

TEST(Jwt, KnowsOneKey) {
  expect_refused(signed_parts(R"({"alg":"EdDSA","kid":"00000000","typ":"JWT"})", good_body()),
                 "another key");
  const Signer stranger = Signer::generate("token");
  expect_refused(signed_parts(good_header(), good_body(), stranger), "signature");
  // A key inside the token is nobody's key.
  expect_refused(signed_parts(R"({"alg":"EdDSA","jwk":{},"typ":"JWT"})", good_body(), stranger),
                 "another key");
}

TEST(Jwt, RefusesExtensionsItDoesNotKnow) {
  expect_refused(
      signed_parts(R"({"alg":"EdDSA","crit":["x"],"kid":")" + kid() + R"(","typ":"JWT","x":1})",
                   good_body()),
      "extensions");
}

TEST(Jwt, RefusesMembersNamedTwice) {
  EXPECT_TRUE(verify(signed_parts(good_header(), good_body())).has_value());
  expect_refused(signed_parts(good_header(), good_body(R"(,"sub":"admin")")), "JSON object");
  expect_refused(
      signed_parts(R"({"alg":"EdDSA","alg":"none","kid":")" + kid() + R"(","typ":"JWT"})",
                   good_body()),
      "JSON object");
}

TEST(Jwt, RefusesOddBase64) {
  const std::string token = make_token(claims(), key());
  const std::size_t dot = token.rfind('.');
  // Padding, the other alphabet, and the same bytes in another spelling.
  EXPECT_FALSE(base64url_decode("YQ==").has_value());
  EXPECT_FALSE(base64url_decode("-_+/").has_value());
  EXPECT_FALSE(base64url_decode("YR").has_value());
  EXPECT_FALSE(base64url_decode("Y").has_value());
  EXPECT_FALSE(base64url_decode("Y Q").has_value());
  EXPECT_EQ(base64url_decode("YQ"), "a");
  EXPECT_EQ(base64url_decode("-_8"), "\xfb\xff");
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
  EXPECT_FALSE(verify(token.substr(0, dot + 1) + "====").has_value());
  EXPECT_FALSE(verify("..").has_value());
  EXPECT_FALSE(verify("").has_value());
}

TEST(Jwt, RefusesAnOversizedOneUnread) {
  Claims large = claims();
  large.access.clear();
  for (int i = 0; i < 60; ++i)
    large.access.push_back({"repository", "", std::string(220, 'a') + std::to_string(i), {"pull"}});
  expect_refused(make_token(large, key()), "too long");
}

TEST(Jwt, RefusesClaimsOfTheWrongShape) {
  const std::string bodies[] = {
      "[]",
      "null",
      R"({"sub":"ci"})",
      R"({"access":{},"aud":"registry.example","exp":1790000300,"iat":1790000000,"iss":"registry.example","jti":"1","nbf":1790000000,"sub":"ci","use":"access"})",
      R"({"access":[{"type":"repository","name":"a"}],"aud":"registry.example","exp":1790000300,"iat":1790000000,"iss":"registry.example","jti":"1","nbf":1790000000,"sub":"ci","use":"access"})",
      R"({"access":[],"aud":["registry.example"],"exp":1790000300,"iat":1790000000,"iss":"registry.example","jti":"1","nbf":1790000000,"sub":"ci","use":"access"})",
      R"({"access":[],"aud":"registry.example","exp":"1790000300","iat":1790000000,"iss":"registry.example","jti":"1","nbf":1790000000,"sub":"ci","use":"access"})",
      R"({"access":[],"aud":"registry.example","exp":1e99,"iat":1790000000,"iss":"registry.example","jti":"1","nbf":1790000000,"sub":"ci","use":"access"})",
      R"({"access":[],"aud":"registry.example","exp":1790000300,"iat":1790000000,"iss":"registry.example","jti":"1","sub":"ci","use":"access"})",
      R"({"access":[],"aud":"registry.example","exp":1790000300,"iat":1790000000,"iss":"other","jti":"1","nbf":1790000000,"sub":"ci","use":"access"})"};
  for (const std::string& body : bodies)
    EXPECT_FALSE(verify(signed_parts(good_header(), body)).has_value()) << body;
}

}  // namespace
}  // namespace varve::auth
