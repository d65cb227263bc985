// Points in time, as text.
#include "core/base/time.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

std::int64_t micros(std::string_view text) {
  const auto time = Timestamp::parse(text);
  EXPECT_TRUE(time.has_value()) << text;
  return time ? time->micros : -1;
}

TEST(Timestamp, IsWrittenWithSixDigitsInUtc) {
  EXPECT_EQ(Timestamp{0}.to_string(), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(Timestamp{1'795'281'611'123'456}.to_string(), "2026-11-21T17:20:11.123456Z");
  EXPECT_EQ(Timestamp{951'782'400'000'001}.to_string(), "2000-02-29T00:00:00.000001Z");
  EXPECT_EQ(Timestamp{253'402'300'799'999'999}.to_string(), "9999-12-31T23:59:59.999999Z");
}

TEST(Timestamp, ReadsWhatItWrites) {
  for (std::int64_t t :
       {0L, 1L, 999'999L, 1'795'281'611'123'456L, 4'102'444'799'999'999L, 253'402'300'799'999'999L})
    EXPECT_EQ(micros(Timestamp{t}.to_string()), t);
}

TEST(Timestamp, ReadsEveryOffsetAndAnyPrecision) {
  const std::int64_t expected = micros("2026-11-21T17:20:11Z");
  EXPECT_EQ(micros("2026-11-21T18:50:11+01:30"), expected);
  EXPECT_EQ(micros("2026-11-22T00:20:11+07:00"), expected);
  EXPECT_EQ(micros("2026-11-21T09:20:11-08:00"), expected);
  EXPECT_EQ(micros("2026-11-21t17:20:11z"), expected);
  EXPECT_EQ(micros("2026-11-21T17:20:11.5Z"), expected + 500'000);
  EXPECT_EQ(micros("2026-11-21T17:20:11.000001Z"), expected + 1);
  EXPECT_EQ(micros("2026-11-21T17:20:11.1234567891234567891234567890Z"), expected + 123'456);
}

TEST(Timestamp, RefusesWhatIsNotATime) {
  for (std::string_view bad : {"",
                               "2026",
                               "2026-11-21",
                               "2026-11-21T17:20:11",
                               "2026-11-21 17:20:11Z",
                               "2026-13-01T00:00:00Z",
                               "2026-00-01T00:00:00Z",
                               "2026-02-29T00:00:00Z",
                               "2026-04-31T00:00:00Z",
                               "2026-01-00T00:00:00Z",
                               "2026-01-01T24:00:00Z",
                               "2026-01-01T00:60:00Z",
                               "2026-12-31T23:59:60Z",
                               "2026-01-01T00:00:00.Z",
                               "2026-01-01T00:00:00,5Z",
                               "2026-01-01T00:00:00+24:00",
                               "2026-01-01T00:00:00+01:60",
                               "2026-01-01T00:00:00+0100",
                               "2026-01-01T00:00:00Z ",
                               " 2026-01-01T00:00:00Z",
                               "2026-01-01T00:00:00ZZ",
                               "+026-01-01T00:00:00Z",
                               "2026-1-01T00:00:00Z",
                               "20260101T000000Z",
                               "1969-12-31T23:59:59Z",
                               "1970-01-01T00:00:00+00:01",
                               "0000-01-01T00:00:00Z",
                               "9999-12-31T23:59:59-00:01"}) {
    const auto time = Timestamp::parse(bad);
    ASSERT_FALSE(time.has_value()) << bad;
    EXPECT_EQ(time.error().code, Errc::invalid);
  }
  EXPECT_FALSE(Timestamp::parse(std::string_view("2026-01-01T00:00:00Z\0", 21)).has_value());
}

TEST(Timestamp, HasAFormThatFitsInsideARepositoryName) {
  EXPECT_EQ(Timestamp::parse_compact("20260901t000000z")->to_string(),
            "2026-09-01T00:00:00.000000Z");
  for (std::string_view bad : {"", "20260901", "20260901T000000z", "20260901t000000Z",
                               "20260901t000000", "20260931t000000z", "20260901t240000z",
                               "2026-09-01t00:00:00z", "20260901t000000zz", "19691231t235959z"})
    EXPECT_FALSE(Timestamp::parse_compact(bad).has_value()) << bad;
}

TEST(TimestampDeathTest, ATimeThatHasNoTextStopsTheProcess) {
  EXPECT_DEATH((void)Timestamp{-1}.to_string(), "broken invariant");
  EXPECT_DEATH((void)Timestamp{253'402'300'800'000'000}.to_string(), "broken invariant");
}

}  // namespace
}  // namespace varve
