// Publishers' keys: who registers and revokes them, whose they are, and for what they count.
#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/trust/query.h"
#include "core/trust/rules.h"
#include "tests/support/author_given.h"
#include "tests/support/given.h"

namespace varve {
namespace {

using namespace std::string_literals;
using test::AuthorKey;
using test::credential;
using test::given;
using test::kDeveloper;
using test::principal;
using test::repo;
using test::resource;
using test::Scenario;
using namespace trust;

constexpr Timestamp kNow{1'795'000'000'000'000};
const Actor kAdmin{"admin", Auth::basic, credential('A')};
const Actor kBob{"bob", Auth::basic, credential('B')};
const AuthorKey kKey{'k'};
const AuthorKey kOther{'o', warg::KeyAlgorithm::ecdsa_p256};

// admin, and bob, who may push below team/.
Scenario registry(const std::vector<Event>& and_then = {}) {
  const std::vector<Event> founded{
      PrincipalCreated{PrincipalKind::user, principal("admin")},
      CredentialAdded{credential('A'), std::nullopt, CredentialKind::password, principal("admin")},
      GrantSet{principal("admin"), resource("*"), Rights::all()},
      PrincipalCreated{PrincipalKind::user, principal("bob")},
      CredentialAdded{credential('B'), std::nullopt, CredentialKind::password, principal("bob")},
      GrantSet{principal("bob"), resource("team/*"), {Right::pull, Right::push}}};
  return given(founded).given(and_then);
}

TEST(RegisterKey, MakesAKeyItsPrincipals) {
  registry()
      .when(kKey.registration(principal("bob")), kAdmin, kNow)
      .then({kKey.registered(principal("bob"))});
  registry()
      .when(kOther.registration(principal("bob")), kAdmin, kNow)
      .then({kOther.registered(principal("bob"))});
}

TEST(RegisterKey, ARepeatChangesNothing) {
  registry({kKey.registered(principal("bob"))})
      .when(kKey.registration(principal("bob")), kAdmin, kNow)
      .then_nothing();
}

// Whoever stole a password would have all it takes to publish otherwise.
TEST(RegisterKey, IsForAdministratorsAndNotEvenForOneself) {
  registry()
      .when(kKey.registration(principal("bob")), kBob, kNow)
      .then_refused(Errc::denied, About::request);
  registry()
      .when(kKey.registration(principal("bob")), Actor{}, kNow)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(RegisterKey, BelongsToOnePrincipalAtATime) {
  registry({kKey.registered(principal("bob"))})
      .when(kKey.registration(principal("admin")), kAdmin, kNow)
      .then_refused(Errc::conflict, About::key, kKey.id().to_string());
}

TEST(RegisterKey, ARevokedKeyNeverComesBack) {
  for (const char* name : {"bob", "admin"})
    registry({kKey.registered(principal("bob")), kKey.revoked(principal("bob"))})
        .when(kKey.registration(principal(name)), kAdmin, kNow)
        .then_refused(Errc::conflict, About::key, kKey.id().to_string());
}

TEST(RegisterKey, NeedsAPrincipalThatIsThereAndSomebody) {
  registry()
      .when(kKey.registration(principal("eve")), kAdmin, kNow)
      .then_refused(Errc::not_found, About::name, "eve");
  registry()
      .when(kKey.registration(PrincipalName::anonymous()), kAdmin, kNow)
      .then_refused(Errc::invalid, About::name);
}

TEST(RegisterKey, APrincipalHasABoundedNumberOfKeys) {
  auto scenario = registry();
  for (std::size_t i = 0; i < limits::kKeysMax; ++i) {
    const auto key =
        warg::PublicKeyText::parse(
            "ed25519:" + base64_encode(std::string(31, 'x') + static_cast<char>('\0' + i)))
            .value();
    scenario.given({KeyRegistered{warg::key_id(key), principal("bob"), key}});
  }
  scenario.when(kKey.registration(principal("bob")), kAdmin, kNow)
      .then_refused(Errc::too_large, About::request);
  scenario.when(kKey.registration(principal("admin")), kAdmin, kNow)
      .then({kKey.registered(principal("admin"))});
  const auto keys = keys_of(scenario.rows(), principal("bob")).value();
  ASSERT_EQ(keys.size(), limits::kKeysMax);
  scenario.given({KeyRevoked{keys.front().id, principal("bob"), ""}});
  scenario.when(kKey.registration(principal("bob")), kAdmin, kNow)
      .then({kKey.registered(principal("bob"))});
}

TEST(RevokeKey, EndsItOnce) {
  const RevokeKey wish{principal("bob"), kKey.id(), "lost"};
  const Event event = KeyRevoked{kKey.id(), principal("bob"), "lost"};
  registry({kKey.registered(principal("bob"))}).when(wish, kAdmin, kNow).then({event});
  registry({kKey.registered(principal("bob")), event}).when(wish, kAdmin, kNow).then_nothing();
}

TEST(RevokeKey, OfAnotherPrincipalOrOfNobodyIsNotFound) {
  const Errc code = Errc::not_found;
  registry()
      .when(RevokeKey{principal("bob"), kKey.id(), ""}, kAdmin, kNow)
      .then_refused(code, About::key, kKey.id().to_string());
  registry({kKey.registered(principal("admin"))})
      .when(RevokeKey{principal("bob"), kKey.id(), ""}, kAdmin, kNow)
      .then_refused(code, About::key);
  registry()
      .when(RevokeKey{principal("eve"), kKey.id(), ""}, kAdmin, kNow)
      .then_refused(code, About::name);
}

TEST(RevokeKey, OfOnesOwnTakesOnesPassword) {
  const RevokeKey wish{principal("bob"), kKey.id(), "lost"};
  const std::vector<Event> before{
      kKey.registered(principal("bob")),
      CredentialAdded{credential('T'), std::nullopt, CredentialKind::token, principal("bob")}};
  registry(before).when(wish, kBob, kNow).then({KeyRevoked{kKey.id(), principal("bob"), "lost"}});
  const Actor token{"bob", Auth::basic, credential('T')};
  const Actor bearer{"bob", Auth::bearer, credential('B')};
  for (const Actor& actor : {token, bearer})
    registry(before).when(wish, actor, kNow).then_refused(Errc::unauthorized, About::request);
  registry({kKey.registered(principal("admin"))})
      .when(RevokeKey{principal("admin"), kKey.id(), ""}, kBob, kNow)
      .then_refused(Errc::denied, About::request);
}

TEST(RevokeKey, TakesAReasonOfOneLine) {
  registry({kKey.registered(principal("bob"))})
      .when(RevokeKey{principal("bob"), kKey.id(), "two\nlines"}, kAdmin, kNow)
      .then_refused(Errc::invalid, About::request);
}

TEST(KeyRows, StandInTheirTables) {
  auto scenario = registry({kKey.registered(principal("bob"))});
  const std::string id(kKey.id().raw());
  const test::MemoryRows::Key key{Table::key, id};
  const test::MemoryRows::Key key_of{Table::key_of, "bob\0"s + id};
  EXPECT_EQ(scenario.rows().values().at(key), "\0bob\0"s + kKey.text().text());
  EXPECT_EQ(scenario.rows().values().at(key_of), "");
  scenario.given({kKey.revoked(principal("bob"))});
  EXPECT_EQ(scenario.rows().values().at(key), "\1bob\0"s + kKey.text().text());
  EXPECT_FALSE(scenario.rows().values().contains(key_of));
  const auto row = find_key(scenario.rows(), kKey.id()).value();
  ASSERT_TRUE(row.has_value());
  EXPECT_TRUE(row->revoked);
  EXPECT_EQ(row->key, kKey.text());
}

TEST(KeyRows, ThatNobodyOfOursWroteAreRefused) {
  for (const std::string& value : {""s, "\0"s, "\0bob"s, "\2bob\0"s + kKey.text().text(),
                                   "\0Bob\0"s + kKey.text().text(), "\0bob\0ed25519:AAAA"s}) {
    test::MemoryRows rows;
    rows.put(Table::key, kKey.id().raw(), value);
    EXPECT_EQ(find_key(rows, kKey.id()).error().code, Errc::corrupt);
  }
}

TEST(KeyRows, OfARevocationOfNothingAreNone) {
  const auto before = registry().rows().values();
  EXPECT_EQ(registry({kKey.revoked(principal("bob"))}).rows().values(), before);
}

// ---- what a key counts for ----

struct Signing {
  const char* what;
  std::vector<Event> events;
  bool counts;
};
TEST(CheckSigner, CountsForWhatThePrincipalOfTheKeyMayPushTo) {
  const auto bobs = kKey.registered(principal("bob"));
  const Signing table[] = {
      {"nobody's", {}, false},
      {"of who may push", {bobs}, true},
      {"revoked", {bobs, kKey.revoked(principal("bob"))}, false},
      {"of a disabled principal", {bobs, PrincipalDisabled{principal("bob"), ""}}, false},
      {"of who may not push there",
       {bobs, GrantSet{principal("bob"), resource("team/app"), {}}},
       false},
      {"of who has lost the grant",
       {bobs, GrantRemoved{principal("bob"), resource("team/*")}},
       false},
      {"of who only reads",
       {PrincipalCreated{PrincipalKind::consumer, principal("edge")},
        GrantSet{principal("edge"), resource("*"), Rights::all()},
        kKey.registered(principal("edge"))},
       false},
      {"of who may push where everybody may",
       {GrantSet{principal("bob"), resource("team/*"), {Right::pull}},
        GrantSet{PrincipalName::anonymous(), resource("*"), {Right::push}}, bobs},
       false}};
  for (const Signing& line : table) {
    auto scenario = registry(line.events);
    const auto outcome = check_signer(scenario.rows(), kKey.id(), repo("team/app"));
    EXPECT_EQ(outcome.has_value(), line.counts) << line.what;
    if (outcome) continue;
    EXPECT_EQ(outcome.error().code, Errc::denied) << line.what;
    EXPECT_EQ(outcome.error().about, About::key) << line.what;
    EXPECT_EQ(outcome.error().detail, kKey.id().to_string()) << line.what;
  }
}

TEST(CheckSigner, InDevModeEveryRegisteredKeyCounts) {
  const Asker dev{kDeveloper, kNow};
  auto scenario = registry({kKey.registered(principal("bob"))});
  EXPECT_TRUE(check_signer(scenario.rows(), kKey.id(), repo("elsewhere"), dev).has_value());
  EXPECT_FALSE(check_signer(scenario.rows(), kKey.id(), repo("elsewhere"), {kBob, kNow}));
  EXPECT_FALSE(check_signer(scenario.rows(), kOther.id(), repo("elsewhere"), dev));
  scenario.given({kKey.revoked(principal("bob"))});
  EXPECT_FALSE(check_signer(scenario.rows(), kKey.id(), repo("elsewhere"), dev));
}

TEST(CheckSigner, ADiskThatCannotBeReadIsNoRefusal) {
  auto scenario = registry({kKey.registered(principal("bob"))});
  scenario.rows().break_disk();
  EXPECT_EQ(check_signer(scenario.rows(), kKey.id(), repo("team/app")).error().code,
            Errc::unavailable);
}

}  // namespace
}  // namespace varve
