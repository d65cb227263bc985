// Replay refuses a history that does not hold together.
#include "log/replay.h"

#include <gmock/gmock.h>

#include "log/directory.h"
#include "log/fsck.h"
#include "tests/support/log_rig.h"

namespace varve::test {
namespace {

using testing::HasSubstr;

// A source over a real log that can lie about one thing.
class LyingSource final : public EntrySource {
 public:
  explicit LyingSource(const LogRig& rig) : honest_(rig.head.get()) {}
  Result<std::optional<std::string>> checkpoint() override {
    if (forged_checkpoint) return forged_checkpoint;
    return honest_.checkpoint();
  }
  Result<TreeSize> size() override { return cut_to ? Result<TreeSize>(*cut_to) : honest_.size(); }
  Result<void> entries(EntryIndex from, EntryIndex to,
                       const std::function<void(EntryIndex, std::string_view)>& visit) override {
    return honest_.entries(from, to, [&](EntryIndex index, std::string_view bytes) {
      if (index == dropped) return;
      visit(index, index == changed ? change(std::string(bytes)) : std::string(bytes));
    });
  }
  Result<std::string> body(const BodyName& name) override {
    ++bodies_asked;
    if (cannot_read_bodies) return fail(Errc::unavailable, About::body, "the network is down");
    VARVE_TRY(auto bytes, honest_.body(name));
    return changes_bodies ? bytes + " " : bytes;
  }
  Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width) override {
    VARVE_TRY(auto bytes, honest_.tile(level, n, width));
    if (changes_tiles) bytes.front() = static_cast<char>(bytes.front() ^ 1);
    return bytes;
  }

  std::optional<EntryIndex> changed, dropped;
  std::function<std::string(std::string)> change;
  std::optional<std::string> forged_checkpoint;
  bool changes_bodies = false;
  bool cannot_read_bodies = false;
  std::optional<TreeSize> cut_to;
  int bodies_asked = 0;
  bool changes_tiles = false;

 private:
  StoreSource honest_;
};

Result<FsckReport> fsck(EntrySource& source, const TrustedKeys& keys) {
  return fsck_remote(source, keys, [](auto, auto, auto) {});
}
Result<FsckReport> fsck(const LogRig& rig, EntrySource& source) {
  return fsck(source, {rig.log_key.verifier(), rig.event_key.verifier()});
}

class Replay : public testing::Test {
 protected:
  Replay() {
    rig.open();
    for (std::uint64_t i = 0; i < 40; ++i)
      must(rig.run(put_manifest("lib/app", "v" + std::to_string(i % 4), i)));
    rig.ledger->drain();
  }
  Result<ReplayReport> run(EntrySource& source, ReplayOptions options = {}) {
    const auto out = make_mem_store();
    return replay(source, *out, options, rig.log_key.verifier());
  }
  std::string re_signed(std::string bytes, const Signer& signer, std::string_view from,
                        std::string_view to) {
    std::string text(must(parse_note(bytes)).text);
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, from.size(), to);
    return text + "\n" + signer.sign_line(text);
  }
  LogRig rig;
};

TEST_F(Replay, CountsASignatureForEveryEntry) {
  LyingSource source(rig);
  const auto report = must(run(source));
  EXPECT_EQ(report.size, rig.head.get()->size);
  EXPECT_EQ(report.root, rig.head.get()->root);
  EXPECT_EQ(report.signatures, report.size.value);
}

TEST_F(Replay, KeepsTheCheckpointsOfTheStoreWhenTold) {
  const auto kept = [](Store& store) {
    std::vector<std::string> notes;
    const auto snapshot = store.snapshot();
    const auto cursor = snapshot->cursor(Family::checkpoint, "", "");
    for (cursor->seek(""); cursor->valid(); cursor->next()) notes.emplace_back(cursor->value());
    return notes;
  };
  StoreSource source(rig.head.get());
  const auto all = kept(*rig.store);
  ASSERT_GT(all.size(), 1U);
  const auto alone = make_mem_store();
  must(replay(source, *alone, {}));
  EXPECT_EQ(kept(*alone), std::vector{all.back()});
  const auto with_all = make_mem_store();
  ReplayOptions options;
  options.keep_checkpoints = true;
  must(replay(source, *with_all, options));
  EXPECT_EQ(kept(*with_all), all);
  const auto earlier = make_mem_store();
  options.to = TreeSize{2};
  must(replay(source, *earlier, options));
  EXPECT_LT(kept(*earlier).size(), all.size());
}

TEST_F(Replay, KeepsNoCheckpointOfAnotherTree) {
  const std::string& origin = rig.log_key.verifier().name();
  const std::string forged = sign_checkpoint({origin, TreeSize{5}, Hash256{}}, rig.log_key);
  auto batch = rig.store->batch();
  batch->put(Family::checkpoint, checkpoint_key(TreeSize{5}), forged);
  rig.ledger.reset();  // the one that writes
  must(rig.store->commit(std::move(batch)));
  StoreSource source(must(load_head(*rig.store)));
  const auto out = make_mem_store();
  ReplayOptions options;
  options.keep_checkpoints = true;
  const auto refused = replay(source, *out, options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("checkpoint 5"));
  EXPECT_FALSE(load_head(*out).has_value());
}

