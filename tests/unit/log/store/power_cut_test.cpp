// The promise of commit() against a disk that loses power at every one of its syncs: acknowledged
// batches are there whole, and of the others either everything or nothing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "core/base/bytes.h"
#include "log/store/rocks_store.h"
#include "tests/support/power_cut_fs.h"
#include "tests/support/test_directory.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using test::PowerCut;
using test::PowerCutDisk;

constexpr std::uint64_t kBatches = 6;
constexpr std::size_t kSmallCache = 1u << 20;

std::string value_of(Family family, std::uint64_t n) {
  const std::string text = std::string(kFamilyNames[static_cast<std::size_t>(family)]);
  std::string value = Digest::of(text + std::to_string(n)).to_string();
  // Now and then large enough to fill a memtable of `meta`, and for a body to leave the tree.
  if (family == Family::meta && n % 3 == 1) value.append(1'100 << 10, 'm');
  if (family == Family::body && n % 3 == 0) value.append(9'000, 'b');
  return value;
}

std::string key_of(std::uint64_t n) {
  std::string key;
  append_be64(key, n);
  return key;
}

Result<void> commit(Store& store, std::uint64_t n, bool sync) {
  auto batch = store.batch();
  for (const Family family : kFamilies) batch->put(family, key_of(n), value_of(family, n));
  batch->put(Family::meta, kHeadKey, key_of(n));
  return sync ? store.commit(std::move(batch)) : store.commit_unsynced(std::move(batch));
}

struct Outcome {
  std::uint64_t acknowledged = 0;
  std::uint64_t attempted = 0;
};

// Commits 1..kBatches, closing and opening half way, which flushes the journal into tables.
Outcome run_synced(const fs::path& path, rocksdb::Env* env) {
  Outcome outcome;
  while (outcome.attempted < kBatches) {
    auto store = open_rocks_store(
        path, {.create_if_missing = true, .env = env, .block_cache_bytes = kSmallCache});
    if (!store) return outcome;
    do {
      const std::uint64_t n = ++outcome.attempted;
      if (!commit(**store, n, true)) {
        EXPECT_FALSE(commit(**store, n + 1, true)) << "after a failure nothing may be acknowledged";
        return outcome;
      }
      outcome.acknowledged = n;
    } while (outcome.attempted % 3 != 0);
  }
  return outcome;
}

void expect_whole_prefix(const Store& store, const Outcome& outcome) {
  const auto snapshot = store.snapshot();
  const auto head = snapshot->get(Family::meta, kHeadKey).value();
  const std::uint64_t last = head ? read_be64(*head) : 0;
  EXPECT_GE(last, outcome.acknowledged);
  EXPECT_LE(last, outcome.attempted);
  for (const Family family : kFamilies) {
    for (std::uint64_t n = 1; n <= kBatches; ++n) {
      const auto row = snapshot->get(family, key_of(n)).value();
      ASSERT_EQ(row.has_value(), n <= last) << "batch " << n << " of " << last;
      if (row) {
        ASSERT_EQ(*row, value_of(family, n));
      }
    }
  }
}

Outcome run_bulk(const fs::path& path, rocksdb::Env* env) {
  Outcome outcome;
  auto store = open_rocks_store(
      path,
      {.create_if_missing = true, .bulk = true, .env = env, .block_cache_bytes = kSmallCache});
  if (!store) return outcome;
  for (std::uint64_t n = 1; n <= kBatches; ++n) {
    outcome.attempted = n;
    if (!commit(**store, n, false)) return outcome;
    if (n % 3 != 0) continue;
    if (!(*store)->flush()) return outcome;
    outcome.acknowledged = n;
  }
  return outcome;
}

Outcome run_nothing(const fs::path& path, rocksdb::Env* env) {
  (void)open_rocks_store(path,
                         {.create_if_missing = true, .env = env, .block_cache_bytes = kSmallCache});
  return {};
}

struct Plan {
  const char* name;
  Outcome (*run)(const fs::path& path, rocksdb::Env* env);
  bool created;  // whether the run starts with a database that is already there
  PowerCut cut;
  std::size_t stride;  // every how manieth sync; VARVE_EVERY_CUT in the environment makes it 1
};

void PrintTo(const Plan& plan, std::ostream* out) {
  *out << plan.name;
}

class PowerCutAt : public ::testing::TestWithParam<Plan> {
 protected:
  // A fresh empty database: creating one takes longer than everything else here together.
  static const fs::path& empty_database() {
    static const test::TestDirectory directory;
    static const bool made = [] {
      const auto store = open_rocks_store(directory.path() / "db", {.create_if_missing = true});
      return store.has_value();
    }();
    EXPECT_TRUE(made);
    return directory.path();
  }

  // One run with the power going out at sync `number`; false when the run needed fewer.
  static bool run_until(std::size_t number) {
    const test::TestDirectory directory;
    const fs::path path = directory.path() / "db";
    if (GetParam().created) fs::copy(empty_database() / "db", path);
    PowerCut cut = GetParam().cut;
    cut.at_sync = number;
    PowerCutDisk disk(directory.path() / "trash", cut);
    const Outcome outcome = GetParam().run(path, disk.env());
    const bool was_cut = disk.is_off();
    if (was_cut) disk.apply_power_cut();
    const auto store =
        open_rocks_store(path, {.create_if_missing = true, .block_cache_bytes = kSmallCache});
    EXPECT_TRUE(store.has_value()) << store.error().what << ": " << store.error().detail;
    if (store) expect_whole_prefix(**store, outcome);
    return was_cut;
  }
};

TEST_P(PowerCutAt, KeepsAcknowledgedBatchesWhole) {
  const std::size_t stride = std::getenv("VARVE_EVERY_CUT") != nullptr ? 1 : GetParam().stride;
  std::size_t number = 1;
  while (run_until(number)) {
    if (HasFailure()) FAIL() << "the power went out at sync " << number;
    number += stride;
  }
  EXPECT_GT(number, 20u) << "too few syncs to prove anything";
}

constexpr PowerCut kWorst{.torn = true, .lose_names = true};
INSTANTIATE_TEST_SUITE_P(
    Disks, PowerCutAt,
    ::testing::Values(Plan{"TornAndNamesLost", run_synced, true, kWorst, 1},
                      Plan{"SyncedAndYetFailed", run_synced, true, {.after_it = true}, 4},
                      Plan{"SyncedAndYetFailedNamesLost",
                           run_synced,
                           true,
                           {.after_it = true, .lose_names = true},
                           6},
                      Plan{"BytesLost", run_synced, true, {}, 7},
                      Plan{"Torn", run_synced, true, {.torn = true}, 8},
                      Plan{"NamesLost", run_synced, true, {.lose_names = true}, 6},
                      Plan{"Bulk", run_bulk, true, kWorst, 4},
                      Plan{"Creation", run_nothing, false, kWorst, 4}),
    [](const ::testing::TestParamInfo<Plan>& plan) { return plan.param.name; });

TEST(PowerCutDisk, ReallyLosesWhatWasNotSynced) {
  // The tests above prove nothing on a disk that keeps everything.
  const test::TestDirectory directory;
  PowerCutDisk disk(directory.path() / "trash", {});
  {
    auto store =
        open_rocks_store(directory.path() / "db", {.create_if_missing = true, .env = disk.env()})
            .value();
    ASSERT_TRUE(commit(*store, 1, true));
    ASSERT_TRUE(commit(*store, 2, false));
    EXPECT_GT(disk.syncs(), 0u);
    disk.cut_now();
  }
  disk.apply_power_cut();
  const auto store = open_rocks_store(directory.path() / "db", {}).value();
  expect_whole_prefix(*store, {.acknowledged = 1, .attempted = 1});
}

}  // namespace
}  // namespace varve
