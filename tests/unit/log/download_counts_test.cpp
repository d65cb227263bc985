// Counting what is pulled, and the file it is kept in.
#include "log/download_counts.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/support/test_directory.h"

namespace varve {
namespace {

class DownloadCountsTest : public ::testing::Test {
 protected:
  static RepoName repo(std::string_view text) { return RepoName::parse(text).value(); }
  std::filesystem::path file() const { return directory_.path() / "download_counts"; }
  std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void write(const std::string& text) const {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << text;
  }
  void write_some() const {
    DownloadCounts counts(file());
    counts.count(repo("a/b"));
    counts.count(repo("a/b"));
    counts.count(repo("c"));
    ASSERT_TRUE(counts.save());
  }

  test::TestDirectory directory_;
};

TEST_F(DownloadCountsTest, AreWhatTheyWereAfterARestart) {
  write_some();
  DownloadCounts again(file());
  const auto loaded = again.load();
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(*loaded, std::nullopt);
  EXPECT_EQ(again.of("a/b"), 2U);
  EXPECT_EQ(again.of("c"), 1U);
  EXPECT_EQ(again.of("a"), 0U);
  again.count(repo("c"));
  EXPECT_EQ(again.of("c"), 2U);
}

TEST_F(DownloadCountsTest, WriteNothingWhereNothingWasCounted) {
  DownloadCounts counts(file());
  ASSERT_TRUE(counts.load());
  ASSERT_TRUE(counts.save());
  EXPECT_FALSE(std::filesystem::exists(file()));
  write_some();
  DownloadCounts again(file());
  ASSERT_TRUE(again.load());
  std::filesystem::remove(file());
  ASSERT_TRUE(again.save());
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(DownloadCountsTest, SetADamagedFileAsideAndBeginAtNothing) {
  write_some();
  const std::string good = bytes();
  std::vector<std::string> damaged{"",          "\n",           "varve-download-counts-v1\n",
                                   good + "\n", good.substr(1), good + good};
  for (std::size_t i = 0; i < good.size(); i += 3) {
    std::string flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    damaged.push_back(flipped);
    damaged.push_back(good.substr(0, i));
  }
  for (const std::string& text : damaged) {
    write(text);
    DownloadCounts counts(file());
    const auto loaded = counts.load();
    ASSERT_TRUE(loaded.has_value()) << loaded.error().what;
    ASSERT_TRUE(loaded->has_value()) << text;
    EXPECT_NE((*loaded)->find(".damaged"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_TRUE(std::filesystem::exists(file().string() + ".damaged"));
    EXPECT_EQ(counts.of("a/b"), 0U);
  }
}

TEST_F(DownloadCountsTest, AreWrittenAgainAfterADiskThatFailed) {
  DownloadCounts counts(directory_.path() / "missing" / "download_counts");
  counts.count(repo("a"));
  EXPECT_FALSE(counts.save());
  std::filesystem::create_directory(directory_.path() / "missing");
  EXPECT_TRUE(counts.save());
  EXPECT_TRUE(std::filesystem::exists(directory_.path() / "missing" / "download_counts"));
}

TEST_F(DownloadCountsTest, EndWhereThereAreTooManyRepositories) {
  DownloadCounts counts(file(), 2);
  for (const char* name : {"a", "b", "c", "a"}) counts.count(repo(name));
  EXPECT_EQ(counts.of("a"), 2U);
  EXPECT_EQ(counts.of("c"), 0U);
}

TEST_F(DownloadCountsTest, LoseNoneOfSeveralThreads) {
  DownloadCounts counts(file());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 1'000; ++n) counts.count(repo("r" + std::to_string(n % 10)));
      });
    for (int n = 0; n < 10; ++n) EXPECT_TRUE(counts.save());
  }
  for (int n = 0; n < 10; ++n) EXPECT_EQ(counts.of("r" + std::to_string(n)), 400U);
  ASSERT_TRUE(counts.save());
  DownloadCounts again(file());
  ASSERT_TRUE(again.load());
  EXPECT_EQ(again.of("r3"), 400U);
}

}  // namespace
}  // namespace varve
