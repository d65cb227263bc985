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
// That something was taken from the repository stays known.
std::map<MemoryRows::Key, std::string> trimmed(std::map<MemoryRows::Key, std::string> rows) {
  rows[{Table::repo_trimmed, "r\0"s}] = "";
  return rows;
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

TEST(Project, ARepositoryItsNamespaceAndABlobAreOneRowEachAndALinkIsTwo) {
  const std::string size("\0\0\0\0\0\0\x01\x02", 8);
  const std::map<MemoryRows::Key, std::string> expected = {
      {{Table::repo, "r\0"s}, "oci"},
      {{Table::namespace_first, "_\0"s}, ""},
      {{Table::blob, digest("x").row()}, size},
      {{Table::link, "r\0"s + digest("x").row()}, size},
      {{Table::holder, digest("x").row() + "r\0"s}, ""}};
  EXPECT_EQ(
      rows_after({content::RepoCreated{"oci", repo("r")}, content::BlobCommitted{digest("x"), 258},
                  content::BlobLinked{digest("x"), repo("r"), 258}}),
      expected);
}

TEST(Project, AnUnlinkedBlobLeavesOnlyWhatItIs) {
  EXPECT_EQ(rows_after({content::BlobCommitted{digest("x"), 258},
                        content::BlobLinked{digest("x"), repo("r"), 258},
                        content::BlobUnlinked{digest("x"), repo("r")}}),
            rows_after({content::BlobCommitted{digest("x"), 258}}));
}

std::string descriptor(std::string_view content) {
  return R"({"mediaType":"c/d","digest":")" + digest(content).to_string() + R"(","size":)" +
         std::to_string(content.size()) + "}";
}

struct Stored {
  oci::ManifestPut put;
  std::string body;
};
Stored image_of(std::string_view config, std::string_view layer, std::string_view subject) {
  std::string body = R"({"schemaVersion":2,"config":)" + descriptor(config) + R"(,"layers":[)" +
                     descriptor(layer) + R"(],"subject":)" + descriptor(subject) + "}";
  return {{digest(body), "application/vnd.oci.image.manifest.v1+json", repo("r"), body.size()},
          body};
}
Stored index_of(std::string_view child) {
  std::string body = R"({"schemaVersion":2,"manifests":[)" + descriptor(child) + "]}";
  return {{digest(body), "application/vnd.oci.image.index.v1+json", repo("r"), body.size()}, body};
}

TEST(Project, AManifestsReferencesAreReadFromItsBody) {
  const auto [put, body] = image_of("c", "layer", "subject");
  auto scenario = given({});
  scenario.given_with_body(put, body);
  const auto rows = scenario.rows().values();
  const std::string user = put.digest.row();
  EXPECT_TRUE(rows.contains({Table::blob_in, "r\0"s + digest("c").row() + user}));
  EXPECT_TRUE(rows.contains({Table::blob_in, "r\0"s + digest("layer").row() + user}));
  const std::string size =
      "\0\0\0\0\0\0"s + static_cast<char>(body.size() >> 8) + static_cast<char>(body.size() & 255);
  EXPECT_EQ(rows.at({Table::referrer, "r\0"s + digest("subject").to_string() + "\0"s + user}),
            size + "\0\x2a"s + put.media_type + "c/d");
  EXPECT_TRUE(rows.contains({Table::refers, "r\0"s + user}));
  EXPECT_EQ(rows.size(), 5U);
}

TEST(Project, AnIndexNeedsItsChildren) {
  const auto [put, body] = index_of("m");
  auto scenario = given({});
  scenario.given_with_body(put, body);
  const auto rows = scenario.rows().values();
  EXPECT_TRUE(rows.contains({Table::child_in, "r\0"s + digest("m").row() + put.digest.row()}));
  EXPECT_EQ(rows.size(), 3U);
}

TEST(Project, ADeletedManifestTakesItsReferencesWithItAndNoneOfAnother) {
  const auto [put, body] = image_of("c", "layer", "subject");
  const auto [other, other_body] = image_of("c", "layer", "other");
  const auto [index, index_body] = index_of("m");
  auto scenario = given({});
  scenario.given_with_body(other, other_body);
  const auto before = scenario.rows().values();
  scenario.given_with_body(put, body).given_with_body(index, index_body);
  scenario.given(
      {oci::ManifestDeleted{put.digest, repo("r")}, oci::ManifestDeleted{index.digest, repo("r")}});
  EXPECT_EQ(scenario.rows().values(), trimmed(before));
}

TEST(Project, ABodyThatIsMissingIsAnErrorAndNotAnEmptyOne) {
  struct Nowhere final : Changes {
    void put(Table, std::string_view, std::string) override { ADD_FAILURE(); }
    void erase(Table, std::string_view) override { ADD_FAILURE(); }
  } changes;
  const Body other{digest("other"), std::make_shared<const std::string>("other")};
  for (const Bodies bodies : {Bodies{}, Bodies{&other, 1}}) {
    const auto failed = project(kPut, bodies, MemoryRows{}, changes);
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().code, Errc::corrupt);
    EXPECT_EQ(failed.error().about, About::body);
  }
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
  EXPECT_EQ(rows.at({Table::tag, "r\0t\0"s}), digest("n").row() + std::string(8, '\0'))
      << "what it is now, and that the first event made it";
  EXPECT_EQ(rows.count({Table::tag_of, kHeld + "t\0"s}), 0U);
}

TEST(Project, ATagSetToWhereItAlreadyPointsStays) {
  const auto rows = rows_after({oci::TagSet{digest("m"), digest("m"), repo("r"), tag("t")}});
  EXPECT_EQ(rows.size(), 2U);
}

TEST(Project, AttributesAreARowOnlyWhereSomethingIsNotAllowed) {
  const std::vector<Event> made = {content::RepoCreated{"oci", repo("r")}, kPut,
                                   oci::TagSet{digest("m"), std::nullopt, repo("r"), tag("t")}};
  auto scenario = given(made);
  const auto before = scenario.rows().values();
  auto expected = before;
  scenario.given({oci::TagAttributesSet{{.write = false}, repo("r"), tag("t")}});
  expected[{Table::tag_attributes, "r\0t\0"s}] = "\x07";
  expected[{Table::attributes, "r\0"s}] = "\x0f\x07";
  EXPECT_EQ(scenario.rows().values(), expected);
  scenario.given({oci::ManifestAttributesSet{{.read = false}, digest("m"), repo("r")},
                  content::RepoAttributesSet{{.list = false}, repo("r")}});
  expected[{Table::manifest_attributes, kHeld}] = "\x0b";
  expected[{Table::attributes, "r\0"s}] = "\x0d\x03";
  EXPECT_EQ(scenario.rows().values(), expected);
  scenario.given({oci::TagAttributesSet{{}, repo("r"), tag("t")},
                  oci::ManifestAttributesSet{{}, digest("m"), repo("r")},
                  content::RepoAttributesSet{{}, repo("r")}});
  expected = before;
  expected[{Table::attributes, "r\0"s}] = "\x0f\x03";
  EXPECT_EQ(scenario.rows().values(), expected) << "nobody counts what is locked inside";
}

TEST(Project, ADeletedTagLeavesTheManifest) {
  const auto rows = rows_after({kPut, oci::TagSet{digest("m"), std::nullopt, repo("r"), tag("t")},
                                oci::TagDeleted{digest("m"), repo("r"), tag("t")}});
  EXPECT_EQ(rows, trimmed(rows_after({kPut})));
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
  EXPECT_EQ(rows_after(events), trimmed(rows_after(stays)));
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
