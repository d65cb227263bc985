// Data directories: made once, opened by one, keys rotated, every table checked.
#include "log/directory.h"

#include <gmock/gmock.h>

#include <fstream>

#include "core/codec.h"
#include "core/trust/query.h"
#include "log/fsck.h"
#include "log/operator_record.h"
#include "log/rows_view.h"
#include "log/secrets.h"
#include "log/store/open.h"
#include "log/store/tables.h"
#include "tests/support/log_rig.h"
#include "tests/support/test_directory.h"

namespace varve::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRequest = "01JD0000000000000000000000";

Timestamp noon() {
  return must(Timestamp::parse("2026-11-21T12:00:00Z"));
}

void initialise(const fs::path& root) {
  must(DataDirectory::initialise(root, "registry.example/test", default_anchor(root), kRequest,
                                 noon()));
}

// Opens the directory's ledger, pushes `count` manifests and drains.
void push(const fs::path& root, std::uint64_t count, std::uint64_t from = 0) {
  auto directory = must(DataDirectory::open(root, Access::exclusive));
  FileAnchor anchor(default_anchor(root));
  HeadCell head;
  LedgerOptions options;
  options.clock = noon;
  auto ledger = must(
      Ledger::open(directory.store(), anchor, head, must(directory.load_keys(anchor)), options));
  for (std::uint64_t i = from; i < from + count; ++i) {
    must(ledger->run(put_manifest("lib/app", "v" + std::to_string(i % 5), i)));
  }
  ledger->drain();
}

// An initialisation that was killed after its keys moved into place, before its store did: made of
// the one in `whole`, without the anchor.
fs::path interrupted(const TestDirectory& scratch) {
  const auto whole = scratch.path() / "whole";
  auto half = scratch.path() / "half";
  fs::create_directories(half / "init.unfinished");
  fs::copy(whole / "secrets", half / "secrets", fs::copy_options::recursive);
  fs::copy(whole / "store", half / "init.unfinished" / "store", fs::copy_options::recursive);
  return half;
}

FsckReport check(const fs::path& root) {
  auto directory = must(DataDirectory::open(root, Access::read_only));
  const auto blobs = must(open_file_blob_store(root));
  FileAnchor anchor(default_anchor(root));
  return must(
      fsck_directory(directory, *blobs, anchor, root / "fsck.scratch", [](auto, auto, auto) {}));
}

std::string findings(const FsckReport& report) {
  std::string text;
  for (const auto& finding : report.findings) text += finding.what + ": " + finding.detail + "\n";
  return text;
}

