// Request ids.
#include "api/http/ulid.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace varve::http {
namespace {

TEST(Ulid, WritesTheExampleOfItsSpecification) {
  std::string out;
  format_ulid(out, 0x01563DF36481, 0, 0);  // 1469918176385 ms
  EXPECT_EQ(out.substr(0, 10), "01ARYZ6S41");
  format_ulid(out, 0, 0, 0);
  EXPECT_EQ(out, std::string(26, '0'));
  format_ulid(out, (std::uint64_t{1} << 48) - 1, 0xffff, UINT64_MAX);
  EXPECT_EQ(out, "7ZZZZZZZZZ" + std::string(16, 'Z'));
  format_ulid(out, 0, 1, 1);
  EXPECT_EQ(out,
            "0000000000"
            "000G000000000001");
}

TEST(Ulid, AscendsWithinAThreadAndDiffersBetweenThreads) {
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&mine] {
        for (int i = 0; i < 5000; ++i) mine.push_back(ulid());
      });
    }
  }
  std::set<std::string> all;
  for (const auto& mine : made) {
    for (std::size_t i = 1; i < mine.size(); ++i) ASSERT_LT(mine[i - 1], mine[i]);
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 20000U);
}

}  // namespace
}  // namespace varve::http
