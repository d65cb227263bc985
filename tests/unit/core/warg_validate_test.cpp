// The rules of a log: one test each, in the order in which they are asked, with the reference's
// words; and one for each way in which the reference could be hurt and this cannot.
#include "core/warg/validate.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "tests/support/warg_given.h"

namespace varve::warg {
namespace {

using test::grant;
using test::init;
using test::kRelease;
using test::kReleaseAndYank;
using test::kYank;
using test::release;
using test::revoke;
using test::version;
using test::warg_key;
using test::WargKey;
using test::yank;

const WargKey kOwner = warg_key('o');
const WargKey kFriend = warg_key('f');
const WargKey kStranger = warg_key('x');
constexpr std::int64_t kStart = 1'795'281'611;

// A log that is given records, and then asked about one more.
template <class RecordOf>
class LogTest : public testing::Test {
 protected:
  using Entries = std::vector<typename RecordOf::Entry>;

  // The next record, as a publisher who knows the log makes it: one second later.
  RecordOf next(Entries entries) const {
    const auto& head = log_.state().head;
    RecordOf record{std::nullopt, 0, {kStart, 0}, std::move(entries)};
    if (head) record.prev = head->id;
    if (head) record.time.seconds = head->time.seconds + 1;
    return record;
  }
  void given(Entries entries, const WargKey& signer = kOwner) { given(next(entries), signer); }
  void given(const RecordOf& record, const WargKey& signer = kOwner) {
    const auto change = validate(test::sign(record, signer), log_, kNow);
    ASSERT_TRUE(change.has_value()) << change.error().what;
    log_.apply(*change);
  }
  Result<LogChange> when(const RecordOf& record, const WargKey& signer = kOwner) const {
    return validate(test::sign(record, signer), log_, kNow);
  }
  void then_refused(const RecordOf& record, const WargKey& signer, std::string_view words,
                    Errc code = Errc::invalid) const {
    const auto change = when(record, signer);
    ASSERT_FALSE(change.has_value());
    EXPECT_EQ(change.error().what, words);
    EXPECT_EQ(change.error().code, code);
    EXPECT_EQ(change.error().about, code == Errc::invalid ? About::record : About::key);
  }
  void then_refused(Entries entries, std::string_view words) const {
    then_refused(next(std::move(entries)), kOwner, words);
  }