TEST_F(Replay, SkipsSignaturesOnlyWhenTold) {
  LyingSource source(rig);
  ReplayOptions options;
  options.verify_signatures = false;
  EXPECT_EQ(must(run(source, options)).signatures, 0u);
}

TEST_F(Replay, RefusesAnEntryWithOneChangedByte) {
  for (const std::size_t offset : {0u, 30u, 100u, 250u}) {
    LyingSource source(rig);
    source.changed = EntryIndex{17};
    source.change = [offset](std::string bytes) {
      bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
      return bytes;
    };
    const auto report = run(source);
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().what, HasSubstr("entry 17"));
  }
}

TEST_F(Replay, RefusesAnEntrySignedByAnotherKeyEvenUnderTheSameName) {
  const Signer stranger = Signer::generate(rig.event_key.verifier().name());
  LyingSource source(rig);
  source.changed = EntryIndex{20};
  source.change = [&](std::string bytes) {
    return re_signed(bytes, stranger, "anonymous", "anonymous");
  };
  EXPECT_THAT(run(source).error().what, HasSubstr("entry 20"));
}

TEST_F(Replay, RefusesAValidlySignedEntryThatTheCheckpointDoesNotCover) {
  LyingSource source(rig);
  source.changed = EntryIndex{20};
  source.change = [&](std::string bytes) {
    return re_signed(bytes, rig.event_key, "anonymous", "anonymouse");
  };
  const auto report = run(source);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().about, About::checkpoint);
}

TEST_F(Replay, RefusesAnEntryThatClaimsAnotherIndex) {
  LyingSource source(rig);
  source.changed = EntryIndex{20};
  source.change = [&](std::string bytes) {
    return re_signed(bytes, rig.event_key, "\"index\":20", "\"index\":21");
  };
  EXPECT_THAT(run(source).error().what, HasSubstr("entry 20"));
}

TEST_F(Replay, RefusesABrokenRunOfOneRequest) {
  LyingSource source(rig);
  source.changed = EntryIndex{2};
  source.change = [&](std::string bytes) {
    return re_signed(bytes, rig.event_key, "\"batch\":[1,3]", "\"batch\":[2,3]");
  };
  EXPECT_THAT(run(source).error().what, HasSubstr("run of events"));
}

TEST_F(Replay, RefusesTimeThatGoesBack) {
  LyingSource source(rig);
  source.changed = EntryIndex{9};
  source.change = [&](std::string bytes) {
    return re_signed(bytes, rig.event_key, "\"at\":\"20", "\"at\":\"19");
  };
  EXPECT_FALSE(run(source));
}

TEST_F(Replay, RefusesASourceThatLeavesAnEntryOut) {
  LyingSource source(rig);
  source.dropped = EntryIndex{5};
  EXPECT_FALSE(run(source));
}

TEST_F(Replay, RefusesABodyThatIsNotWhatItsEventNames) {
  LyingSource source(rig);
  source.changes_bodies = true;
  EXPECT_EQ(run(source).error().about, About::body);
}

TEST_F(Replay, RefusesAnEntryThatNamesABodyTooLargeToExistBeforeAskingForIt) {
  LyingSource source(rig);
  source.changed = EntryIndex{2};
  source.change = [&](std::string bytes) {
    return re_signed(bytes, rig.event_key, "\"size\":", "\"size\":45035996273");
  };
  const auto report = run(source);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().what, HasSubstr("larger than any may be"));
  EXPECT_EQ(source.bodies_asked, 0);
}

TEST_F(Replay, AsksAStrangersLogForNoBodies) {
  LyingSource source(rig);
  const auto out = make_mem_store();
  const Signer stranger = Signer::generate(rig.log_key.verifier().name());
  EXPECT_FALSE(replay(source, *out, {}, stranger.verifier()));
  EXPECT_EQ(source.bodies_asked, 0);
}

TEST_F(Replay, CopiesMoreBodiesThanItKeepsInMemory) {
  const auto big = [](std::uint64_t i) {
    Command command = put_manifest("lib/big", "v" + std::to_string(i), i);
    auto bytes =
        std::make_shared<const std::string>(std::string(4 << 20, static_cast<char>('a' + i)));
    auto& put = std::get<oci::PutManifest>(command.intent);
    put.digest = Digest::of(*bytes);
    put.size = bytes->size();
    command.bodies = {{put.digest, bytes}};
    return command;
  };
  rig.open();
  for (std::uint64_t i = 0; i < 20; ++i) must(rig.run(big(i)));
  rig.ledger->drain();
  LyingSource source(rig);
  EXPECT_EQ(must(run(source)).tables, must(table_digests(*rig.head.get()->snapshot)));
}

