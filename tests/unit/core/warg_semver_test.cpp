// Versions: what is one, and which is newer.
#include "core/warg/semver.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace varve::warg {
namespace {

Version version(std::string_view text) {
  return Version::parse(text).value();
}

TEST(WargVersion, TakesWhatSemVerHas) {
  for (const std::string_view text :
       {"0.0.0", "0.1.0", "1.0.0-rc.1+build.5", "1.0.0-alpha", "1.0.0-0.3.7", "1.0.0-x.7.z.92",
        "1.0.0-x-y-z.--", "1.0.0+001", "1.0.0+21AF26D3---117B344092BD"}) {
    const auto parsed = Version::parse(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->text(), text);
  }
}

TEST(WargVersion, TakesNumbersOf64Bits) {
  EXPECT_TRUE(Version::parse("18446744073709551615.0.0").has_value());
  EXPECT_FALSE(Version::parse("18446744073709551616.0.0").has_value());
  EXPECT_TRUE(Version::parse("1.0.0-99999999999999999999999").has_value());
}

TEST(WargVersion, RefusesEverythingElse) {
  for (const std::string_view text :
       {"",          "1",          "1.2",       "1.2.3.4",        "01.2.3",   "1.02.3",
        "1.2.03",    "v1.2.3",     " 1.2.3",    "1.2.3 ",         "1.2.3-",   "1.2.3+",
        "1.2.3-+",   "1.2.3-a..b", "1.2.3-.a",  "1.2.3-a.",       "1.2.3-01", "1.2.3-a.00",
        "1.2.3+a+b", "1.2.3+a..b", "1.2.3-a_b", "1.2.3-\xc3\xa9", "1.-2.3",   "1..3",
        ".1.2",      "1.2.",       "+1.2.3",    "-1.2.3",         "1.2.x",    "*"}) {
    const auto parsed = Version::parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid);
    EXPECT_EQ(parsed.error().about, About::name);
  }
}

TEST(WargVersion, HasABound) {
  const std::string longest = "1.0.0-" + std::string(limits::kVersionBytesMax - 6, 'a');
  EXPECT_TRUE(Version::parse(longest).has_value());
  EXPECT_FALSE(Version::parse(longest + "a").has_value());
}

TEST(WargVersion, CountsBuildMetadataAsPartOfARelease) {
  EXPECT_EQ(version("1.0.0+a"), version("1.0.0+a"));
  EXPECT_FALSE(version("1.0.0+a") == version("1.0.0+b"));
  EXPECT_EQ(Version::by_precedence(version("1.0.0+a"), version("1.0.0+b")),
            std::strong_ordering::equal);
}

TEST(WargVersion, KnowsItsPreRelease) {
  EXPECT_EQ(version("1.0.0-rc.1+build.5").pre_release(), "rc.1");
  EXPECT_EQ(version("1.0.0+a-b").pre_release(), "");
  EXPECT_TRUE(version("1.0.0-0").is_pre_release());
  EXPECT_FALSE(version("1.0.0").is_pre_release());
}

// The sequence of SemVer 2.0.0 §11, and numbers where text would mislead.
TEST(WargVersion, IsOrderedByPrecedence) {
  const std::string_view ordered[] = {"0.9.0",
                                      "0.10.0",
                                      "1.0.0-1",
                                      "1.0.0-2",
                                      "1.0.0-10",
                                      "1.0.0-alpha",
                                      "1.0.0-alpha.1",
                                      "1.0.0-alpha.beta",
                                      "1.0.0-beta",
                                      "1.0.0-beta.2",
                                      "1.0.0-beta.11",
                                      "1.0.0-rc.1",
                                      "1.0.0",
                                      "1.0.1-0",
                                      "2.0.0",
                                      "2.1.0",
                                      "2.1.1",
                                      "10.0.0",
                                      "18446744073709551615.0.0"};
  for (std::size_t i = 0; i < std::size(ordered); ++i)
    for (std::size_t j = 0; j < std::size(ordered); ++j)
      EXPECT_EQ(Version::by_precedence(version(ordered[i]), version(ordered[j])), i <=> j)
          << ordered[i] << " against " << ordered[j];
}

}  // namespace
}  // namespace varve::warg
