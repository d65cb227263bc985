// Names that cannot hold an invalid value: repositories and tags.
#include <gtest/gtest.h>

#include "core/content/content.h"
#include "core/oci/oci.h"

namespace varve {
namespace {

TEST(RepoName, AcceptsTheWholeGrammarOfTheDistributionSpec) {
  for (std::string_view good :
       {"a",        "0",        "library/alpine", "a/b/c/d/e/f/g",
        "a.b",      "a_b",      "a__b",           "a-b",
        "a--b",     "a-----b",  "a.b_c__d-e---f", "blobs/uploads/manifests/tags/list",
        "x/manage", "managed",  "manage2/x",      "asof",
        "asofx/y",  "x/asof.5", "as.of/x",        "v2/v2"}) {
    const auto name = RepoName::parse(good);
    ASSERT_TRUE(name.has_value()) << good;
    EXPECT_EQ(name->text(), good);
  }
}

TEST(RepoName, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  for (std::string_view bad :
       {""sv,      "/"sv,      "a/"sv,       "/a"sv,     "a//b"sv, "."sv,    ".."sv,
        "../a"sv,  "a/../b"sv, "a/.."sv,     "a..b"sv,   "a._b"sv, "a_.b"sv, "a___b"sv,
        "a-_b"sv,  "a.-b"sv,   "-a"sv,       "a-"sv,     "a-/b"sv, "_a"sv,   "a_"sv,
        ".a"sv,    "a."sv,     "A"sv,        "aB"sv,     "a/B"sv,  "a b"sv,  "a%2fb"sv,
        "%61"sv,   "a:b"sv,    "a@b"sv,      "a\\b"sv,   "a\0b"sv, "\0"sv,   "a\n"sv,
        "a\x7f"sv, "ä"sv,      "_catalog"sv, "a/_oci"sv, "a+b"sv,  "a?b"sv,  "a/b/"sv}) {
    const auto name = RepoName::parse(bad);
    ASSERT_FALSE(name.has_value()) << bad;
    EXPECT_EQ(name.error().code, Errc::invalid);
    EXPECT_EQ(name.error().about, About::name);
  }
}

TEST(RepoName, KeepsTheReservedFirstComponentsFree) {
  for (std::string_view reserved :
       {"manage", "manage/x", "asof.5", "asof.5/x", "asof.20260901t000000z/library/alpine"}) {
    const auto name = RepoName::parse(reserved);
    ASSERT_FALSE(name.has_value()) << reserved;
    EXPECT_EQ(name.error().about, About::name);
  }
}

TEST(RepoName, HasAtMost229Bytes) {
  EXPECT_TRUE(RepoName::parse(std::string(229, 'a')).has_value());
  EXPECT_FALSE(RepoName::parse(std::string(230, 'a')).has_value());
  EXPECT_FALSE(RepoName::parse(std::string(300, 'a')).has_value());
}

TEST(RepoName, TheErrorNeverRepeatsAnEndlessName) {
  EXPECT_LE(RepoName::parse(std::string(1 << 20, 'A')).error().detail.size(), 229U);
}

TEST(Tag, AcceptsItsGrammar) {
  for (std::string_view good :
       {"latest", "v1.0", "_", "_a", "A", "0", "a-b", "a.b", "a..b", "1.0-rc.1_x"})
    EXPECT_TRUE(oci::Tag::parse(good).has_value()) << good;
  EXPECT_TRUE(oci::Tag::parse(std::string(128, 'x')).has_value());
}

TEST(Tag, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  for (std::string_view bad :
       {""sv, ".a"sv, "-a"sv, ".INVALID_MANIFEST_NAME"sv, "a b"sv, "a/b"sv, "a:b"sv, "sha256:00"sv,
        "a\0"sv, "ä"sv, "a\n"sv, "a+b"sv, "a%20"sv}) {
    const auto tag = oci::Tag::parse(bad);
    ASSERT_FALSE(tag.has_value()) << bad;
    EXPECT_EQ(tag.error().code, Errc::invalid);
    EXPECT_EQ(tag.error().about, About::tag);
  }
  EXPECT_FALSE(oci::Tag::parse(std::string(129, 'x')).has_value());
}

}  // namespace
}  // namespace varve
