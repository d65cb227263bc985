// The grammar of SWR's filters, in every form its documents and clients had.
#include "api/surface/swr_filter.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace varve::surface {
namespace {

http::Query query(std::string_view text) {
  return http::Query::parse(text).value();
}
SwrRepoWish repos(std::string_view text, SwrRules rules = {}) {
  const auto wish = parse_repo_wish(query(text), rules);
  EXPECT_TRUE(wish.has_value()) << text;
  return wish.value_or(SwrRepoWish{});
}
std::string code(std::string_view text, SwrRules rules = {}) {
  const auto wish = parse_repo_wish(query(text), rules);
  if (wish) return "taken";
  EXPECT_EQ(wish.error().error.code, Errc::invalid);
  EXPECT_FALSE(wish.error().error.what.empty());
  return std::string(wish.error().code);
}

TEST(SwrFilter, WithoutAnythingMeansAllNewestFirst) {
  const SwrRepoWish all = repos("");
  EXPECT_EQ(all, SwrRepoWish{});
  EXPECT_FALSE(all.page.has_value());
  EXPECT_EQ(all.column, SwrColumn::updated_time);
  EXPECT_TRUE(all.descending);
}

TEST(SwrFilter, ReadsEveryKey) {
  const SwrRepoWish wish = repos(
      "filter=center::thirdparty|namespace::gro|name::ng|category::linux|is_public::true|"
      "offset::20|limit::10|order_column::tag_count|order_type::asc");
  EXPECT_EQ(wish, (SwrRepoWish{true, "gro", false, "ng", content::Category::linux_system, true,
                               SwrPage{20, 10}, SwrColumn::tag_count, false}));
}

TEST(SwrFilter, TakesTheWordThatSwrsSdksSendForArm) {
  EXPECT_EQ(repos("category=arms").category, content::Category::arm);
  EXPECT_EQ(repos("category=arm").category, content::Category::arm);
}

TEST(SwrFilter, IsTheSameQuotedRawOrEncoded) {
  const SwrRepoWish wish = repos("filter=namespace::my group|offset::0|limit::10");
  EXPECT_EQ(wish.name_space, "my group");
  for (const char* same : {"filter='namespace::my%20group|offset::0|limit::10'",
                           "filter=%27namespace::my%20group|offset::0|limit::10%27",
                           "filter=\"namespace::my%20group|offset::0|limit::10\"",
                           "filter=namespace%3A%3Amy%20group%7Coffset%3A%3A0%7Climit%3A%3A10"})
    EXPECT_EQ(repos(same), wish) << same;
  // One quote is part of the text.
  EXPECT_EQ(code("filter='namespace::a"), kSwrInvalidFilter);
  EXPECT_EQ(repos("filter=namespace::a'").name_space, "a'");
  EXPECT_EQ(code("filter='"), kSwrInvalidFilter);
}

TEST(SwrFilter, SplitsAPairAtItsFirstColons) {
  EXPECT_EQ(repos("filter=name::a::b").name, "a::b");
  EXPECT_EQ(repos("filter=name:::b").name, ":b");
}

TEST(SwrFilter, CountsAloneWherePlainParametersStandBesideIt) {
  EXPECT_EQ(repos("namespace=plain&filter=name::x&limit=5&offset=0"), repos("filter=name::x"));
}

TEST(SwrFilter, TakesANamespaceForAPartOfItAndPlainParametersForAllOfIt) {
  EXPECT_FALSE(repos("filter=namespace::gro").exact_namespace);
  const SwrRepoWish plain = repos(
      "namespace=group&name=ng&limit=10&offset=0&order_column="
      "updated_time&order_type=desc");
  EXPECT_TRUE(plain.exact_namespace);
  EXPECT_EQ(plain.name_space, "group");
  EXPECT_EQ(plain.name, "ng");
  EXPECT_EQ(plain.page, (SwrPage{0, 10}));
}

TEST(SwrFilter, IgnoresWhatIsEmptyAndPlainParametersItDoesNotKnow) {
  EXPECT_EQ(repos("filter=namespace::|category::|name::x"), repos("filter=name::x"));
  EXPECT_EQ(repos("namespace=&as_of=7&whatever=1"), SwrRepoWish{});
}

TEST(SwrFilter, RefusesWhatIsNoFilter) {
  for (const char* bad :
       {"filter=", "filter=''", "filter=name", "filter=name:x", "filter=|", "filter=name::x|",
        "filter=|name::x", "filter=name::x||offset::0", "filter=nam::x", "filter=tag::x",
        "filter=Name::x", "filter=::x", "filter=name::x|name::y", "filter=center::us",
        "center=other", "filter=category::Linux", "category=none"})
    EXPECT_EQ(code(bad), kSwrInvalidFilter) << bad;
}

TEST(SwrFilter, RefusesWhatIsGivenTwice) {
  for (const char* bad : {"filter=name::a&filter=name::b", "filter=name::a&filter=name::a",
                          "name=app&name=pub", "namespace=a&name=x&namespace=a", "limit=1&limit=2"})
    EXPECT_EQ(code(bad), kSwrInvalidFilter) << bad;
  // Of what does not count nobody is told.
  EXPECT_EQ(repos("filter=name::a&name=x&name=y").name, "a");
  EXPECT_EQ(repos("unknown=x&unknown=y"), SwrRepoWish{});
}

TEST(SwrFilter, NamesAFormatAndImagesAreOne) {
  for (const char* all : {"", "filter=format::oci", "filter=format::*", "format=oci"})
    EXPECT_EQ(repos(all), SwrRepoWish{}) << all;
  for (const char* none : {"filter=format::rpm", "filter=format::warg", "format=rpm"})
    EXPECT_FALSE(repos(none).images) << none;
  EXPECT_EQ(code("filter=format::deb"), kSwrInvalidFilter);
}

TEST(SwrFilter, HasACodeForEachThingThatCanBeWrong) {
  EXPECT_EQ(code("is_public=yes"), kSwrInvalidPublic);
  EXPECT_EQ(code("order_column=num_images"), kSwrInvalidOrder);
  EXPECT_EQ(code("order_column=tag"), kSwrInvalidOrder);
  EXPECT_EQ(code("order_type=up"), kSwrInvalidParameter);
  for (const char* bad :
       {"offset=-1&limit=10", "offset=0&limit=0", "offset=0&limit=1001", "offset=0&limit=ten",
        "offset=0x1&limit=1", "offset=00&limit=1", "offset=99999999999999999999&limit=1"})
    EXPECT_EQ(code(bad), kSwrInvalidPage) << bad;
  EXPECT_EQ(repos("offset=18446744073709551615&limit=1000").page,
            (SwrPage{UINT64_MAX, limits::kSwrPageMax}));
}

TEST(SwrFilter, IgnoresALoneOffsetOrLimitUnlessItIsToBeStrict) {
  const SwrRules strict{.strict = true};
  for (const char* lone : {"offset=5", "limit=5", "filter=offset::5", "filter=limit::5"}) {
    EXPECT_FALSE(repos(lone).page.has_value()) << lone;
    EXPECT_EQ(code(lone, strict), kSwrMissingParameter) << lone;
  }
  EXPECT_EQ(code("offset=0&limit=5", strict), "taken");
  EXPECT_EQ(code("", strict), "taken");
}

TEST(SwrFilter, MayBeRequired) {
  const SwrRules required{.require_filter = true};
  EXPECT_EQ(code("", required), kSwrInvalidFilter);
  EXPECT_EQ(code("as_of=3", required), kSwrInvalidFilter);
  EXPECT_EQ(code("filter=center::self", required), "taken");
  EXPECT_EQ(code("limit=10&offset=0", required), "taken");
}

TEST(SwrFilter, KnowsTheColumnsAndTheOlderNameOfOne) {
  EXPECT_EQ(repos("order_column=updated_at").column, SwrColumn::updated_time);
  EXPECT_EQ(repos("order_column=updated_time").column, SwrColumn::updated_time);
  EXPECT_EQ(repos("order_column=name").column, SwrColumn::name);
  EXPECT_EQ(repos("order_column=namespace").column, SwrColumn::name_space);
  EXPECT_EQ(repos("order_column=is_public&order_type=asc").column, SwrColumn::is_public);
  EXPECT_FALSE(repos("order_type=asc").descending);
}

TEST(SwrFilter, OfTagsHasKeysOfItsOwn) {
  const auto tags = parse_tag_wish(
      query("filter=tag::1.|offset::0|limit::2|order_column::tag|order_type::asc"), {});
  ASSERT_TRUE(tags.has_value());
  EXPECT_EQ(*tags, (SwrTagWish{"1.", SwrPage{0, 2}, true, false}));
  EXPECT_EQ(parse_tag_wish(query("order_column=updated_at"), {}).value(), SwrTagWish{});
  EXPECT_EQ(parse_tag_wish(query("filter=name::x"), {}).error().code, kSwrInvalidFilter);
  EXPECT_EQ(parse_tag_wish(query("order_column=name"), {}).error().code, kSwrInvalidOrder);
  EXPECT_EQ(parse_tag_wish(query("limit=1"), {.strict = true}).error().code, kSwrMissingParameter);
  EXPECT_TRUE(parse_tag_wish(query(""), {.require_filter = true}).has_value());
}

TEST(SwrFilter, OfNamespacesHasTwo) {
  EXPECT_EQ(parse_namespace_wish(query("filter=namespace::x|mode::visible")).value(),
            (SwrNamespaceWish{"x", false}));
  EXPECT_EQ(parse_namespace_wish(query("namespace=x")).value(), (SwrNamespaceWish{"x", true}));
  EXPECT_EQ(parse_namespace_wish(query("")).value(), SwrNamespaceWish{});
  EXPECT_EQ(parse_namespace_wish(query("mode=all")).error().code, kSwrInvalidFilter);
  EXPECT_EQ(parse_namespace_wish(query("filter=center::self")).error().code, kSwrInvalidFilter);
}

TEST(SwrFilter, ShowsALittleOfWhatItRefuses) {
  const auto refused = parse_repo_wish(query("filter=" + std::string(5'000, 'x') + "::y"), {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_LE(refused.error().error.detail.size(), 64U);
}

}  // namespace
}  // namespace varve::surface
