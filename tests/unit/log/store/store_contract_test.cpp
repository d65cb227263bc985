// What every storage engine promises: one suite, run against each engine.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/base/bytes.h"
#include "log/store/rocks_store.h"
#include "log/store/store.h"
#include "tests/support/mem_store.h"
#include "tests/support/test_directory.h"

namespace varve {
namespace {

using namespace std::string_literals;

class MemEngine {
 public:
  Result<std::unique_ptr<Store>> open() { return test::open_mem_store(disk_); }

 private:
  std::shared_ptr<test::MemDisk> disk_ = test::make_mem_disk();
};

class RocksEngine {
 public:
  Result<std::unique_ptr<Store>> open() {
    return open_rocks_store(directory_.path() / "db",
                            {.create_if_missing = true, .block_cache_bytes = 1u << 20});
  }

 private:
  test::TestDirectory directory_;
};

class BulkRocksEngine {
 public:
  Result<std::unique_ptr<Store>> open() {
    return open_rocks_store(
        directory_.path() / "db",
        {.create_if_missing = true, .bulk = true, .block_cache_bytes = 1u << 20});
  }

 private:
  test::TestDirectory directory_;
};

template <class Engine>
class StoreContract : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = engine_.open();
    ASSERT_TRUE(opened.has_value()) << opened.error().what << opened.error().detail;
    store_ = *std::move(opened);
  }
  void put(Family family, std::string_view key, std::string_view value) {
    auto batch = store_->batch();
    batch->put(family, key, value);
    ASSERT_TRUE(store_->commit(std::move(batch)).has_value());
  }
  std::optional<std::string> get(Family family, std::string_view key) {
    return store_->snapshot()->get(family, key).value();
  }
  using Rows = std::vector<std::pair<std::string, std::string>>;
  static Rows scan(const Snapshot& snapshot, Family family, std::string_view lower,
                   std::string_view upper) {
    Rows rows;
    auto cursor = snapshot.cursor(family, lower, upper);
    for (cursor->seek(lower); cursor->valid(); cursor->next()) {
      rows.emplace_back(cursor->key(), cursor->value());
    }
    EXPECT_TRUE(cursor->status().has_value());
    return rows;
  }

  Engine engine_;
  std::unique_ptr<Store> store_;
};

using Engines = ::testing::Types<MemEngine, RocksEngine, BulkRocksEngine>;
TYPED_TEST_SUITE(StoreContract, Engines);

TYPED_TEST(StoreContract, AnAbsentKeyIsNotAnError) {
  const auto row = this->store_->snapshot()->get(Family::meta, "head");
  ASSERT_TRUE(row.has_value());
  EXPECT_FALSE(row->has_value());
}

TYPED_TEST(StoreContract, ABatchBecomesVisibleAsAWholeAcrossFamilies) {
  auto batch = this->store_->batch();
  for (const Family family : kFamilies)
    batch->put(family, "k", kFamilyNames[static_cast<std::size_t>(family)]);
  EXPECT_FALSE(this->get(Family::entry, "k").has_value());
  ASSERT_TRUE(this->store_->commit(std::move(batch)).has_value());
  for (const Family family : kFamilies) {
    EXPECT_EQ(this->get(family, "k"), std::string(kFamilyNames[static_cast<std::size_t>(family)]));
  }
}

TYPED_TEST(StoreContract, ADroppedBatchLeavesNothing) {
  {
    auto batch = this->store_->batch();
    batch->put(Family::now, "k", "v");
  }
  EXPECT_FALSE(this->get(Family::now, "k").has_value());
}

TYPED_TEST(StoreContract, TheLastWriteToAKeyInABatchWins) {
  auto batch = this->store_->batch();
  batch->put(Family::now, "a", "1");
  batch->put(Family::now, "a", "2");
  batch->put(Family::now, "b", "1");
  batch->erase(Family::now, "b");
  batch->erase(Family::now, "c");
  batch->put(Family::now, "c", "3");
  ASSERT_TRUE(this->store_->commit(std::move(batch)).has_value());
  EXPECT_EQ(this->get(Family::now, "a"), "2");
  EXPECT_FALSE(this->get(Family::now, "b").has_value());
  EXPECT_EQ(this->get(Family::now, "c"), "3");
}

TYPED_TEST(StoreContract, AnEmptyBatchCommits) {
  EXPECT_TRUE(this->store_->commit(this->store_->batch()).has_value());
}

TYPED_TEST(StoreContract, EmptyValuesAndZeroBytesAreKept) {
  this->put(Family::now, "empty", "");
  this->put(Family::now, "a\0b"s, "\0\xff\0"s);
  EXPECT_EQ(this->get(Family::now, "empty"), "");
  EXPECT_EQ(this->get(Family::now, "a\0b"s), "\0\xff\0"s);
  EXPECT_FALSE(this->get(Family::now, "a").has_value());
}

