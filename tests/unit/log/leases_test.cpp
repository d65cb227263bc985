// Who counts on a blob, and when the purger may close it.
#include "log/leases.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace varve {
namespace {

using namespace std::chrono_literals;

class LeasesTest : public ::testing::Test {
 protected:
  static Digest digest(int n) { return Digest::of(std::to_string(n)); }
  Leases make(std::chrono::milliseconds lease = 1h) {
    return Leases(lease, [this] { return now_; });
  }
  // After the time in which leases of an earlier process may still run.
  void pass(std::chrono::milliseconds time) { now_ += time; }

  Leases::Clock::time_point now_{1'000h};
};

TEST_F(LeasesTest, NothingCanBeClosedBeforeOneLeaseHasPassedSinceTheStart) {
  auto leases = make();
  EXPECT_FALSE(leases.close(digest(1)));
  pass(1h - 1ms);
  EXPECT_FALSE(leases.close(digest(1)));
  pass(1ms);
  EXPECT_TRUE(leases.close(digest(1)));
}

TEST_F(LeasesTest, ALeaseKeepsTheBlobUntilItEnds) {
  auto leases = make();
  pass(2h);
  EXPECT_TRUE(leases.renew(digest(1)));
  pass(1h - 1ms);
  EXPECT_FALSE(leases.close(digest(1)));
  EXPECT_TRUE(leases.close(digest(2)));
  EXPECT_TRUE(leases.renew(digest(1)));
  pass(1h - 1ms);
  EXPECT_FALSE(leases.close(digest(1)));
  pass(1ms);
  EXPECT_TRUE(leases.close(digest(1)));
}

TEST_F(LeasesTest, AHoldKeepsTheBlobHoweverLongItTakesAndLeavesALease) {
  auto leases = make();
  pass(2h);
  {
    const auto first = leases.hold(digest(1));
    ASSERT_TRUE(first);
    {
      const auto second = leases.hold(digest(1));
      ASSERT_TRUE(second);
    }
    pass(100h);
    EXPECT_FALSE(leases.close(digest(1)));
  }
  pass(1h - 1ms);
  EXPECT_FALSE(leases.close(digest(1)));
  pass(1ms);
  EXPECT_TRUE(leases.close(digest(1)));
}

TEST_F(LeasesTest, WhatIsClosedCanNeitherBeLeasedNorHeldNorClosedAgain) {
  auto leases = make();
  pass(2h);
  {
    const auto closed = leases.close(digest(1));
    ASSERT_TRUE(closed);
    EXPECT_FALSE(leases.renew(digest(1)));
    EXPECT_FALSE(leases.hold(digest(1)));
    EXPECT_FALSE(leases.close(digest(1)));
    EXPECT_TRUE(leases.renew(digest(2)));
  }
  EXPECT_TRUE(leases.renew(digest(1)));
  EXPECT_TRUE(leases.hold(digest(1)));
}

TEST_F(LeasesTest, LookingWhetherABlobIsFreeChangesNothing) {
  auto leases = make();
  EXPECT_FALSE(leases.is_free(digest(1))) << "soon after the start nothing is";
  pass(2h);
  EXPECT_TRUE(leases.is_free(digest(1)));
  EXPECT_TRUE(leases.renew(digest(1))) << "it is not closed by that";
  EXPECT_FALSE(leases.is_free(digest(1)));
  {
    const auto held = leases.hold(digest(2));
    EXPECT_FALSE(leases.is_free(digest(2)));
    const auto closed = leases.close(digest(3));
    EXPECT_FALSE(leases.is_free(digest(3)));
  }
  pass(1h);
  for (int n = 1; n <= 3; ++n) EXPECT_TRUE(leases.is_free(digest(n))) << n;
}

TEST_F(LeasesTest, ClosingEndsOnceWhenItIsMoved) {
  auto leases = make();
  pass(2h);
  auto closed = leases.close(digest(1));
  ASSERT_TRUE(closed);
  {
    const Leases::Closed moved = *std::move(closed);
    closed.reset();
    EXPECT_FALSE(leases.renew(digest(1)));
  }
  EXPECT_TRUE(leases.renew(digest(1)));
}

TEST_F(LeasesTest, WithMoreLeasesThanItKeepsEverythingIsLeased) {
  auto leases = make();
  pass(2h);
  const auto held = leases.hold(digest(-1));
  for (int n = 0; n <= static_cast<int>(limits::kLeasesMax); ++n)
    ASSERT_TRUE(leases.renew(digest(n)));
  EXPECT_FALSE(leases.close(digest(0)));
  EXPECT_FALSE(leases.close(digest(-2))) << "it cannot tell which ones it forgot";
  pass(1h);
  EXPECT_TRUE(leases.close(digest(0)));
  EXPECT_FALSE(leases.close(digest(-1))) << "a hold is never forgotten";
}

TEST_F(LeasesTest, EndedLeasesMakeRoomFirst) {
  auto leases = make();
  pass(2h);
  for (int n = 0; n < static_cast<int>(limits::kLeasesMax); ++n)
    ASSERT_TRUE(leases.renew(digest(n)));
  pass(1h);
  ASSERT_TRUE(leases.renew(digest(-1)));
  EXPECT_TRUE(leases.close(digest(-2))) << "nobody alive was forgotten";
  EXPECT_FALSE(leases.close(digest(-1)));
}

}  // namespace
}  // namespace varve