TEST(DataDirectory, IsMadeWithKeysThatOnlyItsOwnerReads) {
  const TestDirectory scratch;
  initialise(scratch.path() / "data");
  const auto keys = scratch.path() / "data" / "secrets" / "keys";
  for (const char* name : {"log", "event", "warg"})
    EXPECT_EQ(fs::status(keys / name).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

TEST(DataDirectory, IsMadeOnlyOnce) {
  const TestDirectory scratch;
  initialise(scratch.path());
  const auto again = DataDirectory::initialise(scratch.path(), "other.example",
                                               default_anchor(scratch.path()), kRequest, noon());
  EXPECT_EQ(again.error().code, Errc::conflict);
}

TEST(DataDirectory, IsNotMadeOverSomebodysFilesOrKeys) {
  for (const char* what : {"notes.txt", "secrets", "head.anchor"}) {
    const TestDirectory scratch;
    std::ofstream(scratch.path() / what) << "mine";
    const auto made = DataDirectory::initialise(scratch.path(), "registry.example",
                                                default_anchor(scratch.path()), kRequest, noon());
    ASSERT_FALSE(made) << what;
    EXPECT_EQ(made.error().code, Errc::conflict);
    EXPECT_TRUE(fs::exists(scratch.path() / what));
  }
}

TEST(DataDirectory, LeavesADirectoryItRefusesAsItWas) {
  const TestDirectory scratch;
  const auto root = scratch.path() / "mine";
  fs::create_directory(root);
  fs::permissions(root, fs::perms::owner_all | fs::perms::others_read);
  std::ofstream(root / "notes.txt") << "mine";
  EXPECT_FALSE(
      DataDirectory::initialise(root, "registry.example", default_anchor(root), kRequest, noon()));
  EXPECT_EQ(fs::status(root).permissions(), fs::perms::owner_all | fs::perms::others_read);
  EXPECT_EQ(std::distance(fs::directory_iterator(root), {}), 1);
}

TEST(DataDirectory, DoesNotFinishAnInitialisationUnderAnotherNameOrOverAnotherAnchor) {
  const TestDirectory scratch;
  initialise(scratch.path() / "whole");
  const auto half = interrupted(scratch);
  const auto attempt = [&](const char* origin, const fs::path& anchor) {
    return DataDirectory::initialise(half, origin, anchor, kRequest, noon());
  };
  EXPECT_EQ(attempt("other.example", half / "head.anchor").error().code, Errc::conflict);
  initialise(scratch.path() / "other");
  EXPECT_EQ(attempt("registry.example/test", scratch.path() / "other" / "head.anchor").error().code,
            Errc::conflict);
  EXPECT_TRUE(
      attempt("registry.example/test", scratch.path() / "whole" / "head.anchor").has_value());
}

TEST(DataDirectory, FinishesAnInterruptedInitialisationAtEveryStep) {
  const TestDirectory scratch;
  initialise(scratch.path() / "whole");
  const auto half = interrupted(scratch);
  fs::copy(scratch.path() / "whole" / "head.anchor", half / "head.anchor");
  initialise(half);
  push(half, 3);
  EXPECT_EQ(findings(check(half)), "");
  // Killed before anything moved.
  const auto early = scratch.path() / "early";
  fs::create_directories(early / "init.unfinished" / "secrets" / "keys");
  initialise(early);
  push(early, 3);
  EXPECT_EQ(findings(check(early)), "");
}

CredentialId credential(char letter) {
  return must(CredentialId::parse("01JD000000000000000000000" + std::string(1, letter)));
}

Result<void> initialise_with_admin(const fs::path& root, const FirstAdmin& admin) {
  return DataDirectory::initialise(root, "registry.example/test", default_anchor(root), kRequest,
                                   noon(), admin);
}

TEST(DataDirectory, StartsWithAnAdministratorWhoseSecretIsOnDisk) {
  const TestDirectory scratch;
  must(initialise_with_admin(scratch.path(), {credential('A'), "hash"}));
  EXPECT_EQ(must(SecretStore(scratch.path()).read(credential('A'))), "hash");
  auto directory = must(DataDirectory::open(scratch.path(), Access::read_only));
  const auto head = must(directory.load_head());
  const auto view = Reader(head).view();
  const Actor admin{"admin", Auth::basic, credential('A')};
  must(trust::check(*view, admin, Right::administer, noon()));
  must(trust::check(*view, Actor{}, Right::read_log, noon()));
  EXPECT_EQ(trust::check(*view, Actor{}, Right::administer, noon()).error().code,
            Errc::unauthorized);
  EXPECT_EQ(head->published, head->size);
}

TEST(DataDirectory, WithoutAnAdministratorEverybodyReadsAndNobodyWrites) {
  const TestDirectory scratch;
  initialise(scratch.path());
  auto directory = must(DataDirectory::open(scratch.path(), Access::read_only));
  const auto view = Reader(must(directory.load_head())).view();
  must(trust::check(*view, Actor{}, Right::pull, must(RepoName::parse("a")), noon()));
  EXPECT_FALSE(trust::check(*view, Actor{}, Right::push, must(RepoName::parse("a")), noon()));
  EXPECT_EQ(must(trust::list_principals(*view, "", 10)).size(), 1U);
}

TEST(DataDirectory, AnInterruptedInitialisationTakesTheNewAdministratorsSecret) {
  const TestDirectory scratch;
  must(initialise_with_admin(scratch.path() / "whole", {credential('A'), "lost"}));
  const auto half = interrupted(scratch);
  fs::copy(scratch.path() / "whole" / "head.anchor", half / "head.anchor");
  must(initialise_with_admin(half, {credential('B'), "told"}));
  EXPECT_EQ(must(SecretStore(half).read(credential('A'))), "told");
  EXPECT_EQ(must(SecretStore(half).read(credential('B'))), std::nullopt);
}

// Its password would be told to nobody, and the directory be opened by nobody.
TEST(DataDirectory, AnInterruptedInitialisationOfAnotherVersionIsLeftToThatOne) {
  const TestDirectory scratch;
  must(initialise_with_admin(scratch.path() / "whole", {credential('A'), "lost"}));
  const auto half = interrupted(scratch);
  fs::copy(scratch.path() / "whole" / "head.anchor", half / "head.anchor");
  edit_head(*must(open_store(half / "init.unfinished" / "store", StoreUse::write)),
            [](HeadRow& row) { row.rows_format = kRowsFormat - 1; });
  EXPECT_EQ(initialise_with_admin(half, {credential('B'), "told"}).error().code, Errc::unsupported);
  EXPECT_EQ(must(SecretStore(half).read(credential('A'))), "lost");
  EXPECT_FALSE(DataDirectory::is_initialised(half));
}

TEST(DataDirectory, AnInterruptedInitialisationWithoutAdministratorDoesNotGetOne) {
  const TestDirectory scratch;
  initialise(scratch.path() / "whole");
  const auto half = interrupted(scratch);
  fs::copy(scratch.path() / "whole" / "head.anchor", half / "head.anchor");
  EXPECT_EQ(initialise_with_admin(half, {credential('B'), "told"}).error().code, Errc::conflict);
}

Result<void> recover(const fs::path& root, const char* name, const FirstAdmin& admin) {
  return recover_administrator(root, default_anchor(root), kRequest, noon,
                               must(PrincipalName::parse(name)), admin);
}

bool administers(const fs::path& root, const char* name, const CredentialId& id) {
  auto directory = must(DataDirectory::open(root, Access::read_only));
  const auto view = Reader(must(directory.load_head())).view();
  return trust::check(*view, {name, Auth::basic, id}, Right::administer, noon()).has_value();
}

TEST(RecoverAdministrator, GivesTheHolderOfTheDirectoryOneBack) {
  const TestDirectory scratch;
  must(initialise_with_admin(scratch.path(), {credential('A'), "lost"}));
  must(recover(scratch.path(), "admin", {credential('B'), "found"}));
  EXPECT_FALSE(administers(scratch.path(), "admin", credential('A'))) << "one password at a time";
  EXPECT_TRUE(administers(scratch.path(), "admin", credential('B')));
  EXPECT_EQ(must(SecretStore(scratch.path()).read(credential('B'))), "found");
  must(recover(scratch.path(), "second", {credential('C'), "more"}));
  EXPECT_TRUE(administers(scratch.path(), "second", credential('C')));
  EXPECT_EQ(findings(check(scratch.path())), "");
}

TEST(RecoverAdministrator, WorksInALogThatNeverHadOne) {
  const TestDirectory scratch;
  initialise(scratch.path());
  must(recover(scratch.path(), "admin", {credential('A'), "hash"}));
  EXPECT_TRUE(administers(scratch.path(), "admin", credential('A')));
}

TEST(RecoverAdministrator, GoesOnWhereACrashStoppedIt) {
  const TestDirectory scratch;
  initialise(scratch.path());
  must(recover(scratch.path(), "admin", {credential('A'), "first"}));
  must(recover(scratch.path(), "admin", {credential('B'), "again"}));
  EXPECT_TRUE(administers(scratch.path(), "admin", credential('B')));
  EXPECT_EQ(recover(scratch.path(), "anonymous", {credential('C'), "never"}).error().code,
            Errc::invalid);
}

TEST(RecoverAdministrator, NeedsTheDirectoryForItself) {
  const TestDirectory scratch;
  initialise(scratch.path());
  const auto served = must(DataDirectory::open(scratch.path(), Access::exclusive));
  EXPECT_EQ(recover(scratch.path(), "admin", {credential('A'), "hash"}).error().code,
            Errc::conflict);
}

TEST(DataDirectory, SweepsSecretsOfCredentialsThatTheLogDoesNotKnow) {
  const TestDirectory scratch;
  must(initialise_with_admin(scratch.path(), {credential('A'), "hash"}));
  must(SecretStore(scratch.path()).write(credential('B'), "of a command that never arrived"));
  auto directory = must(DataDirectory::open(scratch.path(), Access::exclusive));
  EXPECT_EQ(must(directory.sweep_secrets()), 1U);
  EXPECT_EQ(must(SecretStore(scratch.path()).read(credential('A'))), "hash");
  EXPECT_EQ(must(SecretStore(scratch.path()).read(credential('B'))), std::nullopt);
}

TEST(DataDirectory, RefusesAnOriginThatCannotNameAKey) {
  const TestDirectory scratch;
  for (const char* origin : {"", "two words", "a+b", "line\nbreak"})
    EXPECT_EQ(DataDirectory::initialise(scratch.path() / "d", origin, scratch.path() / "a",
                                        kRequest, noon())
                  .error()
                  .code,
              Errc::invalid);
}

TEST(DataDirectory, HasOneWriter) {
  const TestDirectory scratch;
  initialise(scratch.path());
  auto first = must(DataDirectory::open(scratch.path(), Access::exclusive));
  EXPECT_EQ(DataDirectory::open(scratch.path(), Access::exclusive).error().code, Errc::conflict);
  EXPECT_TRUE(DataDirectory::open(scratch.path(), Access::read_only).has_value());
}

TEST(DataDirectory, RefusesKeysTheLogDoesNotName) {
  const TestDirectory scratch;
  initialise(scratch.path());
  const auto file = scratch.path() / "secrets" / "keys" / "event";
  std::ofstream(file) << Signer::generate("registry.example/test/events").to_string() << "\n";
  auto directory = must(DataDirectory::open(scratch.path(), Access::exclusive));
  EXPECT_EQ(directory.load_keys(FileAnchor(default_anchor(scratch.path()))).error().code,
            Errc::corrupt);
}

// Begins the operator's log of the directory with the key in its files, as a server does.
void begin_operator_log(const fs::path& root) {
  auto directory = must(DataDirectory::open(root, Access::exclusive));
  FileAnchor anchor(default_anchor(root));
  HeadCell head;
  LedgerOptions options;
  options.clock = noon;
  auto keys = must(directory.load_keys(anchor));
  const auto key = keys.warg;
  auto ledger = must(Ledger::open(directory.store(), anchor, head, std::move(keys), options));
  auto wish = must(sign_operator_record(
      {std::nullopt, 0, warg::RecordTime::of(noon()), {warg::Init{key->public_key().text()}}},
      *key));
  must(ledger->run(command_of(warg::AppendOperatorRecord{std::move(wish.record)}, {wish.body})));
  ledger->drain();
}

TEST(WargKey, IsMadeOnceAndOnlyItsOwnerReadsIt) {
  const TestDirectory scratch;
  initialise(scratch.path());
  const auto file = scratch.path() / "secrets" / "keys" / "warg";
  const auto id = [&] {
    auto directory = must(DataDirectory::open(scratch.path(), Access::exclusive));
    return must(directory.load_keys(FileAnchor(default_anchor(scratch.path()))))
        .warg->public_key()
        .id();
  };
  const auto first = id();
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(id(), first);
  begin_operator_log(scratch.path());
  EXPECT_EQ(id(), first);
}

TEST(WargKey, IsTheOneThatTheOperatorsLogLetsCommit) {
  const TestDirectory scratch;
  initialise(scratch.path());
  begin_operator_log(scratch.path());
  const auto file = scratch.path() / "secrets" / "keys" / "warg";
  const auto code = [&] {
    auto directory = must(DataDirectory::open(scratch.path(), Access::exclusive));
    return directory.load_keys(FileAnchor(default_anchor(scratch.path()))).error().code;
  };
  std::ofstream(file) << warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256).to_string();
  EXPECT_EQ(code(), Errc::corrupt);
  fs::remove(file);
  EXPECT_EQ(code(), Errc::unavailable) << "another one would be no key of this log";
  EXPECT_FALSE(fs::exists(file));
}

TEST(KeyRotation, IsSignedByTheOldKeyAndChecksOutAlongTheChain) {
  const TestDirectory scratch;
  initialise(scratch.path());
  push(scratch.path(), 3);
  const auto replacement =
      must(rotate_event_key(scratch.path(), default_anchor(scratch.path()), kRequest, noon));
  push(scratch.path(), 3, 10);
  EXPECT_EQ(findings(check(scratch.path())), "");
  auto directory = must(DataDirectory::open(scratch.path(), Access::exclusive));
  EXPECT_EQ(must(directory.load_keys(FileAnchor(default_anchor(scratch.path())))).event.verifier(),
            replacement);
  const auto head = must(directory.load_head());
  const Reader reader(head);
  std::optional<std::uint64_t> rotated;
  for (std::uint64_t i = 0; i < head->size.value; ++i) {
    const std::string bytes = must(reader.entry(EntryIndex{i}));
    const Note note = must(parse_note(bytes));
    EXPECT_EQ(verify_note(note, {&replacement, 1}).has_value(), rotated.has_value()) << i;
    if (std::holds_alternative<system::EventKeyRotated>(must(decode_entry_text(note.text)).event))
      rotated = i;
  }
  EXPECT_TRUE(rotated);
}

TEST(KeyRotation, IsFinishedOrForgottenAfterACrashOnEitherSideOfItsEvent) {
  const TestDirectory scratch;
  initialise(scratch.path());
  const auto keys = scratch.path() / "secrets" / "keys";
  // Before the event: the staged key never counted, whole or half written, and is kept aside.
  const std::string whole = Signer::generate("registry.example/test/events").to_string();
  for (const std::string& text : {whole, whole.substr(0, 4)}) {
    std::ofstream(keys / "event.next") << text;
    push(scratch.path(), 2);
    must(rotate_event_key(scratch.path(), default_anchor(scratch.path()), kRequest, noon));
    EXPECT_TRUE(fs::exists(keys / (std::string("event.unused.") + kRequest)));
  }
  // After it: the old file is still in place, and the log names the staged one.
  fs::copy(keys / "event", scratch.path() / "old");
  must(rotate_event_key(scratch.path(), default_anchor(scratch.path()), kRequest, noon));
  fs::rename(keys / "event", keys / "event.next");
  fs::rename(scratch.path() / "old", keys / "event");
  push(scratch.path(), 2, 10);
  EXPECT_EQ(findings(check(scratch.path())), "");
}

TEST(KeyRotation, TouchesNoKeyForAStoreThatLostItsTail) {
  const TestDirectory scratch;
  initialise(scratch.path() / "now");
  fs::copy(scratch.path() / "now" / "store", scratch.path() / "old", fs::copy_options::recursive);
  const auto root = scratch.path() / "now";
  const auto keys = root / "secrets" / "keys";
  fs::copy(keys / "event", scratch.path() / "old-event");
  must(rotate_event_key(root, default_anchor(root), kRequest, noon));
  // Killed before the new key moved into place, and then an old copy of the store is put back.
  fs::rename(keys / "event", keys / "event.next");
  fs::rename(scratch.path() / "old-event", keys / "event");
  fs::remove_all(root / "store");
  fs::rename(scratch.path() / "old", root / "store");
  auto directory = must(DataDirectory::open(root, Access::exclusive));
  const auto loaded = directory.load_keys(FileAnchor(default_anchor(root)));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::conflict);
  EXPECT_EQ(loaded.error().about, About::checkpoint);
  EXPECT_TRUE(fs::exists(keys / "event.next"));
}

