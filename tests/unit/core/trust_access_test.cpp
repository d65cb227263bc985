// Who manages a repository: who may open and close it, and give others access.
#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/trust/query.h"
#include "core/trust/rules.h"
#include "tests/support/given.h"

namespace varve::trust {
namespace {

using content::CreateNamespace;
using content::CreateRepo;
using content::RepoCreated;
using content::UpdateRepo;
using test::credential;
using test::given;
using test::name_space;
using test::principal;
using test::repo;
using test::resource;
using test::Scenario;
using Kind = ChangeAccess::Kind;

constexpr Timestamp kNow{1'795'000'000'000'000};
constexpr Rights kAll = Rights::of_a_repository();
const Actor kAdmin{"admin", Auth::basic, credential('A')};
const Actor kMaria{"maria", Auth::basic, credential('B')};  // manages team/*
const Actor kPusher{"pusher", Auth::basic, credential('C')};

std::vector<Event> account(const char* name, char letter, const char* where, Rights rights) {
  return {PrincipalCreated{PrincipalKind::user, principal(name)},
          CredentialAdded{credential(letter), std::nullopt, CredentialKind::token, principal(name)},
          GrantSet{principal(name), resource(where), rights}};
}

Scenario registry(const std::vector<Event>& and_then = {}) {
  Scenario scenario = given({RepoCreated{"oci", repo("team/app")}});
  scenario.given(account("admin", 'A', "*", Rights::all()))
      .given(account("maria", 'B', "team/*", kAll))
      .given(account("pusher", 'C', "team/*", {Right::pull, Right::push}))
      .given({PrincipalCreated{PrincipalKind::consumer, principal("reader")}})
      .given(and_then);
  return scenario;
}
GrantSet everybody(const char* where, Rights rights) {
  return {principal("anonymous"), resource(where), rights};
}

TEST(OpeningARepository, GrantsEverybodyPullOnExactlyIt) {
  for (const Actor& actor : {kAdmin, kMaria}) {
    auto scenario = registry();
    scenario.when(UpdateRepo{repo("team/app"), std::nullopt, std::nullopt, true}, actor, kNow)
        .then({everybody("team/app", {Right::pull})});
    scenario.given({everybody("team/app", {Right::pull})});
    EXPECT_TRUE(*is_open(scenario.rows(), repo("team/app")));
    scenario.when(UpdateRepo{repo("team/app"), std::nullopt, std::nullopt, true}, actor, kNow)
        .then_nothing();
    scenario.when(UpdateRepo{repo("team/app"), std::nullopt, std::nullopt, false}, actor, kNow)
        .then({everybody("team/app", {})});
  }
}

TEST(OpeningARepository, IsNotForWhoeverOnlyPushes) {
  auto scenario = registry();
  scenario.when(UpdateRepo{repo("team/app"), std::nullopt, std::nullopt, true}, kPusher, kNow)
      .then_refused(Errc::denied, About::request);
  // What is so already changes nothing, and so takes no more.
  scenario.when(UpdateRepo{repo("team/app"), std::nullopt, "text", false}, kPusher, kNow)
      .then({content::RepoUpdated{std::nullopt, "text", repo("team/app")}});
  scenario.when(CreateRepo{repo("team/new"), content::Category::other, "", true}, kPusher, kNow)
      .then_refused(Errc::denied, About::request);
}

TEST(ClosingARepository, WhileEverybodyReadsTheLogTakesAnAdministrator) {
  auto scenario = registry({everybody("*", {Right::pull, Right::read_log})});
  scenario.when(UpdateRepo{repo("team/app"), std::nullopt, std::nullopt, false}, kMaria, kNow)
      .then_refused(Errc::denied, About::request, "team/app");
  scenario.when(CreateRepo{repo("team/new"), content::Category::other, "", false}, kMaria, kNow)
      .then_refused(Errc::denied, About::request, "team/new");
  scenario.when(UpdateRepo{repo("team/app"), std::nullopt, std::nullopt, false}, kAdmin, kNow)
      .then({everybody("team/app", {}), everybody("*", {Right::pull})});
  scenario.given({everybody("*", {Right::pull})});
  scenario.when(UpdateRepo{repo("team/app"), std::nullopt, std::nullopt, false}, kMaria, kNow)
      .then({everybody("team/app", {})});
}

TEST(Managing, TakesAllThreeRightsOfOnesOwnOnAllOfIt) {
  const auto may = [](Scenario& scenario, const Actor& actor, const char* where) {
    return check_manages(scenario.rows(), actor, resource(where), kNow);
  };
  auto scenario = registry();
  EXPECT_TRUE(may(scenario, kMaria, "team/*"));
  EXPECT_TRUE(may(scenario, kMaria, "team/app"));
  EXPECT_EQ(may(scenario, kMaria, "other/*").error().code, Errc::denied);
  EXPECT_EQ(may(scenario, kMaria, "*").error().code, Errc::denied);
  EXPECT_EQ(may(scenario, kPusher, "team/app").error().code, Errc::denied);
  EXPECT_EQ(may(scenario, test::kNobody, "team/app").error().code, Errc::unauthorized);
  EXPECT_TRUE(may(scenario, kAdmin, "*"));
  // Pull that everybody has is not one's own to give away.
  scenario.given({everybody("*", {Right::pull}),
                  GrantSet{principal("pusher"), resource("team/*"), {Right::push, Right::del}}});
  EXPECT_EQ(may(scenario, kPusher, "team/app").error().code, Errc::denied);
}

// Granting somebody all of team/* would open what the grantor may not see.
TEST(Managing, OfANamespaceIsNotForWhomPartOfItIsKeptFrom) {
  auto scenario = registry({GrantSet{principal("maria"), resource("team/secret"), {}}});
  EXPECT_EQ(check_manages(scenario.rows(), kMaria, resource("team/*"), kNow).error().code,
            Errc::denied);
  EXPECT_TRUE(check_manages(scenario.rows(), kMaria, resource("team/app"), kNow));
  scenario.given({GrantSet{principal("maria"), resource("team/secret"), kAll}});
  EXPECT_TRUE(check_manages(scenario.rows(), kMaria, resource("team/*"), kNow));
}

TEST(Managing, EndsWithWhatTheTokenWasMadeFor) {
  auto scenario = registry();
  Actor narrow = kMaria;
  narrow.limit = {{resource("team/*"), {Right::pull, Right::push}}};
  EXPECT_EQ(check_manages(scenario.rows(), narrow, resource("team/app"), kNow).error().code,
            Errc::unauthorized);
  narrow.limit = {{resource("team/*"), kAll}};
  EXPECT_TRUE(check_manages(scenario.rows(), narrow, resource("team/app"), kNow));
}

TEST(CreateNamespace, IsForWhoeverManagesWhatIsBelow) {
  auto scenario = registry();
  scenario.when(CreateNamespace{name_space("fresh")}, kMaria, kNow)
      .then_refused(Errc::denied, About::request);
  scenario.given(account("boss", 'D', "fresh/*", kAll));
  scenario.when(CreateNamespace{name_space("fresh")}, {"boss", Auth::basic, credential('D')}, kNow)
      .then({content::NamespaceCreated{name_space("fresh")}});
}

TEST(ChangeAccess, IsOneRunForAllItNames) {
  auto scenario = registry();
  scenario
      .when(ChangeAccess{Kind::add,
                         resource("team/app"),
                         {{principal("admin"), kAll}, {principal("reader"), {Right::pull}}}},
            kMaria, kNow)
      .then({GrantSet{principal("admin"), resource("team/app"), kAll},
             GrantSet{principal("reader"), resource("team/app"), {Right::pull}}});
  scenario
      .when(ChangeAccess{Kind::add,
                         resource("team/app"),
                         {{principal("admin"), kAll}, {principal("reader"), {Right::push}}}},
            kMaria, kNow)
      .then_refused(Errc::invalid, About::request);  // a consumer only reads
}

TEST(ChangeAccess, AddsWhatIsNewAndChangesAndRemovesWhatIsThere) {
  auto scenario = registry();
  const auto wish = [&](Kind kind, const char* name) -> Scenario& {
    return scenario.when(ChangeAccess{kind, resource("team/*"), {{principal(name), {Right::pull}}}},
                         kMaria, kNow);
  };
  wish(Kind::add, "pusher").then_refused(Errc::conflict, About::request, "team/*");
  wish(Kind::change, "reader").then_refused(Errc::not_found, About::name, "team/*");
  wish(Kind::remove, "reader").then_refused(Errc::not_found, About::name, "team/*");
  wish(Kind::add, "ghost").then_refused(Errc::not_found, About::name, "ghost");
  wish(Kind::change, "pusher")
      .then({GrantSet{principal("pusher"), resource("team/*"), {Right::pull}}});
  wish(Kind::remove, "pusher").then({GrantRemoved{principal("pusher"), resource("team/*")}});
}

TEST(ChangeAccess, GivesAwayWhatARepositoryHasToGiveAndNothingElse) {
  auto scenario = registry();
  const auto refused = [&](const char* where, std::vector<ChangeAccess::Share> who, Errc code) {
    scenario.when(ChangeAccess{Kind::add, resource(where), std::move(who)}, kAdmin, kNow);
    EXPECT_FALSE(scenario.accepted());
    scenario.then_refused(code, About::request);
  };
  refused("*", {{principal("reader"), {Right::pull}}}, Errc::invalid);
  refused("team/app", {{principal("maria"), Rights::all()}}, Errc::invalid);
  refused("team/app", {}, Errc::invalid);
  refused("team/app", {{principal("maria"), kAll}, {principal("maria"), {}}}, Errc::invalid);
  std::vector<ChangeAccess::Share> many;
  for (std::size_t i = 0; i <= limits::kAccessChangesMax; ++i)
    many.push_back({principal("p" + std::to_string(i)), {Right::pull}});
  refused("team/app", many, Errc::too_large);
  scenario
      .when(
          ChangeAccess{Kind::add, resource("team/app"), {{principal("anonymous"), {Right::pull}}}},
          kAdmin, kNow)
      .then_refused(Errc::invalid, About::name);
}

TEST(ChangeAccess, IsForWhoeverManagesTheResource) {
  const ChangeAccess wish{Kind::add, resource("team/app"), {{principal("reader"), {Right::pull}}}};
  registry().when(wish, kPusher, kNow).then_refused(Errc::denied, About::request);
  registry().when(wish, test::kNobody, kNow).then_refused(Errc::unauthorized, About::request);
  EXPECT_TRUE(registry().when(wish, kAdmin, kNow).accepted());
  EXPECT_TRUE(registry().when(wish, test::kDeveloper, kNow).accepted());
}

TEST(ChangeAccess, IsCountedBeforeItIsDecided) {
  ChangeAccess wish{Kind::add, resource("team/app"), {}};
  for (int i = 0; i < 40; ++i) wish.who.push_back({principal("p" + std::to_string(i)), {}});
  EXPECT_EQ(events_max(wish), 40U);
}

}  // namespace
}  // namespace varve::trust
