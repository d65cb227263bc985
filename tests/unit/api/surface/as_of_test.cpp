// How a request says which moment it means.
#include "api/surface/as_of.h"

#include <gtest/gtest.h>

namespace varve::surface {
namespace {

TEST(MomentText, IsASizeOrAnRfc3339Time) {
  EXPECT_EQ(parse_moment("17").value(), Moment{TreeSize{17}});
  EXPECT_EQ(parse_moment("0").value(), Moment{TreeSize{0}});
  EXPECT_EQ(parse_moment("1970-01-01T00:00:01Z").value(), Moment{Timestamp{1'000'000}});
  EXPECT_EQ(parse_moment("1970-01-01T02:00:01+02:00").value(), Moment{Timestamp{1'000'000}});
}

TEST(MomentText, RefusesEverythingElseAsAMistakeInTheRequest) {
  for (const char* text :
       {"", "-1", "+1", "017", "1.5", "0x10", "yesterday", "18446744073709551616", "2026-09-01",
        "20260901t000000z", " 17", "17 "}) {
    const auto moment = parse_moment(text);
    ASSERT_FALSE(moment.has_value()) << text;
    EXPECT_EQ(moment.error().code, Errc::invalid) << text;
  }
}

TEST(NameAtAMoment, KeepsAPlainNameWhole) {
  for (const char* text : {"lib/busybox", "asof", "asofx/y", "lib/asof.17", ""}) {
    const auto split = split_name(text);
    ASSERT_TRUE(split.has_value()) << text;
    EXPECT_EQ(split->moment, Moment{Present{}}) << text;
    EXPECT_EQ(split->name, text);
  }
}

TEST(NameAtAMoment, TakesTheFirstComponentAway) {
  const auto by_size = split_name("asof.17/lib/busybox").value();
  EXPECT_EQ(by_size.moment, Moment{TreeSize{17}});
  EXPECT_EQ(by_size.name, "lib/busybox");
  const auto by_time = split_name("asof.19700101t000001z/busybox").value();
  EXPECT_EQ(by_time.moment, Moment{Timestamp{1'000'000}});
  EXPECT_EQ(by_time.name, "busybox");
}

TEST(NameAtAMoment, LeavesNoNameWhenThereIsNothingBehindIt) {
  EXPECT_EQ(split_name("asof.17").value().name, "");
  EXPECT_EQ(split_name("asof.17/").value().name, "");
}

TEST(NameAtAMoment, RefusesAMomentItCannotRead) {
  for (const char* text : {"asof./x", "asof.017/x", "asof.-1/x", "asof.1970-01-01T00:00:01Z/x",
                           "asof.19700101T000001Z9/x", "asof.18446744073709551616/x"}) {
    const auto split = split_name(text);
    ASSERT_FALSE(split.has_value()) << text;
    EXPECT_EQ(split.error().about, About::name) << text;
  }
}

TEST(OneMoment, ComesFromThePathOrFromTheParameterButNotFromBoth) {
  EXPECT_EQ(one_moment(Present{}, std::nullopt).value(), Moment{Present{}});
  EXPECT_EQ(one_moment(Present{}, "5").value(), Moment{TreeSize{5}});
  EXPECT_EQ(one_moment(TreeSize{5}, std::nullopt).value(), Moment{TreeSize{5}});
  EXPECT_FALSE(one_moment(TreeSize{5}, "5").has_value());
  EXPECT_FALSE(one_moment(TreeSize{5}, "").has_value());
}

}  // namespace
}  // namespace varve::surface