// ---- fsck of a directory ----

TEST(Fsck, FindsNothingInASoundDirectory) {
  const TestDirectory scratch;
  initialise(scratch.path());
  push(scratch.path(), 300);
  const auto report = check(scratch.path());
  EXPECT_EQ(findings(report), "");
  EXPECT_EQ(report.entries, report.signatures);
  EXPECT_GE(report.tiles, 2u);
  EXPECT_GT(report.checkpoints, 0u);
  EXPECT_FALSE(fs::exists(scratch.path() / "fsck.scratch"));
}

// Changes one row of a closed directory behind the ledger's back.
void tamper(const fs::path& root, const std::function<void(Batch&, const Snapshot&)>& change) {
  auto directory = must(DataDirectory::open(root, Access::exclusive));
  auto batch = directory.store().batch();
  change(*batch, *directory.store().snapshot());
  must(directory.store().commit(std::move(batch)));
}

std::string first_key(const Snapshot& snapshot, Family family, std::string_view prefix) {
  const auto cursor = snapshot.cursor(family, prefix, prefix_end(prefix));
  cursor->seek(prefix);
  EXPECT_TRUE(cursor->valid());
  return std::string(cursor->key());
}

TEST(Fsck, FindsARowThatTheEntriesDoNotMake) {
  for (const Family family : {Family::now, Family::past}) {
    const TestDirectory scratch;
    initialise(scratch.path());
    push(scratch.path(), 20);
    tamper(scratch.path(), [&](Batch& batch, const Snapshot& snapshot) {
      const std::string key = first_key(snapshot, family, now_key(Table::tag, ""));
      std::string value = *must(snapshot.get(family, key));
      value.back() = static_cast<char>(value.back() ^ 1);
      batch.put(family, key, value);
    });
    EXPECT_THAT(findings(check(scratch.path())), testing::HasSubstr("tag."));
  }
}

