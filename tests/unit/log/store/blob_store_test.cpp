// Blobs on disk: what is acknowledged is there, whole and under its name; what fails is not.
#include "log/store/blob_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "tests/support/test_directory.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

std::string content_of(std::size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  std::uint32_t state = seed;
  for (char& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

std::string read_all(const BlobFile& file) {
  std::string bytes(file.size(), '\0');
  EXPECT_TRUE(file.read(0, bytes.size(), bytes.data()).has_value());
  return bytes;
}

class FileBlobStore : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen(FileSteps* steps = nullptr) {
    store_.reset();
    store_ = open_file_blob_store(root(), steps).value();
  }
  fs::path root() const { return directory_.path() / "data" / "blobs"; }
  fs::path placed(const Digest& digest) const {
    return root() / "blobs" / digest.algorithm_name() / digest.hex().substr(0, 2) / digest.hex();
  }
  fs::path staged(const UploadId& id) const { return root() / "uploads" / id.text(); }
  std::size_t uploads() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(root() / "uploads"), fs::directory_iterator()));
  }
  void expect_placed(const Digest& digest, const std::string& content) {
    const auto file = store_->open(digest);
    ASSERT_TRUE(file.has_value()) << file.error().what;
    EXPECT_EQ(read_all(**file), content);
    EXPECT_TRUE(store_->verify(digest).has_value());
  }
  Result<void> push(const std::string& content) {
    VARVE_TRY(const auto upload, store_->start_upload());
    VARVE_CHECK(upload->append(content));
    return upload->finish(Digest::of(content));
  }

  test::TestDirectory directory_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(FileBlobStore, PlacesWhatWasStreamedUnderItsDigest) {
  const std::string content = content_of(20 << 20);
  const Digest digest = Digest::of(content);
  auto upload = store_->start_upload().value();
  const UploadId id = upload->id();
  for (std::size_t at = 0; at < content.size(); at += 700'001) {
    ASSERT_TRUE(upload->append(std::string_view(content).substr(at, 700'001)).has_value());
    ASSERT_EQ(upload->size(), std::min(at + 700'001, content.size()));
  }
  EXPECT_EQ(store_->open(digest).error().code, Errc::not_found);
  ASSERT_TRUE(upload->finish(digest).has_value());
  expect_placed(digest, content);
  EXPECT_EQ(uploads(), 0u);
  EXPECT_EQ(upload->append("more").error().code, Errc::not_found) << "the upload has ended";
  EXPECT_EQ(upload->finish(digest).error().code, Errc::not_found);
  upload.reset();
  EXPECT_EQ(store_->open_upload(id).error().code, Errc::not_found);
}

TEST_F(FileBlobStore, KeepsFilesToItsOwnUser) {
  ASSERT_TRUE(push("secret").has_value());
  struct stat info{};
  ASSERT_EQ(::stat(placed(Digest::of("secret")).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(FileBlobStore, PlacesAnEmptyBlob) {
  auto upload = store_->start_upload().value();
  ASSERT_TRUE(upload->append("").has_value());
  ASSERT_TRUE(upload->finish(Digest::of("")).has_value());
  expect_placed(Digest::of(""), "");
}

TEST_F(FileBlobStore, OpenedForReadingMakesAndChangesNothing) {
  const fs::path empty = directory_.path() / "nothing" / "here";
  EXPECT_FALSE(has_file_blobs(empty));
  EXPECT_EQ(open_file_blob_store_read_only(empty).value()->open(Digest::of("x")).error().code,
            Errc::not_found);
  EXPECT_FALSE(fs::exists(empty.parent_path()));

  ASSERT_TRUE(push("shared").has_value());
  const UploadId begun = store_->start_upload().value()->id();
  EXPECT_TRUE(has_file_blobs(root()));
  const auto reader = open_file_blob_store_read_only(root()).value();
  EXPECT_EQ(read_all(*reader->open(Digest::of("shared")).value()), "shared");
  EXPECT_TRUE(reader->verify(Digest::of("shared")).has_value());
  EXPECT_TRUE(reader->free_bytes().has_value());
  EXPECT_EQ(reader->start_upload().error().code, Errc::unsupported);
  EXPECT_EQ(reader->open_upload(begun).error().code, Errc::unsupported);
  EXPECT_EQ(reader->cancel_upload(begun).error().code, Errc::unsupported);
  EXPECT_EQ(reader->upload_size(begun).error().code, Errc::unsupported);
  EXPECT_EQ(reader->expire_uploads(Timestamp{INT64_MAX}).error().code, Errc::unsupported);
  EXPECT_EQ(uploads(), 1u);
}

TEST_F(FileBlobStore, TakesBackWhatWasAppendedLast) {
  for (const std::string& kept : {std::string("first "), std::string(), content_of(9 << 20)}) {
    auto upload = store_->start_upload().value();
    ASSERT_TRUE(upload->append(kept).has_value());
    ASSERT_TRUE(upload->append(content_of(10 << 20, 2)).has_value());
    ASSERT_FALSE(upload->finish(Digest::of(kept + "second")).has_value());
    ASSERT_TRUE(upload->truncate(kept.size()).has_value());
    EXPECT_EQ(upload->size(), kept.size());
    EXPECT_EQ(fs::file_size(staged(upload->id())), kept.size());
    ASSERT_TRUE(upload->append("second").has_value());
    ASSERT_TRUE(upload->finish(Digest::of(kept + "second")).has_value());
    expect_placed(Digest::of(kept + "second"), kept + "second");
    EXPECT_EQ(upload->truncate(0).error().code, Errc::not_found) << "the upload has ended";
  }
}

TEST_F(FileBlobStore, TakingBackNothingKeepsTheRunningHash) {
  auto upload = store_->start_upload().value();
  ASSERT_TRUE(upload->append("whole").has_value());
  ASSERT_TRUE(upload->truncate(5).has_value());
  ASSERT_TRUE(upload->truncate(500).has_value());
  EXPECT_EQ(upload->size(), 5u);
  EXPECT_TRUE(upload->finish(Digest::of("whole")).has_value());
}

TEST_F(FileBlobStore, AWrongDigestKeepsTheUpload) {
  auto upload = store_->start_upload().value();
  ASSERT_TRUE(upload->append("first ").has_value());
  for (int i = 0; i < 2; ++i) {
    const auto wrong = upload->finish(Digest::of("other"));
    ASSERT_FALSE(wrong.has_value());
    EXPECT_EQ(wrong.error().code, Errc::invalid);
    EXPECT_EQ(wrong.error().about, About::digest);
  }
  EXPECT_EQ(store_->open(Digest::of("other")).error().code, Errc::not_found);
  const UploadId id = upload->id();
  upload.reset();
  upload = store_->open_upload(id).value();
  ASSERT_TRUE(upload->append("second").has_value());
  EXPECT_EQ(upload->finish(Digest::of("first ")).error().code, Errc::invalid)
      << "what an earlier finish hashed is not the content any more";
  ASSERT_TRUE(upload->finish(Digest::of("first second")).has_value());
  expect_placed(Digest::of("first second"), "first second");
}

TEST_F(FileBlobStore, ChecksSha512ByReadingTheFileAgain) {
  const std::string content = content_of(3'000'000);
  const Digest digest = Digest::of(content, DigestAlgorithm::sha512);
  auto upload = store_->start_upload().value();
  ASSERT_TRUE(upload->append(content).has_value());
  EXPECT_EQ(upload->finish(Digest::of("x", DigestAlgorithm::sha512)).error().code, Errc::invalid);
  ASSERT_TRUE(upload->finish(digest).has_value());
  expect_placed(digest, content);
  EXPECT_EQ(store_->open(Digest::of(content)).error().code, Errc::not_found);
}

TEST_F(FileBlobStore, AnUploadGoesOnAcrossRequestsAndRestarts) {
  auto upload = store_->start_upload().value();
  const UploadId id = upload->id();
  ASSERT_TRUE(upload->append("one ").has_value());
  upload.reset();
  upload = store_->open_upload(id).value();
  EXPECT_EQ(upload->size(), 4u);
  ASSERT_TRUE(upload->append("two ").has_value());
  upload.reset();
  reopen();
  EXPECT_EQ(store_->upload_size(id).value(), 8u);
  upload = store_->open_upload(id).value();
  EXPECT_EQ(upload->size(), 8u);
  ASSERT_TRUE(upload->append("three").has_value());
  ASSERT_TRUE(upload->finish(Digest::of("one two three")).has_value());
  expect_placed(Digest::of("one two three"), "one two three");
}

TEST_F(FileBlobStore, MoreUploadsThanItKeepsHashesForStillFinish) {
  std::vector<UploadId> ids;
  for (int i = 0; i < 300; ++i) {
    auto upload = store_->start_upload().value();
    ids.push_back(upload->id());
    ASSERT_TRUE(upload->append("number " + std::to_string(i)).has_value());
  }
  for (int i = 0; i < 300; ++i) {
    auto upload = store_->open_upload(ids[static_cast<std::size_t>(i)]).value();
    ASSERT_TRUE(upload->append("!").has_value());
    const std::string content = "number " + std::to_string(i) + "!";
    ASSERT_TRUE(upload->finish(Digest::of(content)).has_value());
  }
  EXPECT_EQ(uploads(), 0u);
}

TEST_F(FileBlobStore, TwoUsersOfOneUploadAreRefused) {
  auto upload = store_->start_upload().value();
  const UploadId id = upload->id();
  const auto refused = [&](const auto& result) {
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Errc::conflict);
    EXPECT_EQ(result.error().about, About::upload);
  };
  refused(store_->open_upload(id));
  refused(store_->cancel_upload(id));
  EXPECT_EQ(store_->upload_size(id).value(), 0u) << "looking is allowed";
  upload.reset();
  auto again = store_->open_upload(id).value();
  refused(store_->open_upload(id));
}

TEST_F(FileBlobStore, OfManyThreadsOneGetsTheUpload) {
  const UploadId id = store_->start_upload().value()->id();
  std::atomic<int> winners = 0;
  std::atomic<int> arrived = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto mine = store_->open_upload(id);
      if (mine) ++winners;
      for (++arrived; arrived < 4;) std::this_thread::yield();  // nobody lets go before all tried
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
}

TEST_F(FileBlobStore, ThreadsPushingTheSameBlobAllSucceed) {
  const std::string content = content_of(100'000);
  std::atomic<int> placed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) placed += push(content).has_value() ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(placed, 40);
  expect_placed(Digest::of(content), content);
}

TEST_F(FileBlobStore, PushingAgainRepairsARottenBlob) {
  const std::string content = content_of(5'000);
  ASSERT_TRUE(push(content).has_value());
  const Digest digest = Digest::of(content);
  for (const std::string& rotten : {content.substr(0, 100), content_of(5'000, 2), std::string()}) {
    std::ofstream(placed(digest), std::ios::binary | std::ios::trunc) << rotten;
    EXPECT_EQ(store_->verify(digest).error().code, Errc::corrupt);
    ASSERT_TRUE(push(content).has_value());
    expect_placed(digest, content);
  }
}

TEST_F(FileBlobStore, AReadBeyondABlobOrOfAShrunkenOneIsCorrupt) {
  ASSERT_TRUE(push("0123456789").has_value());
  const Digest digest = Digest::of("0123456789");
  const auto file = store_->open(digest).value();
  EXPECT_GE(file->descriptor(), 0);
  char out[16];
  ASSERT_TRUE(file->read(2, 3, out).has_value());
  EXPECT_EQ(std::string_view(out, 3), "234");
  EXPECT_TRUE(file->read(10, 0, out).has_value());
  EXPECT_EQ(file->read(8, 3, out).error().code, Errc::corrupt);
  EXPECT_EQ(file->read(~0ull, 1, out).error().code, Errc::corrupt);
  fs::resize_file(placed(digest), 4);
  EXPECT_EQ(file->read(2, 3, out).error().code, Errc::corrupt);
}

TEST_F(FileBlobStore, NeverFollowsALinkOrTakesADirectoryForABlob) {
  const Digest linked = Digest::of("elsewhere");
  const Digest directory = Digest::of("directory");
  const auto outside = directory_.path() / "outside";
  std::ofstream(outside) << "elsewhere";
  fs::create_directories(placed(linked).parent_path());
  fs::create_symlink(outside, placed(linked));
  EXPECT_FALSE(store_->open(linked).has_value());
  fs::create_directories(placed(directory));
  EXPECT_EQ(store_->open(directory).error().code, Errc::corrupt);
  const UploadId id = UploadId::random();
  fs::create_symlink(outside, staged(id));
  EXPECT_FALSE(store_->open_upload(id).has_value());
  EXPECT_FALSE(store_->upload_size(id).has_value());
}

TEST_F(FileBlobStore, AFileThatShrinksUnderAnUploadIsNeverPlaced) {
  auto upload = store_->start_upload().value();
  ASSERT_TRUE(upload->append("0123456789").has_value());
  fs::resize_file(staged(upload->id()), 5);
  EXPECT_EQ(upload->finish(Digest::of("0123456789")).error().code, Errc::unknown);
  EXPECT_EQ(store_->open(Digest::of("0123456789")).error().code, Errc::not_found);
}

TEST_F(FileBlobStore, CancellingRemovesTheUpload) {
  const UploadId id = store_->start_upload().value()->id();
  EXPECT_EQ(uploads(), 1u);
  ASSERT_TRUE(store_->cancel_upload(id).has_value());
  EXPECT_EQ(uploads(), 0u);
  EXPECT_EQ(store_->cancel_upload(id).error().code, Errc::not_found);
  EXPECT_EQ(store_->open_upload(id).error().code, Errc::not_found);
  EXPECT_EQ(store_->upload_size(id).error().code, Errc::not_found);
}

TEST_F(FileBlobStore, ExpiresUploadsNobodyTouchedButNoneInUse) {
  auto in_use = store_->start_upload().value();
  const UploadId idle = store_->start_upload().value()->id();
  const UploadId fresh = store_->start_upload().value()->id();
  const auto hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(staged(in_use->id()), hour_ago);
  fs::last_write_time(staged(idle), hour_ago);
  std::ofstream(root() / "uploads" / "not-an-upload") << "left alone";
  fs::last_write_time(root() / "uploads" / "not-an-upload", hour_ago);
  const auto now = std::chrono::system_clock::now() - std::chrono::minutes(10);
  const Timestamp before{
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count()};
  EXPECT_EQ(store_->expire_uploads(before).value(), 1u);
  EXPECT_EQ(store_->open_upload(idle).error().code, Errc::not_found);
  EXPECT_TRUE(store_->open_upload(fresh).has_value());
  EXPECT_TRUE(in_use->append("still here").has_value());
  EXPECT_TRUE(fs::exists(root() / "uploads" / "not-an-upload"));
}

TEST_F(FileBlobStore, BoundsTheNumberOfUploads) {
  for (std::size_t i = 0; i < limits::kUploadsMax; ++i) {
    std::ofstream(staged(UploadId::random()));
  }
  reopen();
  const auto refused = store_->start_upload();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  const auto any = fs::directory_iterator(root() / "uploads")->path().filename().string();
  ASSERT_TRUE(store_->cancel_upload(UploadId::parse(any).value()).has_value());
  EXPECT_TRUE(store_->start_upload().has_value());
}

TEST_F(FileBlobStore, KnowsHowMuchIsFree) {
  EXPECT_GT(store_->free_bytes().value(), 0u);
}

TEST_F(FileBlobStore, OpensInADirectoryNamedWithASlash) {
  EXPECT_TRUE(open_file_blob_store(directory_.path() / "other" / "").has_value());
  EXPECT_TRUE(fs::is_directory(directory_.path() / "other" / "uploads"));
}

TEST(UploadIdParse, TakesOnlyWhatItMade) {
  const UploadId id = UploadId::random();
  EXPECT_EQ(id.text().size(), 32u);
  EXPECT_EQ(UploadId::parse(id.text()).value(), id);
  EXPECT_NE(UploadId::random(), id);
  const std::string good(32, 'a');
  const std::vector<std::string> bad = {"",
                                        ".",
                                        "..",
                                        "../" + good.substr(3),
                                        good + "a",
                                        "/" + good,
                                        good + "/..",
                                        good.substr(1),
                                        "A" + good.substr(1),
                                        "g" + good.substr(1),
                                        std::string(32, '.'),
                                        std::string(32, '/'),
                                        good.substr(1) + '\0',
                                        good + '\0',
                                        " " + good.substr(1),
                                        "%2e%2e%2f" + good.substr(9),
                                        "\xc3\xa4" + good.substr(2)};
  for (const std::string& text : bad) {
    const auto parsed = UploadId::parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Errc::not_found);
    EXPECT_EQ(parsed.error().about, About::upload);
  }
}

// --- full disks ----------------------------------------------------------------------------------

// Lets `room` more bytes through, then answers `error`.
class FullDisk final : public FileSteps {
 public:
  ssize_t write(int fd, const char* bytes, std::size_t length, std::uint64_t offset) override {
    if (interrupts-- > 0) {
      errno = EINTR;
      return -1;
    }
    if (room == 0) {
      errno = error;
      return -1;
    }
    const ssize_t put = FileSteps::write(fd, bytes, std::min({length, room, longest}), offset);
    room -= static_cast<std::size_t>(std::max<ssize_t>(put, 0));
    return put;
  }
  std::size_t room = ~std::size_t{0};
  std::size_t longest = ~std::size_t{0};
  int interrupts = 0;
  int error = ENOSPC;
};

TEST_F(FileBlobStore, AFullDiskLeavesTheUploadAtItsLastGoodSize) {
  FullDisk disk;
  for (const int error : {ENOSPC, EDQUOT}) {
    reopen(&disk);
    disk.error = error;
    auto upload = store_->start_upload().value();
    ASSERT_TRUE(upload->append("good ").has_value());
    disk.room = 7;
    const auto full = upload->append("far too much");
    ASSERT_FALSE(full.has_value());
    EXPECT_EQ(full.error().code, Errc::unavailable);
    EXPECT_EQ(full.error().about, About::storage);
    EXPECT_EQ(upload->size(), 5u);
    EXPECT_EQ(fs::file_size(staged(upload->id())), 5u);
    disk.room = ~std::size_t{0};
    ASSERT_TRUE(upload->append("and more").has_value());
    ASSERT_TRUE(upload->finish(Digest::of("good and more")).has_value());
    expect_placed(Digest::of("good and more"), "good and more");
    store_.reset();
  }
}

TEST_F(FileBlobStore, ARealLimitOnFileSizesIsAFullDisk) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  auto upload = store_->start_upload().value();
  ASSERT_TRUE(upload->append(content_of(60'000)).has_value());
  const rlimit small{.rlim_cur = 100'000, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto full = upload->append(content_of(60'000));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, Errc::unavailable);
  EXPECT_EQ(fs::file_size(staged(upload->id())), 60'000u);
  EXPECT_TRUE(upload->finish(Digest::of(content_of(60'000))).has_value());
}

TEST_F(FileBlobStore, ShortAndInterruptedWritesAreFinished) {
  FullDisk disk;
  disk.longest = 3;
  disk.interrupts = 2;
  reopen(&disk);
  ASSERT_TRUE(push("0123456789").has_value());
  expect_placed(Digest::of("0123456789"), "0123456789");
  store_.reset();
}

TEST_F(FileBlobStore, AFailingWriteEndsTheUpload) {
  FullDisk disk;
  reopen(&disk);
  auto upload = store_->start_upload().value();
  disk.room = 0;
  disk.error = EIO;
  EXPECT_EQ(upload->append("x").error().code, Errc::unavailable);
  disk.room = 100;
  EXPECT_EQ(upload->append("x").error().code, Errc::not_found);
  EXPECT_EQ(uploads(), 0u);
  upload.reset();
  store_.reset();
}

// --- failing steps -------------------------------------------------------------------------------

enum class Failing { none, not_done, done };

// Counts syncs and renames, fails one of them, and knows what a power cut now would leave: names as
// of the last sync of their directory, bytes as of the last sync of their file.
class FailingDisk final : public FileSteps {
 public:
  FailingDisk(std::size_t fail_at, Failing how) : fail_at_(fail_at), how_(how) {}

  int sync(int fd) override {
    return step([&] {
      struct stat info{};
      VARVE_ASSERT(::fstat(fd, &info) == 0);
      std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
      VARVE_ASSERT(::pread(fd, bytes.data(), bytes.size(), 0) == info.st_size);
      bytes_[info.st_ino] = std::move(bytes);
    });
  }
  int rename(const fs::path& from, const fs::path& to) override {
    return step([&] { VARVE_ASSERT(FileSteps::rename(from, to) == 0); });
  }
  int sync_directory(const fs::path& directory) override {
    return step([&] {
      auto& names = names_[directory];
      names.clear();
      for (const auto& entry : fs::directory_iterator(directory))
        names[entry.path()] = inode(entry);
    });
  }

  std::size_t steps() const { return steps_; }
  // What `file` would hold after a power cut, if every name from `root` down to it is durable.
  std::optional<std::string> after_power_cut(const fs::path& file, const fs::path& root) const {
    for (fs::path path = file; path != root; path = path.parent_path()) {
      const auto names = names_.find(path.parent_path());
      if (names == names_.end() || !names->second.contains(path)) return std::nullopt;
    }
    const auto bytes = bytes_.find(names_.at(file.parent_path()).at(file));
    return bytes != bytes_.end() ? std::optional(bytes->second) : std::nullopt;
  }

 private:
  static ino_t inode(const fs::path& path) {
    struct stat info{};
    VARVE_ASSERT(::lstat(path.c_str(), &info) == 0);
    return info.st_ino;
  }
  template <class Do>
  int step(const Do& act) {
    const bool fails = ++steps_ == fail_at_ && how_ != Failing::none;
    if (!fails || how_ == Failing::done) act();
    if (!fails) return 0;
    errno = EIO;
    return -1;
  }

  std::size_t fail_at_;
  Failing how_;
  std::size_t steps_ = 0;
  std::map<ino_t, std::string> bytes_;
  std::map<fs::path, std::map<fs::path, ino_t>> names_;
};

// Pushes three blobs, two of them sharing no directory and one pushed twice, with step `fail_at`
// failing. Returns whether that step was reached.
bool push_with_failing_step(std::size_t fail_at, Failing how) {
  const test::TestDirectory directory;
  const fs::path root = directory.path() / "blobs-root";
  FailingDisk disk(fail_at, how);
  std::set<std::string> acknowledged;
  std::size_t failures = 0;
  auto opened = open_file_blob_store(root, &disk);
  if (!opened) ++failures;
  for (const char* content : {"first", "second", "first", "third"}) {
    if (!opened) break;
    auto upload = (*opened)->start_upload().value();
    EXPECT_TRUE(upload->append(content).has_value());
    const auto finished = upload->finish(Digest::of(content));
    if (finished) {
      acknowledged.insert(content);
      continue;
    }
    ++failures;
    EXPECT_EQ(finished.error().code, Errc::unknown);
    EXPECT_EQ(finished.error().about, About::storage);
    const UploadId id = upload->id();
    upload.reset();
    EXPECT_EQ((*opened)->open_upload(id).error().code, Errc::not_found)
        << "bytes that a failed step leaves behind cannot be finished later";
  }
  opened = open_file_blob_store(root);
  EXPECT_TRUE(opened.has_value());
  for (const std::string& content : acknowledged) {
    const Digest digest = Digest::of(content);
    EXPECT_TRUE((*opened)->verify(digest).has_value());
    const fs::path file =
        root / "blobs" / digest.algorithm_name() / digest.hex().substr(0, 2) / digest.hex();
    EXPECT_EQ(disk.after_power_cut(file, directory.path()), content);
  }
  const bool reached = disk.steps() >= fail_at && how != Failing::none;
  EXPECT_EQ(failures, reached ? 1u : 0u) << "every failed step is reported, once";
  return reached;
}

TEST(FileBlobStoreSteps, WithoutFailuresEveryBlobIsDurable) {
  EXPECT_FALSE(push_with_failing_step(0, Failing::none));
}

TEST(FileBlobStoreSteps, AFailedStepNeverLeadsToAnAcknowledgedBlobThatIsMissing) {
  std::size_t at = 1;
  while (push_with_failing_step(at, Failing::not_done)) ++at;
  EXPECT_GT(at, 20u);
}

TEST(FileBlobStoreSteps, AStepThatFailedButWasDoneNeverLeadsToOneEither) {
  std::size_t at = 1;
  while (push_with_failing_step(at, Failing::done)) ++at;
  EXPECT_GT(at, 20u);
}

// --- taking placed blobs away --------------------------------------------------------------------

Digest place(BlobStore& store, const std::string& content) {
  const Digest digest = Digest::of(content);
  auto upload = store.start_upload().value();
  EXPECT_TRUE(upload->append(content));
  EXPECT_TRUE(upload->finish(digest));
  return digest;
}

BlobStore::Unwanted say(bool unwanted) {
  return [unwanted]() -> Result<bool> { return unwanted; };
}

TEST_F(FileBlobStore, TakesAPlacedBlobAwayWhenNobodyWantsIt) {
  const Digest digest = place(*store_, "layer");
  EXPECT_EQ(store_->remove(digest, say(false)), false);
  EXPECT_TRUE(fs::exists(placed(digest)));
  EXPECT_EQ(store_->remove(digest, say(true)), true);
  EXPECT_FALSE(fs::exists(placed(digest)));
  EXPECT_TRUE(fs::is_empty(root() / "trash"));
  EXPECT_EQ(store_->remove(digest, say(true)), false) << "there is none";
}

TEST_F(FileBlobStore, AskingWhetherItIsWantedMayFailAndThenItStays) {
  const Digest digest = place(*store_, "layer");
  const auto removed = store_->remove(digest, []() -> Result<bool> {
    return fail(Errc::unavailable, About::storage, "cannot tell");
  });
  EXPECT_EQ(removed.error().what, "cannot tell");
  EXPECT_TRUE(fs::exists(placed(digest)));
}

TEST_F(FileBlobStore, WhoeverHasABlobOpenReadsOnAfterItWasTakenAway) {
  const std::string content = content_of(100'000);
  const Digest digest = place(*store_, content);
  const auto file = store_->open(digest).value();
  ASSERT_EQ(store_->remove(digest, say(true)), true);
  EXPECT_EQ(read_all(*file), content);
  EXPECT_EQ(store_->open(digest).error().code, Errc::not_found);
}

TEST_F(FileBlobStore, PlacingWaitsForARemovalOfTheSameDigestAndWins) {
  const Digest digest = place(*store_, "layer");
  std::optional<std::jthread> pusher;
  std::atomic<bool> placed_again = false;
  const auto removed = store_->remove(digest, [&]() -> Result<bool> {
    pusher.emplace([&] {
      place(*store_, "layer");
      placed_again = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_FALSE(placed_again) << "it must not be placed between the question and the removal";
    return true;
  });
  pusher.reset();
  EXPECT_EQ(removed, true);
  expect_placed(digest, "layer");
}

TEST_F(FileBlobStore, ListsEveryPlacedBlobAndNothingElse) {
  std::set<std::string> expected;
  for (const auto* content : {"a", "bb", "ccc"})
    expected.insert(place(*store_, content).to_string());
  auto upload = store_->start_upload().value();
  ASSERT_TRUE(upload->append("sha512"));
  const Digest long_digest = Digest::of("sha512", DigestAlgorithm::sha512);
  ASSERT_TRUE(upload->finish(long_digest));
  expected.insert(long_digest.to_string());
  std::ofstream(root() / "blobs" / "sha256" / "README") << "not a blob";
  fs::create_directories(root() / "blobs" / "md5" / "00");
  std::ofstream(root() / "blobs" / "md5" / "00" / "0000") << "not ours";
  std::set<std::string> found;
  std::uint64_t bytes = 0;
  ASSERT_TRUE(store_->each_placed([&](const BlobStore::Placed& blob) {
    found.insert(blob.digest.to_string());
    bytes += blob.size;
    EXPECT_GT(blob.modified.micros, 1'600'000'000'000'000);
    return true;
  }));
  EXPECT_EQ(found, expected);
  EXPECT_EQ(bytes, 12u);
  int visits = 0;
  ASSERT_TRUE(store_->each_placed([&](const BlobStore::Placed&) { return ++visits < 2; }));
  EXPECT_EQ(visits, 2);
}

TEST_F(FileBlobStore, ARenameToTheTrashThatFailsLeavesTheBlob) {
  class NoRename final : public FileSteps {
    int rename(const fs::path& from, const fs::path& to) override {
      if (to.parent_path().filename() != "trash") return FileSteps::rename(from, to);
      errno = EIO;
      return -1;
    }
  } steps;
  reopen(&steps);
  const Digest digest = place(*store_, "layer");
  EXPECT_EQ(store_->remove(digest, say(true)).error().about, About::storage);
  expect_placed(digest, "layer");
  reopen();
}

}  // namespace
}  // namespace varve
