// Huawei's request signature: what its SDKs sign, byte for byte, and everything else refused.
#include "api/auth/swr_signature.h"

#include <gtest/gtest.h>

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace varve::auth {
namespace {

using http::Method;
using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

constexpr std::string_view kDate = "20261121T173157Z";
const Timestamp kNow = Timestamp::parse("2026-11-21T17:31:57Z").value();
constexpr std::string_view kSecret = "SKTEST";
constexpr std::string_view kCenter =
    "/v2/manage/repos?filter=center::self|namespace::my%20group|name::ng*nx|offset::0|limit::10";
constexpr std::string_view kCenterMac =
    "dcde921961f25ec7fda9fccabc0b141f556698feb78a58cc0d264bd84f25fcb2";

// A request as it stands on the wire, and what was signed of it.
struct Wire {
  Method method = Method::get;
  std::string target = std::string(kCenter);
  Fields headers = {{"Content-Type", "application/json"},
                    {"Host", "localhost:9443"},
                    {"X-Project-Id", "proj1"},
                    {"X-Sdk-Date", kDate}};
  std::string body = {};
  std::string names = "content-type;host;x-project-id;x-sdk-date";
  std::string mac = std::string(kCenterMac);

  std::string authorization() const {
    return "Access=AKTEST, SignedHeaders=" + names + ", Signature=" + mac;
  }
  SdkSignature signature() const { return parse_sdk_signature(authorization()).value(); }
  Wire with(std::string_view name, std::string_view value) const {
    Wire other = *this;
    for (auto& [key, old] : other.headers)
      if (key == name) old = value;
    return other;
  }
};

Result<std::string> canonical(const Wire& wire) {
  const std::size_t mark = std::min(wire.target.find('?'), wire.target.size());
  const auto path = http::percent_decode(wire.target.substr(0, mark)).value();
  const auto query =
      http::Query::parse(wire.target.substr(std::min(mark + 1, wire.target.size()))).value();
  return canonical_request(wire.signature(), {wire.method, path, query, wire.headers}, wire.body);
}

bool verified(const Wire& wire, std::string_view secret = kSecret, Timestamp now = kNow) {
  const SdkSignature signature = wire.signature();
  if (!signed_at(signature, wire.headers, now)) return false;
  const auto text = canonical(wire);
  const http::Query none;
  return text && is_signed_with(signature, {wire.method, "", none, wire.headers}, *text, secret);
}

std::string line(std::string text, std::size_t number) {
  for (; number > 0; --number) text.erase(0, text.find('\n') + 1);
  return text.substr(0, text.find('\n'));
}

// ---- what the SDKs sign ----

TEST(SdkSignature, OfHuaweisOwnSdkIsRight) {
  EXPECT_TRUE(verified(Wire{}));
  Wire plain;
  plain.target =
      "/v2/manage/repos?namespace=group&limit=10&offset=0&order_column=updated_time&order_type="
      "desc";
  plain.mac = "83e87f9076c085e5c592404f70c8c9883227cb557503ac374035fd576cdfc53f";
  EXPECT_TRUE(verified(plain));
}

TEST(SdkSignature, IsOverTheCanonicalRequestByteForByte) {
  EXPECT_EQ(canonical(Wire{}).value(),
            "GET\n"
            "/v2/manage/repos/\n"
            "filter=center%3A%3Aself%7Cnamespace%3A%3Amy%20group%7Cname%3A%3Ang%2Anx%7Coffset%3A%3A"
            "0%7Climit%3A%3A10\n"
            "content-type:application/json\n"
            "host:localhost:9443\n"
            "x-project-id:proj1\n"
            "x-sdk-date:20261121T173157Z\n"
            "\n"
            "content-type;host;x-project-id;x-sdk-date\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(SdkSignature, DoesNotDependOnWhatTheWireLeavesUnescaped) {
  for (const std::string_view target :
       {"/v2/manage/repos?filter=center%3A%3Aself%7Cnamespace%3A%3Amy%20group%7Cname%3A%3Ang%2Anx%"
        "7Coffset%3A%3A0%7Climit%3A%3A10",
        "/v2/%6danage/repos/?filter=center::self%7cnamespace::my%20group|name::ng%2anx|offset::0|"
        "limit::10"}) {
    Wire wire;
    wire.target = target;
    EXPECT_TRUE(verified(wire)) << target;
  }
}

TEST(SdkSignature, SortsTheQueryByNameAndThenByValue) {
  const auto query = [](std::string target) {
    Wire wire;
    wire.target = std::move(target);
    return line(canonical(wire).value(), 2);
  };
  EXPECT_EQ(query("/a?b=1&a=2&a=1&a-b=3"), "a=1&a=2&a-b=3&b=1");
  EXPECT_EQ(query("/a?flag&x=%2B+%E2%82%AC~"), "flag=&x=%2B%2B%E2%82%AC~");
  EXPECT_EQ(query("/a"), "");
  EXPECT_EQ(query("/a?"), "");
}

TEST(SdkSignature, EncodesAPathSegmentBySegment) {
  const auto path = [](std::string target) {
    Wire wire;
    wire.target = std::move(target);
    return line(canonical(wire).value(), 1);
  };
  EXPECT_EQ(path("/"), "/");
  EXPECT_EQ(path("/a"), "/a/");
  EXPECT_EQ(path("/a/"), "/a/");
  EXPECT_EQ(path("/a$b/c%24d"), "/a%24b/c%24d/");
  EXPECT_EQ(path("/a%2Fb"), "/a/b/");  // as handlers see it, and as the SDKs decode it
  EXPECT_EQ(path("/a//b"), "/a//b/");
  EXPECT_EQ(path("/-._~%25%C3%A4"), "/-._~%25%C3%A4/");
}

TEST(SdkSignature, TrimsTheValuesOfHeaders) {
  EXPECT_TRUE(verified(Wire{}.with("X-Project-Id", "  proj1\t")));
}

TEST(SdkSignature, BreaksWithAnyChange) {
  EXPECT_FALSE(verified(Wire{}, "SKTESU"));
  EXPECT_FALSE(verified(Wire{}, ""));
  EXPECT_FALSE(verified(Wire{}.with("Host", "localhost:9444")));
  EXPECT_FALSE(verified(Wire{}.with("X-Project-Id", "proj2")));
  EXPECT_FALSE(verified(Wire{}.with("X-Sdk-Date", "20261121T173158Z")));
  EXPECT_FALSE(verified(Wire{}.with("Content-Type", "text/plain")));
  Wire wire;
  wire.method = Method::del;
  EXPECT_FALSE(verified(wire));
  wire = {};
  wire.target += "1";
  EXPECT_FALSE(verified(wire));
  wire = {};
  wire.target.replace(4, 6, "Manage");
  EXPECT_FALSE(verified(wire));
  wire = {};
  wire.target += "&x=1";
  EXPECT_FALSE(verified(wire));
  wire = {};
  wire.body = "{}";
  EXPECT_FALSE(verified(wire));
  wire = {};
  wire.names = "host;x-project-id;x-sdk-date";
  EXPECT_FALSE(verified(wire));
  for (std::size_t i = 0; i < kCenterMac.size(); i += 9) {
    wire = {};
    wire.mac[i] = wire.mac[i] == '0' ? '1' : '0';
    EXPECT_FALSE(verified(wire)) << i;
  }
}

// ---- the header ----

TEST(SdkAuthorization, IsTakenApart) {
  const SdkSignature expected = Wire{}.signature();
  EXPECT_EQ(expected.access_key, "AKTEST");
  EXPECT_EQ(expected.headers.size(), 4U);
  EXPECT_EQ(hex_encode(expected.mac), kCenterMac);
  const std::string names = Wire{}.names;
  const std::string mac(kCenterMac);
  for (const std::string& other :
       {"Access=AKTEST,SignedHeaders=" + names + ",Signature=" + mac,
        "Access=AKTEST, SignedHeaders=" + names + ", Signature=" + mac + ",",
        "Signature=" + mac + ",  SignedHeaders=" + names + " , Access=AKTEST"})
    EXPECT_EQ(parse_sdk_signature(other).value(), expected) << other;
}

TEST(SdkAuthorization, RefusesWhatIsMalformed) {
  const std::string good = Wire{}.authorization();
  const std::string mac(kCenterMac);
  std::string many = "a0";
  for (int i = 1; i < 70; ++i) many += ";b" + std::to_string(1000 + i);
  const std::string bad[] = {
      "",
      "Access=AKTEST",
      "Access=AKTEST, SignedHeaders=host",
      "Access=AKTEST, Signature=" + mac,
      "SignedHeaders=host, Signature=" + mac,
      "Access=, SignedHeaders=host, Signature=" + mac,
      "access=AKTEST, SignedHeaders=host, Signature=" + mac,
      "Access=" + std::string(65, 'A') + ", SignedHeaders=host, Signature=" + mac,
      good + ", Access=AKTEST",
      good + ", Region=x",
      good + " x",
      ", " + good,
      "Access=AKTEST SignedHeaders=host Signature=" + mac,
      "Access=AKTEST, SignedHeaders=, Signature=" + mac,
      "Access=AKTEST, SignedHeaders=;, Signature=" + mac,
      "Access=AKTEST, SignedHeaders=Host, Signature=" + mac,
      "Access=AKTEST, SignedHeaders=host;, Signature=" + mac,
      "Access=AKTEST, SignedHeaders=host;a, Signature=" + mac,
      "Access=AKTEST, SignedHeaders=host;host, Signature=" + mac,
      "Access=AKTEST, SignedHeaders=ho:st, Signature=" + mac,
      "Access=AKTEST, SignedHeaders=" + many + ", Signature=" + mac,
      "Access=AKTEST, SignedHeaders=host, Signature=",
      "Access=AKTEST, SignedHeaders=host, Signature=" + mac.substr(1),
      "Access=AKTEST, SignedHeaders=host, Signature=" + mac + "00",
      "Access=AKTEST, SignedHeaders=host, Signature=" + std::string(64, 'A'),
      "Access=AKTEST, SignedHeaders=host, Signature=" + std::string(64, 'g')};
  for (const std::string& text : bad) {
    const auto parsed = parse_sdk_signature(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Errc::unauthorized) << text;
  }
}

TEST(SdkAuthorization, CoversTheHostAndTheDate) {
  for (const std::string_view names :
       {"content-type;host;x-project-id", "content-type;x-sdk-date", "content-type", "host"}) {
    Wire wire;
    wire.names = names;
    const auto at = signed_at(wire.signature(), wire.headers, kNow);
    ASSERT_FALSE(at.has_value()) << names;
    EXPECT_EQ(at.error().code, Errc::unauthorized);
  }
}

TEST(SdkAuthorization, NamesHeadersThatAreThereOnce) {
  Wire absent;
  absent.names = "host;x-absent;x-sdk-date";
  EXPECT_FALSE(signed_at(absent.signature(), absent.headers, kNow).has_value());
  for (const std::string_view twice : {"x-project-id", "HOST", "x-sdk-date"}) {
    Wire wire;
    wire.headers.emplace_back(twice, "x");
    EXPECT_FALSE(signed_at(wire.signature(), wire.headers, kNow).has_value()) << twice;
    EXPECT_FALSE(canonical(wire).has_value()) << twice;
  }
}

TEST(SdkAuthorization, IsGoodForAQuarterOfAnHourEitherWay) {
  constexpr std::int64_t kQuarter = 15LL * 60 * 1'000'000;
  for (const std::int64_t off : {-kQuarter, std::int64_t{0}, kQuarter})
    EXPECT_TRUE(verified(Wire{}, kSecret, Timestamp{kNow.micros + off})) << off;
  for (const std::int64_t off : {-kQuarter - 1, kQuarter + 1, 96 * kQuarter})
    EXPECT_FALSE(verified(Wire{}, kSecret, Timestamp{kNow.micros + off})) << off;
}

TEST(SdkAuthorization, HasOneFormOfDate) {
  for (const std::string_view date :
       {"", "20261121T173157", "20261121t173157z", "2026-11-21T17:31:57Z", "20261121 173157Z",
        "20261321T173157Z", "20261121T253157Z", "20261121T173157Z0", "x0261121T173157Z"}) {
    const Wire wire = Wire{}.with("X-Sdk-Date", date);
    EXPECT_FALSE(signed_at(wire.signature(), wire.headers, kNow).has_value()) << date;
  }
  EXPECT_EQ(signed_at(Wire{}.signature(), Wire{}.headers, kNow).value(), kNow);
}

// ---- the body ----

// Signed together with the hash of its body, or a word in its place.
Wire hashed(std::string_view hash, std::string body, std::string_view type = "application/json") {
  Wire wire = Wire{}.with("Content-Type", type);
  wire.method = Method::post;
  wire.headers.emplace_back("X-Sdk-Content-Sha256", hash);
  wire.names = "content-type;host;x-project-id;x-sdk-content-sha256;x-sdk-date";
  wire.body = std::move(body);
  return wire;
}

TEST(SdkBody, IsTheOneWhoseHashWasSigned) {
  const std::string body = R"({"namespace":"group"})";
  const std::string hash = hex_encode(as_view(sha256(body)));
  EXPECT_TRUE(canonical(hashed(hash, body)).value().ends_with("\n" + hash));
  EXPECT_FALSE(canonical(hashed(hash, body + " ")).has_value());
  EXPECT_FALSE(canonical(hashed(hash, "")).has_value());
  EXPECT_FALSE(canonical(hashed("", body)).has_value());
  EXPECT_FALSE(canonical(hashed("unsigned-payload", body)).has_value());
}

TEST(SdkBody, IsHashedHereWhenTheHeaderIsNotSigned) {
  Wire wire = hashed("UNSIGNED-PAYLOAD", "{}");
  wire.names = "content-type;host;x-sdk-date";
  EXPECT_TRUE(canonical(wire).value().ends_with("\n" + hex_encode(as_view(sha256("{}")))));
}

TEST(SdkBody, MayBeLeftUnsignedWhenItIsNoDocument) {
  for (const std::string_view type : {"application/octet-stream", "text/plain; charset=utf-8"})
    EXPECT_TRUE(canonical(hashed("UNSIGNED-PAYLOAD", "\x1f\x8b bytes", type))
                    .value()
                    .ends_with("\nUNSIGNED-PAYLOAD"))
        << type;
  Wire read = hashed("UNSIGNED-PAYLOAD", "", "text/plain");
  read.method = Method::get;
  EXPECT_TRUE(canonical(read).has_value());
}

TEST(SdkBody, IsADocumentWhateverItIsCalled) {
  for (const std::string_view type :
       {"application/json", "Application/JSON; charset=utf-8", "application/vnd.x+json",
        "text/json", "application/x-www-form-urlencoded", "", " ; charset=utf-8"})
    EXPECT_FALSE(canonical(hashed("UNSIGNED-PAYLOAD", "\x1f\x8b bytes", type)).has_value()) << type;
  for (const std::string_view body : {"{}", " [1]", R"("x")", "17", "null", ""})
    EXPECT_FALSE(canonical(hashed("UNSIGNED-PAYLOAD", std::string(body), "text/plain")).has_value())
        << body;
  Wire untyped = hashed("UNSIGNED-PAYLOAD", "\x1f\x8b bytes", "text/plain");
  untyped.names = "host;x-sdk-content-sha256;x-sdk-date";
  EXPECT_FALSE(canonical(untyped).has_value());
}

// ---- the MAC ----

TEST(Hmac, IsThatOfTheStandard) {  // RFC 4231, cases 2 and 6
  EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_encode(hmac_sha256(std::string(131, '\xaa'),
                                   "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(DockerPassword, IsTheAccessKeysMacUnderTheSecretKey) {
  EXPECT_EQ(docker_password("AKTEST", "SKTEST"), hex_encode(hmac_sha256("SKTEST", "AKTEST")));
  EXPECT_EQ(docker_password("what do ya want for nothing?", "Jefe").substr(0, 8), "5bdcc146");
}

}  // namespace
}  // namespace varve::auth
