// Who may change anything, and how principals are called.
#include "core/actor.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(Actor, OnlyDevModeAndTheHolderOfTheDirectoryMayChangeAnything) {
  EXPECT_TRUE(may_mutate({"anybody", Auth::dev}).has_value());
  EXPECT_TRUE(may_mutate({"root", Auth::local}).has_value());
  const auto refused = may_mutate(Actor{});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
}

TEST(Actor, EveryKindOfAuthHasItsOwnTextAndComesBackFromIt) {
  for (Auth auth : {Auth::none, Auth::dev, Auth::local})
    EXPECT_EQ(parse_auth(to_string(auth)), auth);
  EXPECT_EQ(parse_auth("bearer"), std::nullopt);
  EXPECT_EQ(parse_auth("DEV"), std::nullopt);
  EXPECT_EQ(parse_auth(""), std::nullopt);
}

TEST(PrincipalName, FollowsItsGrammar) {
  for (std::string_view good : {"a", "0", "ci-prod", "a.b_c-d", "9lives"})
    EXPECT_TRUE(valid_principal_name(good)) << good;
  EXPECT_TRUE(valid_principal_name(std::string(63, 'a')));
  for (std::string_view bad : {"", "-a", ".a", "_a", "A", "a b", "a/b", "a@b", "ä", "a\n"})
    EXPECT_FALSE(valid_principal_name(bad)) << bad;
  EXPECT_FALSE(valid_principal_name(std::string(64, 'a')));
  EXPECT_FALSE(valid_principal_name(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace varve