TEST_F(Replay, RefusesACheckpointOfAnotherKeyOrRoot) {
  const Signer stranger = Signer::generate(rig.log_key.verifier().name());
  LyingSource source(rig);
  source.forged_checkpoint = sign_checkpoint(
      {stranger.verifier().name(), rig.head.get()->size, rig.head.get()->root}, stranger);
  EXPECT_FALSE(run(source));
  source.forged_checkpoint = sign_checkpoint(
      {rig.log_key.verifier().name(), rig.head.get()->size, Hash256{}}, rig.log_key);
  EXPECT_EQ(run(source).error().about, About::checkpoint);
}

TEST_F(Replay, RefusesALogOfAnotherKeyThanTheTrustedOne) {
  LyingSource source(rig);
  const auto out = make_mem_store();
  const Signer stranger = Signer::generate(rig.log_key.verifier().name());
  EXPECT_EQ(replay(source, *out, {}, stranger.verifier()).error().about, About::key);
}

TEST_F(Replay, ToAnEarlierSizeIsTiedToTheCheckpointByAConsistencyProof) {
  LyingSource source(rig);
  ReplayOptions options;
  options.to = TreeSize{20};
  EXPECT_EQ(must(run(source, options)).size, TreeSize{20});
  source.changes_tiles = true;
  const auto out = make_mem_store();
  EXPECT_FALSE(replay(source, *out, options, rig.log_key.verifier()));
  EXPECT_FALSE(load_head(*out)) << "what was refuted can be served";
}

TEST_F(Replay, RefusesALogThatEndsInTheMiddleOfARequest) {
  LyingSource source(rig);
  source.cut_to = TreeSize{3};  // genesis, and two of the first push's three events
  const Reader reader = rig.reader();
  source.forged_checkpoint = sign_checkpoint(
      {rig.log_key.verifier().name(), TreeSize{3}, must(reader.root_at(TreeSize{3}))}, rig.log_key);
  EXPECT_THAT(run(source).error().what, HasSubstr("middle of the events of one request"));
  EXPECT_FALSE(must(fsck(rig, source)).findings.empty());
}

TEST_F(Replay, BeyondTheEndIsNotFound) {
  LyingSource source(rig);
  ReplayOptions options;
  options.to = TreeSize{rig.head.get()->size.value + 1};
  EXPECT_EQ(run(source, options).error().code, Errc::not_found);
}

TEST_F(Replay, ItsOutputIsAStoreThatCanBeRead) {
  LyingSource source(rig);
  const auto out = make_mem_store();
  must(replay(source, *out, {}));
  const auto head = must(load_head(*out));
  EXPECT_EQ(head->size, rig.head.get()->size);
  EXPECT_EQ(*head->checkpoint, *rig.head.get()->checkpoint);
}

// ---- fsck of a log somewhere else ----

TEST_F(Replay, FsckOfAnHonestLogFindsNothing) {
  LyingSource source(rig);
  const auto report = must(fsck(rig, source));
  EXPECT_TRUE(report.findings.empty()) << report.findings.front().detail;
  EXPECT_EQ(report.entries, rig.head.get()->size.value);
}

TEST_F(Replay, FsckFindsEachKindOfLie) {
  for (const std::string lie : {"tile", "body", "entry", "dropped"}) {
    LyingSource source(rig);
    source.changes_tiles = lie == "tile";
    source.changes_bodies = lie == "body";
    if (lie == "dropped") source.dropped = EntryIndex{3};
    if (lie == "entry") {
      source.changed = EntryIndex{3};
      source.change = [&](std::string bytes) {
        return re_signed(bytes, rig.event_key, "anonymous", "anonymouse");
      };
    }
    EXPECT_FALSE(must(fsck(rig, source)).findings.empty()) << lie;
  }
}

TEST_F(Replay, FsckTellsWhatItCouldNotReadFromWhatIsWrong) {
  LyingSource source(rig);
  source.cannot_read_bodies = true;
  const auto report = must(fsck(rig, source));
  ASSERT_FALSE(report.findings.empty());
  for (const auto& finding : report.findings) EXPECT_TRUE(finding.unchecked) << finding.detail;
}

TEST_F(Replay, FsckSaysWhenTheTrustedKeysAreNotThisLogs) {
  LyingSource source(rig);
  const Signer stranger = Signer::generate(rig.event_key.verifier().name());
  const auto report = must(fsck(source, {rig.log_key.verifier(), stranger.verifier()}));
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings.front().what, "key");
}

TEST_F(Replay, FsckChecksEveryTrustedEventKeyAndNotTheNewestAlone) {
  LyingSource source(rig);
  const VerifierKey log = rig.log_key.verifier();
  const VerifierKey event = rig.event_key.verifier();
  const VerifierKey stranger = Signer::generate(event.name()).verifier();
  const auto report = must(fsck(source, {log, event, {stranger}}));
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings.front().what, "key");
  EXPECT_THAT(report.findings.front().detail, HasSubstr(stranger.to_string()));
}

}  // namespace
}  // namespace varve::test
