// Opening a store for its use, whatever the engine.
#include "log/store/open.h"

#include <gtest/gtest.h>

#include "tests/support/test_directory.h"

namespace varve {
namespace {

class OpenStore : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open(StoreUse use) {
    return open_store(directory_.path() / "db", use);
  }
  static void put(Store& store, std::string_view key) {
    auto batch = store.batch();
    batch->put(Family::meta, key, "value");
    EXPECT_TRUE(store.commit(std::move(batch)).has_value());
  }
  static bool holds(const Store& store, std::string_view key) {
    return store.snapshot()->get(Family::meta, key).value().has_value();
  }

  test::TestDirectory directory_;
};

TEST_F(OpenStore, MakesNoneUnlessAskedTo) {
  for (const StoreUse use : {StoreUse::write, StoreUse::read})
    EXPECT_EQ(open(use).error().code, Errc::not_found);
  EXPECT_TRUE(open(StoreUse::create).has_value());
  EXPECT_TRUE(open(StoreUse::write).has_value());
}

TEST_F(OpenStore, ReadsBesideTheOneWriterAndWritesNothing) {
  auto writer = open(StoreUse::create).value();
  put(*writer, "a");
  auto reader = open(StoreUse::read).value();
  EXPECT_TRUE(holds(*reader, "a"));
  EXPECT_EQ(open(StoreUse::write).error().code, Errc::conflict);
  auto batch = reader->batch();
  batch->put(Family::meta, "b", "value");
  EXPECT_FALSE(reader->commit(std::move(batch)).has_value());
  put(*writer, "c");
  EXPECT_FALSE(holds(*reader, "c"));  // frozen
}

TEST_F(OpenStore, FillsAFreshStoreThatIsThenServed) {
  {
    auto store = open(StoreUse::fill).value();
    auto batch = store->batch();
    batch->put(Family::entry, "a", "value");
    ASSERT_TRUE(store->commit_unsynced(std::move(batch)).has_value());
    ASSERT_TRUE(store->flush().has_value());
  }
  const auto served = open(StoreUse::read).value();
  EXPECT_EQ(served->snapshot()->get(Family::entry, "a").value(), "value");
}

}  // namespace
}  // namespace varve
