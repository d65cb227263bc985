// Deleting a repository with everything in it.
#include <gtest/gtest.h>

#include <set>

#include "core/base/limits.h"
#include "tests/support/given.h"

namespace varve::content {
namespace {

using test::digest;
using test::given;
using test::MemoryRows;
using test::repo;
using test::resource;
using test::tag;
using namespace std::string_literals;

std::string descriptor(std::string_view content) {
  return R"({"mediaType":"c/d","digest":")" + digest(content).to_string() + R"(","size":)" +
         std::to_string(content.size()) + "}";
}

// A repository with a row in each of its tables: an image with a subject, an index over it, tags,
// and locks that keep nothing from being deleted.
void push_into(test::Scenario& scenario, const std::string& name) {
  const RepoName to = repo(name);
  const std::string image = R"({"schemaVersion":2,"config":)" + descriptor("config") +
                            R"(,"layers":[)" + descriptor("layer") + R"(],"subject":)" +
                            descriptor("nobody") + "}";
  const std::string index = R"({"schemaVersion":2,"manifests":[)" + descriptor(image) + "]}";
  scenario.given({RepoCreated{"oci", to}, BlobLinked{digest("config"), to, 6},
                  BlobLinked{digest("layer"), to, 5}, BlobLinked{digest("spare"), to, 5}});
  scenario.given_with_body(
      oci::ManifestPut{digest(image), "application/vnd.oci.image.manifest.v1+json", to,
                       image.size()},
      image);
  scenario.given_with_body(
      oci::ManifestPut{digest(index), "application/vnd.oci.image.index.v1+json", to, index.size()},
      index);
  scenario.given({oci::TagSet{digest(image), std::nullopt, to, tag("t")},
                  oci::TagSet{digest(index), digest(image), to, tag("t")},
                  oci::TagSet{digest(image), std::nullopt, to, tag("u")},
                  oci::TagSet{digest(image), std::nullopt, to, tag("v")},
                  oci::TagDeleted{digest(image), to, tag("v")},
                  RepoUpdated{Category::lang, "text", to}, RepoAttributesSet{{.list = false}, to},
                  oci::ManifestAttributesSet{{.read = false}, digest(image), to},
                  oci::TagAttributesSet{{.list = false, .read = false}, to, tag("u")}});
}

TEST(DeleteRepo, IsOneEventHoweverMuchIsInIt) {
  auto scenario = given({});
  push_into(scenario, "r");
  scenario.when(DeleteRepo{repo("r")}).then({RepoDeleted{repo("r")}});
}

TEST(DeleteRepo, LeavesNoRowOfItAndEveryRowOfOthers) {
  auto scenario = given({BlobCommitted{digest("config"), 6}, BlobCommitted{digest("layer"), 5},
                         BlobCommitted{digest("spare"), 5}});
  // Names that begin, end or continue with the one that goes.
  for (const std::string name : {"q/r", "r/s", "r-s", "ra"}) push_into(scenario, name);
  const auto others = scenario.rows().values();
  push_into(scenario, "r");
  std::set<Table> tables;
  for (const auto& [key, value] : scenario.rows().values())
    if (key.second.starts_with("r\0"s)) tables.insert(key.first);
  tables.erase(Table::namespace_first);  // of "r/s"
  EXPECT_EQ(tables.size(), 14U) << "each table of a repository is meant to be met here";
  scenario.given({RepoDeleted{repo("r")}});
  EXPECT_EQ(scenario.rows().values(), others);
}

TEST(DeleteRepo, OfWhatIsNotThere) {
  given({}).when(DeleteRepo{repo("r")}).then_refused(Errc::not_found, About::repository, "r");
  given({RepoCreated{"oci", repo("r")}, RepoDeleted{repo("r")}})
      .when(DeleteRepo{repo("r")})
      .then_refused(Errc::not_found, About::repository);
}

TEST(DeleteRepo, IsForWhoeverMayDelete) {
  const Actor ann{"ann", Auth::basic, test::credential('A')};
  const auto with = [&](Rights rights) {
    return given({RepoCreated{"oci", repo("r")},
                  trust::PrincipalCreated{trust::PrincipalKind::user, test::principal("ann")},
                  trust::CredentialAdded{test::credential('A'), std::nullopt,
                                         trust::CredentialKind::token, test::principal("ann")},
                  trust::GrantSet{test::principal("ann"), resource("r"), rights}})
        .when(DeleteRepo{repo("r")}, ann);
  };
  with({Right::pull, Right::push}).then_refused(Errc::denied, About::request);
  with({Right::del}).then({RepoDeleted{repo("r")}});
  given({RepoCreated{"oci", repo("r")}})
      .when(DeleteRepo{repo("r")}, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(DeleteRepo, TakesNoTagsThatAPolicyKeeps) {
  auto scenario = given({RepoCreated{"oci", repo("r")}, trust::PolicySet{true, resource("*")}});
  scenario.when(DeleteRepo{repo("r")}).then({RepoDeleted{repo("r")}});
  scenario
      .given({oci::ManifestPut{digest("m"), "a/b", repo("r"), 1},
              oci::TagSet{digest("m"), std::nullopt, repo("r"), tag("t")}})
      .when(DeleteRepo{repo("r")})
      .then_refused(Errc::denied, About::tag);
}

TEST(DeleteRepo, HasABound) {
  auto scenario = given({RepoCreated{"oci", repo("r")}});
  MemoryRows& rows = scenario.rows();
  const auto link = [&](std::size_t n) {
    rows.put(Table::link, RowKey().name("r").digest(digest(std::to_string(n))), "12345678");
  };
  // Each link is two rows; the repository's own is one.
  const std::size_t fit = (limits::kRepoRowsDeletedMax - 1) / 2;
  for (std::size_t n = 0; n < fit; ++n) link(n);
  scenario.when(DeleteRepo{repo("r")}).then({RepoDeleted{repo("r")}});
  link(fit);
  scenario.when(DeleteRepo{repo("r")}).then_refused(Errc::too_large, About::repository, "r");
}

TEST(DeleteRepo, LetsTheNextPushBeginAnew) {
  auto scenario = given({RepoCreated{"oci", repo("r")}, BlobCommitted{digest("x"), 1},
                         BlobLinked{digest("x"), repo("r"), 1}, RepoDeleted{repo("r")}});
  scenario.when(LinkBlob{repo("r"), digest("x"), 1})
      .then({RepoCreated{"oci", repo("r")}, BlobLinked{digest("x"), repo("r"), 1}});
  scenario.when(PurgeBlob{digest("x")}).then({BlobPurged{digest("x"), 1}});
}

TEST(DeleteRepo, CannotBeProjectedWithoutTheRowsBefore) {
  auto scenario = given({RepoCreated{"oci", repo("r")}});
  scenario.rows().break_disk();
  const auto failed = scenario.rows().apply(RepoDeleted{repo("r")});
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace varve::content