TYPED_TEST(StoreContract, LargeValuesComeBackUnchanged) {
  std::string body(4 << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 7);
  this->put(Family::body, "large", body);
  this->reopen();
  EXPECT_EQ(this->get(Family::body, "large"), body);
}

TYPED_TEST(StoreContract, FamiliesDoNotSeeEachOther) {
  this->put(Family::now, "k", "now");
  EXPECT_FALSE(this->get(Family::past, "k").has_value());
  EXPECT_TRUE(this->scan(*this->store_->snapshot(), Family::past, "", "").empty());
}

TYPED_TEST(StoreContract, ASnapshotKeepsWhatItSaw) {
  this->put(Family::now, "a", "1");
  this->put(Family::now, "b", "1");
  const auto before = this->store_->snapshot();
  auto batch = this->store_->batch();
  batch->put(Family::now, "a", "2");
  batch->erase(Family::now, "b");
  batch->put(Family::now, "c", "2");
  ASSERT_TRUE(this->store_->commit(std::move(batch)).has_value());
  EXPECT_EQ(before->get(Family::now, "a").value(), "1");
  EXPECT_EQ(this->scan(*before, Family::now, "", ""),
            (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(this->scan(*this->store_->snapshot(), Family::now, "", ""),
            (std::vector<std::pair<std::string, std::string>>{{"a", "2"}, {"c", "2"}}));
}

TYPED_TEST(StoreContract, SnapshotsAreWholeWhileAnotherThreadCommits) {
  // Every commit writes one number under three keys in three families: a snapshot that sees
  // different numbers saw half a batch.
  constexpr int kCommits = 300;
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<int> backwards = 0;
  std::thread reader([&] {
    std::string last;
    while (!done.load()) {
      const auto snapshot = this->store_->snapshot();
      const auto a = snapshot->get(Family::meta, "k").value().value_or("");
      const auto b = snapshot->get(Family::now, "k").value().value_or("");
      auto cursor = snapshot->cursor(Family::entry, "k", "l");
      cursor->seek("k");
      const std::string c = cursor->valid() ? std::string(cursor->value()) : "";
      if (a != b || b != c) ++torn;
      if (a < last) ++backwards;
      last = a;
    }
  });
  for (int i = 0; i < kCommits; ++i) {
    std::string number;
    append_be64(number, static_cast<std::uint64_t>(i));
    auto batch = this->store_->batch();
    for (const Family family : {Family::meta, Family::now, Family::entry}) {
      batch->put(family, "k", number);
    }
    EXPECT_TRUE(this->store_->commit_unsynced(std::move(batch)).has_value());
  }
  done = true;
  reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(backwards, 0);
}

TYPED_TEST(StoreContract, NumbersInKeysAreVisitedInNumericOrder) {
  for (const std::uint64_t index : {0x1'0000'0000ull, 256ull, 1ull, 255ull, 0ull, 65'536ull}) {
    this->put(Family::entry, entry_key({index}), "");
  }
  std::vector<std::uint64_t> seen;
  for (const auto& [key, value] : this->scan(*this->store_->snapshot(), Family::entry, "", "")) {
    seen.push_back(read_be64(key));
  }
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 1, 255, 256, 65'536, 0x1'0000'0000}));
}

TYPED_TEST(StoreContract, ACursorStaysInsideItsBounds) {
  for (const char* key : {"a", "b", "ba", "bb", "c", "d"}) this->put(Family::now, key, key);
  const auto snapshot = this->store_->snapshot();
  EXPECT_EQ(this->scan(*snapshot, Family::now, "b", "c").size(), 3u);
  EXPECT_EQ(this->scan(*snapshot, Family::now, "c", "").size(), 2u);
  EXPECT_EQ(this->scan(*snapshot, Family::now, "", "b").size(), 1u);
  EXPECT_TRUE(this->scan(*snapshot, Family::now, "c", "c").empty());
  auto cursor = snapshot->cursor(Family::now, "b", "c");
  EXPECT_FALSE(cursor->valid()) << "starts unpositioned";
  cursor->seek("a");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->key(), "b") << "a seek before the lower bound lands on it";
  cursor->seek("bab");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->key(), "bb");
  cursor->next();
  EXPECT_FALSE(cursor->valid());
  EXPECT_TRUE(cursor->status().has_value());
  cursor->seek("c");
  EXPECT_FALSE(cursor->valid());
}

TYPED_TEST(StoreContract, APrefixScanSeesExactlyThePrefix) {
  const std::vector<std::string> keys = {"a", "a\xfe", "a\xff",   "a\xff\xff",
                                         "b", "\xff",  "\xff\xff"};
  for (const auto& key : keys) this->put(Family::now, key, "");
  const auto snapshot = this->store_->snapshot();
  const auto count = [&](std::string_view prefix) {
    return this->scan(*snapshot, Family::now, prefix, prefix_end(prefix)).size();
  };
  EXPECT_EQ(count("a"), 4u);
  EXPECT_EQ(count("a\xff"), 2u);
  EXPECT_EQ(count("\xff"), 2u);
  EXPECT_EQ(count(""), keys.size());
}

TYPED_TEST(StoreContract, ACursorAndASnapshotOutliveTheStore) {
  this->put(Family::now, "k", "v");
  auto snapshot = this->store_->snapshot();
  auto cursor = snapshot->cursor(Family::now, "", "");
  auto other = this->store_->snapshot();
  this->store_.reset();
  snapshot.reset();
  cursor->seek("");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->value(), "v");
  EXPECT_EQ(other->get(Family::now, "k").value(), "v");
}

