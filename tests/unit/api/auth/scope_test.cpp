// Scopes as clients really write them, and as they must not.
#include "api/auth/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve::auth {
namespace {

using testing::ElementsAre;

std::vector<Access> scopes(std::vector<std::string_view> parameters) {
  auto parsed = parse_scopes(parameters);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().what;
  return parsed.value_or(std::vector<Access>{});
}

TEST(Scope, HasATypeANameAndActions) {
  const auto access = parse_scope("repository:library/app:pull,push");
  ASSERT_TRUE(access.has_value());
  EXPECT_EQ(access->type, "repository");
  EXPECT_EQ(access->name, "library/app");
  EXPECT_THAT(access->actions, ElementsAre("pull", "push"));
  EXPECT_EQ(to_string(*access), "repository:library/app:pull,push");
}

TEST(Scope, SplitsTheTypeAtTheFirstColonAndTheActionsAtTheLast) {
  const auto access = parse_scope("repository:localhost:5000/app:pull");
  ASSERT_TRUE(access.has_value());
  EXPECT_EQ(access->name, "localhost:5000/app");
  EXPECT_THAT(access->actions, ElementsAre("pull"));
}

TEST(Scope, MayHaveAClassInParentheses) {
  const auto access = parse_scope("repository(plugin):app:pull");
  ASSERT_TRUE(access.has_value());
  EXPECT_EQ(access->type, "repository");
  EXPECT_EQ(access->type_class, "plugin");
  EXPECT_EQ(to_string(*access), "repository(plugin):app:pull");
}

TEST(Scope, MayAskForEverythingOrNothing) {
  EXPECT_THAT(parse_scope("registry:catalog:*")->actions, ElementsAre("*"));
  EXPECT_TRUE(parse_scope("repository:app:")->actions.empty());
  EXPECT_THAT(parse_scope("repository:app:metadata_read")->actions, ElementsAre("metadata_read"));
}

TEST(Scope, NamesEachActionOnceInOrder) {
  EXPECT_EQ(to_string(*parse_scope("repository:app:push,pull,push")), "repository:app:pull,push");
}

TEST(Scopes, ComeRepeatedAndSeparatedBySpacesAlike) {
  const auto repeated = scopes({"repository:a:pull", "repository:b:push"});
  EXPECT_EQ(repeated, scopes({"repository:a:pull repository:b:push"}));
  EXPECT_EQ(repeated, scopes({" repository:a:pull  repository:b:push ", ""}));
  EXPECT_EQ(to_string(repeated), "repository:a:pull repository:b:push");
}

TEST(Scopes, AboutOneThingBecomeOne) {
  const auto all = scopes({"repository:a:pull", "repository:b:pull", "repository:a:push,pull"});
  EXPECT_EQ(to_string(all), "repository:a:pull,push repository:b:pull");
}

TEST(Scopes, OfNothingAreNoError) {
  EXPECT_TRUE(scopes({}).empty());
  EXPECT_TRUE(scopes({""}).empty());
  EXPECT_TRUE(scopes({"   "}).empty());
}

TEST(Scopes, WithOddBytesOrMissingPartsAreInvalid) {
  const std::string_view bad[] = {"repository",
                                  "repository:app",
                                  "repository::pull",
                                  ":app:pull",
                                  "Repository:app:pull",
                                  "repo-sitory:app:pull",
                                  "repository(:app:pull",
                                  "repository():app:pull",
                                  "repository(a)b:app:pull",
                                  "repository:a\"b:pull",
                                  "repository:a\\b:pull",
                                  "repository:a\tb:pull",
                                  "repository:a,b:pull",
                                  "repository:caf\xc3\xa9:pull",
                                  "repository:app:pull,,push",
                                  "repository:app:,",
                                  "repository:app:PULL",
                                  "repository:app:pull;push",
                                  "repository:app:**"};
  for (const std::string_view text : bad) {
    const auto parsed = parse_scopes(std::span(&text, 1));
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid) << text;
  }
  const std::string_view nul("repository:a\0b:pull", 19);
  EXPECT_FALSE(parse_scope(nul).has_value());
}

TEST(Scopes, AreBoundedInNumberAndLength) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i <= kScopesMax; ++i)
    texts.push_back("repository:r" + std::to_string(i) + ":pull");
  std::vector<std::string_view> views(texts.begin(), texts.end());
  EXPECT_EQ(parse_scopes(views).error().code, Errc::too_large);
  views.pop_back();
  EXPECT_EQ(parse_scopes(views)->size(), kScopesMax);
  const std::string long_one = "repository:" + std::string(kScopeBytesMax, 'a') + ":pull";
  const std::string_view view = long_one;
  EXPECT_EQ(parse_scopes(std::span(&view, 1)).error().code, Errc::too_large);
}

TEST(Scopes, RepeatedWithoutEndAreStillBounded) {
  const std::vector<std::string_view> same(1'000, "repository:app:pull");
  EXPECT_EQ(parse_scopes(same).error().code, Errc::too_large);
}

}  // namespace
}  // namespace varve::auth
