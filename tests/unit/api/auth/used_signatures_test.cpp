// Signatures that are good for once.
#include "api/auth/used_signatures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace varve::auth {
namespace {

using namespace std::chrono_literals;

const Timestamp kBegan{1'795'000'000'300'000};

Timestamp at(std::chrono::microseconds after) {
  return {kBegan.micros - 300'000 + after.count()};
}

constexpr Timestamp kNever{};

TEST(UsedSignatures, AreTakenOnce) {
  UsedSignatures used(kBegan);
  EXPECT_TRUE(used.use("ak", "mac", at(1s), kNever, at(1s)).has_value());
  EXPECT_EQ(used.use("ak", "mac", at(1s), kNever, at(2s)).error().code, Errc::unauthorized);
  EXPECT_EQ(used.use("ak", "mac", at(1s), kNever, at(15min)).error().code, Errc::unauthorized);
  EXPECT_TRUE(used.use("ak", "other", at(1s), kNever, at(2s)).has_value());
}

TEST(UsedSignatures, OfAClientWhoseClockIsAheadAreRememberedForAsLongAsTheyAreGood) {
  UsedSignatures used(kBegan);
  EXPECT_TRUE(used.use("ak", "mac", at(1min), kNever, at(1s)).has_value());
  EXPECT_EQ(used.use("ak", "mac", at(1min), kNever, at(16min)).error().code, Errc::unauthorized);
}

TEST(UsedSignatures, AreForgottenWhenNobodyTakesTheirDateAnyMore) {
  UsedSignatures used(kBegan);
  EXPECT_TRUE(used.use("ak", "mac", at(1s), kNever, at(1s)).has_value());
  EXPECT_TRUE(used.use("ak", "later", at(16min), kNever, at(16min + 1s)).has_value());
  EXPECT_EQ(used.size(), 1U);
  // … and then cannot be told from new ones, when a clock is set back.
  EXPECT_EQ(used.use("ak", "mac", at(1s), kNever, at(2s)).error().code, Errc::unavailable);
}

TEST(UsedSignatures, FromBeforeItBeganAreNotTaken) {
  UsedSignatures used(kBegan);
  EXPECT_EQ(used.use("ak", "mac", at(-1s), kNever, at(1s)).error().code, Errc::unavailable);
  EXPECT_TRUE(used.use("ak", "mac", at(0s), kNever, at(1s)).has_value());  // of the same second
}

TEST(UsedSignatures, AreNotTakenWhereAnEarlierMemoryMayHaveTakenThem) {
  UsedSignatures used(kBegan);
  EXPECT_EQ(used.use("ak", "a", at(30s), at(40s), at(1s)).error().code, Errc::unavailable);
  EXPECT_EQ(used.use("ak", "b", at(40s), at(40s), at(40s)).error().code, Errc::unavailable);
  EXPECT_EQ(used.size(), 0U);
  EXPECT_TRUE(used.use("ak", "c", at(41s), at(40s), at(1s)).has_value());
}

TEST(UsedSignatures, AreRefusedRatherThanForgottenWhenThereIsNoRoom) {
  UsedSignatures used(kBegan, {.all = 3, .of_a_key = 2});
  EXPECT_TRUE(used.use("a", "1", at(1s), kNever, at(1s)).has_value());
  EXPECT_TRUE(used.use("a", "2", at(1s), kNever, at(1s)).has_value());
  EXPECT_EQ(used.use("a", "3", at(1s), kNever, at(1s)).error().code, Errc::overloaded);
  EXPECT_TRUE(
      used.use("b", "4", at(2s), kNever, at(2s)).has_value());  // one key does not stop the others
  EXPECT_EQ(used.use("c", "5", at(2s), kNever, at(2s)).error().code, Errc::overloaded);
  EXPECT_EQ(used.use("a", "1", at(1s), kNever, at(2s)).error().code, Errc::unauthorized);
  // Room comes with time, and not before.
  EXPECT_TRUE(used.use("a", "6", at(15min + 2s), kNever, at(15min + 2s)).has_value());
  EXPECT_EQ(used.size(), 2U);
  EXPECT_TRUE(used.use("a", "7", at(15min + 2s), kNever, at(15min + 2s)).has_value());
  EXPECT_EQ(used.use("a", "8", at(15min + 2s), kNever, at(15min + 2s)).error().code,
            Errc::overloaded);
}

// Sleeping goes by another clock: this one stands at what is left to show.
struct Clock {
  std::vector<Timestamp> shows;
  std::size_t next = 0;
  std::vector<std::chrono::microseconds> slept = {};
  Result<void> outlast() {
    return outlast_second([this] { return shows[std::min(next++, shows.size() - 1)]; },
                          [this](std::chrono::microseconds time) { slept.push_back(time); });
  }
};

TEST(ASecond, IsOverWhenTheClockShowsALaterOne) {
  Clock clock{{at(300ms), at(1s)}};
  EXPECT_TRUE(clock.outlast().has_value());
  EXPECT_EQ(clock.slept, (std::vector<std::chrono::microseconds>{700ms}));
}

TEST(ASecond, IsNotOverBecauseSomebodySleptForSoLong) {
  Clock clock{{at(0s), at(999'999us), at(1s)}};
  EXPECT_TRUE(clock.outlast().has_value());
  EXPECT_EQ(clock.slept, (std::vector<std::chrono::microseconds>{1s, 1us}));
}

TEST(ASecond, IsNotOverInAnEarlierOne) {
  Clock clock{{at(5s), at(4'900ms), at(5'999ms), at(6s)}};
  EXPECT_TRUE(clock.outlast().has_value());
  EXPECT_EQ(clock.slept, (std::vector<std::chrono::microseconds>{1s, 100ms, 1ms}));
}

TEST(ASecond, ThatDoesNotEndIsNotWaitedForForEver) {
  Clock clock{{at(5s), at(1s)}};
  EXPECT_EQ(clock.outlast().error().code, Errc::unavailable);
  EXPECT_EQ(clock.slept.size(), 5U);
}

}  // namespace
}  // namespace varve::auth
