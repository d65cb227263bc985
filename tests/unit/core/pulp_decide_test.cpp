// What may happen to packages and their repositories.
#include <gtest/gtest.h>

#include "core/pulp/query.h"
#include "log/proof/author.h"
#include "tests/support/author_given.h"
#include "tests/support/packages_given.h"

namespace varve::pulp {
namespace {

using test::AuthorKey;
using test::create_package;
using test::created_package;
using test::credential;
using test::digest;
using test::given;
using test::nevra;
using test::package_id;
using test::principal;
using test::repo;
using test::resource;
using test::rpm_repo;
using test::sha256;
using test::word;

// ---- names ----

TEST(PulpNames, APackagesIdIsAUuidInLowerCase) {
  EXPECT_TRUE(PackageId::parse("1f0e6e44-3c1c-4a55-9d35-0c2ff7f3a1b2").has_value());
  for (const char* bad :
       {"", "1F0E6E44-3c1c-4a55-9d35-0c2ff7f3a1b2", "1f0e6e443c1c4a559d350c2ff7f3a1b2",
        "1f0e6e44-3c1c-4a55-9d35-0c2ff7f3a1b", "1f0e6e44-3c1c-4a55-9d35-0c2ff7f3a1b2/", "g-0"})
    EXPECT_FALSE(PackageId::parse(bad).has_value()) << bad;
}

TEST(PulpNames, IdsOfRandomBytesSayThatTheyAreOfVersionFour) {
  const PackageId id = PackageId::from_random(std::string(16, '\xff'));
  EXPECT_EQ(id.text(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(PackageId::parse(id.text()).value(), id);
}

TEST(PulpNames, OfPackagesAreFoundAgainInWhatGrantsAreAbout) {
  const PackageId id = package_id(7);
  EXPECT_EQ(package_named(resource_of(id)), id);
  for (const char* other : {"rpm/el9", "packages", "packages/app", "team/packages"})
    EXPECT_EQ(package_named(RepoName::parse(other).value()), std::nullopt) << other;
  EXPECT_EQ(package_named(RepoName::parse("x/" + id.text()).value()), std::nullopt);
}

TEST(PulpNames, ARepositorysIdIsOneComponentOfAName) {
  for (const char* good : {"el9", "fedora-38.x86_64", "a__b"})
    EXPECT_TRUE(RepositoryId::parse(good).has_value()) << good;
  for (const std::string& bad : {std::string(), std::string("a/b"), std::string("EL9"),
                                 std::string(".."), std::string("a "), std::string(65, 'a')})
    EXPECT_FALSE(RepositoryId::parse(bad).has_value()) << bad;
}

TEST(PulpNames, AWordCanStandInAPath) {
  for (const char* good : {"libstdc++", "~rc1^git", "1:2", "%{x}"})
    EXPECT_TRUE(Word::parse(good).has_value()) << good;
  for (const std::string& bad :
       {std::string(), std::string("a/b"), std::string("a b"), std::string("."), std::string(".."),
        std::string("a\0b", 3), std::string("\x7f"), std::string("\xc3\xa4"),
        std::string(256, 'a')})
    EXPECT_FALSE(Word::parse(bad).has_value()) << bad;
}

TEST(PulpNames, GrantsAreAboutPackagesAndRpmRepositories) {
  EXPECT_EQ(resource_of(package_id(1)).text(), "packages/00000001-0000-4000-8000-000000000000");
  EXPECT_EQ(resource_of(rpm_repo("el9")).text(), "rpm/el9");
  EXPECT_TRUE(resource("packages/*").covers(resource_of(package_id(1))));
}

// ---- packages ----

TEST(CreatePackage, WithoutAFileIsOneEvent) {
  given({}).when(create_package(1, "bash")).then({created_package(1, "bash")});
}

TEST(CreatePackage, WithItsFileCommitsTheBlobFirst) {
  auto wish = create_package(1, "bash");
  wish.file = File{digest("rpm"), 3};
  auto event = created_package(1, "bash");
  event.file = digest("rpm");
  given({}).when(wish).then({content::BlobCommitted{digest("rpm"), 3}, event});
  given({content::BlobCommitted{digest("rpm"), 3}}).when(wish).then({event});
}

TEST(CreatePackage, OfABlobThatARepositoryLinksNeedsTheLink) {
  auto wish = create_package(1, "bash");
  wish.file = File{digest("rpm"), 3, repo("team/app")};
  given({}).when(wish).then_refused(Errc::not_found, About::blob, digest("rpm").to_string());
  const std::vector<Event> linked{content::RepoCreated{"oci", repo("team/app")},
                                  content::BlobCommitted{digest("rpm"), 3},
                                  content::BlobLinked{digest("rpm"), repo("team/app"), 3}};
  EXPECT_EQ(given(linked).when(wish).decided(), 1u);
  wish.file->size = 4;
  given(linked).when(wish).then_refused(Errc::not_found, About::blob);
}

TEST(CreatePackage, TheSameNameWithAnotherChecksumIsAnotherPackage) {
  given({created_package(1, "bash")})
      .when(create_package(2, "bash", "other"))
      .then({created_package(2, "bash", "other")});
}

TEST(CreatePackage, TheSameNameAndChecksumIsAConflictWhateverTheFileIsCalled) {
  auto wish = create_package(2, "bash");
  wish.filename = word("another.rpm");
  given({created_package(1, "bash")})
      .when(wish)
      .then_refused(Errc::conflict, About::package, package_id(1).text());
}

TEST(CreatePackage, AfterADeleteTheNameIsFree) {
  given({created_package(1, "bash"), PackageDeleted{nevra("bash"), package_id(1)}})
      .when(create_package(2, "bash"))
      .then({created_package(2, "bash")});
}

TEST(CreatePackage, AnEpochIsANumberThatRpmCanHold) {
  for (const char* epoch : {"x", "-1", "4294967296", "1.0"}) {
    auto wish = create_package(1, "bash");
    wish.nevra.epoch = word(epoch);
    given({}).when(wish).then_refused(Errc::invalid, About::name, epoch);
  }
}

std::vector<Event> with_ci(std::vector<Event> more = {}) {
  std::vector<Event> events{trust::PrincipalCreated{trust::PrincipalKind::service, principal("ci")},
                            trust::CredentialAdded{credential('C'), std::nullopt,
                                                   trust::CredentialKind::token, principal("ci")}};
  events.insert(events.end(), more.begin(), more.end());
  return events;
}
const Actor kCi{"ci", Auth::basic, credential('C')};

TEST(CreatePackage, NeedsTheRightToPushPackages) {
  given(with_ci()).when(create_package(1, "bash"), kCi).then_refused(Errc::denied, About::request);
  given({})
      .when(create_package(1, "bash"), test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(CreatePackage, ThatIsHereAlreadyIsNamedToNobodyWhoMayNotPullIt) {
  const trust::GrantSet push{principal("ci"), resource("packages/*"), {Right::push}};
  auto scenario = given(with_ci({push, created_package(1, "bash")}));
  const Command again{kCi, "r", "test", create_package(2, "bash"), {}};
  const auto refused = decide(again, scenario.rows());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_EQ(refused.error().detail, "");
}

TEST(CreatePackage, LetsItsCreatorReadAndDeleteIt) {
  const trust::GrantSet push{principal("ci"), resource("packages/*"), {Right::push}};
  given(with_ci({push}))
      .when(create_package(1, "bash"), kCi)
      .then({created_package(1, "bash"),
             trust::GrantSet{principal("ci"), Resource(resource_of(package_id(1))),
                             Rights::of_a_repository()}});
}

TEST(CreatePackage, ABlobOfARepositoryThatTheCallerMayNotPullIsNotForThem) {
  const trust::GrantSet push{principal("ci"), resource("packages/*"), {Right::push}};
  auto wish = create_package(1, "bash");
  wish.file = File{digest("rpm"), 3, repo("secret/app")};
  given(with_ci({push, content::BlobCommitted{digest("rpm"), 3},
                 content::BlobLinked{digest("rpm"), repo("secret/app"), 3}}))
      .when(wish, kCi)
      .then_refused(Errc::denied, About::request);
}

TEST(DeletePackage, IsRefusedInPulpsWordsWhileARepositoryHasIt) {
  const std::vector<Event> member{created_package(1, "bash"),
                                  RepositoryCreated{"noarch", "el9", rpm_repo("el9")},
                                  PackageAdded{package_id(1), rpm_repo("el9")}};
  given(member).when(DeletePackage{package_id(1)}).then_refused(Errc::conflict, About::package);
  const auto refused = decide({test::kDeveloper, "r", "test", DeletePackage{package_id(1)}, {}},
                              given(member).rows());
  EXPECT_EQ(refused.error().what,
            "package [" + package_id(1).text() + "] has references, delete not permitted");
  auto free = member;
  free.emplace_back(PackageRemoved{package_id(1), rpm_repo("el9")});
  given(free)
      .when(DeletePackage{package_id(1)})
      .then({PackageDeleted{nevra("bash"), package_id(1)}});
}

TEST(DeletePackage, OfOneThatIsNotThereSaysSo) {
  given({})
      .when(DeletePackage{package_id(1)})
      .then_refused(Errc::not_found, About::package, package_id(1).text());
}

// ---- authors ----

class SignedPackage : public testing::Test {
 protected:
  static constexpr std::string_view kOrigin = test::kAuthorsOrigin;
  std::vector<Event> world(bool required = false) {
    std::vector<Event> events = with_ci({
        system::Genesis{"registry.example/events+a1b2c3d4+AQID", "sha256",
                        "registry.example+0badcafe+BQYH", std::string(kOrigin)},
        trust::GrantSet{principal("ci"), resource("packages/*"), {Right::push}},
        author.registered(principal("ci")),
    });
    if (required) events.emplace_back(trust::PolicySet{false, resource("packages/*"), true});
    return events;
  }
  trust::AuthorStatement statement(std::string_view content = "rpm") {
    return {std::string(kOrigin), "PUT", std::string(kSignedType), signed_resource(nevra("bash")),
            hash_from(digest(content).raw())};
  }
  CreatePackage signed_wish(const trust::AuthorStatement& said) {
    auto wish = create_package(1, "bash");
    wish.author = author.sign(said);
    return wish;
  }
  AuthorKey author{'a'};
};

TEST_F(SignedPackage, CarriesTheClaimInItsEvent) {
  auto event = created_package(1, "bash");
  event.author = author.claim(statement());
  given(world()).when(signed_wish(statement())).then({event});
  const Event written = event;
  ASSERT_NE(author_of(written), nullptr);
  EXPECT_EQ(author_of(written)->key_id, author.id());
  EXPECT_TRUE(verify_author(written, kOrigin).has_value());
  EXPECT_FALSE(verify_author(written, "elsewhere.example").has_value());
}

TEST_F(SignedPackage, OverAnotherFileNameOrLogIsRefused) {
  auto other_name = statement();
  other_name.resource = signed_resource(nevra("zsh"));
  auto other_log = statement();
  other_log.origin = "elsewhere.example";
  auto other_type = statement();
  other_type.type = "application/json";
  for (const auto& said : {statement("other"), other_name, other_log, other_type})
    given(world()).when(signed_wish(said)).then_refused(Errc::denied, About::signature);
}

TEST_F(SignedPackage, ByARevokedKeyIsRefused) {
  auto events = world();
  events.emplace_back(author.revoked(principal("ci")));
  given(events).when(signed_wish(statement())).then_refused(Errc::denied, About::key);
}

TEST_F(SignedPackage, AWishWithoutASignatureIsRefusedWhereAPolicyWantsOne) {
  given(world(true)).when(create_package(1, "bash")).then_refused(Errc::denied, About::signature);
  EXPECT_TRUE(given(world(true)).when(signed_wish(statement())).accepted());
}

TEST_F(SignedPackage, CanBeSignedByItsSha256Alone) {
  auto wish = signed_wish(statement());
  wish.checksum = {word("md5"), word("6bce3f26e1fc0fc52ac996f39c0d0e14")};
  given(world()).when(wish).then_refused(Errc::denied, About::signature);
}

// ---- repositories ----

const RepositoryCreated kEl9{"noarch", "Enterprise 9", rpm_repo("el9")};

TEST(PulpRepository, IsCreatedOnce) {
  given({}).when(CreateRepository{rpm_repo("el9"), "Enterprise 9", "noarch"}).then({kEl9});
  given({kEl9})
      .when(CreateRepository{rpm_repo("el9"), "another", "noarch"})
      .then_refused(Errc::conflict, About::repository, "el9");
}

TEST(PulpRepository, HasANameOfOneLine) {
  for (const std::string& name :
       {std::string("a\nb"), std::string(256, 'a'), std::string("\xff"), std::string("a\0b", 3)})
    given({})
        .when(CreateRepository{rpm_repo("el9"), name, "noarch"})
        .then_refused(Errc::invalid, About::repository);
}

TEST(PulpRepository, TakesEachPackageOnce) {
  given({kEl9, created_package(1, "bash"), created_package(2, "zsh"),
         PackageAdded{package_id(1), rpm_repo("el9")}})
      .when(AddPackages{rpm_repo("el9"), {package_id(2), package_id(1), package_id(2)}})
      .then({PackageAdded{package_id(2), rpm_repo("el9")}});
}

TEST(PulpRepository, IsNotMadeUnderANameThatMeansAMomentAndKeptWhereItWas) {
  for (const char* name : {"manage", "asof.5", "asof.20261122t000000z"}) {
    given({})
        .when(CreateRepository{rpm_repo(name), "x", "noarch"})
        .then_refused(Errc::invalid, About::repository, name);
    given({RepositoryCreated{"noarch", "x", rpm_repo(name)}})
        .when(DeleteRepository{rpm_repo(name)})
        .then({RepositoryDeleted{rpm_repo(name)}});
  }
}

TEST(PulpRepository, TakesNoneOfAListInWhichOneIsMissing) {
  given({kEl9, created_package(1, "bash")})
      .when(AddPackages{rpm_repo("el9"), {package_id(1), package_id(2)}})
      .then_refused(Errc::not_found, About::package, package_id(2).text());
  given({created_package(1, "bash")})
      .when(AddPackages{rpm_repo("el9"), {package_id(1)}})
      .then_refused(Errc::not_found, About::repository, "el9");
}

TEST(PulpRepository, TakesNoMoreThanARunOfTheLedgerHolds) {
  const std::vector<PackageId> many(kPackagesListedMax + 1, package_id(1));
  given({kEl9, created_package(1, "bash")})
      .when(AddPackages{rpm_repo("el9"), many})
      .then_refused(Errc::too_large, About::package);
}

TEST(PulpRepository, ShowsNoPackageThatWhoeverAddsItMayNotPull) {
  given(with_ci({kEl9, created_package(1, "bash"),
                 trust::GrantSet{principal("ci"), resource("rpm/*"), {Right::push}}}))
      .when(AddPackages{rpm_repo("el9"), {package_id(1)}}, kCi)
      .then_refused(Errc::not_found, About::package, package_id(1).text());
}

TEST(PulpRepository, WhatIsNoMemberIsRemovedWithoutAnEvent) {
  given({kEl9, created_package(1, "bash")})
      .when(RemovePackages{rpm_repo("el9"), {package_id(1)}})
      .then_nothing();
}

TEST(PulpRepository, GoesWithItsMembershipsAndLeavesThePackages) {
  auto scenario = given({kEl9, created_package(1, "bash"), created_package(2, "zsh"),
                         PackageAdded{package_id(1), rpm_repo("el9")},
                         PackageAdded{package_id(2), rpm_repo("el9")}});
  scenario.when(DeleteRepository{rpm_repo("el9")}).then({RepositoryDeleted{rpm_repo("el9")}});
  scenario.given({RepositoryDeleted{rpm_repo("el9")}});
  EXPECT_EQ(find_repository(scenario.rows(), rpm_repo("el9")).value(), std::nullopt);
  EXPECT_EQ(find_package(scenario.rows(), package_id(1)).value()->repositories, 0u);
  EXPECT_EQ(scenario.when(DeletePackage{package_id(1)}).decided(), 1u);
}

TEST(PulpRepository, RemovingNeedsMoreThanAdding) {
  const auto events =
      with_ci({kEl9, created_package(1, "bash"), PackageAdded{package_id(1), rpm_repo("el9")},
               trust::GrantSet{principal("ci"), resource("rpm/*"), {Right::push}}});
  given(events)
      .when(RemovePackages{rpm_repo("el9"), {package_id(1)}}, kCi)
      .then_refused(Errc::denied, About::request);
  given(events)
      .when(DeleteRepository{rpm_repo("el9")}, kCi)
      .then_refused(Errc::denied, About::request);
}

// ---- the bytes ----

TEST(APackagesFile, IsHeldAgainstThePurgerUntilThePackageGoes) {
  auto event = created_package(1, "bash");
  event.file = digest("rpm");
  auto scenario = given({content::BlobCommitted{digest("rpm"), 3}, event});
  scenario.when(content::PurgeBlob{digest("rpm")}).then_refused(Errc::conflict, About::blob);
  scenario.given({PackageDeleted{nevra("bash"), package_id(1)}});
  scenario.when(content::PurgeBlob{digest("rpm")}).then({content::BlobPurged{digest("rpm"), 3}});
}

}  // namespace
}  // namespace varve::pulp
