// Who may do what: the one question that reads and decisions both ask.
#include <gtest/gtest.h>

#include "core/trust/query.h"
#include "tests/support/given.h"

namespace varve {
namespace {

using test::credential;
using test::given;
using test::principal;
using test::repo;
using test::resource;
using trust::check;

constexpr Timestamp kNow{1'795'000'000'000'000};
constexpr Rights kReader{Right::pull};
constexpr Rights kWriter{Right::pull, Right::push};

// bob is a user with a password (B) and a token that expires (T).
std::vector<Event> bob(std::vector<Event> and_then = {}) {
  std::vector<Event> events{
      trust::PrincipalCreated{trust::PrincipalKind::user, principal("bob")},
      trust::CredentialAdded{credential('B'), std::nullopt, trust::CredentialKind::password,
                             principal("bob")},
      trust::CredentialAdded{credential('T'), Timestamp{kNow.micros + 1},
                             trust::CredentialKind::token, principal("bob")}};
  events.insert(events.end(), and_then.begin(), and_then.end());
  return events;
}
Event grant(std::string_view who, std::string_view where, Rights rights) {
  return trust::GrantSet{principal(who), resource(where), rights};
}
Actor as_bob(char letter = 'B') {
  return {"bob", Auth::basic, credential(letter)};
}
Actor with_token(std::vector<Scope> scopes) {
  return {"bob", Auth::bearer, credential('B'), std::move(scopes)};
}

// "ok", or the kind of the error.
std::string outcome(const Result<void>& result) {
  if (result) return "ok";
  if (result.error().code == Errc::unauthorized) return "unauthorized";
  if (result.error().code == Errc::denied) return "denied";
  return "another error: " + result.error().what;
}
std::string ask(const std::vector<Event>& events, const Actor& actor, Right right,
                std::string_view where, Timestamp now = kNow) {
  auto scenario = given(events);
  return outcome(check(scenario.rows(), actor, right, repo(where), now));
}
std::string ask_registry(const std::vector<Event>& events, const Actor& actor, Right right) {
  auto scenario = given(events);
  return outcome(check(scenario.rows(), actor, right, kNow));
}

TEST(TrustCheck, InALogWithoutAccountsNobodyMayDoAnything) {
  for (const Right right : {Right::pull, Right::push, Right::del})
    EXPECT_EQ(ask({}, Actor{}, right, "a"), "unauthorized");
  EXPECT_EQ(ask_registry({}, Actor{}, Right::read_log), "unauthorized");
}

TEST(TrustCheck, DevModeAndTheHolderOfTheDirectoryMayDoEverything) {
  for (const Auth auth : {Auth::dev, Auth::local}) {
    EXPECT_EQ(ask({}, {"anonymous", auth}, Right::del, "a"), "ok");
    EXPECT_EQ(ask_registry({}, {"anonymous", auth}, Right::administer), "ok");
  }
}

TEST(TrustCheck, NobodyMayDoWhatAnonymousIsGranted) {
  const std::vector<Event> open{grant("anonymous", "*", kReader)};
  EXPECT_EQ(ask(open, Actor{}, Right::pull, "a/b"), "ok");
  EXPECT_EQ(ask(open, Actor{}, Right::push, "a/b"), "unauthorized");
}

TEST(TrustCheck, WithoutAGrantAPrincipalIsDenied) {
  EXPECT_EQ(ask(bob(), as_bob(), Right::push, "a"), "denied");
  EXPECT_EQ(ask(bob({grant("bob", "a", kWriter)}), as_bob(), Right::push, "a"), "ok");
  EXPECT_EQ(ask(bob({grant("bob", "a", kWriter)}), as_bob(), Right::del, "a"), "denied");
  EXPECT_EQ(ask(bob({grant("bob", "a", kWriter)}), as_bob(), Right::push, "b"), "denied");
}

TEST(TrustCheck, TheMostSpecificGrantWins) {
  const auto events =
      bob({grant("bob", "*", kReader), grant("bob", "team/*", kWriter),
           grant("bob", "team/secret/*", {}), grant("bob", "team/secret/mine", kReader)});
  EXPECT_EQ(ask(events, as_bob(), Right::pull, "other"), "ok");
  EXPECT_EQ(ask(events, as_bob(), Right::push, "other"), "denied");
  EXPECT_EQ(ask(events, as_bob(), Right::push, "team/app"), "ok");
  EXPECT_EQ(ask(events, as_bob(), Right::push, "team/deep/er/app"), "ok");
  EXPECT_EQ(ask(events, as_bob(), Right::push, "team"), "denied");
  EXPECT_EQ(ask(events, as_bob(), Right::pull, "team/secret/app"), "denied");
  EXPECT_EQ(ask(events, as_bob(), Right::pull, "team/secret/mine"), "ok");
  EXPECT_EQ(ask(events, as_bob(), Right::push, "team/secret/mine"), "denied");
  EXPECT_EQ(ask(events, as_bob(), Right::push, "team/secret"), "ok");
  EXPECT_EQ(ask(events, as_bob(), Right::push, "teams/app"), "denied");
}

TEST(TrustCheck, WhatEverybodyMayIsNotTakenByADenial) {
  const auto events = bob({grant("anonymous", "*", kReader), grant("bob", "*", {})});
  EXPECT_EQ(ask(events, as_bob(), Right::pull, "a"), "ok");
  EXPECT_EQ(ask(events, as_bob(), Right::push, "a"), "denied");
}

TEST(TrustCheck, ACredentialCountsOnlyWhileItIsGood) {
  const auto events = bob({grant("bob", "*", kWriter), grant("anonymous", "*", kReader)});
  const auto after = [&](const Event& event) {
    auto changed = events;
    changed.push_back(event);
    return changed;
  };
  EXPECT_EQ(ask(events, as_bob('T'), Right::push, "a", kNow), "ok");
  EXPECT_EQ(ask(events, as_bob('T'), Right::push, "a", Timestamp{kNow.micros + 1}), "unauthorized");
  // Not even what everybody may: whoever shows a bad credential must hear of it.
  const Event ends[] = {trust::CredentialRevoked{credential('B'), principal("bob"), "lost"},
                        trust::PrincipalDisabled{principal("bob"), "gone"}};
  for (const Event& end : ends) {
    EXPECT_EQ(ask(after(end), as_bob(), Right::push, "a"), "unauthorized");
    EXPECT_EQ(ask(after(end), as_bob(), Right::pull, "a"), "unauthorized");
    EXPECT_EQ(ask(after(end), Actor{}, Right::pull, "a"), "ok");
  }
  auto again = after(ends[1]);
  again.emplace_back(trust::PrincipalEnabled{principal("bob")});
  EXPECT_EQ(ask(again, as_bob(), Right::push, "a"), "ok");
}

TEST(TrustCheck, ACredentialOpensOnlyForItsOwnPrincipal) {
  auto events = bob({grant("bob", "*", kWriter)});
  events.emplace_back(trust::PrincipalCreated{trust::PrincipalKind::user, principal("eve")});
  const Actor strangers[] = {{"eve", Auth::basic, credential('B')},
                             {"bob", Auth::basic, credential('X')},
                             {"bob", Auth::basic},
                             {"mallory", Auth::basic, credential('B')},
                             {"no such name!", Auth::bearer, credential('B')}};
  for (const Actor& stranger : strangers)
    EXPECT_EQ(ask(events, stranger, Right::push, "a"), "unauthorized") << stranger.id;
}

TEST(TrustCheck, ATokenIsAnUpperBound) {
  const auto events = bob({grant("bob", "team/*", kWriter), grant("anonymous", "open", kReader)});
  const Actor narrow = with_token({{resource("team/app"), kReader}, {resource("b/*"), kWriter}});
  EXPECT_EQ(ask(events, narrow, Right::pull, "team/app"), "ok");
  EXPECT_EQ(ask(events, narrow, Right::push, "team/app"), "unauthorized");
  EXPECT_EQ(ask(events, narrow, Right::pull, "team/web"), "unauthorized");
  EXPECT_EQ(ask(events, narrow, Right::push, "b/c"), "denied");
  EXPECT_EQ(ask(events, narrow, Right::pull, "open"), "ok");
  EXPECT_EQ(ask(events, with_token({}), Right::pull, "team/app"), "unauthorized");
  EXPECT_EQ(ask(events, with_token({}), Right::pull, "open"), "ok");
}

TEST(TrustCheck, ScopesOfATokenAddUp) {
  const auto events = bob({grant("bob", "*", Rights::all())});
  const Actor token =
      with_token({{resource("a"), kReader}, {resource("a"), {Right::push}}, {resource("a/*"), {}}});
  EXPECT_EQ(ask(events, token, Right::pull, "a"), "ok");
  EXPECT_EQ(ask(events, token, Right::push, "a"), "ok");
  EXPECT_EQ(ask(events, token, Right::del, "a"), "unauthorized");
}

TEST(TrustCheck, ATokenForNobodyIsNobody) {
  const Actor nobody{"anonymous", Auth::bearer, std::nullopt,
                     std::vector<Scope>{{resource("a"), kWriter}}};
  const std::vector<Event> open{grant("anonymous", "a", kReader)};
  EXPECT_EQ(ask(open, nobody, Right::pull, "a"), "ok");
  EXPECT_EQ(ask(open, nobody, Right::push, "a"), "unauthorized");
}

TEST(TrustCheck, NobodyChangesAnythingWhateverAnonymousIsGrantedAndWhateverATokenSays) {
  const auto open = bob({grant("anonymous", "*", Rights::all())});
  const Actor nobodies[] = {Actor{},
                            {"anonymous", Auth::bearer, std::nullopt,
                             std::vector<Scope>{{resource("a"), Rights::of_a_repository()}}}};
  for (const Actor& nobody : nobodies) {
    EXPECT_EQ(ask(open, nobody, Right::pull, "a"), "ok");
    EXPECT_EQ(ask_registry(open, nobody, Right::read_log), "ok");
    for (const Right right : {Right::push, Right::del})
      EXPECT_EQ(ask(open, nobody, right, "a"), "unauthorized") << to_string(right);
    EXPECT_EQ(ask_registry(open, nobody, Right::administer), "unauthorized");
  }
  // Granted to everybody, it is for everybody whose name the entry can carry.
  EXPECT_EQ(ask(open, as_bob(), Right::push, "a"), "ok");
}

TEST(TrustCheck, AConsumerOnlyReadsWhateverItOrEverybodyIsGranted) {
  const std::vector<Event> events{
      trust::PrincipalCreated{trust::PrincipalKind::consumer, principal("bob")},
      trust::CredentialAdded{credential('B'), std::nullopt, trust::CredentialKind::token,
                             principal("bob")},
      grant("bob", "*", Rights::all()), grant("anonymous", "open", kWriter)};
  EXPECT_EQ(ask(events, as_bob(), Right::pull, "a"), "ok");
  EXPECT_EQ(ask_registry(events, as_bob(), Right::read_log), "ok");
  for (const std::string_view where : {"a", "open"}) {
    EXPECT_EQ(ask(events, as_bob(), Right::push, where), "denied") << where;
    EXPECT_EQ(ask(events, as_bob(), Right::del, where), "denied") << where;
  }
  EXPECT_EQ(ask_registry(events, as_bob(), Right::administer), "denied");
  auto scenario = given(events);
  EXPECT_EQ(trust::rights_on(scenario.rows(), as_bob(), resource("*"), kNow).value(),
            Rights::of_a_reader());
  EXPECT_EQ(trust::rights_on(scenario.rows(), as_bob(), resource("open"), kNow).value(), kReader);
}

TEST(TrustCheck, ReadingTheLogAndAdministeringCountOnEverythingOnly) {
  const auto events = bob({grant("bob", "*", Rights::all())});
  EXPECT_EQ(ask_registry(events, as_bob(), Right::administer), "ok");
  EXPECT_EQ(ask_registry(events, as_bob(), Right::read_log), "ok");
  EXPECT_EQ(ask_registry(bob({grant("bob", "a/*", Rights::all())}), as_bob(), Right::administer),
            "denied");
  EXPECT_EQ(ask_registry(events, with_token({{resource("a/*"), Rights::all()}}), Right::administer),
            "unauthorized");
  EXPECT_EQ(ask_registry(events, with_token({{resource("*"), Rights::all()}}), Right::administer),
            "ok");
  EXPECT_EQ(ask_registry(bob({grant("bob", "*", kWriter)}), as_bob(), Right::administer), "denied");
}

TEST(TrustCheck, AStoreThatCannotBeReadLetsNobodyIn) {
  auto scenario = given(bob({grant("bob", "*", Rights::all())}));
  scenario.rows().break_disk();
  const auto refused = check(scenario.rows(), as_bob(), Right::pull, repo("a"), kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unavailable);
}

TEST(TrustRights, AreWhatATokenCanBeMadeFor) {
  auto scenario = given(bob({grant("bob", "a/*", kWriter), grant("anonymous", "*", kReader),
                             grant("bob", "*", Rights::all())}));
  const auto rights = [&](const Actor& actor, std::string_view where) {
    return trust::rights_on(scenario.rows(), actor, resource(where), kNow).value();
  };
  EXPECT_EQ(rights(as_bob(), "a/b"), kWriter);
  EXPECT_EQ(rights(as_bob(), "*"), Rights::all());
  EXPECT_EQ(rights(as_bob(), "b"), Rights::of_a_repository());
  EXPECT_EQ(rights(Actor{}, "b"), kReader);
  EXPECT_EQ(rights(with_token({{resource("a/b"), {Right::push}}}), "a/b"), kWriter);
  EXPECT_EQ(rights(with_token({{resource("a/b"), {Right::push}}}), "a/c"), kReader);
  EXPECT_EQ(rights(with_token({{resource("a/b"), {Right::push}}}), "a/*"), kReader);
  EXPECT_EQ(rights({"x", Auth::dev}, "b"), Rights::of_a_repository());
  EXPECT_EQ(trust::rights_on(scenario.rows(), as_bob('X'), resource("b"), kNow).error().code,
            Errc::unauthorized);
}

}  // namespace
}  // namespace varve