TEST(Fsck, FindsAChangedTileBodyEntryAndCheckpoint) {
  for (const Family family : {Family::tile, Family::body, Family::entry, Family::checkpoint}) {
    const TestDirectory scratch;
    initialise(scratch.path());
    push(scratch.path(), 200);
    tamper(scratch.path(), [&](Batch& batch, const Snapshot& snapshot) {
      const std::string key = first_key(snapshot, family, "");
      std::string value = *must(snapshot.get(family, key));
      value[value.size() / 2] = static_cast<char>(value[value.size() / 2] ^ 1);
      batch.put(family, key, value);
    });
    EXPECT_NE(findings(check(scratch.path())), "")
        << kFamilyNames[static_cast<std::size_t>(family)];
  }
}

TEST(Fsck, FindsAnAnchorOfAnotherHistory) {
  const TestDirectory scratch;
  initialise(scratch.path());
  push(scratch.path(), 5);
  const auto keys = must(must(DataDirectory::open(scratch.path(), Access::exclusive))
                             .load_keys(FileAnchor(default_anchor(scratch.path()))));
  FileAnchor anchor(default_anchor(scratch.path()));
  must(anchor.write(
      sign_checkpoint({"registry.example/test", TreeSize{1'000}, Hash256{}}, keys.log)));
  EXPECT_THAT(findings(check(scratch.path())), testing::HasSubstr("anchor"));
}

}  // namespace
}  // namespace varve::test
