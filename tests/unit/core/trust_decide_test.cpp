// Decisions about accounts: given what happened, when an administrator wishes, then this happens.
#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/trust/query.h"
#include "tests/support/given.h"

namespace varve {
namespace {

using test::credential;
using test::digest;
using test::given;
using test::kHolder;
using test::principal;
using test::repo;
using test::resource;
using test::Scenario;
using test::tag;
using namespace trust;

constexpr Timestamp kNow{1'795'000'000'000'000};
constexpr Rights kPull{Right::pull};
constexpr Rights kPullAndLog{Right::pull, Right::read_log};

Event created(std::string_view name, PrincipalKind kind = PrincipalKind::user) {
  return PrincipalCreated{kind, principal(name)};
}
Event added(std::string_view name, char letter, CredentialKind kind = CredentialKind::password,
            std::optional<Timestamp> expires = std::nullopt) {
  return CredentialAdded{credential(letter), expires, kind, principal(name)};
}
Event granted(std::string_view name, std::string_view where, Rights rights) {
  return GrantSet{principal(name), resource(where), rights};
}
const Actor kAdmin{"admin", Auth::basic, credential('A')};
const Actor kBob{"bob", Auth::basic, credential('B')};

// What `init` makes, and bob, a user with a password.
Scenario registry(const std::vector<Event>& and_then = {}) {
  Scenario scenario;
  std::vector<Event> founded{created("anonymous", PrincipalKind::anonymous),
                             granted("anonymous", "*", kPullAndLog),
                             created("admin"),
                             added("admin", 'A'),
                             granted("admin", "*", Rights::all()),
                             created("bob"),
                             added("bob", 'B')};
  return scenario.given(founded).given(and_then);
}

TEST(Founding, OpensTheLogForReadingAndMakesOneAdministrator) {
  system::Initialise initialise{"registry.example", "L", "E", Founding{credential('A')}};
  given({})
      .when(initialise, kHolder)
      .then({system::Genesis{"E", "sha256", "L", "registry.example"},
             created("anonymous", PrincipalKind::anonymous), granted("anonymous", "*", kPullAndLog),
             created("admin"), added("admin", 'A'), granted("admin", "*", Rights::all())});
  initialise.accounts = Founding{};
  given({})
      .when(initialise, kHolder)
      .then({system::Genesis{"E", "sha256", "L", "registry.example"},
             created("anonymous", PrincipalKind::anonymous),
             granted("anonymous", "*", kPullAndLog)});
}

TEST(Accounts, AreForAdministrators) {
  const Intent wishes[] = {
      CreatePrincipal{principal("eve"), PrincipalKind::user},
      DisablePrincipal{principal("bob"), ""},
      EnablePrincipal{principal("bob")},
      AddCredential{principal("admin"), credential('C'), CredentialKind::password, std::nullopt},
      AddCredential{principal("bob"), credential('C'), CredentialKind::token, std::nullopt},
      RevokeCredential{principal("admin"), credential('A'), ""},
      SetGrant{principal("bob"), resource("*"), Rights::all()},
      RemoveGrant{principal("anonymous"), resource("*")},
      SetPolicy{resource("*"), true},
      SetPolicy{resource("*"), false, true},
      RemovePolicy{resource("*")}};
  for (const Intent& wish : wishes) {
    registry().when(wish, kBob, kNow).then_refused(Errc::denied, About::request);
    registry().when(wish, Actor{}, kNow).then_refused(Errc::unauthorized, About::request);
    Actor narrow = kAdmin;
    narrow.limit = {{resource("team/*"), Rights::all()}};
    registry().when(wish, narrow, kNow).then_refused(Errc::unauthorized, About::request);
  }
}

TEST(CreatePrincipal, MakesItOnce) {
  const CreatePrincipal wish{principal("ci"), PrincipalKind::service};
  registry().when(wish, kAdmin, kNow).then({created("ci", PrincipalKind::service)});
  registry({created("ci", PrincipalKind::service)}).when(wish, kAdmin, kNow).then_nothing();
  registry({created("ci")}).when(wish, kAdmin, kNow).then_refused(Errc::conflict, About::name);
}

TEST(CreatePrincipal, LeavesOneAnonymous) {
  for (const auto& wish : {CreatePrincipal{principal("anonymous"), PrincipalKind::user},
                           CreatePrincipal{principal("other"), PrincipalKind::anonymous}})
    registry().when(wish, kAdmin, kNow).then_refused(Errc::conflict, About::name);
}

TEST(CreatePrincipal, LeavesTheRegistryTheNamesItActsUnder) {
  for (const std::string_view name : {"operator", "purger", "varve", "system", "local"})
    registry()
        .when(CreatePrincipal{principal(name), PrincipalKind::service}, kAdmin, kNow)
        .then_refused(Errc::conflict, About::name, std::string(name));
  const CreatePrincipal wish{principal("purgers"), PrincipalKind::service};
  registry().when(wish, kAdmin, kNow).then({created("purgers", PrincipalKind::service)});
}

TEST(DisablePrincipal, IsUndoneByEnabling) {
  const Event disabled = PrincipalDisabled{principal("bob"), "left"};
  registry().when(DisablePrincipal{principal("bob"), "left"}, kAdmin, kNow).then({disabled});
  registry({disabled})
      .when(DisablePrincipal{principal("bob"), "again"}, kAdmin, kNow)
      .then_nothing();
  registry({disabled})
      .when(EnablePrincipal{principal("bob")}, kAdmin, kNow)
      .then({PrincipalEnabled{principal("bob")}});
  registry().when(EnablePrincipal{principal("bob")}, kAdmin, kNow).then_nothing();
}

TEST(DisablePrincipal, NeedsSomebodyAndNotAnonymous) {
  registry()
      .when(DisablePrincipal{principal("eve"), ""}, kAdmin, kNow)
      .then_refused(Errc::not_found, About::name, "eve");
  registry()
      .when(EnablePrincipal{principal("eve")}, kAdmin, kNow)
      .then_refused(Errc::not_found, About::name);
  registry()
      .when(DisablePrincipal{PrincipalName::anonymous(), ""}, kAdmin, kNow)
      .then_refused(Errc::invalid, About::name);
}

TEST(Reasons, AreOneShortLine) {
  const auto refused = [](const std::string& reason) {
    registry()
        .when(DisablePrincipal{principal("bob"), reason}, kAdmin, kNow)
        .then_refused(Errc::invalid, About::request);
    registry()
        .when(RevokeCredential{principal("bob"), credential('B'), reason}, kAdmin, kNow)
        .then_refused(Errc::invalid, About::request);
  };
  refused("two\nlines");
  refused("two\rlines");
  refused("\xff");
  refused("a bell\x07");
  refused("colours \x1b[31m");
  refused(std::string("a\0b", 3));
  refused("a tab\tand more");
  refused("\x7f");
  refused("next line \xc2\x85");
  refused(
      "\xc2\x9b"
      "31m");
  refused(std::string(limits::kReasonBytesMax + 1, 'x'));
  const std::string spoken = "hat gek\xc3\xbcndigt\xc2\xa0\xe2\x80\x93 M\xc3\xa4rz";
  registry()
      .when(DisablePrincipal{principal("bob"), spoken}, kAdmin, kNow)
      .then({PrincipalDisabled{principal("bob"), spoken}});
  const std::string longest(limits::kReasonBytesMax, 'x');
  registry()
      .when(DisablePrincipal{principal("bob"), longest}, kAdmin, kNow)
      .then({PrincipalDisabled{principal("bob"), longest}});
}

TEST(AddCredential, GivesAPrincipalATokenThatMayExpire) {
  const Timestamp later{kNow.micros + 1};
  AddCredential wish{principal("bob"), credential('C'), CredentialKind::token, later};
  registry().when(wish, kAdmin, kNow).then({added("bob", 'C', CredentialKind::token, later)});
  registry({added("bob", 'C', CredentialKind::token, later)})
      .when(wish, kAdmin, kNow)
      .then_nothing();
  registry().when(wish, kAdmin, later).then_refused(Errc::invalid, About::request);
}

TEST(AddCredential, NeverReusesAnId) {
  const AddCredential wish{principal("bob"), credential('C'), CredentialKind::token, std::nullopt};
  const Event before[] = {added("admin", 'C', CredentialKind::token), added("bob", 'C'),
                          added("bob", 'C', CredentialKind::token, kNow)};
  for (const Event& event : before)
    registry({event}).when(wish, kAdmin, kNow).then_refused(Errc::conflict, About::name);
  registry({added("bob", 'C', CredentialKind::token),
            CredentialRevoked{credential('C'), principal("bob"), ""}})
      .when(wish, kAdmin, kNow)
      .then_refused(Errc::conflict, About::name);
}

TEST(AddCredential, ANewPasswordEndsTheOneBefore) {
  registry({added("bob", 'T', CredentialKind::token)})
      .when(
          AddCredential{principal("bob"), credential('C'), CredentialKind::password, std::nullopt},
          kAdmin, kNow)
      .then({added("bob", 'C'), CredentialRevoked{credential('B'), principal("bob"), "replaced"}});
}

TEST(AddCredential, ANewPasswordEndsNothingElse) {
  registry({added("bob", 'T', CredentialKind::token), added("bob", 'X', CredentialKind::x509),
            added("bob", 'K', CredentialKind::aksk)})
      .when(
          AddCredential{principal("bob"), credential('C'), CredentialKind::password, std::nullopt},
          kAdmin, kNow)
      .then({added("bob", 'C'), CredentialRevoked{credential('B'), principal("bob"), "replaced"}});
}

TEST(AddCredential, OneX509AtATimeSoThatEndingItEndsAllCertificates) {
  const AddCredential wish{principal("bob"), credential('C'), CredentialKind::x509, std::nullopt};
  registry().when(wish, kAdmin, kNow).then({added("bob", 'C', CredentialKind::x509)});
  registry({added("bob", 'X', CredentialKind::x509), added("bob", 'K', CredentialKind::aksk)})
      .when(wish, kAdmin, kNow)
      .then({added("bob", 'C', CredentialKind::x509),
             CredentialRevoked{credential('X'), principal("bob"), "replaced"}});
}

TEST(AddCredential, AccessKeysStandSideBySideSoThatOneCanFollowTheOther) {
  const AddCredential wish{principal("bob"), credential('C'), CredentialKind::aksk, std::nullopt};
  registry({added("bob", 'K', CredentialKind::aksk)})
      .when(wish, kAdmin, kNow)
      .then({added("bob", 'C', CredentialKind::aksk)});
}

TEST(AddCredential, OfAnotherKindThanAPasswordIsForAdministrators) {
  for (const CredentialKind kind :
       {CredentialKind::token, CredentialKind::x509, CredentialKind::aksk})
    registry()
        .when(AddCredential{principal("bob"), credential('C'), kind, std::nullopt}, kBob, kNow)
        .then_refused(Errc::denied, About::request);
}

TEST(AddCredential, NeedsSomebodyAndNotAnonymous) {
  registry()
      .when(AddCredential{principal("eve"), credential('C'), CredentialKind::token, std::nullopt},
            kAdmin, kNow)
      .then_refused(Errc::not_found, About::name, "eve");
  registry()
      .when(AddCredential{PrincipalName::anonymous(), credential('C'), CredentialKind::token,
                          std::nullopt},
            kAdmin, kNow)
      .then_refused(Errc::invalid, About::name);
}

// The id whose random part is this number.
CredentialId numbered(std::size_t n) {
  std::string text = std::to_string(n);
  return CredentialId::parse("01JD7Q2V3W" + std::string(16 - text.size(), '0') + text).value();
}

TEST(AddCredential, HasABoundThatANewPasswordDoesNotMeet) {
  auto scenario = registry();
  for (std::size_t n = 1; n < limits::kCredentialsMax; ++n)
    scenario.given(
        {CredentialAdded{numbered(n), std::nullopt, CredentialKind::token, principal("bob")}});
  scenario
      .when(AddCredential{principal("bob"), credential('C'), CredentialKind::token, std::nullopt},
            kAdmin, kNow)
      .then_refused(Errc::too_large, About::request);
  scenario
      .when(
          AddCredential{principal("bob"), credential('C'), CredentialKind::password, std::nullopt},
          kAdmin, kNow)
      .then({added("bob", 'C'), CredentialRevoked{credential('B'), principal("bob"), "replaced"}});
  scenario.given({CredentialRevoked{numbered(1), principal("bob"), ""}})
      .when(AddCredential{principal("bob"), credential('C'), CredentialKind::token, std::nullopt},
            kAdmin, kNow)
      .then({added("bob", 'C', CredentialKind::token)});
}

TEST(OwnPassword, IsChangedByWhoShowsTheOldOne) {
  const AddCredential wish{principal("bob"), credential('C'), CredentialKind::password,
                           std::nullopt};
  registry()
      .when(wish, kBob, kNow)
      .then({added("bob", 'C'), CredentialRevoked{credential('B'), principal("bob"), "replaced"}});
  // A token would turn a leak into a lost account.
  const std::vector<Event> token{added("bob", 'T', CredentialKind::token)};
  registry(token)
      .when(wish, {"bob", Auth::basic, credential('T')}, kNow)
      .then_refused(Errc::unauthorized, About::request);
  // An access key opens as a name and a secret too, and a certificate is no password either.
  registry({added("bob", 'K', CredentialKind::aksk)})
      .when(wish, {"bob", Auth::basic, credential('K')}, kNow)
      .then_refused(Errc::unauthorized, About::request);
  registry({added("bob", 'X', CredentialKind::x509)})
      .when(wish, {"bob", Auth::certificate, credential('X')}, kNow)
      .then_refused(Errc::unauthorized, About::request);
  // So would a refresh token, which clients keep in files; it speaks for the same credential.
  registry()
      .when(wish, {"bob", Auth::bearer, credential('B')}, kNow)
      .then_refused(Errc::unauthorized, About::request);
  Actor limited = kBob;
  limited.limit = std::vector<Scope>{};
  registry().when(wish, limited, kNow).then_refused(Errc::unauthorized, About::request);
  registry({CredentialRevoked{credential('B'), principal("bob"), ""}})
      .when(wish, kBob, kNow)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(RevokeCredential, EndsItOnce) {
  const RevokeCredential wish{principal("bob"), credential('B'), "leaked"};
  const Event revoked = CredentialRevoked{credential('B'), principal("bob"), "leaked"};
  registry().when(wish, kAdmin, kNow).then({revoked});
  registry({revoked}).when(wish, kAdmin, kNow).then_nothing();
  registry()
      .when(RevokeCredential{principal("bob"), credential('A'), ""}, kAdmin, kNow)
      .then_refused(Errc::not_found, About::name);
  registry()
      .when(RevokeCredential{principal("bob"), credential('X'), ""}, kAdmin, kNow)
      .then_refused(Errc::not_found, About::name);
  registry()
      .when(RevokeCredential{principal("eve"), credential('A'), ""}, kAdmin, kNow)
      .then_refused(Errc::not_found, About::name);
}

TEST(SetGrant, ReplacesWhatWasGrantedThere) {
  const SetGrant wish{principal("bob"), resource("team/*"), kPull};
  registry().when(wish, kAdmin, kNow).then({granted("bob", "team/*", kPull)});
  registry({granted("bob", "team/*", kPull)}).when(wish, kAdmin, kNow).then_nothing();
  registry({granted("bob", "team/*", {})})
      .when(wish, kAdmin, kNow)
      .then({granted("bob", "team/*", kPull)});
  registry()
      .when(SetGrant{principal("bob"), resource("team/*"), {}}, kAdmin, kNow)
      .then({granted("bob", "team/*", {})});
  registry()
      .when(SetGrant{principal("eve"), resource("*"), kPull}, kAdmin, kNow)
      .then_refused(Errc::not_found, About::name);
}

TEST(SetGrant, KeepsTheRightsOfTheRegistryOnEverything) {
  for (const Right right : {Right::read_log, Right::administer})
    registry()
        .when(SetGrant{principal("bob"), resource("team/*"), {Right::pull, right}}, kAdmin, kNow)
        .then_refused(Errc::invalid, About::request, "team/*");
  registry()
      .when(SetGrant{PrincipalName::anonymous(), resource("*"), Rights::all()}, kAdmin, kNow)
      .then_refused(Errc::invalid, About::request);
}

TEST(SetGrant, LetsAConsumerReadAndNothingElse) {
  const Event consumer = created("edge", PrincipalKind::consumer);
  for (const Right right : {Right::push, Right::del, Right::administer})
    registry({consumer})
        .when(SetGrant{principal("edge"), resource("*"), {Right::pull, right}}, kAdmin, kNow)
        .then_refused(Errc::invalid, About::request, "edge");
  registry({consumer})
      .when(SetGrant{principal("edge"), resource("*"), kPullAndLog}, kAdmin, kNow)
      .then({granted("edge", "*", kPullAndLog)});
  registry({consumer})
      .when(SetGrant{principal("edge"), resource("team/*"), {}}, kAdmin, kNow)
      .then({granted("edge", "team/*", {})});
}

TEST(RemoveGrant, TakesExactlyThatGrant) {
  registry({granted("bob", "team/*", kPull)})
      .when(RemoveGrant{principal("bob"), resource("team/*")}, kAdmin, kNow)
      .then({GrantRemoved{principal("bob"), resource("team/*")}});
  registry({granted("bob", "team/*", kPull)})
      .when(RemoveGrant{principal("bob"), resource("team/app")}, kAdmin, kNow)
      .then_refused(Errc::not_found, About::name, "team/app");
}

TEST(ReadingTheLog, GoesWithPullFromAnythingInTheSameRun) {
  const auto anonymous = PrincipalName::anonymous();
  const Event log_taken = granted("anonymous", "*", kPull);
  registry()
      .when(SetGrant{anonymous, resource("secret/*"), {}}, kAdmin, kNow)
      .then({granted("anonymous", "secret/*", {}), log_taken});
  registry()
      .when(SetGrant{anonymous, resource("secret/*"), {}, true}, kAdmin, kNow)
      .then({granted("anonymous", "secret/*", {})});
  registry()
      .when(SetGrant{anonymous, resource("open"), kPull}, kAdmin, kNow)
      .then({granted("anonymous", "open", kPull)});
  registry()
      .when(SetGrant{anonymous, resource("*"), {}}, kAdmin, kNow)
      .then({granted("anonymous", "*", {})});
  registry()
      .when(SetGrant{anonymous, resource("*"), {Right::read_log}}, kAdmin, kNow)
      .then({granted("anonymous", "*", {Right::read_log})});
  // Nothing to take: it was closed before, or is taken from somebody else.
  registry({granted("anonymous", "secret/*", {})})
      .when(SetGrant{anonymous, resource("secret/deep/*"), {}}, kAdmin, kNow)
      .then({granted("anonymous", "secret/deep/*", {})});
  registry({log_taken})
      .when(SetGrant{anonymous, resource("secret/*"), {}}, kAdmin, kNow)
      .then({granted("anonymous", "secret/*", {})});
  registry()
      .when(SetGrant{principal("bob"), resource("secret/*"), {}}, kAdmin, kNow)
      .then({granted("bob", "secret/*", {})});
}

TEST(ReadingTheLog, GoesWithAGrantThatIsRemoved) {
  const auto anonymous = PrincipalName::anonymous();
  const std::vector<Event> island{granted("anonymous", "*", {Right::read_log}),
                                  granted("anonymous", "open/*", kPull)};
  const Event removed = GrantRemoved{anonymous, resource("open/*")};
  registry(island)
      .when(RemoveGrant{anonymous, resource("open/*")}, kAdmin, kNow)
      .then({removed, granted("anonymous", "*", {})});
  registry(island)
      .when(RemoveGrant{anonymous, resource("open/*"), true}, kAdmin, kNow)
      .then({removed});
  registry({granted("anonymous", "open/*", kPull)})
      .when(RemoveGrant{anonymous, resource("open/*")}, kAdmin, kNow)
      .then({removed});
  registry({granted("anonymous", "open/*", {})})
      .when(RemoveGrant{anonymous, resource("open/*")}, kAdmin, kNow)
      .then({removed});
  registry()
      .when(RemoveGrant{anonymous, resource("*")}, kAdmin, kNow)
      .then({GrantRemoved{anonymous, resource("*")}});
}

TEST(TheLastAdministrator, CannotBeTakenOverHttp) {
  const Intent wishes[] = {DisablePrincipal{principal("admin"), ""},
                           RevokeCredential{principal("admin"), credential('A'), ""},
                           SetGrant{principal("admin"), resource("*"), kPull},
                           RemoveGrant{principal("admin"), resource("*")}};
  const std::vector<std::vector<Event>> no_help = {
      {},
      {granted("bob", "*", Rights::all()), PrincipalDisabled{principal("bob"), ""}},
      {granted("bob", "*", Rights::all()),
       CredentialRevoked{credential('B'), principal("bob"), ""}},
      {granted("bob", "team/*", Rights::all())},
      {created("eve"), granted("eve", "*", Rights::all()),
       added("eve", 'E', CredentialKind::token, kNow)},
      // Whether a certificate opens anything is not for the log to know.
      {created("eve"), granted("eve", "*", Rights::all()), added("eve", 'E', CredentialKind::x509)},
      // Of a log that is older than the rule.
      {created("edge", PrincipalKind::consumer), granted("edge", "*", Rights::all()),
       added("edge", 'E', CredentialKind::token)}};
  for (const Intent& wish : wishes) {
    for (const auto& before : no_help)
      registry(before).when(wish, kAdmin, kNow).then_refused(Errc::conflict, About::request);
    // Another one is there, or whoever asks holds the directory.
    auto shared = registry({granted("bob", "*", Rights::all())});
    EXPECT_EQ(shared.when(wish, kAdmin, kNow).decided(), 1U);
    EXPECT_EQ(registry().when(wish, kHolder, kNow).decided(), 1U);
  }
  // A second credential is enough to let the first one go.
  for (const CredentialKind kind : {CredentialKind::token, CredentialKind::aksk})
    EXPECT_EQ(registry({added("admin", 'T', kind)}).when(wishes[1], kAdmin, kNow).decided(), 1U);
}

TEST(Policies, AreSetAndRemoved) {
  const SetPolicy wish{resource("release/*"), true};
  registry().when(wish, kAdmin, kNow).then({PolicySet{true, resource("release/*")}});
  registry({PolicySet{true, resource("release/*")}}).when(wish, kAdmin, kNow).then_nothing();
  registry({PolicySet{false, resource("release/*")}})
      .when(wish, kAdmin, kNow)
      .then({PolicySet{true, resource("release/*")}});
  registry({PolicySet{true, resource("release/*")}})
      .when(RemovePolicy{resource("release/*")}, kAdmin, kNow)
      .then({PolicyRemoved{resource("release/*")}});
  registry()
      .when(RemovePolicy{resource("release/*")}, kAdmin, kNow)
      .then_refused(Errc::not_found, About::name, "release/*");
}

// ---- what other families' wishes need ----

TEST(Grants, AreJudgedWhereTheEventStands) {
  const content::LinkBlob push{repo("team/app"), digest("blob"), 4};
  const auto writer = granted("bob", "team/*", {Right::pull, Right::push});
  EXPECT_EQ(registry({writer}).when(push, kBob, kNow).decided(), 3U);
  registry().when(push, kBob, kNow).then_refused(Errc::denied, About::request);
  registry().when(push, Actor{}, kNow).then_refused(Errc::unauthorized, About::request);
  registry({writer, CredentialRevoked{credential('B'), principal("bob"), "leaked"}})
      .when(push, kBob, kNow)
      .then_refused(Errc::unauthorized, About::request);
  registry({writer, PrincipalDisabled{principal("bob"), ""}})
      .when(push, kBob, kNow)
      .then_refused(Errc::unauthorized, About::request);
  registry({writer, GrantRemoved{principal("bob"), resource("team/*")}})
      .when(push, kBob, kNow)
      .then_refused(Errc::denied, About::request);
}

TEST(Grants, EveryWishAboutARepositoryNeedsItsRight) {
  const oci::PutManifest put{repo("a"), {tag("t")}, digest("m"), 1, "a/b", {}, {}};
  const std::vector<Event> image{content::RepoCreated{"oci", repo("a")},
                                 oci::ManifestPut{digest("m"), "a/b", repo("a"), 1},
                                 oci::TagSet{digest("m"), std::nullopt, repo("a"), tag("t")}};
  const std::pair<Intent, Right> needs[] = {
      {content::LinkBlob{repo("a"), digest("b"), 4}, Right::push},
      {put, Right::push},
      {oci::DeleteTag{repo("a"), tag("t")}, Right::del},
      {oci::DeleteManifest{repo("a"), digest("m")}, Right::del}};
  for (const auto& [wish, right] : needs) {
    auto enough = registry(image);
    enough.given({granted("bob", "a", {right})}).when(wish, kBob, kNow);
    EXPECT_TRUE(enough.accepted());
    registry(image)
        .given({granted("bob", "a", Rights::all() - Rights{right})})
        .when(wish, kBob, kNow)
        .then_refused(Errc::denied, About::request);
  }
}

TEST(Grants, KeysAreForTheHolderOfTheDirectoryAlone) {
  registry()
      .when(system::RotateEventKey{"K"}, kAdmin, kNow)
      .then_refused(Errc::denied, About::request);
}

}  // namespace
}  // namespace varve
