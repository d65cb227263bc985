// What only the real engine can get wrong: files, locks, damage.
#include "log/store/rocks_store.h"

#include <gtest/gtest.h>
#include <rocksdb/perf_context.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "core/base/bytes.h"
#include "tests/support/test_directory.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

// Incompressible, different for each number.
std::string sha256_text(std::uint64_t number) {
  return Digest::of(std::to_string(number), DigestAlgorithm::sha512).hex();
}

class RocksStore : public ::testing::Test {
 protected:
  fs::path path() const { return directory_.path() / "db"; }
  Result<std::unique_ptr<Store>> open(const RocksOptions& options = {.create_if_missing = true}) {
    return open_rocks_store(path(), options);
  }
  static void put(Store& store, std::uint64_t index, std::string_view value) {
    auto batch = store.batch();
    batch->put(Family::entry, entry_key({index}), value);
    batch->put(Family::meta, kHeadKey, std::to_string(index));
    ASSERT_TRUE(store.commit(std::move(batch)).has_value());
  }
  // Rows of `entry` that can be read, or the error.
  static Result<std::size_t> count(const Store& store) {
    std::size_t rows = 0;
    auto cursor = store.snapshot()->cursor(Family::entry, "", "");
    for (cursor->seek(""); cursor->valid(); cursor->next()) ++rows;
    VARVE_CHECK(cursor->status());
    return rows;
  }
  std::vector<fs::path> files(std::string_view extension) const {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(path())) {
      if (file.path().extension() == extension && file.file_size() > 0) found.push_back(file);
    }
    std::ranges::sort(found);
    return found;
  }
  static std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& file, std::string_view bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }

  test::TestDirectory directory_;
};

TEST_F(RocksStore, IsNotMadeUnlessAsked) {
  for (const bool read_only : {false, true}) {
    const auto opened = open({.read_only = read_only});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Errc::not_found);
    EXPECT_EQ(opened.error().about, About::storage);
  }
  EXPECT_FALSE(fs::exists(path()));
}

// Rows of the present that a listing walked over because they are deleted.
std::uint64_t deleted_rows_walked_over(const Store& store) {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
  rocksdb::get_perf_context()->Reset();
  auto cursor = store.snapshot()->cursor(Family::now, "", "");
  for (cursor->seek(""); cursor->valid(); cursor->next()) {
  }
  EXPECT_TRUE(cursor->status());
  const auto walked = rocksdb::get_perf_context()->internal_delete_skipped_count;
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  return walked;
}

