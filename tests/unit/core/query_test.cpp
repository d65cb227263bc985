// Questions about OCI state.
#include "core/oci/query.h"

#include <gtest/gtest.h>

#include "tests/support/given.h"

namespace varve::oci {
namespace {

using test::digest;
using test::given;
using test::repo;
using test::Scenario;
using test::tag;
using namespace std::string_literals;

Scenario with_tags(const std::vector<std::string_view>& names) {
  auto scenario =
      given({content::RepoCreated{"oci", repo("r")}, content::RepoCreated{"oci", repo("r-b")},
             TagSet{digest("m"), std::nullopt, repo("r-b"), tag("elsewhere")}});
  for (auto name : names) scenario.given({TagSet{digest("m"), std::nullopt, repo("r"), tag(name)}});
  return scenario;
}

std::vector<std::string> names(std::initializer_list<const char*> list) {
  return {list.begin(), list.end()};
}

TEST(FindRows, SayWhichEventSetThem) {
  auto scenario =
      given({content::RepoCreated{"oci", repo("r")}, content::BlobLinked{digest("b"), repo("r"), 7},
             ManifestPut{digest("m"), "a/b", repo("r"), 9},
             TagSet{digest("m"), std::nullopt, repo("r"), tag("t")}});
  const auto& rows = scenario.rows();
  const auto blob = find_blob(rows, repo("r"), digest("b")).value();
  ASSERT_TRUE(blob.has_value());
  EXPECT_EQ(blob->size, 7U);
  EXPECT_EQ(blob->index.value, 1U);
  const auto manifest = find_manifest(rows, repo("r"), digest("m")).value();
  ASSERT_TRUE(manifest.has_value());
  EXPECT_EQ(manifest->size, 9U);
  EXPECT_EQ(manifest->media_type, "a/b");
  EXPECT_EQ(manifest->index.value, 2U);
  const auto tagged = find_tag(rows, repo("r"), tag("t")).value();
  ASSERT_TRUE(tagged.has_value());
  EXPECT_EQ(tagged->digest, digest("m"));
  EXPECT_EQ(tagged->index.value, 3U);
  EXPECT_TRUE(repo_exists(rows, repo("r")).value());
}

TEST(FindRows, AbsenceIsNotAnErrorButAnUnreadableStoreIs) {
  auto scenario = given({});
  auto& rows = scenario.rows();
  EXPECT_FALSE(find_blob(rows, repo("r"), digest("b")).value().has_value());
  EXPECT_FALSE(find_manifest(rows, repo("r"), digest("b")).value().has_value());
  EXPECT_FALSE(find_tag(rows, repo("r"), tag("t")).value().has_value());
  EXPECT_FALSE(repo_exists(rows, repo("r")).value());
  rows.break_disk();
  EXPECT_FALSE(find_blob(rows, repo("r"), digest("b")).has_value());
  EXPECT_FALSE(find_manifest(rows, repo("r"), digest("b")).has_value());
  EXPECT_FALSE(find_tag(rows, repo("r"), tag("t")).has_value());
  EXPECT_FALSE(repo_exists(rows, repo("r")).has_value());
  EXPECT_EQ(list_tags(rows, repo("r"), "", 10).error().code, Errc::unavailable);
}

TEST(FindRows, DamagedRowsAreReported) {
  auto scenario = given({});
  auto& rows = scenario.rows();
  const std::string held = "r\0"s + digest("x").row();
  rows.put(Table::link, held, "seven b");
  rows.put(Table::manifest, held, "seven b");
  rows.put(Table::tag, "r\0t\0"s, "?");
  EXPECT_EQ(find_blob(rows, repo("r"), digest("x")).error().code, Errc::corrupt);
  EXPECT_EQ(find_manifest(rows, repo("r"), digest("x")).error().code, Errc::corrupt);
  EXPECT_EQ(find_tag(rows, repo("r"), tag("t")).error().code, Errc::corrupt);
}

TEST(ListTags, AreInByteOrderAndOfOneRepository) {
  auto scenario = with_tags({"b", "a", "B", "_", "a-1", "a.1", "10", "9"});
  const auto page = list_tags(scenario.rows(), repo("r"), "", 100).value();
  EXPECT_EQ(page.tags, names({"10", "9", "B", "_", "a", "a-1", "a.1", "b"}));
  EXPECT_FALSE(page.more);
}

TEST(ListTags, PagesMeetWithoutGapOrOverlap) {
  auto scenario = with_tags({"a", "a-1", "a.1", "aa", "b", "c", "d"});
  for (std::size_t limit = 1; limit <= 8; ++limit) {
    std::vector<std::string> all;
    bool more = true;
    while (more) {
      ASSERT_LE(all.size(), 7U) << "pages go round in circles";
      const auto page =
          list_tags(scenario.rows(), repo("r"), all.empty() ? "" : all.back(), limit).value();
      ASSERT_LE(page.tags.size(), limit);
      ASSERT_TRUE(!page.more || page.tags.size() == limit);
      all.insert(all.end(), page.tags.begin(), page.tags.end());
      more = page.more;
    }
    EXPECT_EQ(all, names({"a", "a-1", "a.1", "aa", "b", "c", "d"})) << "limit " << limit;
  }
}

TEST(ListTags, LastNeedNotExistNorBeATag) {
  auto scenario = with_tags({"a", "b", "c"});
  const auto after = [&](std::string_view last) {
    return list_tags(scenario.rows(), repo("r"), last, 10).value().tags;
  };
  EXPECT_EQ(after("aa"), names({"b", "c"}));
  EXPECT_EQ(after("c"), names({}));
  EXPECT_EQ(after("zzz"), names({}));
  EXPECT_EQ(after("!"), names({"a", "b", "c"}));
  EXPECT_EQ(after("a\0b"s), names({"b", "c"}));
  EXPECT_EQ(after("\0"s), names({"a", "b", "c"}));
  EXPECT_EQ(after("\xff"), names({}));
  EXPECT_EQ(after(std::string(100'000, 'b')), names({"c"}));
}

TEST(ListTags, ALimitOfNothingOnlySaysWhetherThereIsMore) {
  auto scenario = with_tags({"a"});
  const auto page = list_tags(scenario.rows(), repo("r"), "", 0).value();
  EXPECT_TRUE(page.tags.empty());
  EXPECT_TRUE(page.more);
  EXPECT_FALSE(list_tags(scenario.rows(), repo("r"), "a", 0).value().more);
}

TEST(ListTags, AnEmptyRepositoryIsNotAMissingOne) {
  auto scenario = with_tags({});
  EXPECT_TRUE(list_tags(scenario.rows(), repo("r"), "", 10).value().tags.empty());
  const auto missing = list_tags(scenario.rows(), repo("nowhere"), "", 10);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_EQ(missing.error().about, About::repository);
}

}  // namespace
}  // namespace varve::oci
