// How callers show who they are.
#include "core/actor.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(Actor, NobodyChangesAnythingWithoutACredential) {
  for (const Auth auth : {Auth::dev, Auth::local, Auth::basic, Auth::bearer})
    EXPECT_TRUE(may_mutate({"somebody", auth}).has_value());
  const auto refused = may_mutate(Actor{});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
}

TEST(Actor, EveryKindOfAuthHasItsOwnTextAndComesBackFromIt) {
  for (Auth auth : {Auth::none, Auth::dev, Auth::local, Auth::basic, Auth::bearer})
    EXPECT_EQ(parse_auth(to_string(auth)), auth);
  EXPECT_EQ(parse_auth("oidc"), std::nullopt);
  EXPECT_EQ(parse_auth("DEV"), std::nullopt);
  EXPECT_EQ(parse_auth(""), std::nullopt);
}

}  // namespace
}  // namespace varve
