// Who asks behind proxies: as far as they are trusted, and not a step further.
#include "api/http/forwarded.h"

#include <gtest/gtest.h>

#include "api/http/message.h"

namespace varve::http {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

TrustedProxies trust(std::string_view list) {
  const auto trusted = TrustedProxies::parse(list);
  EXPECT_TRUE(trusted.has_value()) << list;
  return trusted.value_or(TrustedProxies());
}

struct Seen {
  std::string peer;
  bool secure;
};
Seen see(std::string_view trusted, std::string_view peer, Fields headers, bool secure = false) {
  Request request;
  request.peer = peer;
  request.secure = secure;
  request.headers = std::move(headers);
  see_through(request, trust(trusted));
  return {std::string(request.peer), request.secure};
}
std::string peer(std::string_view trusted, std::string_view from, std::string_view forwarded_for) {
  return see(trusted, from, {{"X-Forwarded-For", forwarded_for}}).peer;
}

TEST(TrustedProxies, AreAddressesAndNetworks) {
  const TrustedProxies trusted = trust("127.0.0.1, 10.0.0.0/8,fd00::/8 , 192.168.1.128/25");
  for (const char* inside : {"127.0.0.1", "10.0.0.0", "10.255.255.255", "fd12:3456::1",
                             "192.168.1.128", "192.168.1.255", "::ffff:10.1.2.3", "fd00::1%eth0"})
    EXPECT_TRUE(trusted.contains(inside)) << inside;
  for (const char* outside : {"127.0.0.2", "11.0.0.0", "9.255.255.255", "fe00::1", "192.168.1.127",
                              "::1", "", "10.0.0", "10.0.0.1:80", "host"})
    EXPECT_FALSE(trusted.contains(outside)) << outside;
  EXPECT_TRUE(trust("0.0.0.0/0").contains("203.0.113.9"));
  EXPECT_FALSE(trust("0.0.0.0/0").contains("2001:db8::1"));
  EXPECT_TRUE(trust("::/0").contains("203.0.113.9"));
}

TEST(TrustedProxies, AreNobodyUnlessNamed) {
  EXPECT_TRUE(trust("").empty());
  EXPECT_FALSE(trust("").contains("127.0.0.1"));
}

TEST(TrustedProxies, RefuseWhatIsNeither) {
  for (const char* bad :
       {"proxy.example", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8",
        "10.0.0", "*", ",", "10.0.0.1,,10.0.0.2", "10.0.0.1 10.0.0.2"}) {
    const auto refused = TrustedProxies::parse(bad);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_EQ(refused.error().code, Errc::invalid);
  }
}

TEST(SeeThrough, BelievesNobodyByDefault) {
  const Seen seen =
      see("", "10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "https"}});
  EXPECT_EQ(seen.peer, "10.0.0.1");
  EXPECT_FALSE(seen.secure);
}

TEST(SeeThrough, DoesNotBelieveAClientThatIsNoProxy) {
  EXPECT_EQ(peer("10.0.0.0/8", "203.0.113.9", "198.51.100.1"), "203.0.113.9");
}

TEST(SeeThrough, TakesTheRightMostAddressThatNoTrustedProxyHas) {
  EXPECT_EQ(peer("10.0.0.0/8", "10.0.0.1", "203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(peer("10.0.0.0/8", "10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2"), "203.0.113.9");
  // What the client sent itself stands to the left of what the proxy saw.
  EXPECT_EQ(peer("10.0.0.0/8", "10.0.0.1", "10.9.9.9, 203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(peer("10.0.0.0/8", "10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
}

TEST(SeeThrough, ReadsRepeatedFieldsAsOneList) {
  const Fields fields = {{"x-forwarded-for", "1.1.1.1"},
                         {"X-FORWARDED-FOR", "203.0.113.9, 10.0.0.2"}};
  EXPECT_EQ(see("10.0.0.0/8", "10.0.0.1", fields).peer, "203.0.113.9");
  const Fields all_trusted = {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "10.0.0.2"}};
  EXPECT_EQ(see("10.0.0.0/8", "10.0.0.1", all_trusted).peer, "203.0.113.9");
}

TEST(SeeThrough, KnowsPortsAndIpv6) {
  EXPECT_EQ(peer("::1", "::1", "203.0.113.9:4711"), "203.0.113.9");
  EXPECT_EQ(peer("::1", "::1", "2001:db8::7"), "2001:db8::7");
  EXPECT_EQ(peer("::1", "::1", "[2001:db8::7]:4711"), "2001:db8::7");
  EXPECT_EQ(peer("::1", "::1", "[2001:db8::7]"), "2001:db8::7");
}

TEST(SeeThrough, StopsAtWhatIsNoAddress) {
  for (const char* odd : {"unknown", "_hidden", "", ",", "203.0.113.9, unknown", "[",
                          "[2001:db8::7", "203.0.113.9;", "1.1.1.1, 300.1.1.1", "' or 1=1"}) {
    const std::string seen = peer("10.0.0.0/8", "10.0.0.1", odd);
    EXPECT_TRUE(seen == "10.0.0.1" || seen == "2001:db8::7") << odd << ": " << seen;
  }
  EXPECT_EQ(peer("10.0.0.0/8", "10.0.0.1", "203.0.113.9, unknown, 10.0.0.2"), "10.0.0.2");
}

TEST(SeeThrough, TakesTheSchemeFromATrustedProxyInEitherDirection) {
  const auto secure = [](std::string_view value, bool before) {
    return see("10.0.0.1", "10.0.0.1", {{"X-Forwarded-Proto", value}}, before).secure;
  };
  EXPECT_TRUE(secure("https", false));
  EXPECT_TRUE(secure("HTTPS", false));
  EXPECT_FALSE(secure("http", true));
  EXPECT_TRUE(secure("http, https", false));
  for (const char* odd : {"", "ftp", "https http", "https;"}) {
    EXPECT_FALSE(secure(odd, false)) << odd;
    EXPECT_TRUE(secure(odd, true)) << odd;
  }
}

}  // namespace
}  // namespace varve::http
