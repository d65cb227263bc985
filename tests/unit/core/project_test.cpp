// What events do to the derived tables, row by row.
#include <gtest/gtest.h>

#include <set>

#include "tests/support/given.h"

namespace varve {
namespace {

using test::digest;
using test::given;
using test::MemoryRows;
using test::repo;
using test::tag;
using namespace std::string_literals;

const oci::ManifestPut kPut{digest("m"), "a/b", repo("r"), 1};
const std::string kHeld = "r\0"s + digest("m").row();

std::map<MemoryRows::Key, std::string> rows_after(const std::vector<Event>& events) {
  auto scenario = given(events);
  return scenario.rows().values();
}

TEST(Project, GenesisRecordsTheFactsAboutTheLog) {
  const std::map<MemoryRows::Key, std::string> expected = {
      {{Table::system, "event_key\0"s}, "E"},
      {{Table::system, "event_keys\0"s + digest("E").row()}, "E"},
      {{Table::system, "log_key\0"s}, "L"},
      {{Table::system, "origin\0"s}, "O"}};
  EXPECT_EQ(rows_after({system::Genesis{"E", "sha256", "L", "O"}}), expected);
}

TEST(Project, DevModeAndKeyRotationChangeThoseFacts) {
  const auto rows = rows_after({system::Genesis{"E", "sha256", "L", "O"}, system::DevModeEnabled{},
                                system::EventKeyRotated{"F", "E"}});
  EXPECT_EQ(rows.at({Table::system, "event_key\0"s}), "F");
  EXPECT_EQ(rows.at({Table::system, "event_keys\0"s + digest("E").row()}), "E");
  EXPECT_EQ(rows.at({Table::system, "event_keys\0"s + digest("F").row()}), "F");
  EXPECT_EQ(rows.at({Table::system, "dev_mode\0"s}), "on");
}

TEST(Project, ARepositoryABlobAndALinkAreOneRowEach) {
  const std::string size("\0\0\0\0\0\0\x01\x02", 8);
  const std::map<MemoryRows::Key, std::string> expected = {
      {{Table::repo, "r\0"s}, "oci"},
      {{Table::blob, digest("x").row()}, size},
      {{Table::link, "r\0"s + digest("x").row()}, size}};
  EXPECT_EQ(
      rows_after({content::RepoCreated{"oci", repo("r")}, content::BlobCommitted{digest("x"), 258},
                  content::BlobLinked{digest("x"), repo("r"), 258}}),
      expected);
}

TEST(Project, AManifestRowHoldsSizeAndMediaType) {
  const std::map<MemoryRows::Key, std::string> expected = {
      {{Table::manifest, kHeld}, "\0\0\0\0\0\0\0\x01"s + "a/b"}};
  EXPECT_EQ(rows_after({kPut}), expected);
}

TEST(Project, ATagIsFoundBothWays) {
  const auto rows = rows_after({kPut, oci::TagSet{digest("m"), std::nullopt, repo("r"), tag("t")}});
  EXPECT_EQ(rows.at({Table::tag, "r\0t\0"s}), digest("m").row());
  EXPECT_EQ(rows.at({Table::tag_of, kHeld + "t\0"s}), "");
}

TEST(Project, AMovedTagLeavesNoWayBackFromWhereItWas) {
  const auto rows = rows_after({oci::TagSet{digest("m"), std::nullopt, repo("r"), tag("t")},
                                oci::TagSet{digest("n"), digest("m"), repo("r"), tag("t")}});
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.at({Table::tag, "r\0t\0"s}), digest("n").row());
  EXPECT_EQ(rows.count({Table::tag_of, kHeld + "t\0"s}), 0U);
}

TEST(Project, ATagSetToWhereItAlreadyPointsStays) {
  const auto rows = rows_after({oci::TagSet{digest("m"), digest("m"), repo("r"), tag("t")}});
  EXPECT_EQ(rows.size(), 2U);
}

TEST(Project, ADeletedTagLeavesTheManifest) {
  const auto rows = rows_after({kPut, oci::TagSet{digest("m"), std::nullopt, repo("r"), tag("t")},
                                oci::TagDeleted{digest("m"), repo("r"), tag("t")}});
  EXPECT_EQ(rows, rows_after({kPut}));
}

TEST(Project, ADeletedManifestTakesItsTagsAndNoOthers) {
  const oci::ManifestPut elsewhere{digest("m"), "a/b", repo("r2"), 1};
  const oci::ManifestPut other{digest("n"), "a/b", repo("r"), 1};
  const std::vector<Event> stays = {elsewhere, other,
                                    oci::TagSet{digest("m"), std::nullopt, repo("r2"), tag("t")},
                                    oci::TagSet{digest("n"), std::nullopt, repo("r"), tag("u")}};
  std::vector<Event> events = stays;
  events.emplace_back(kPut);
  for (std::string_view name : {"a", "t", "t.1", "z"})
    events.emplace_back(oci::TagSet{digest("m"), std::nullopt, repo("r"), tag(name)});
  events.emplace_back(oci::ManifestDeleted{digest("m"), repo("r")});
  EXPECT_EQ(rows_after(events), rows_after(stays));
}

TEST(Project, FailsOnlyWhenTheRowsBeforeCannotBeRead) {
  auto scenario = given({kPut});
  scenario.rows().break_disk();
  EXPECT_TRUE(scenario.rows().apply(kPut).has_value());
  const auto failed = scenario.rows().apply(oci::ManifestDeleted{digest("m"), repo("r")});
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, Errc::unavailable);
}

TEST(RowKey, NoKeyIsAPrefixOfAnother) {
  RowKey a, ab, with_digest, with_long_digest;
  a.name("a");
  ab.name("ab");
  with_digest.name("a").digest(digest("x"));
  with_long_digest.name("a").digest(Digest::of("x", DigestAlgorithm::sha512));
  EXPECT_EQ(a.bytes(), "a\0"s);
  EXPECT_FALSE(ab.bytes().starts_with(a.bytes()));
  EXPECT_FALSE(with_long_digest.bytes().starts_with(with_digest.bytes()));
}

TEST(RowKeyDeathTest, ANameThatHoldsTheSeparatorStopsTheProcess) {
  EXPECT_DEATH(RowKey().name("a\0b"s), "broken invariant");
}

TEST(Table, EachHasItsOwnName) {
  std::set<std::string_view> names;
  for (Table table : kTables) names.insert(table_name(table));
  EXPECT_EQ(names.size(), std::size(kTables));
}

}  // namespace
}  // namespace varve
