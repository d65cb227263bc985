// Guessing has a price, and only the guesser pays it. The clock is ours.
#include "api/auth/throttle.h"

#include <gtest/gtest.h>

#include <string>

namespace varve::auth {
namespace {

using Millis = Throttle::Millis;
constexpr Millis kStart{1'000'000};

// Attempts that fail: how many of `n` were let through.
int guesses(Throttle& throttle, std::string_view principal, std::string_view peer, int n,
            Millis now = kStart) {
  int admitted = 0;
  for (int i = 0; i < n; ++i) admitted += throttle.admit(principal, peer, now).has_value() ? 1 : 0;
  return admitted;
}

TEST(Throttle, LetsABurstPassAndThenRefuses) {
  Throttle throttle;
  EXPECT_EQ(guesses(throttle, "alice", "10.0.0.1", 1'000), 10);
  const auto refused = throttle.admit("alice", "10.0.0.1", kStart);
  EXPECT_EQ(refused.error().code, Errc::throttled);
}

TEST(Throttle, LetsOneMorePassAfterEachInterval) {
  Throttle throttle;
  guesses(throttle, "alice", "10.0.0.1", 10);
  EXPECT_EQ(guesses(throttle, "alice", "10.0.0.1", 5, kStart + Millis(5'999)), 0);
  EXPECT_EQ(guesses(throttle, "alice", "10.0.0.1", 5, kStart + Millis(6'000)), 1);
  EXPECT_EQ(guesses(throttle, "alice", "10.0.0.1", 99, kStart + Millis(6'000'000)), 10);
}

TEST(Throttle, LeavesOtherPrincipalsOfTheSamePeerAlone) {
  Throttle throttle;
  guesses(throttle, "alice", "10.0.0.1", 1'000);
  EXPECT_TRUE(throttle.admit("bob", "10.0.0.1", kStart).has_value());
}

TEST(Throttle, CountsGuessesAtOnePrincipalFromManyPeersTogether) {
  Throttle throttle;
  int admitted = 0;
  for (int i = 0; i < 100; ++i)
    admitted += guesses(throttle, "alice", "10.0.0." + std::to_string(i), 1);
  EXPECT_EQ(admitted, 10);
}

TEST(Throttle, CountsGuessesAtManyPrincipalsFromOnePeerTogether) {
  Throttle throttle;
  int admitted = 0;
  for (int i = 0; i < 500; ++i)
    admitted += guesses(throttle, "user" + std::to_string(i), "10.0.0.1", 1);
  EXPECT_EQ(admitted, 50);
  EXPECT_TRUE(throttle.admit("alice", "10.0.0.2", kStart).has_value());
}

TEST(Throttle, NeverRefusesWhoeverIsRight) {
  Throttle throttle;
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(throttle.admit("alice", "10.0.0.1", kStart).has_value()) << i;
    throttle.succeeded("alice", "10.0.0.1", kStart);
  }
}

TEST(Throttle, CannotBeUsedToLockAnOwnerOut) {
  Throttle throttle;
  ASSERT_TRUE(throttle.admit("alice", "10.0.0.1", kStart).has_value());
  throttle.succeeded("alice", "10.0.0.1", kStart);
  guesses(throttle, "alice", "10.6.6.6", 1'000);
  EXPECT_FALSE(throttle.admit("alice", "10.0.0.9", kStart).has_value());
  EXPECT_TRUE(throttle.admit("alice", "10.0.0.1", kStart).has_value());
}

TEST(Throttle, CountsGuessesFromWhereTheOwnerWorksToo) {
  Throttle throttle;
  ASSERT_TRUE(throttle.admit("alice", "10.0.0.1", kStart).has_value());
  throttle.succeeded("alice", "10.0.0.1", kStart);
  EXPECT_EQ(guesses(throttle, "alice", "10.0.0.1", 1'000), 10);
}

TEST(Throttle, HandsNoAttemptsToAGuesserWhoLogsInAsThemselves) {
  Throttle throttle;
  int admitted = 0;
  for (int i = 0; i < 100; ++i) {
    admitted += guesses(throttle, "alice", "10.0.0.1", 1);
    ASSERT_TRUE(throttle.admit("mallory", "10.0.0.1", kStart).has_value());
    throttle.succeeded("mallory", "10.0.0.1", kStart);
  }
  EXPECT_EQ(admitted, 10);
}

TEST(Throttle, SharesCellsWithoutGrowingWhateverNamesAreTried) {
  ThrottleLimits limits;
  limits.cells = 64;
  Throttle throttle(limits);
  for (int i = 0; i < 100'000; ++i) {
    const std::string name = std::to_string(i);
    (void)throttle.admit("user" + name, "peer" + name, kStart);
  }
  // Full of strangers' guesses; it empties by itself.
  EXPECT_FALSE(throttle.admit("alice", "10.0.0.1", kStart).has_value());
  EXPECT_TRUE(throttle.admit("alice", "10.0.0.1", kStart + Millis(100'000)).has_value());
}

}  // namespace
}  // namespace varve::auth
