// The rows a writer sees: layers over a cache over a snapshot.
#include "log/rows_view.h"

#include <gtest/gtest.h>

#include "tests/support/mem_store.h"

namespace varve {
namespace {

constexpr std::size_t kRoomy = 1 << 20;

// What decide() would be told about the tag "t".
class RowCacheTest : public ::testing::Test {
 protected:
  void commit(std::uint64_t index, std::optional<std::string> value) {
    auto batch = store_->batch();
    const std::string key = now_key(Table::tag, key_);
    if (value)
      batch->put(Family::now, key, now_value(EntryIndex{index}, *value));
    else
      batch->erase(Family::now, key);
    ASSERT_TRUE(store_->commit(std::move(batch)));
  }
  std::optional<std::string> ask(RowCache& cache) {
    const LayeredView view(store_->snapshot(), {&older_, &newest_}, &cache);
    const auto row = view.get(Table::tag, key_);
    EXPECT_TRUE(row.has_value());
    if (!*row) return std::nullopt;
    return (*row)->value;
  }
  void change(Layer& layer, std::optional<std::string> value) {
    layer.insert_or_assign(now_key(Table::tag, key_), History::Version{EntryIndex{9}, value});
  }

  RowKey key_ = RowKey().name("app").name("t");
  std::unique_ptr<Store> store_ = test::make_mem_store();
  Layer older_, newest_;
};

TEST_F(RowCacheTest, AnswersWhatTheSnapshotSaidBefore) {
  RowCache cache(kRoomy);
  commit(1, "one");
  EXPECT_EQ(ask(cache), "one");
  ASSERT_NE(cache.find(now_key(Table::tag, key_)), nullptr);
  EXPECT_EQ(ask(cache), "one");
}

TEST_F(RowCacheTest, RemembersThatARowIsNotThere) {
  RowCache cache(kRoomy);
  EXPECT_EQ(ask(cache), std::nullopt);
  const auto* known = cache.find(now_key(Table::tag, key_));
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(*known, std::nullopt);
}

TEST_F(RowCacheTest, TheNewestLayerComesBeforeIt) {
  RowCache cache(kRoomy);
  commit(1, "one");
  EXPECT_EQ(ask(cache), "one");
  change(newest_, "two");
  EXPECT_EQ(ask(cache), "two");
  change(newest_, std::nullopt);
  EXPECT_EQ(ask(cache), std::nullopt);
}

TEST_F(RowCacheTest, FollowsWhatABatchChanged) {
  RowCache cache(kRoomy);
  commit(1, "one");
  EXPECT_EQ(ask(cache), "one");
  change(newest_, "two");
  cache.update(newest_);
  newest_.clear();  // the batch is no longer in flight, and the old snapshot does not know it
  EXPECT_EQ(ask(cache), "two");
  change(newest_, std::nullopt);
  cache.update(newest_);
  newest_.clear();
  EXPECT_EQ(ask(cache), std::nullopt);
}

TEST_F(RowCacheTest, KeepsWhatABatchInFlightChanged) {
  RowCache cache(kRoomy);
  commit(1, "one");
  change(older_, "two");
  EXPECT_EQ(ask(cache), "two");
  older_.clear();
  EXPECT_EQ(ask(cache), "two");
}

TEST_F(RowCacheTest, NeverHoldsMoreThanItsBound) {
  RowCache cache(1000);
  for (int i = 0; i < 100; ++i) cache.remember("key " + std::to_string(i), Row{EntryIndex{1}, "v"});
  int held = 0;
  for (int i = 0; i < 100; ++i) held += cache.find("key " + std::to_string(i)) != nullptr ? 1 : 0;
  EXPECT_LE(held, 7);  // at 128 bytes each and more
  cache.remember(std::string(2000, 'k'), std::nullopt);
  EXPECT_EQ(cache.find(std::string(2000, 'k')), nullptr);
}

TEST_F(RowCacheTest, CountsWhatABatchMakesOfTheRowsItHolds) {
  RowCache cache(1000);
  commit(1, "small");
  EXPECT_EQ(ask(cache), "small");
  change(newest_, std::string(2000, 'v'));
  cache.update(newest_);
  EXPECT_EQ(cache.find(now_key(Table::tag, key_)), nullptr);
}

// What a batch does to the row app/t, event by event, and what is in the store then.
class RowWriterTest : public ::testing::Test {
 protected:
  void set(std::uint64_t index, std::optional<std::string> value) {
    rows_.at(EntryIndex{index});
    if (value)
      rows_.put(Table::tag, key_, *std::move(value));
    else
      rows_.erase(Table::tag, key_);
  }
  void write() {
    auto batch = store_->batch();
    rows_.write_into(*batch);
    ASSERT_TRUE(store_->commit(std::move(batch)));
  }
  std::string as_of(std::uint64_t size) {
    const auto row = AsOfView(store_->snapshot(), TreeSize{size}).get(Table::tag, key_);
    EXPECT_TRUE(row.has_value());
    return *row ? (*row)->value : "nothing";
  }
  std::string now() {
    const auto row = NowView(store_->snapshot()).get(Table::tag, key_);
    EXPECT_TRUE(row.has_value());
    return *row ? (*row)->value : "nothing";
  }
  std::vector<std::string> versions() {
    std::vector<std::string> found;
    const PastVersions past(store_->snapshot(), TreeSize{100});
    EXPECT_TRUE(past.versions(Table::tag, key_, EntryIndex{100}, [&](const History::Version& one) {
      found.push_back(std::to_string(one.index.value) + " " + one.value.value_or("nothing"));
      return true;
    }));
    return found;
  }

