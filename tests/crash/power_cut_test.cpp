// The whole ledger over RocksDB on a disk whose power goes out at every sync in turn: everything
// that was acknowledged is there afterwards, nothing is half there, and every checkpoint that was
// ever served is consistent with what the restarted log serves.
#include <gtest/gtest.h>

#include "core/oci/query.h"
#include "log/directory.h"
#include "log/replay.h"
#include "log/store/rocks_store.h"
#include "tests/support/log_rig.h"
#include "tests/support/power_cut_fs.h"
#include "tests/support/test_directory.h"

namespace varve::test {
namespace {

// The anchor is on the same machine: without power it cannot be written either.
class PoweredAnchor final : public Anchor {
 public:
  explicit PoweredAnchor(MemAnchor& memory) : memory_(memory) {}
  Result<std::optional<std::string>> read() const override { return memory_.read(); }
  Result<void> write(std::string_view note) override {
    if (disk != nullptr && disk->is_off())
      return fail(Errc::unknown, About::checkpoint, "no power");
    return memory_.write(note);
  }
  const PowerCutDisk* disk = nullptr;

 private:
  MemAnchor& memory_;
};

// What somebody outside saw and will come back with.
struct Witness {
  std::vector<std::string> acknowledged_tags;
  std::vector<Checkpoint> served;
};

class Machine {
 public:
  explicit Machine(const std::filesystem::path& root)
      : store_path_(root / "store"), anchor_(memory_) {
    RocksOptions options;
    options.create_if_missing = true;
    auto store = must(open_rocks_store(store_path_, options));
    must(Ledger::initialise(*store, anchor_, keys(), rig_.genesis(), rig_.now()));
    must(store->flush());
  }

  // Pushes until the power goes or `pushes` are done. The anchor of a machine without power is
  // frozen.
  void work(PowerCutDisk& disk, std::uint64_t pushes, Witness& witness) {
    anchor_.disk = &disk;
    RocksOptions options;
    options.env = disk.env();
    auto store = open_rocks_store(store_path_, options);
    if (store) run(**store, pushes, witness);
    anchor_.disk = nullptr;
  }

  // The power is back: opens with the plain disk and checks everything `witness` saw.
  void check(const Witness& witness) {
    auto store = must(open_rocks_store(store_path_, {}));
    HeadCell head;
    auto opened = Ledger::open(*store, anchor_, head, keys(), options());
    ASSERT_TRUE(opened) << opened.error().what;
    const Reader reader(head.get());
    for (const std::string& tag : witness.acknowledged_tags)
      EXPECT_TRUE(must(oci::find_tag(*reader.view(), must(RepoName::parse("lib/app")),
                                     must(oci::Tag::parse(tag)))))
          << "acknowledged tag " << tag << " is gone";
    for (const Checkpoint& seen : witness.served) {
      ASSERT_LE(seen.size, reader.head().size);
      EXPECT_EQ(must(reader.root_at(seen.size)), seen.root)
          << "a served checkpoint was contradicted";
    }
    (*opened)->drain();
    StoreSource source(head.get());
    const auto out = make_mem_store();
    const auto replayed = replay(source, *out, {});
    ASSERT_TRUE(replayed) << replayed.error().what;
    EXPECT_EQ(replayed->tables, must(table_digests(*head.get()->snapshot)));
  }

 private:
  LedgerKeys keys() const { return rig_.keys(); }
  LedgerOptions options() const {
    LedgerOptions options;
    options.publish_interval = std::chrono::milliseconds(0);
    options.signing_threads = 1;
    options.clock = [this] { return rig_.now(); };
    return options;
  }

  void run(Store& store, std::uint64_t pushes, Witness& witness) {
    HeadCell head;
    auto opened = Ledger::open(store, anchor_, head, keys(), options());
    if (!opened) return;
    for (std::uint64_t i = 0; i < pushes && (*opened)->fatal().empty(); ++i) {
      const std::string tag = "t" + std::to_string(next_++);
      if ((*opened)->run(put_manifest("lib/app", tag, next_)))
        witness.acknowledged_tags.push_back(tag);
      witness.served.push_back(
          must(open_checkpoint(*head.get()->checkpoint, rig_.log_key.verifier())));
      // Memtables reach the disk at different moments too, not only the journal.
      if (i % 7 == 6 && !store.flush()) return;
    }
  }

  LogRig rig_;  // for its keys and clock
  std::filesystem::path store_path_;
  MemAnchor memory_;
  PoweredAnchor anchor_;
  std::uint64_t next_ = 0;
};

constexpr std::uint64_t kPushes = 24;

// One life of the machine with the power cut at sync `plan.at_sync`; returns how many syncs there
// were.
std::size_t live_once(const PowerCut& plan) {
  const TestDirectory directory;
  Machine machine(directory.path());
  Witness witness;
  std::size_t syncs = 0;
  {
    PowerCutDisk disk(directory.path() / "trash", plan);
    machine.work(disk, kPushes, witness);
    syncs = disk.syncs();
    disk.apply_power_cut();
  }
  machine.check(witness);
  if (plan.at_sync == 0) EXPECT_EQ(witness.acknowledged_tags.size(), kPushes);
  return syncs;
}

void cut_everywhere(PowerCut plan) {
  plan.at_sync = 0;
  const std::size_t syncs = live_once(plan);
  ASSERT_GT(syncs, kPushes);
  for (std::size_t at = 1; at <= syncs; ++at) {
    plan.at_sync = at;
    live_once(plan);
    ASSERT_FALSE(testing::Test::HasFailure()) << "power cut at sync " << at << " of " << syncs;
  }
}

TEST(PowerCut, NothingAcknowledgedIsLostWhenUnsyncedBytesVanish) {
  cut_everywhere({});
}

TEST(PowerCut, NothingAcknowledgedIsLostWhenTheLastSyncWasDoneButReportedAsFailed) {
  PowerCut plan;
  plan.after_it = true;
  cut_everywhere(plan);
}

TEST(PowerCut, NothingAcknowledgedIsLostWhenTheLastWriteIsTorn) {
  PowerCut plan;
  plan.torn = true;
  cut_everywhere(plan);
}

TEST(PowerCut, NothingAcknowledgedIsLostWhenUnsyncedNamesVanishToo) {
  PowerCut plan;
  plan.lose_names = true;
  cut_everywhere(plan);
}

}  // namespace
}  // namespace varve::test