TEST_F(RocksStore, AListingSoonStopsWalkingOverWhatWasDeleted) {
  auto store = open();
  ASSERT_TRUE(store);
  constexpr std::uint64_t kRows = 60'000;
  const auto change = [&](const auto& one) {
    for (std::uint64_t first = 0; first < kRows; first += 1'000) {
      auto batch = (*store)->batch();
      for (std::uint64_t i = first; i < first + 1'000; ++i) one(*batch, "row " + std::to_string(i));
      ASSERT_TRUE((*store)->commit_unsynced(std::move(batch)));
    }
  };
  change([](Batch& batch, const std::string& key) { batch.put(Family::now, key, "value"); });
  change([](Batch& batch, const std::string& key) { batch.erase(Family::now, key); });
  constexpr std::uint64_t kSome = 25'000;
  std::uint64_t walked = kRows;
  for (int attempt = 0; attempt < 600 && walked > kSome; ++attempt) {  // a minute, when busy
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    walked = deleted_rows_walked_over(**store);
  }
  EXPECT_LE(walked, kSome);
}

TEST_F(RocksStore, ASecondOpenerInThisProcessIsToldWhichDirectoryIsInUse) {
  const auto first = open().value();
  const auto second = open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_NE(second.error().what.find(path().string()), std::string::npos);
}

TEST_F(RocksStore, ASecondProcessIsRefused) {
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  char byte = 0;
  if (child == 0) {
    const auto held = open();
    byte = held.has_value() ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(2);
    ::close(done[1]);
    ::_exit(::read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  ::close(done[0]);
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  const auto second = open();
  ::close(done[1]);
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_NE(second.error().what.find(path().string()), std::string::npos);
  EXPECT_TRUE(open().has_value()) << "a dead process holds no lock";
}

TEST_F(RocksStore, ReadOnlyReadsBesideAWriterAndWritesNothing) {
  const auto writer = open().value();
  put(*writer, 0, "a");
  const auto reader = open({.read_only = true}).value();
  put(*writer, 1, "b");
  EXPECT_EQ(count(*reader).value(), 1u) << "frozen at its opening";
  EXPECT_EQ(reader->snapshot()->get(Family::meta, kHeadKey).value(), "0");
  auto batch = reader->batch();
  batch->put(Family::meta, kHeadKey, "9");
  EXPECT_EQ(reader->commit(std::move(batch)).error().code, Errc::unsupported);
  EXPECT_EQ(reader->flush().error().code, Errc::unsupported);
  EXPECT_EQ(count(*writer).value(), 2u);
}

TEST_F(RocksStore, ABulkLoadedStoreOpensNormally) {
  {
    const auto bulk = open({.create_if_missing = true, .bulk = true}).value();
    for (std::uint64_t i = 0; i < 500; ++i) {
      auto batch = bulk->batch();
      batch->put(Family::entry, entry_key({i}), "v");
      ASSERT_TRUE(bulk->commit_unsynced(std::move(batch)).has_value());
    }
    ASSERT_TRUE(bulk->flush().has_value());
  }
  const auto store = open({}).value();
  EXPECT_EQ(count(*store).value(), 500u);
  put(*store, 500, "v");
  EXPECT_EQ(count(*store).value(), 501u);
}

TEST_F(RocksStore, RefusesAJournalWithOneFlippedByte) {
  {
    const auto store = open().value();
    for (std::uint64_t i = 0; i < 200; ++i) put(*store, i, std::string(300, 'e'));
    // What a kill would leave: the journal as it stands, copied before closing tidies it up.
    fs::copy(path(), directory_.path() / "killed");
  }
  fs::remove_all(path());
  fs::copy(directory_.path() / "killed", path());
  const auto journals = files(".log");
  ASSERT_EQ(journals.size(), 1u);
  const std::string good = read(journals[0]);
  ASSERT_GT(good.size(), 60'000u);
  // Damage to the very last record looks like a torn write; everything before it was acknowledged.
  for (std::size_t at = 3; at < good.size() - 1'000; at += good.size() / 23) {
    fs::remove_all(path());
    fs::copy(directory_.path() / "killed", path());
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    write(journals[0], bad);
    const auto opened = open({});
    ASSERT_FALSE(opened.has_value()) << "byte " << at;
    EXPECT_EQ(opened.error().code, Errc::corrupt) << opened.error().detail;
  }
}

TEST_F(RocksStore, ForgivesATornLastRecord) {
  {
    const auto store = open().value();
    for (std::uint64_t i = 0; i < 20; ++i) put(*store, i, std::string(300, 'e'));
    fs::copy(path(), directory_.path() / "killed");
  }
  fs::remove_all(path());
  fs::copy(directory_.path() / "killed", path());
  const auto journals = files(".log");
  ASSERT_EQ(journals.size(), 1u);
  fs::resize_file(journals[0], fs::file_size(journals[0]) - 5);
  EXPECT_EQ(count(*open({}).value()).value(), 19u);
}

TEST_F(RocksStore, NeverReturnsRowsFromATableWithFlippedBytes) {
  {
    const auto bulk = open({.create_if_missing = true, .bulk = true}).value();
    auto batch = bulk->batch();
    for (std::uint64_t i = 0; i < 2'000; ++i) {
      batch->put(Family::entry, entry_key({i}), sha256_text(i));
    }
    ASSERT_TRUE(bulk->commit_unsynced(std::move(batch)).has_value());
    ASSERT_TRUE(bulk->flush().has_value());
  }
  const auto tables = files(".sst");
  ASSERT_EQ(tables.size(), 1u);
  const std::string good = read(tables[0]);
  std::size_t refused = 0;
  constexpr std::size_t kSamples = 20;
  for (std::size_t i = 0; i < kSamples; ++i) {
    std::string bad = good;
    const std::size_t at = i * good.size() / kSamples;
    bad[at] = static_cast<char>(bad[at] ^ 0x01);
    write(tables[0], bad);
    // Read only, so that no background work rewrites the file.
    const auto opened = open({.read_only = true});
    const auto rows =
        opened ? count(**opened) : Result<std::size_t>(std::unexpected(opened.error()));
    if (rows.has_value()) {
      EXPECT_EQ(*rows, 2'000u) << "rows were lost silently at byte " << at;
    } else {
      ++refused;
      EXPECT_EQ(rows.error().code, Errc::corrupt);
      EXPECT_EQ(rows.error().about, About::storage);
    }
  }
  // Bytes of the properties block may go unread; those of the data never do.
  EXPECT_GE(refused, kSamples - 3);
}

TEST_F(RocksStore, RefusesToStartOverWhenOnlyCurrentIsLost) {
  {
    put(*open().value(), 0, "a");
  }
  fs::remove(path() / "CURRENT");
  const auto opened = open({.create_if_missing = true});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST_F(RocksStore, RefusesToOpenWithoutATableFile) {
  {
    const auto bulk = open({.create_if_missing = true, .bulk = true}).value();
    put(*bulk, 0, "a");
  }
  fs::remove(files(".sst").at(0));
  const auto opened = open({});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Errc::corrupt) << opened.error().detail;
}

TEST_F(RocksStore, KeepsItsOwnLogSmallAndQuiet) {
  for (int i = 0; i < 6; ++i) {
    put(*open().value(), static_cast<std::uint64_t>(i), "a");
  }
  std::size_t logs = 0;
  for (const auto& file : fs::directory_iterator(path())) {
    logs += file.path().filename().string().starts_with("LOG") ? 1 : 0;
  }
  EXPECT_LE(logs, 3u);
}

}  // namespace
}  // namespace varve
