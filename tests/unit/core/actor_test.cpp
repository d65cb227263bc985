// How callers show who they are.
#include "core/actor.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(Actor, NobodyChangesAnythingWithoutACredential) {
  for (const Auth auth :
       {Auth::dev, Auth::local, Auth::basic, Auth::bearer, Auth::signature, Auth::certificate})
    EXPECT_TRUE(may_mutate({"somebody", auth}).has_value());
  const auto refused = may_mutate(Actor{});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
}

TEST(Actor, ATokenForNobodyIsNobodyToo) {
  const auto refused = may_mutate({"anonymous", Auth::bearer});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
  EXPECT_FALSE(may_mutate({"anonymous", Auth::basic}).has_value());
  EXPECT_FALSE(may_mutate({"somebody", Auth::none}).has_value());
  // In dev mode everybody is "anonymous", with the right to change things.
  EXPECT_TRUE(may_mutate({"anonymous", Auth::dev}).has_value());
}

TEST(Actor, EveryKindOfAuthHasItsOwnTextAndComesBackFromIt) {
  for (Auth auth : {Auth::none, Auth::dev, Auth::local, Auth::basic, Auth::bearer, Auth::signature,
                    Auth::certificate})
    EXPECT_EQ(parse_auth(to_string(auth)), auth);
  EXPECT_EQ(parse_auth("oidc"), std::nullopt);
  EXPECT_EQ(parse_auth("DEV"), std::nullopt);
  EXPECT_EQ(parse_auth(""), std::nullopt);
}

}  // namespace
}  // namespace varve
