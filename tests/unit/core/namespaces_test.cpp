// Namespaces that somebody made, repositories that were made before anything was pushed, and what
// is said about them.
#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/content/query.h"
#include "core/pulp/names.h"
#include "tests/support/given.h"
#include "tests/support/packages_given.h"

namespace varve::content {
namespace {

using test::given;
using test::name_space;
using test::principal;
using test::repo;
using test::resource;

TEST(NamespaceNames, AreSwrsAndCouldBeginARepository) {
  for (const char* good : {"a", "team", "my-team", "my_team", "my__team", "t.e.a-m_1"}) {
    EXPECT_TRUE(NamespaceName::parse(good).has_value()) << good;
    EXPECT_TRUE(RepoName::parse(std::string(good) + "/app").has_value()) << good;
  }
  EXPECT_TRUE(NamespaceName::parse(std::string(limits::kNamespaceBytesMax, 'a')).has_value());
}

TEST(NamespaceNames, AreRefusedWithAWordThatSaysWhatTheyAre) {
  const std::string longer(limits::kNamespaceBytesMax + 1, 'a');
  for (const std::string& bad :
       {std::string(), std::string("_"), std::string("1a"), std::string("a-"), std::string("a--b"),
        std::string("a..b"), std::string("a___b"), std::string("a._b"), std::string("A"),
        std::string("a/b"), std::string("a\0b", 3), std::string("manage"), std::string("asof.12"),
        longer}) {
    const auto parsed = NamespaceName::parse(bad);
    ASSERT_FALSE(parsed.has_value()) << bad;
    EXPECT_EQ(parsed.error().code, Errc::invalid);
    EXPECT_EQ(parsed.error().about, About::name_space);
  }
}

TEST(Categories, AreTheEightWords) {
  for (const char* word :
       {"app_server", "linux", "framework_app", "database", "lang", "other", "windows", "arm"}) {
    const auto category = parse_category(word);
    ASSERT_TRUE(category.has_value()) << word;
    EXPECT_EQ(to_string(*category), word);
  }
  for (const char* word : {"", "Linux", "others"}) EXPECT_FALSE(parse_category(word)) << word;
}

TEST(CreateNamespace, MakesOneThatHoldsNothing) {
  given({}).when(CreateNamespace{name_space("team")}).then({NamespaceCreated{name_space("team")}});
}

// Who may push packages would own the images, and who made a package could push images by its id.
TEST(CreateNamespace, IsNotForNamesThatStandForPackages) {
  for (const char* name : {"packages", "rpm"})
    given({})
        .when(CreateNamespace{name_space(name)})
        .then_refused(Errc::invalid, About::name_space, name);
}

TEST(ARepository, IsNotMadeUnderANameThatStandsForPackages) {
  const auto id = test::package_id(1);
  for (const RepoName& name :
       {pulp::resource_of(id), pulp::resource_of(test::rpm_repo("el9")), repo("rpm/a/b")}) {
    given({})
        .when(LinkBlob{name, test::digest("x"), 1})
        .then_refused(Errc::invalid, About::name, name.text());
    given({NamespaceCreated{name_space(name.text().substr(0, name.text().find('/')))}})
        .when(CreateRepo{name})
        .then_refused(Errc::invalid, About::name, name.text());
  }
  EXPECT_EQ(given({}).when(LinkBlob{repo("rpm"), test::digest("x"), 1}).decided(), 3U);
}

TEST(ARepository, OfAnEarlierLogKeepsSuchAName) {
  given({RepoCreated{"oci", repo("rpm/el9")}})
      .when(LinkBlob{repo("rpm/el9"), test::digest("x"), 1})
      .then(
          {BlobCommitted{test::digest("x"), 1}, BlobLinked{test::digest("x"), repo("rpm/el9"), 1}});
}

TEST(CreateNamespace, OfOneThatIsThereIsAConflictWhoeverMadeIt) {
  given({NamespaceCreated{name_space("team")}})
      .when(CreateNamespace{name_space("team")})
      .then_refused(Errc::conflict, About::name_space, "team");
  given({RepoCreated{"oci", repo("team/app")}})
      .when(CreateNamespace{name_space("team")})
      .then_refused(Errc::conflict, About::name_space, "team");
  // A name that only begins the same, and a repository of that name, are others.
  given({RepoCreated{"oci", repo("teams/app")}, RepoCreated{"oci", repo("team")}})
      .when(CreateNamespace{name_space("team")})
      .then({NamespaceCreated{name_space("team")}});
}

TEST(CreateNamespace, IsForWhoeverManagesWhatIsBelowIt) {
  given({})
      .when(CreateNamespace{name_space("team")}, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(DeleteNamespace, TakesAnEmptyOneOnly) {
  auto scenario = given({NamespaceCreated{name_space("team")}, RepoCreated{"oci", repo("team/a")}});
  scenario.when(DeleteNamespace{name_space("team")})
      .then_refused(Errc::unsupported, About::name_space, "team");
  scenario.given({RepoDeleted{repo("team/a")}});
  scenario.when(DeleteNamespace{name_space("team")}).then({NamespaceDeleted{name_space("team")}});
  scenario.given({NamespaceDeleted{name_space("team")}});
  scenario.when(DeleteNamespace{name_space("team")})
      .then_refused(Errc::not_found, About::name_space, "team");
}

TEST(CreateRepo, SaysOnlyWhatIsNotSoAnyway) {
  const auto team = NamespaceCreated{name_space("team")};
  given({team}).when(CreateRepo{repo("team/a")}).then({RepoCreated{"oci", repo("team/a")}});
  given({team})
      .when(CreateRepo{repo("team/a"), Category::other, "", false})  // nobody was granted anything
      .then({RepoCreated{"oci", repo("team/a")}});
  given({team})
      .when(CreateRepo{repo("team/a"), Category::lang, "it\nhas lines", true})
      .then({RepoCreated{"oci", repo("team/a")},
             RepoUpdated{Category::lang, "it\nhas lines", repo("team/a")},
             trust::GrantSet{principal("anonymous"), resource("team/a"), {Right::pull}}});
}

TEST(CreateRepo, NeedsItsNamespaceUnlessItIsBelowNone) {
  given({})
      .when(CreateRepo{repo("team/a")})
      .then_refused(Errc::not_found, About::name_space, "team");
  given({}).when(CreateRepo{repo("1st/a")}).then_refused(Errc::not_found, About::name_space, "1st");
  given({RepoCreated{"oci", repo("1st/b")}})
      .when(CreateRepo{repo("1st/a")})
      .then({RepoCreated{"oci", repo("1st/a")}});
  given({}).when(CreateRepo{repo("a")}).then({RepoCreated{"oci", repo("a")}});
}

TEST(CreateRepo, OfOneThatIsThereIsAConflict) {
  given({RepoCreated{"oci", repo("team/a")}})
      .when(CreateRepo{repo("team/a")})
      .then_refused(Errc::conflict, About::repository, "team/a");
}

TEST(CreateRepo, RefusesDescriptionsThatAreNoText) {
  const std::string longest(limits::kDescriptionBytesMax, 'x');
  for (const std::string& bad :
       {longest + "x", std::string("\xff"), std::string("a\x1b[2J"), std::string("\xc2\x9b")})
    given({})
        .when(CreateRepo{repo("a"), Category::other, bad})
        .then_refused(Errc::invalid, About::request);
  given({})
      .when(CreateRepo{repo("a"), Category::other, longest})
      .then({RepoCreated{"oci", repo("a")}, RepoUpdated{std::nullopt, longest, repo("a")}});
}

TEST(UpdateRepo, SaysWhatChangesAndNothingElse) {
  auto scenario =
      given({RepoCreated{"oci", repo("a")}, RepoUpdated{Category::arm, "old", repo("a")}});
  scenario.when(UpdateRepo{repo("a"), Category::arm, "old"}).then_nothing();
  scenario.when(UpdateRepo{repo("a"), Category::arm, "new"})
      .then({RepoUpdated{std::nullopt, "new", repo("a")}});
  scenario.when(UpdateRepo{repo("a"), Category::other})
      .then({RepoUpdated{Category::other, std::nullopt, repo("a")}});
  scenario.when(UpdateRepo{repo("b"), Category::other})
      .then_refused(Errc::not_found, About::repository, "b");
}

TEST(UpdateRepo, OfOneThatIsLockedAgainstChangesIsRefused) {
  given({RepoCreated{"oci", repo("a")}, RepoAttributesSet{{.write = false}, repo("a")}})
      .when(UpdateRepo{repo("a"), std::nullopt, "new"})
      .then_refused(Errc::locked, About::repository);
}

TEST(RepoUpdated, KeepsWhatItDoesNotNameAndNeedsNoRowForNothing) {
  auto scenario =
      given({RepoCreated{"oci", repo("a")}, RepoUpdated{Category::arm, "text", repo("a")},
             RepoUpdated{std::nullopt, "other text", repo("a")}});
  const auto said = description_of(scenario.rows(), repo("a"));
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->category, Category::arm);
  EXPECT_EQ(said->text, "other text");
  EXPECT_EQ(said->index, EntryIndex{2});
  const auto bare = given({RepoCreated{"oci", repo("a")}}).rows().values();
  scenario.given({RepoUpdated{Category::other, "", repo("a")}});
  EXPECT_EQ(scenario.rows().values(), bare);
}

TEST(RepoUpdated, GoesWithTheRepository) {
  auto scenario = given({RepoCreated{"oci", repo("a")}, RepoUpdated{Category::arm, "t", repo("a")},
                         RepoDeleted{repo("a")}});
  EXPECT_EQ(scenario.rows().values().size(), 1U) << "the namespace is still known";
  EXPECT_EQ(*namespace_id(scenario.rows(), "_"), EntryIndex{0});
}

TEST(RepoUpdated, ARowOfAnUnknownCategoryIsDamage) {
  auto scenario =
      given({RepoCreated{"oci", repo("a")}, RepoUpdated{Category::arm, "t", repo("a")}});
  for (const std::string& bad : {std::string(), std::string("\x08text"), std::string("\xff")}) {
    scenario.rows().put(Table::repo_description, std::string("a\0", 2), bad);
    const auto said = description_of(scenario.rows(), repo("a"));
    ASSERT_FALSE(said.has_value());
    EXPECT_EQ(said.error().code, Errc::corrupt);
  }
}

TEST(NamespaceId, IsTheFirstEventEverThatMadeOneOfThatName) {
  auto scenario = given({RepoCreated{"oci", repo("a/x")}, RepoCreated{"oci", repo("a/y")},
                         NamespaceCreated{name_space("b")}, RepoCreated{"oci", repo("b/x")},
                         RepoCreated{"oci", repo("aa/x")}, RepoCreated{"oci", repo("a")},
                         RepoCreated{"oci", repo("b")}});
  EXPECT_EQ(*namespace_id(scenario.rows(), "a"), EntryIndex{0});
  EXPECT_EQ(*namespace_id(scenario.rows(), "b"), EntryIndex{2});
  EXPECT_EQ(*namespace_id(scenario.rows(), "aa"), EntryIndex{4});
  EXPECT_EQ(*namespace_id(scenario.rows(), kNoNamespace), EntryIndex{5});
  EXPECT_EQ(namespace_id(scenario.rows(), "c").error().code, Errc::corrupt);
}

TEST(NamespaceId, StaysWhateverIsDeletedAndMadeAgain) {
  auto scenario = given({RepoCreated{"oci", repo("a/x")}, RepoDeleted{repo("a/x")}});
  EXPECT_EQ(*namespace_id(scenario.rows(), "a"), EntryIndex{0});
  EXPECT_FALSE(*namespace_is_there(scenario.rows(), "a"));
  scenario.given({NamespaceCreated{name_space("a")}, RepoCreated{"oci", repo("a/x")},
                  RepoDeleted{repo("a/x")}, NamespaceDeleted{name_space("a")},
                  RepoCreated{"oci", repo("a/y")}});
  EXPECT_EQ(*namespace_id(scenario.rows(), "a"), EntryIndex{0});
  EXPECT_TRUE(*namespace_is_there(scenario.rows(), "a"));
}

TEST(NamespaceId, CannotBeNotedWithoutTheRowsBefore) {
  for (const Event& event :
       {Event(NamespaceCreated{name_space("a")}), Event(RepoCreated{"oci", repo("a/x")})}) {
    auto scenario = given({});
    scenario.rows().break_disk();
    EXPECT_FALSE(scenario.rows().apply(event).has_value());
    EXPECT_EQ(namespace_id(scenario.rows(), "a").error().code, Errc::unavailable);
  }
}

TEST(NamespaceOf, IsTheFirstComponentOrNone) {
  EXPECT_EQ(namespace_of(repo("team/app/x")), "team");
  EXPECT_EQ(namespace_of(repo("app")), kNoNamespace);
}

}  // namespace
}  // namespace varve::content
