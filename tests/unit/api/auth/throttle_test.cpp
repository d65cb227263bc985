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

// One that is right.
bool logs_in(Throttle& throttle, std::string_view principal, std::string_view peer,
             Millis now = kStart) {
  const auto attempt = throttle.admit(principal, peer, now);
  if (attempt) throttle.succeeded(principal, peer, *attempt, now);
  return attempt.has_value();
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
  EXPECT_EQ(guesses(throttle, "alice", "10.0.0.0", 1'000), 10);
  // From then on each peer has one, and the next one a minute later.
  for (int i = 1; i < 100; ++i)
    EXPECT_EQ(guesses(throttle, "alice", "10.0.0." + std::to_string(i), 10), 1) << i;
  for (int i = 1; i < 100; ++i) {
    const std::string peer = "10.0.0." + std::to_string(i);
    EXPECT_LE(guesses(throttle, "alice", peer, 1, kStart + Millis(5'000)), 0) << i;
  }
}

TEST(Throttle, LetsTheOwnerInFromANewPlaceWhileOthersGuess) {
  Throttle throttle;
  for (int minute = 0; minute < 10; ++minute) {
    const Millis now = kStart + Millis(60'000) * minute;
    for (int i = 0; i < 50; ++i)
      guesses(throttle, "alice", "10.6.6." + std::to_string(i), 1'000, now);
    const std::string fresh = "10.1.0." + std::to_string(minute);
    EXPECT_TRUE(logs_in(throttle, "alice", fresh, now)) << minute;
    // Known there from now on, and nothing that strangers do matters.
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(logs_in(throttle, "alice", fresh, now)) << i;
  }
}

TEST(Throttle, AStrangersOneAttemptDoesNotProlongWhatTheOthersWaitFor) {
  Throttle throttle;
  guesses(throttle, "alice", "10.6.6.6", 1'000);
  for (int i = 0; i < 1'000; ++i)
    guesses(throttle, "alice", "10.7." + std::to_string(i / 250) + "." + std::to_string(i % 250),
            1);
  EXPECT_EQ(guesses(throttle, "alice", "10.6.6.6", 99, kStart + Millis(60'000)), 10);
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
    ASSERT_TRUE(logs_in(throttle, "alice", "10.0.0.1")) << i;
  }
}

TEST(Throttle, CannotBeUsedToLockAnOwnerOut) {
  Throttle throttle;
  ASSERT_TRUE(logs_in(throttle, "alice", "10.0.0.1"));
  for (int i = 0; i < 200; ++i) guesses(throttle, "alice", "10.6.6." + std::to_string(i), 1'000);
  EXPECT_TRUE(throttle.admit("alice", "10.0.0.1", kStart).has_value());
}

TEST(Throttle, LetsAnOwnerInWhoSharesAnAddressWithGuessers) {
  Throttle throttle;
  ASSERT_TRUE(logs_in(throttle, "alice", "10.0.0.1"));
  for (int i = 0; i < 200; ++i) guesses(throttle, "nobody" + std::to_string(i), "10.0.0.1", 10);
  EXPECT_FALSE(throttle.admit("bob", "10.0.0.1", kStart).has_value());
  EXPECT_TRUE(throttle.admit("alice", "10.0.0.1", kStart).has_value());
}

TEST(Throttle, CountsGuessesFromWhereTheOwnerWorksToo) {
  Throttle throttle;
  ASSERT_TRUE(logs_in(throttle, "alice", "10.0.0.1"));
  EXPECT_EQ(guesses(throttle, "alice", "10.0.0.1", 1'000), 10);
}

TEST(Throttle, HandsNoAttemptsToAGuesserWhoLogsInAsThemselves) {
  Throttle throttle;
  int admitted = 0;
  for (int i = 0; i < 100; ++i) {
    admitted += guesses(throttle, "alice", "10.0.0.1", 1);
    ASSERT_TRUE(logs_in(throttle, "mallory", "10.0.0.1"));
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

TEST(PeerOf, CountsAnIpv6AddressAsTheNetworkItsOwnerHasAllOf) {
  EXPECT_EQ(peer_of("2001:db8:1:2::1"), peer_of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(peer_of("2001:db8:1:2::1"), peer_of("2001:db8:1:3::1"));
  EXPECT_EQ(peer_of("fe80::1%eth0"), peer_of("fe80::2%eth1"));
  EXPECT_EQ(peer_of("10.0.0.1"), "10.0.0.1");
  EXPECT_NE(peer_of("10.0.0.1"), peer_of("10.0.0.2"));
  EXPECT_EQ(peer_of("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(peer_of(""), "");
  EXPECT_EQ(peer_of("no address"), "no address");
}

TEST(PeerOf, MakesGuessesFromAWholeNetworkOneGuesser) {
  Throttle throttle;
  int admitted = 0;
  for (int i = 0; i < 1'000; ++i)
    admitted +=
        guesses(throttle, "user" + std::to_string(i), peer_of("2001:db8::" + std::to_string(i)), 1);
  EXPECT_EQ(admitted, 50);
}

}  // namespace
}  // namespace varve::auth