TYPED_TEST(StoreContract, WhatWasCommittedIsThereAfterReopening) {
  this->put(Family::meta, "head", "1");
  this->put(Family::meta, "head", "2");
  this->put(Family::now, "gone", "");
  auto batch = this->store_->batch();
  batch->erase(Family::now, "gone");
  ASSERT_TRUE(this->store_->commit(std::move(batch)).has_value());
  this->reopen();
  EXPECT_EQ(this->get(Family::meta, "head"), "2");
  EXPECT_FALSE(this->get(Family::now, "gone").has_value());
}

TYPED_TEST(StoreContract, UnsyncedCommitsAreThereAfterAFlush) {
  for (int i = 0; i < 100; ++i) {
    auto batch = this->store_->batch();
    batch->put(Family::entry, entry_key({static_cast<std::uint64_t>(i)}), "v");
    ASSERT_TRUE(this->store_->commit_unsynced(std::move(batch)).has_value());
  }
  ASSERT_TRUE(this->store_->flush().has_value());
  this->reopen();
  EXPECT_EQ(this->scan(*this->store_->snapshot(), Family::entry, "", "").size(), 100u);
}

TYPED_TEST(StoreContract, ASecondOpenerIsRefused) {
  const auto second = this->engine_.open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_EQ(second.error().about, About::storage);
}

TEST(PrefixEnd, IsTheSmallestStringAboveEveryStringWithThePrefix) {
  EXPECT_EQ(prefix_end("a"), "b");
  EXPECT_EQ(prefix_end("a\xff"), "b");
  EXPECT_EQ(prefix_end("a\xfe"), "a\xff");
  EXPECT_EQ(prefix_end("a\0"s), "a\1"s);
  EXPECT_EQ(prefix_end(""), "");
  EXPECT_EQ(prefix_end("\xff\xff"), "");
  EXPECT_EQ(prefix_end("\x7f"), "\x80");
}

TEST(MemStore, AFailedCommitIsNotThereAndTheStoreTakesNoMore) {
  const auto disk = test::make_mem_disk();
  auto store = test::open_mem_store(disk).value();
  disk->fail_next_commit(test::CommitFailure::not_applied);
  auto batch = store->batch();
  batch->put(Family::now, "k", "v");
  EXPECT_EQ(store->commit(std::move(batch)).error().code, Errc::unknown);
  EXPECT_EQ(store->commit(store->batch()).error().code, Errc::unavailable);
  EXPECT_EQ(disk->commits(), 0u);
  store.reset();
  store = test::open_mem_store(disk).value();
  EXPECT_FALSE(store->snapshot()->get(Family::now, "k").value().has_value());
  EXPECT_TRUE(store->commit(store->batch()).has_value());
}

TEST(MemStore, ACommitThatFailedButPersistedIsThereAfterReopening) {
  const auto disk = test::make_mem_disk();
  auto store = test::open_mem_store(disk).value();
  disk->fail_next_commit(test::CommitFailure::applied);
  auto batch = store->batch();
  batch->put(Family::now, "k", "v");
  EXPECT_EQ(store->commit(std::move(batch)).error().code, Errc::unknown);
  store.reset();
  store = test::open_mem_store(disk).value();
  EXPECT_EQ(store->snapshot()->get(Family::now, "k").value(), "v");
}

TEST(MemStore, APowerCutTakesUnsyncedCommitsOnly) {
  const auto disk = test::make_mem_disk();
  auto store = test::open_mem_store(disk).value();
  for (const bool sync : {true, false}) {
    auto batch = store->batch();
    batch->put(Family::now, sync ? "synced" : "unsynced", "v");
    ASSERT_TRUE((sync ? store->commit(std::move(batch)) : store->commit_unsynced(std::move(batch)))
                    .has_value());
  }
  store.reset();
  disk->lose_unsynced();
  store = test::open_mem_store(disk).value();
  EXPECT_TRUE(store->snapshot()->get(Family::now, "synced").value().has_value());
  EXPECT_FALSE(store->snapshot()->get(Family::now, "unsynced").value().has_value());
}

}  // namespace
}  // namespace varve
