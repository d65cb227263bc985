// Rows about packages: what is written is found again, and nothing else is taken for a row.
#include "core/pulp/query.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/pulp/rows.h"
#include "tests/support/packages_given.h"

namespace varve::pulp {
namespace {

using test::created_package;
using test::digest;
using test::given;
using test::nevra;
using test::package_id;
using test::rpm_repo;
using test::Scenario;
using test::sha256;
using test::word;

const RepositoryCreated kEl9{"noarch", "Enterprise 9", rpm_repo("el9")};

std::vector<PackageId> all_of(const View& view, std::size_t rows_max = SIZE_MAX) {
  std::vector<PackageId> ids;
  std::optional<PackageId> after;
  do {
    after = each_package(view, after, rows_max, [&](const PackageRow& row) -> Result<bool> {
              ids.push_back(row.id);
              return true;
            }).value();
  } while (after);
  return ids;
}

TEST(PulpRows, APackageIsFoundAsItWasCreated) {
  auto event = created_package(1, "bash");
  event.file = digest("rpm");
  auto scenario = given({event});
  const auto row = find_package(scenario.rows(), package_id(1)).value();
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->nevra, event.nevra);
  EXPECT_EQ(row->checksum, event.checksum);
  EXPECT_EQ(row->filename, event.filename);
  EXPECT_EQ(row->details, event.digest);
  EXPECT_EQ(row->details_size, event.size);
  EXPECT_EQ(row->file, event.file);
  EXPECT_EQ(find_package(scenario.rows(), package_id(2)).value(), std::nullopt);
}

TEST(PulpRows, PackagesThatAreCalledTheSameComeTheEarliestFirst) {
  auto scenario = given({created_package(9, "bash", "first"), created_package(1, "bash", "second"),
                         created_package(5, "bash-doc", "third")});
  const auto found = find_packages(scenario.rows(), nevra("bash"), 10).value();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].id, package_id(9));
  EXPECT_EQ(found[1].id, package_id(1));
  EXPECT_EQ(found[1].checksum, sha256("second"));
  EXPECT_EQ(find_same(scenario.rows(), nevra("bash"), sha256("second")).value()->id, package_id(1));
  EXPECT_EQ(find_same(scenario.rows(), nevra("bash"), sha256("third")).value(), std::nullopt);
}

TEST(PulpRows, SayHowManyPackagesAreCalledTheSameAndWhichOneIsAlone) {
  std::mt19937_64 random(20261122);
  Scenario scenario = given({});
  std::map<unsigned, std::string> alive;  // and what they are called
  for (unsigned step = 0; step < 300; ++step) {
    const auto n = static_cast<unsigned>(random() % 12);
    if (const auto known = alive.find(n); known != alive.end()) {
      scenario.given({PackageDeleted{nevra(alive[n]), package_id(n)}});
      alive.erase(known);
    } else {
      alive[n] = random() % 2 == 0 ? "bash" : "bash-doc";
      scenario.given({created_package(n, alive[n], std::to_string(n))});
    }
    for (const char* name : {"bash", "bash-doc", "absent"}) {
      const auto named = find_packages(scenario.rows(), nevra(name), 100).value();
      const Called called = find_called(scenario.rows(), nevra(name)).value();
      ASSERT_EQ(called.packages, named.size()) << step;
      ASSERT_EQ(called.only.has_value(), named.size() == 1) << step;
      if (called.only) {
        ASSERT_EQ(*called.only, named[0].id) << step;
      }
    }
  }
}

TEST(PulpRows, RefuseACountOfPackagesThatTheyWouldNotHaveWritten) {
  CalledSo two;
  two.add(package_id(1));
  two.add(package_id(2));
  EXPECT_EQ(CalledSo::of_value(two.value())->packages(), 2U);
  EXPECT_FALSE(two.only().has_value());
  two.remove(package_id(2));
  const std::string one = two.value();
  EXPECT_EQ(CalledSo::of_value(one)->only(), package_id(1));
  std::string none = one;
  none[7] = 0;
  std::string other = one;
  other[12] ^= 0x40;
  for (const std::string& bad : {std::string(), one.substr(1), one + "x", none})
    EXPECT_EQ(CalledSo::of_value(bad).error().code, Errc::corrupt);
  EXPECT_EQ(CalledSo::of_value(other)->only().error().code, Errc::corrupt);
}

TEST(PulpRows, APackageAddedLaterToARepositoryIsStillTheEarliest) {
  auto scenario = given({created_package(9, "bash", "first"), created_package(1, "bash", "second"),
                         kEl9, PackageAdded{package_id(9), rpm_repo("el9")}});
  EXPECT_EQ(find_packages(scenario.rows(), nevra("bash"), 10).value()[0].id, package_id(9));
}

