// What a listing of all repositories says of each, and what its tags reach.
#include "core/oci/overview.h"

#include <gtest/gtest.h>

#include "tests/support/given.h"

namespace varve::oci {
namespace {

using content::BlobCommitted;
using content::BlobLinked;
using content::Category;
using content::RepoAttributesSet;
using content::RepoCreated;
using content::RepoUpdated;
using test::digest;
using test::given;
using test::repo;
using test::Scenario;
using test::tag;

constexpr const char* kImage = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndex = "application/vnd.oci.image.index.v1+json";

std::string descriptor(std::string_view bytes) {
  return R"({"mediaType":"c/d","digest":")" + digest(bytes).to_string() + R"(","size":)" +
         std::to_string(bytes.size()) + "}";
}
std::string image(std::string_view config, std::string_view layer) {
  return R"({"schemaVersion":2,"config":)" + descriptor(config) + R"(,"layers":[)" +
         descriptor(layer) + "]}";
}
void link(Scenario& scenario, const char* where, std::string_view blob) {
  scenario.given({BlobLinked{digest(blob), repo(where), blob.size()}});
}
void put(Scenario& scenario, const char* where, const std::string& body, const char* type) {
  scenario.given_with_body(ManifestPut{digest(body), type, repo(where), body.size()}, body);
}
TagSet set(const char* where, const char* name, const std::string& body) {
  return TagSet{digest(body), std::nullopt, repo(where), tag(name)};
}

RepoOverview of(Scenario& scenario, const char* where) {
  const auto facts = overview_of(scenario.rows(), repo(where));
  EXPECT_TRUE(facts.has_value() && facts->has_value()) << where;
  return facts && *facts ? **facts : RepoOverview{};
}

TEST(Overview, CountsTagsAndNamesTheNewestEventDeletionsIncluded) {
  auto scenario = given({RepoCreated{"oci", repo("a")}, RepoCreated{"oci", repo("a/b")}});  // 0, 1
  put(scenario, "a", "m1", kImage);                                                         // 2
  scenario.given({set("a", "t1", "m1"), set("a", "t2", "m1")});                             // 3, 4
  EXPECT_EQ(of(scenario, "a"), (RepoOverview{"a", EntryIndex{0}, EntryIndex{4}, 2}));
  EXPECT_EQ(of(scenario, "a/b"), (RepoOverview{"a/b", EntryIndex{1}, EntryIndex{1}, 0}));
  scenario.given({TagDeleted{digest("m1"), repo("a"), tag("t2")}});  // 5
  EXPECT_EQ(of(scenario, "a"), (RepoOverview{"a", EntryIndex{0}, EntryIndex{5}, 1}));
  scenario.given({RepoUpdated{Category::lang, "text", repo("a")}});  // 6
  EXPECT_EQ(of(scenario, "a").updated, EntryIndex{6});
  scenario.given({ManifestDeleted{digest("m1"), repo("a")}});  // 7: the last tag goes with it
  EXPECT_EQ(of(scenario, "a").updated, EntryIndex{7});
  EXPECT_EQ(of(scenario, "a").category, Category::lang);
}

TEST(Overview, HidesWhatIsLockedAgainstListings) {
  auto scenario = given({RepoCreated{"oci", repo("a")}});
  put(scenario, "a", "m1", kImage);
  scenario.given({set("a", "t1", "m1"), set("a", "t2", "m1"),
                  TagAttributesSet{{.list = false}, repo("a"), tag("t1")}});
  EXPECT_EQ(of(scenario, "a").tags, 1U);
  EXPECT_TRUE(of(scenario, "a").hides_tags);
  EXPECT_FALSE(of(scenario, "a").hidden);
  scenario.given({RepoAttributesSet{{.list = false}, repo("a")}});
  EXPECT_TRUE(of(scenario, "a").hidden);
  EXPECT_EQ(*hidden_repos(scenario.rows()), std::set<std::string>{"a"});
}

TEST(Overview, IsTheSameOneByOneAndAllTogether) {
  auto scenario = given({});
  for (const char* name : {"a", "a-b", "a/b", "a.c", "b"}) {
    scenario.given({RepoCreated{"oci", repo(name)}});
    put(scenario, name, std::string("m") + name, kImage);
    scenario.given({set(name, "t1", std::string("m") + name)});
  }
  scenario.given({TagDeleted{digest("ma"), repo("a"), tag("t1")},
                  ManifestDeleted{digest("ma/b"), repo("a/b")}, RepoCreated{"other", repo("z")},
                  RepoUpdated{Category::arm, "", repo("a-b")},
                  RepoAttributesSet{{.list = false}, repo("a.c")},
                  TagAttributesSet{{.list = false}, repo("b"), tag("t1")}});
  const auto all = overviews(scenario.rows());
  ASSERT_TRUE(all.has_value());
  std::vector<std::string> names;
  for (const RepoOverview& facts : *all) {
    names.push_back(facts.repo);
    EXPECT_EQ(facts, of(scenario, facts.repo.c_str()));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a", "a-b", "a.c", "a/b", "b"}));
  EXPECT_EQ(*overview_of(scenario.rows(), repo("z")), std::nullopt);
  EXPECT_EQ(*overview_of(scenario.rows(), repo("none")), std::nullopt);
}

TEST(Overview, AnUnreadableStoreHoldsNotNothing) {
  auto scenario = given({RepoCreated{"oci", repo("a")}});
  scenario.rows().break_disk();
  EXPECT_FALSE(overviews(scenario.rows()).has_value());
  EXPECT_FALSE(overview_of(scenario.rows(), repo("a")).has_value());
  EXPECT_FALSE(tagged_bytes(scenario.rows(), repo("a")).has_value());
}

TEST(TaggedBytes, CountEachBlobOnceHoweverItIsReached) {
  auto scenario = given({RepoCreated{"oci", repo("a")}});
  for (const char* blob : {"cfg", "layer", "other"}) link(scenario, "a", blob);
  const std::string one = image("cfg", "layer");
  const std::string two = image("cfg", "other");
  const std::string index =
      R"({"schemaVersion":2,"manifests":[)" + descriptor(one) + "," + descriptor(two) + "]}";
  put(scenario, "a", one, kImage);
  put(scenario, "a", two, kImage);
  put(scenario, "a", index, kIndex);
  EXPECT_EQ(*tagged_bytes(scenario.rows(), repo("a")), 0U);  // nothing is tagged
  scenario.given({set("a", "one", one), set("a", "again", one)});
  EXPECT_EQ(*tagged_bytes(scenario.rows(), repo("a")), 3U + 5U);
  scenario.given({set("a", "multi", index)});
  EXPECT_EQ(*tagged_bytes(scenario.rows(), repo("a")), 3U + 5U + 5U);
  EXPECT_EQ(*reached_bytes(scenario.rows(), repo("a"), {digest(two)}), 3U + 5U);
  EXPECT_EQ(*reached_bytes(scenario.rows(), repo("b"), {digest(two)}), 0U);
}

TEST(ReachedBytes, AreNotCountedBeyondTheLinksThatMayBeLookedAt) {
  auto scenario = given({RepoCreated{"oci", repo("a")}});
  for (const char* blob : {"cfg", "layer"}) link(scenario, "a", blob);
  const std::string one = image("cfg", "layer");
  const std::string index = R"({"schemaVersion":2,"manifests":[)" + descriptor(one) + "]}";
  put(scenario, "a", one, kImage);
  put(scenario, "a", index, kIndex);
  std::size_t left = 5;
  const auto count = [&](const std::string& manifest) {
    return *reached_bytes(scenario.rows(), repo("a"), {digest(manifest)}, left);
  };
  EXPECT_EQ(count(index), 3U + 5U);
  EXPECT_EQ(left, 2U);  // the index names one, the image two
  EXPECT_EQ(count(index), std::nullopt);
  left = 2;
  EXPECT_EQ(count(one), 3U + 5U);
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(count(one), std::nullopt);
}

TEST(CreatedAt, IsTheEventThatMadeTheOneThatIsThere) {
  auto scenario = given({RepoCreated{"oci", repo("t/b")}, RepoCreated{"oci", repo("t/a")},
                         content::RepoDeleted{repo("t/b")}});
  EXPECT_EQ(*created_at(scenario.rows(), repo("t/a")), EntryIndex{1});
  EXPECT_EQ(*created_at(scenario.rows(), repo("t/b")), std::nullopt);
  scenario.given({RepoCreated{"oci", repo("t/b")}});
  EXPECT_EQ(*created_at(scenario.rows(), repo("t/b")), EntryIndex{3});
}

}  // namespace
}  // namespace varve::oci