  const RowKey key_ = RowKey().name("app").name("t");
  std::unique_ptr<Store> store_ = test::make_mem_store();
  Layer layer_;
  RowWriter rows_{layer_};
};

TEST_F(RowWriterTest, KeepsEveryVersionThatABatchMadeAndTheNewestAsThePresent) {
  set(4, "one");
  set(5, std::nullopt);
  set(7, "two");
  set(9, "three");
  write();
  EXPECT_EQ(now(), "three");
  EXPECT_EQ(versions(), (std::vector<std::string>{"9 three", "7 two", "5 nothing", "4 one"}));
  EXPECT_EQ(as_of(4), "nothing");
  EXPECT_EQ(as_of(5), "one");
  EXPECT_EQ(as_of(6), "nothing");
  EXPECT_EQ(as_of(9), "two");
  EXPECT_EQ(as_of(10), "three");
}

TEST_F(RowWriterTest, KeepsOfOneEventWhatItLeft) {
  set(4, "one");
  set(5, std::nullopt);
  set(5, "two");
  set(6, "three");
  set(6, std::nullopt);
  write();
  EXPECT_EQ(now(), "nothing");
  EXPECT_EQ(versions(), (std::vector<std::string>{"6 nothing", "5 two", "4 one"}));
}

TEST_F(RowWriterTest, ShowsTheNewestVersionToTheEventsAfter) {
  const LayeredView view(store_->snapshot(), {&layer_});
  set(4, "one");
  EXPECT_EQ((*view.get(Table::tag, key_))->value, "one");
  set(5, "two");
  EXPECT_EQ((*view.get(Table::tag, key_))->index, EntryIndex{5});
  set(6, std::nullopt);
  EXPECT_EQ(*view.get(Table::tag, key_), std::nullopt);
}

// Rows of blob_in: what needed the blob "app/blob", by manifests a and b.
class ChangedSinceTest : public ::testing::Test {
 protected:
  void version(std::string_view key, std::uint64_t index, bool there) {
    auto batch = store_->batch();
    batch->put(Family::past, past_key(Table::blob_in, key, EntryIndex{index}),
               there ? past_value({}) : past_tombstone());
    ASSERT_TRUE(store_->commit(std::move(batch)));
  }
  bool changed(std::uint64_t since, std::uint64_t size = 100) {
    const PastVersions past(store_->snapshot(), TreeSize{size});
    const auto answer = past.changed_since(Table::blob_in, prefix_, TreeSize{since});
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(false);
  }

  const RowKey prefix_ = RowKey().name("app").name("blob");
  const RowKey a_ = RowKey().name("app").name("blob").name("a");
  const RowKey b_ = RowKey().name("app").name("blob").name("b");
  const RowKey other_ = RowKey().name("app").name("blob2").name("a");
  std::unique_ptr<Store> store_ = test::make_mem_store();
};

TEST_F(ChangedSinceTest, IsFalseForWhatNeverWas) {
  EXPECT_FALSE(changed(0));
  version(other_, 50, true);
  EXPECT_FALSE(changed(0));
}

TEST_F(ChangedSinceTest, SeesARowThatCameAndWentInBetween) {
  version(a_, 5, true);
  version(a_, 6, false);
  EXPECT_FALSE(changed(7));
  EXPECT_TRUE(changed(6)) << "an entry's index is visible from the next size on";
  version(b_, 20, true);
  version(b_, 21, false);
  EXPECT_TRUE(changed(7));
  EXPECT_TRUE(changed(21));
  EXPECT_FALSE(changed(22));
}

TEST_F(ChangedSinceTest, SeesNothingBeyondTheSizeItIsAskedAt) {
  version(a_, 5, true);
  version(a_, 40, false);
  version(b_, 41, true);
  EXPECT_TRUE(changed(5, 40));
  EXPECT_FALSE(changed(6, 40));
  EXPECT_TRUE(changed(6, 41));
}

}  // namespace
}  // namespace varve
