// Right passwords are remembered for a minute, and by no other caller's.
#include "api/auth/verified.h"

#include <gtest/gtest.h>

namespace varve::auth {
namespace {

using Millis = VerifiedCache::Millis;
constexpr Millis kStart{5'000};

Verified alice() {
  return {"alice", "01JD6F3A0000000000000000ZZ", EntryIndex{3}, EntryIndex{4}};
}

TEST(VerifiedCache, RemembersForAMinute) {
  VerifiedCache cache;
  EXPECT_EQ(cache.find("alice", "pw", kStart), std::nullopt);
  cache.remember("alice", "pw", alice(), kStart);
  EXPECT_EQ(cache.find("alice", "pw", kStart + Millis(59'999)), alice());
  EXPECT_EQ(cache.find("alice", "pw", kStart + Millis(60'000)), std::nullopt);
}

TEST(VerifiedCache, TellsUserAndPasswordApart) {
  VerifiedCache cache;
  cache.remember("ab", "c", alice(), kStart);
  EXPECT_EQ(cache.find("a", "bc", kStart), std::nullopt);
  EXPECT_EQ(cache.find("abc", "", kStart), std::nullopt);
  EXPECT_EQ(cache.find("ab", "C", kStart), std::nullopt);
}

TEST(VerifiedCache, ForgetsWhenTold) {
  VerifiedCache cache;
  cache.remember("alice", "pw", alice(), kStart);
  cache.forget("alice", "pw");
  EXPECT_EQ(cache.find("alice", "pw", kStart), std::nullopt);
}

TEST(VerifiedCache, LetsOneJudgeAPasswordAtATime) {
  VerifiedCache cache;
  EXPECT_TRUE(cache.begin("alice", "pw"));
  EXPECT_FALSE(cache.begin("alice", "pw"));
  EXPECT_TRUE(cache.begin("alice", "other"));
  EXPECT_TRUE(cache.begin("bob", "pw"));
  cache.end("alice", "pw");
  EXPECT_TRUE(cache.begin("alice", "pw"));
  EXPECT_FALSE(cache.begin("alice", "other"));
}

TEST(VerifiedCache, IsBounded) {
  VerifiedCache cache;
  for (std::size_t i = 0; i < 3 * VerifiedCache::kEntriesMax; ++i)
    cache.remember("user" + std::to_string(i), "pw", alice(), kStart);
  EXPECT_LE(cache.size(), VerifiedCache::kEntriesMax);
  cache.remember("last", "pw", alice(), kStart);
  EXPECT_EQ(cache.find("last", "pw", kStart), alice());
}

TEST(VerifiedCache, MakesRoomByDroppingWhatIsOldFirst) {
  VerifiedCache cache;
  for (std::size_t i = 0; i < VerifiedCache::kEntriesMax - 1; ++i)
    cache.remember("user" + std::to_string(i), "pw", alice(), kStart);
  const Millis later = kStart + Millis(60'001);
  cache.remember("young", "pw", alice(), later);
  cache.remember("younger", "pw", alice(), later);
  EXPECT_EQ(cache.find("young", "pw", later), alice());
  EXPECT_EQ(cache.size(), 2U);
}

}  // namespace
}  // namespace varve::auth
