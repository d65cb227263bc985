// Places for bodies that nobody has vouched for yet.
#include "api/auth/signed_bodies.h"

#include <gtest/gtest.h>

#include <vector>

namespace varve::auth {
namespace {

constexpr SignedBodyLimits kFew{.all = 5, .of_a_key = 3, .of_a_key_from_a_peer = 2};

TEST(SignedBodies, OfOneKeyAndPeerLeaveRoomForThatKeyElsewhereAndForOthersHere) {
  SignedBodies places(kFew);
  const auto first = places.take("a", "peer");
  const auto second = places.take("a", "peer");
  EXPECT_TRUE(first && second);
  EXPECT_EQ(places.take("a", "peer").error().code, Errc::overloaded);
  EXPECT_TRUE(places.take("a", "elsewhere").has_value());
  EXPECT_TRUE(places.take("b", "peer").has_value());
}

TEST(SignedBodies, OfOneKeyLeaveRoomForOthers) {
  SignedBodies places(kFew);
  std::vector<Result<SignedBodies::Place>> held;
  for (const char* peer : {"p", "q", "r"}) held.push_back(places.take("a", peer));
  EXPECT_EQ(places.take("a", "s").error().code, Errc::overloaded);
  held.push_back(places.take("b", "p"));
  held.push_back(places.take("b", "q"));
  for (const auto& place : held) EXPECT_TRUE(place.has_value());
  EXPECT_EQ(places.take("c", "p").error().code, Errc::overloaded);  // now all are held
}

TEST(SignedBodies, AreGivenBack) {
  SignedBodies places(kFew);
  for (int i = 0; i < 20; ++i) {
    auto place = places.take("a", "peer");
    ASSERT_TRUE(place.has_value()) << i;
    const SignedBodies::Place moved(*std::move(place));
    EXPECT_TRUE(places.take("a", "peer").has_value());
    const auto second = places.take("a", "peer");
    EXPECT_FALSE(places.take("a", "peer").has_value());
  }
}

}  // namespace
}  // namespace varve::auth