  static constexpr Timestamp kNow{(kStart + 3'600) * 1'000'000};
  MemoryLog log_;
};
using WargPackageLog = LogTest<PackageRecord>;
using WargOperatorLog = LogTest<OperatorRecord>;

std::string id_of(const WargKey& key) {
  return key.id.to_string();
}
std::string missing(const WargKey& key, std::string_view permission) {
  return "the key with ID " + id_of(key) + " did not have required permission " +
         std::string(permission);
}

// ---- 1: prev ----

TEST_F(WargPackageLog, BeginsWithoutAPrevious) {
  PackageRecord record = next({init(kOwner)});
  record.prev = package_record_id("something");
  then_refused(record, kOwner, "the first record contained a previous hash value");
}

TEST_F(WargPackageLog, GoesOnWithAPrevious) {
  given({init(kOwner)});
  PackageRecord record = next({release("1.0.0", "a")});
  record.prev = std::nullopt;
  then_refused(record, kOwner, "non-initial record contained no previous hash");
}

TEST_F(WargPackageLog, GoesOnFromItsHeadAlone) {
  given({init(kOwner)});
  const RecordId first = log_.state().head->id;
  given({release("1.0.0", "a")});
  PackageRecord record = next({release("1.1.0", "b")});
  record.prev = first;
  then_refused(record, kOwner, "previous record hash does not match");
}

// ---- 2: version ----

TEST_F(WargPackageLog, KnowsProtocolVersion0) {
  PackageRecord record = next({init(kOwner)});
  record.version = 1;
  then_refused(record, kOwner, "protocol version 1 not allowed");
}

// ---- 3: time ----

TEST_F(WargPackageLog, NeverGoesBackInTime) {
  given({init(kOwner)});
  PackageRecord record = next({release("1.0.0", "a")});
  record.time = {kStart - 1, 999'999'999};
  then_refused(record, kOwner, "record has lower timestamp than previous");
  record.time = {kStart, 0};
  EXPECT_TRUE(when(record).has_value());  // equal is allowed
}

TEST_F(WargPackageLog, ComparesNanoseconds) {
  PackageRecord first = next({init(kOwner)});
  first.time.nanos = 5;
  given(first);
  PackageRecord record = next({release("1.0.0", "a")});
  record.time = {kStart, 4};
  then_refused(record, kOwner, "record has lower timestamp than previous");
}

TEST_F(WargPackageLog, TakesClocksThatAreALittleAhead) {
  const std::int64_t ahead = std::chrono::seconds(limits::kWargClockAheadMax).count();
  PackageRecord record = next({init(kOwner)});
  record.time = RecordTime::of(kNow);
  record.time.seconds += ahead;
  EXPECT_TRUE(when(record).has_value());
  record.time.nanos += 1;
  then_refused(record, kOwner, "record has a timestamp too far in the future");
}

TEST_F(WargPackageLog, HasNoFutureForReadersOfOldRecords) {
  PackageRecord record = next({init(kOwner)});
  record.time.seconds = 4'000'000'000;
  EXPECT_TRUE(validate(test::sign(record, kOwner), log_, std::nullopt).has_value());
}

// ---- 4: entries ----

TEST_F(WargPackageLog, BeginsWithInit) {
  const std::string_view words = "the first entry of the log is not \"init\"";
  then_refused({grant(kFriend, kRelease)}, words);
  then_refused({revoke(kFriend, kRelease)}, words);
  then_refused({grant(kFriend, kRelease), init(kOwner)}, words);
  // The permission is asked for first.
  then_refused({release("1.0.0", "a")}, missing(kOwner, "release"));
  then_refused({yank("1.0.0")}, missing(kOwner, "yank"));
  then_refused({}, "the initial record is empty and does not \"init\"");
}

TEST_F(WargPackageLog, HasOneInit) {
  then_refused({init(kOwner), init(kOwner)}, "a second \"init\" entry was found");
  given({init(kOwner)});
  then_refused({init(kOwner)}, "a second \"init\" entry was found");
}

TEST_F(WargPackageLog, IsInitialisedByTheKeyItNames) {
  then_refused(next({init(kFriend)}), kOwner,
               "the Key ID used to sign this envelope is not known to this package log");
}

TEST_F(WargPackageLog, GivesItsFirstKeyEverything) {
  const auto change = when(next({init(kOwner)}));
  ASSERT_TRUE(change.has_value());
  const RecordId id = test::sign(next({init(kOwner)}), kOwner).id;
  LogChange expected;
  expected.head = LogHead{id, {kStart, 0}, 1};
  expected.keys = {
      {kOwner.id,
       {kOwner.text, Permissions::of({PackagePermission::release, PackagePermission::yank})}}};
  EXPECT_EQ(*change, expected);
}

TEST_F(WargPackageLog, ReleasesOnceAVersion) {
  given({init(kOwner), release("1.0.0", "a")});
  then_refused({release("1.0.0", "b")},
               "an entry attempted to release version 1.0.0 which is already released");
  then_refused({release("2.0.0", "a"), release("2.0.0", "a")},
               "an entry attempted to release version 2.0.0 which is already released");
  given({yank("1.0.0")});
  then_refused({release("1.0.0", "b")},
               "an entry attempted to release version 1.0.0 which is already released");
}

TEST_F(WargPackageLog, TellsBuildsApart) {
  given({init(kOwner), release("1.0.0+a", "a"), release("1.0.0+b", "b")});
  EXPECT_EQ(log_.state().releases.size(), 2u);
}

TEST_F(WargPackageLog, YanksOnceWhatWasReleased) {
  given({init(kOwner), release("1.0.0", "a")});
  then_refused({yank("1.0.1")},
               "an entry attempted to yank version 1.0.1 which had not yet been released");
  then_refused({yank("1.0.0"), yank("1.0.0")},
               "an entry attempted to yank version 1.0.0 which is already yanked");
  given({yank("1.0.0")});
  EXPECT_EQ(log_.state().releases.at("1.0.0"), (LogRelease{Digest::of("a"), true}));
  then_refused({yank("1.0.0")}, "an entry attempted to yank version 1.0.0 which is already yanked");
}

TEST_F(WargPackageLog, GrantsWhatTheSignerHolds) {
  given({init(kOwner), grant(kFriend, kRelease)});
  given({release("1.0.0", "a")}, kFriend);
  then_refused(next({yank("1.0.0")}), kFriend, missing(kFriend, "yank"));
  then_refused(next({grant(kStranger, kReleaseAndYank)}), kFriend, missing(kFriend, "yank"));
  given({grant(kStranger, kRelease)}, kFriend);
  given({grant(kFriend, kYank)});
  EXPECT_EQ(log_.state().keys.at(kFriend.id).permissions,
            Permissions::of({PackagePermission::release, PackagePermission::yank}));
}

TEST_F(WargPackageLog, RevokesWhatTheSignerAndTheTargetHold) {
  given({init(kOwner), grant(kFriend, kRelease)});
  then_refused(next({revoke(kOwner, kReleaseAndYank)}), kFriend, missing(kFriend, "yank"));
  then_refused({revoke(kFriend, kReleaseAndYank)}, "attempted to remove permission yank from key " +
                                                       id_of(kFriend) + " which did not have it");
  then_refused({revoke(kStranger, kRelease)}, "attempted to remove permission release from key " +
                                                  id_of(kStranger) + " which did not have it");
  then_refused({revoke(kFriend, {PackagePermission::release, PackagePermission::release})},
               "attempted to remove permission release from key " + id_of(kFriend) +
                   " which did not have it");
  given({revoke(kFriend, kRelease)});
  // The key stays known, without permissions.
  EXPECT_EQ(log_.state().keys.at(kFriend.id), (LogKey{kFriend.text, {}}));
}

TEST_F(WargPackageLog, JudgesAnEntryByThoseBeforeIt) {
  given({init(kOwner), release("1.0.0", "a"), yank("1.0.0"), grant(kFriend, kYank),
         revoke(kFriend, kYank)});
  then_refused({revoke(kOwner, kRelease), release("2.0.0", "b")}, missing(kOwner, "release"));
  EXPECT_TRUE(when(next({release("2.0.0", "b"), revoke(kOwner, kRelease)})).has_value());
}

TEST_F(WargPackageLog, ChangesNothingWhenRefused) {
  given({init(kOwner)});
  const LogChange before = log_.state();
  EXPECT_FALSE(when(next({release("1.0.0", "a"), yank("9.9.9")})).has_value());
  EXPECT_EQ(log_.state(), before);
}

TEST_F(WargPackageLog, CountsItsRecords) {
  given({init(kOwner)});
  given({release("1.0.0", "a")});
  given({release("1.1.0", "b")});
  EXPECT_EQ(log_.state().head->count, 3u);
}

// ---- 5: the signer ----

TEST_F(WargPackageLog, TakesNothingFromAKeyItDoesNotKnow) {
  given({init(kOwner)});
  for (const PackageRecord& record : {next({release("1.0.0", "a")}), next({init(kStranger)}),
                                      next({}), next({grant(kStranger, kReleaseAndYank)})})
    then_refused(record, kStranger, "unknown key id `" + id_of(kStranger) + "`",
                 Errc::unauthorized);
}

// ---- what the reference lets in ----

TEST_F(WargPackageLog, TakesNothingFromARevokedKey) {
  given({init(kOwner), grant(kFriend, kRelease)});
  given({revoke(kFriend, kRelease)});
  PackageRecord harmless_looking = next({});
  harmless_looking.time.seconds = 4'000'000'000;
  for (const PackageRecord& record :
       {next({release("1.0.0", "a")}), next({}), next({grant(kFriend, {})}),
        next({revoke(kFriend, {})}), harmless_looking})
    then_refused(record, kFriend, "the key with ID " + id_of(kFriend) + " has no permissions left",
                 Errc::unauthorized);
}

TEST_F(WargPackageLog, TakesNoEmptyRecord) {
  given({init(kOwner)});
  then_refused({}, "the record has no entries");
}

TEST_F(WargPackageLog, TakesNoEmptyListOfPermissions) {
  given({init(kOwner), grant(kFriend, kRelease)});
  then_refused({grant(kFriend, {})}, "an entry has an empty list of permissions");
  then_refused({revoke(kFriend, {})}, "an entry has an empty list of permissions");
}

TEST_F(WargPackageLog, IsNotBrickedByARecordFromTheFuture) {
  given({init(kOwner), grant(kFriend, kRelease)});
  PackageRecord future = next({release("1.0.0", "a")});
  future.time.seconds = 4'000'000'000;
  then_refused(future, kFriend, "record has a timestamp too far in the future");
  given({release("1.0.0", "a")});
}

// Trouble with what the log is kept in is not a verdict about the record.
TEST_F(WargPackageLog, PassesOnWhatItsFactsAnswer) {
  class Broken final : public LogFacts {
   public:
    Result<std::optional<LogHead>> head() const override {
      return LogHead{RecordId(Hash256{}), {}, 1};
    }
    Result<std::optional<LogKey>> key(const KeyId&) const override {
      return fail(Errc::unavailable, About::storage, "the disk is gone");
    }
    Result<std::optional<LogRelease>> release(const Version&) const override {
      return std::nullopt;
    }
    Result<std::optional<NamespaceOrigin>> name_space(const std::string&) const override {
      return std::nullopt;
    }
  };
  const auto change = validate(test::sign(next({init(kOwner)}), kOwner), Broken(), kNow);
  ASSERT_FALSE(change.has_value());
  EXPECT_EQ(change.error().code, Errc::unavailable);
}

// ---- the key a signature is checked with ----

TEST_F(WargPackageLog, KnowsTheKeyToCheckWith) {
  const auto key_for = [this](const PackageRecord& record, const WargKey& signer) {
    return find_signing_key(test::sign(record, signer), log_);
  };
  EXPECT_EQ(key_for(next({init(kOwner)}), kOwner).value(), kOwner.text);
  const auto refused = [&](const PackageRecord& record, const WargKey& signer) {
    const auto key = key_for(record, signer);
    return !key && key.error().code == Errc::unauthorized &&
           key.error().what == "unknown key id `" + id_of(signer) + "`";
  };
  EXPECT_TRUE(refused(next({init(kFriend)}), kOwner));
  EXPECT_TRUE(refused(next({release("1.0.0", "a"), init(kOwner)}), kOwner));
  EXPECT_TRUE(refused(next({}), kOwner));
  given({init(kOwner), grant(kFriend, kRelease)});
  EXPECT_EQ(key_for(next({}), kFriend).value(), kFriend.text);
  EXPECT_TRUE(refused(next({grant(kStranger, kRelease)}), kStranger));
}

// ---- what was accepted ----

TEST_F(WargPackageLog, HasTheSameEffectsWhenReadAgain) {
  const std::vector<std::pair<Entries, WargKey>> history = {
      {{init(kOwner), release("1.0.0", "a"), grant(kFriend, kReleaseAndYank)}, kOwner},
      {{yank("1.0.0"), release("1.1.0", "b"), grant(kStranger, kYank)}, kFriend},
      {{revoke(kFriend, kReleaseAndYank), release("1.2.0", "a")}, kOwner}};
  for (const auto& [entries, signer] : history) {
    const auto record = test::sign(next(entries), signer);
    const auto validated = validate(record, log_, kNow);
    ASSERT_TRUE(validated.has_value()) << validated.error().what;
    EXPECT_EQ(effects_of(record.record, record.id, log_).value(), *validated);
    log_.apply(*validated);
  }
}

// project() must not fail over what no decision of ours makes.
TEST_F(WargPackageLog, HasNoEffectOnWhatIsNotThere) {
  const auto record = test::sign(next({yank("1.0.0"), revoke(kFriend, kRelease)}), kOwner);
  LogChange expected;
  expected.head = LogHead{record.id, {kStart, 0}, 1};
  EXPECT_EQ(effects_of(record.record, record.id, log_).value(), expected);
}

// ---- the operator's log ----

using OperatorGrant = Grant<OperatorPermission>;
using OperatorRevoke = Revoke<OperatorPermission>;
using enum OperatorPermission;

TEST_F(WargOperatorLog, GivesItsFirstKeyEverything) {
  given({init(kOwner), DefineNamespace{"test"}, ImportNamespace{"wasi", "example.com"}});
  EXPECT_EQ(log_.state().keys.at(kOwner.id).permissions,
            Permissions::of({commit, define_namespace, import_namespace}));
  EXPECT_EQ(log_.state().namespaces,
            (std::map<std::string, NamespaceOrigin>{{"test", ""}, {"wasi", "example.com"}}));
}

TEST_F(WargOperatorLog, IsInitialisedByTheKeyItNames) {
  then_refused(next({init(kFriend)}), kOwner,
               "the Key ID used to sign this envelope is not known to this operator log");
}

TEST_F(WargOperatorLog, AsksForThePermissionOfEachEntry) {
  given({init(kOwner), OperatorGrant{kFriend.text, {define_namespace}},
         OperatorGrant{kStranger.text, {commit, import_namespace}}});
  then_refused(next({OperatorGrant{kFriend.text, {define_namespace}}}), kFriend,
               missing(kFriend, "commit"));
  then_refused(next({OperatorRevoke{kOwner.id, {define_namespace}}}), kFriend,
               missing(kFriend, "commit"));
  then_refused(next({ImportNamespace{"wasi", "example.com"}}), kFriend,
               missing(kFriend, "importNamespace"));
  then_refused(next({DefineNamespace{"test"}}), kStranger, missing(kStranger, "defineNamespace"));
  then_refused(next({OperatorGrant{kFriend.text, {define_namespace}}}), kStranger,
               missing(kStranger, "defineNamespace"));
  given({DefineNamespace{"test"}}, kFriend);
  given({ImportNamespace{"wasi", "example.com"}, OperatorGrant{kFriend.text, {commit}}}, kStranger);
}

TEST_F(WargOperatorLog, BeginsWithInit) {
  then_refused({DefineNamespace{"test"}}, missing(kOwner, "defineNamespace"));
  then_refused({OperatorGrant{kFriend.text, {commit}}}, missing(kOwner, "commit"));
}

TEST_F(WargOperatorLog, KnowsANamespaceWhenItSeesOne) {
  for (const std::string name : {"", "Test", "a:b", "a_b"})
    then_refused({init(kOwner), DefineNamespace{name}},
                 "the namespace `" + name +
                     "` is invalid; namespace must be a lowercased kebab case string");
  const auto change = when(next({init(kOwner), DefineNamespace{std::string(100'000, 'A')}}));
  EXPECT_LT(change.error().what.size(), 300u);
}

TEST_F(WargOperatorLog, DefinesANamespaceOnce) {
  const std::string_view words = "the namespace `test` is already defined and cannot be redefined";
  given({init(kOwner), DefineNamespace{"test"}});
  then_refused({DefineNamespace{"test"}}, words);
  then_refused({ImportNamespace{"test", "example.com"}}, words);
  then_refused({DefineNamespace{"other"}, DefineNamespace{"other"}},
               "the namespace `other` is already defined and cannot be redefined");
}

TEST_F(WargOperatorLog, ImportsFromAHost) {
  for (const std::string registry : {"", "two words", "caf\xc3\xa9.example", "a\nb"})
    then_refused({init(kOwner), ImportNamespace{"wasi", registry}},
                 "the registry `" + registry + "` is not a host name");
  EXPECT_TRUE(when(next({init(kOwner), ImportNamespace{"wasi", "localhost:8090"}})).has_value());
}

TEST_F(WargOperatorLog, TakesNothingFromARevokedKey) {
  given({init(kOwner), OperatorGrant{kFriend.text, {commit}}});
  given({OperatorRevoke{kFriend.id, {commit}}});
  then_refused(next({OperatorGrant{kFriend.text, {commit}}}), kFriend,
               "the key with ID " + id_of(kFriend) + " has no permissions left",
               Errc::unauthorized);
}

TEST_F(WargOperatorLog, HasTheSameEffectsWhenReadAgain) {
  const auto record = test::sign(
      next({init(kOwner), DefineNamespace{"test"}, OperatorGrant{kFriend.text, {commit}}}), kOwner);
  EXPECT_EQ(effects_of(record.record, record.id, log_).value(),
            validate(record, log_, kNow).value());
}

}  // namespace
}  // namespace varve::warg