TEST(PulpRows, AllPackagesAreVisitedPageByPage) {
  std::vector<Event> events;
  for (unsigned n = 0; n < 10; ++n)
    events.emplace_back(created_package(n, "p" + std::to_string(n)));
  auto scenario = given(events);
  const auto whole = all_of(scenario.rows());
  EXPECT_EQ(whole.size(), 10u);
  EXPECT_EQ(all_of(scenario.rows(), 3), whole);
  EXPECT_EQ(all_of(scenario.rows(), 1), whole);
}

TEST(PulpRows, MembersAreCountedAndFoundFromBothSides) {
  auto scenario = given({kEl9, created_package(1, "bash"), created_package(2, "zsh"),
                         PackageAdded{package_id(2), rpm_repo("el9")},
                         PackageAdded{package_id(1), rpm_repo("el9")}});
  EXPECT_EQ(find_repository(scenario.rows(), rpm_repo("el9")).value()->members, 2u);
  EXPECT_EQ(repositories_of(scenario.rows(), package_id(1), 9).value(),
            std::vector{rpm_repo("el9")});
  EXPECT_TRUE(is_member(scenario.rows(), rpm_repo("el9"), package_id(2)).value());
  scenario.given({PackageRemoved{package_id(2), rpm_repo("el9")}});
  EXPECT_EQ(find_repository(scenario.rows(), rpm_repo("el9")).value()->members, 1u);
  EXPECT_EQ(find_package(scenario.rows(), package_id(1)).value()->repositories, 1u);
  EXPECT_EQ(find_package(scenario.rows(), package_id(2)).value()->repositories, 0u);
}

TEST(PulpRows, EveryEventAboutAPackageOrItsRepositoryWritesTheirRowsAgain) {
  auto scenario = given({kEl9, created_package(1, "bash")});
  scenario.given({PackageAdded{package_id(1), rpm_repo("el9")}});
  EXPECT_EQ(find_package(scenario.rows(), package_id(1)).value()->index, EntryIndex{2});
  EXPECT_EQ(find_repository(scenario.rows(), rpm_repo("el9")).value()->index, EntryIndex{2});
  scenario.given({PackageRemoved{package_id(1), rpm_repo("el9")}});
  EXPECT_EQ(find_package(scenario.rows(), package_id(1)).value()->index, EntryIndex{3});
}

TEST(PulpRows, PackagesAreFoundByTheNameAndTheBytesOfTheirFile) {
  auto event = created_package(1, "bash");
  event.file = digest("rpm");
  auto scenario = given({event, created_package(2, "bash", "other")});
  EXPECT_EQ(packages_with_file_name(scenario.rows(), word("bash.rpm"), 9).value(),
            (std::vector{package_id(1), package_id(2)}));
  EXPECT_EQ(packages_with_file(scenario.rows(), digest("rpm"), 9).value(),
            std::vector{package_id(1)});
}

TEST(PulpRows, ADeletedPackageLeavesNoRow) {
  auto event = created_package(1, "bash");
  event.file = digest("rpm");
  auto scenario = given({event});
  scenario.given({PackageDeleted{nevra("bash"), package_id(1)}});
  EXPECT_TRUE(scenario.rows().values().empty());
}

TEST(PulpRows, ARowThatIsCutShortOrGrownIsDamage) {
  auto scenario = given({created_package(1, "bash")});
  const std::string whole = package_value(*find_package(scenario.rows(), package_id(1)).value());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(package_of_value(package_id(1), whole.substr(0, size), {}).has_value()) << size;
  EXPECT_FALSE(package_of_value(package_id(1), whole + "x", {}).has_value());
  EXPECT_TRUE(package_of_value(package_id(1), whole, {}).has_value());
  EXPECT_FALSE(repository_of(rpm_repo("el9"), Row{{}, std::string(8, '\0') + "no end"}));
}

TEST(PulpRows, RepositoriesAreListedByTheirIds) {
  auto scenario = given({kEl9, RepositoryCreated{"x86_64", "b", rpm_repo("b")},
                         RepositoryCreated{"x86_64", "a", rpm_repo("a")}});
  const auto first = list_repositories(scenario.rows(), "", 2).value();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[1].id, rpm_repo("b"));
  const auto rest = list_repositories(scenario.rows(), "b", 2).value();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].name, "Enterprise 9");
}

}  // namespace
}  // namespace varve::pulp
