// Range, Content-Range and If-None-Match.
#include "api/surface/ranges.h"

#include <gtest/gtest.h>

#include <string>

namespace varve::surface {

// What googletest prints when two answers differ.
void PrintTo(const RangeAnswer& answer, std::ostream* out) {
  *out << "kind " << static_cast<int>(answer.kind) << ", " << answer.range.length << " from "
       << answer.range.offset;
}

namespace {

RangeAnswer part(std::uint64_t offset, std::uint64_t length) {
  return {RangeAnswer::Kind::part, {offset, length}};
}
const RangeAnswer kWhole{};
const RangeAnswer kUnsatisfiable{RangeAnswer::Kind::unsatisfiable, {}};

// The six rows of the OCI conformance suite, over its blob of 2,048 bytes.
TEST(ByteRange, AnswersTheConformanceSuitesSixRows) {
  EXPECT_EQ(parse_range("bytes=500-1499", 2048), part(500, 1000));
  EXPECT_EQ(parse_range("bytes=500-", 2048), part(500, 1548));
  EXPECT_EQ(parse_range("bytes=-500", 2048), part(1548, 500));
  EXPECT_EQ(parse_range("bytes=2000-5000", 2048), part(2000, 48));
  EXPECT_EQ(parse_range("bytes=500-0", 2048), kUnsatisfiable);
  EXPECT_EQ(parse_range("bytes=5000-10000", 2048), kUnsatisfiable);
}

TEST(ByteRange, EndsAtTheLastByte) {
  EXPECT_EQ(parse_range("bytes=2047-", 2048), part(2047, 1));
  EXPECT_EQ(parse_range("bytes=2048-", 2048), kUnsatisfiable);
  EXPECT_EQ(parse_range("bytes=0-0", 2048), part(0, 1));
  EXPECT_EQ(parse_range("bytes=-5000", 2048), part(0, 2048));
  EXPECT_EQ(parse_range("bytes=-0", 2048), kUnsatisfiable);
  EXPECT_EQ(parse_range("Bytes=0-1", 2048), part(0, 2));
}

TEST(ByteRange, OfAnEmptyBlobCannotBeSatisfied) {
  EXPECT_EQ(parse_range("bytes=0-", 0), kUnsatisfiable);
  EXPECT_EQ(parse_range("bytes=-1", 0), kUnsatisfiable);
}

TEST(ByteRange, SurvivesNumbersBeyond64Bits) {
  EXPECT_EQ(parse_range("bytes=99999999999999999999999-", 2048), kUnsatisfiable);
  EXPECT_EQ(parse_range("bytes=0-99999999999999999999999", 2048), part(0, 2048));
  EXPECT_EQ(parse_range("bytes=-99999999999999999999999", 2048), part(0, 2048));
}

TEST(ByteRange, IsIgnoredWhenMalformedOrSeveral) {
  for (const char* text : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "lines=1-2",
                           "bytes=1-2,4-5", "bytes=1-2-3", "bytes=--2", "bytes=1 -2"})
    EXPECT_EQ(parse_range(text, 2048), kWhole) << text;
}

TEST(ContentRange, IsReadAsOciAndAsHttpWriteIt) {
  for (const char* text :
       {"5-9", "bytes 5-9", "bytes 5-9/*", "bytes 5-9/100", "bytes=5-9", " 5-9 "}) {
    const auto chunk = parse_content_range(text);
    ASSERT_TRUE(chunk.has_value()) << text;
    EXPECT_EQ(*chunk, (Chunk{5, 9})) << text;
    EXPECT_EQ(chunk->length(), 5U);
  }
}

TEST(ContentRange, RefusesWhatNamesNoPlace) {
  for (const char* text : {"", "5", "5-", "-9", "9-5", "a-b", "bytes", "bytes5-9", "5-9/x", "5-9/",
                           "0-18446744073709551615", "0--1"})
    EXPECT_FALSE(parse_content_range(text).has_value()) << text;
}

TEST(IfNoneMatch, FindsTheTagQuotedWeakOrBareInAList) {
  for (const char* text : {"\"sha256:ab\"", "sha256:ab", "W/\"sha256:ab\"", "*",
                           "\"x\", \"sha256:ab\"", "x ,sha256:ab"})
    EXPECT_TRUE(etag_matches(text, "sha256:ab")) << text;
  for (const char* text : {"", "\"sha256:a\"", "\"sha256:abc\"", ",", "\"\"", "sha256:"})
    EXPECT_FALSE(etag_matches(text, "sha256:ab")) << text;
}

}  // namespace
}  // namespace varve::surface
