// Canonical JSON out (RFC 8785), strict JSON in.
#include "core/base/json.h"

#include <gtest/gtest.h>

#include <chrono>

namespace varve::json {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

TEST(JsonWriter, WritesEveryKindOfValueWithoutBlanks) {
  std::string out;
  Writer w(out);
  w.begin_object();
  w.key("a").begin_array().number(0).boolean(true).boolean(false).null().string("x");
  w.begin_object().end_object().begin_array().end_array().end_array();
  w.key("b").number((std::uint64_t{1} << 53) - 1);
  w.key("c").begin_object().key("d").string("").end_object();
  w.end_object();
  EXPECT_EQ(out, R"({"a":[0,true,false,null,"x",{},[]],"b":9007199254740991,"c":{"d":""}})");
}

TEST(JsonWriter, EscapesExactlyAsRfc8785Says) {
  EXPECT_EQ(in_quotes(std::string_view("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(in_quotes("\x01\x1f"), "\"\\u0001\\u001f\"");
  EXPECT_EQ(in_quotes("\b\t\n\f\r\v"), "\"\\b\\t\\n\\f\\r\\u000b\"");
  EXPECT_EQ(in_quotes("\"\\/"), "\"\\\"\\\\/\"");
  EXPECT_EQ(in_quotes("\x7f<>&'"), "\"\x7f<>&'\"");
  EXPECT_EQ(in_quotes("grün 漢 😀 \u2028"), "\"grün 漢 😀 \u2028\"");
  EXPECT_EQ(in_quotes("a\nb\nc"), "\"a\\nb\\nc\"");
}

TEST(JsonWriter, WhatItWritesParsesBackToTheSameText) {
  std::string every_byte;
  for (char c = 0; c < 127; ++c) every_byte += c;
  every_byte += "\u0080\uffff\U0001f600\U0010ffff";
  simdjson::dom::parser parser;
  const std::string text = in_quotes(every_byte);
  const auto parsed = parse_strict(parser, text, About::entry);
  ASSERT_TRUE(parsed.has_value());
  std::string_view back;
  ASSERT_EQ(parsed->get(back), simdjson::SUCCESS);
  EXPECT_EQ(back, every_byte);
}

TEST(JsonWriterDeathTest, MembersOutOfOrderStopTheProcess) {
  std::string out;
  Writer w(out);
  w.begin_object().key("b").number(1);
  EXPECT_DEATH(w.key("a"), "broken invariant");
  EXPECT_DEATH(w.key("b"), "broken invariant");
}

TEST(JsonWriterDeathTest, WhatHasNoCanonicalFormStopsTheProcess) {
  std::string out;
  Writer w(out);
  EXPECT_DEATH(w.number(std::uint64_t{1} << 53), "broken invariant");
  EXPECT_DEATH(w.string("\xff"), "broken invariant");
}

Result<void> parse(std::string_view text, std::size_t depth_max = 64) {
  simdjson::dom::parser parser;
  VARVE_CHECK(parse_strict(parser, text, About::manifest, depth_max));
  return {};
}

TEST(JsonStrict, AcceptsJson) {
  for (std::string_view good :
       {"{}", "[]", "0", "\"\"", "null", " {\"a\" : [1, 2.5, -3e2]}\n", R"({"a":{"a":{"a":1}}})",
        R"(["\u00e9","\ud83d\ude00","\n"])", R"({"a":1,"A":2})", R"([{"a":1},{"a":1}])"})
    EXPECT_TRUE(parse(good).has_value()) << good;
}

TEST(JsonStrict, RefusesWhatIsNotJson) {
  using namespace std::string_view_literals;
  for (std::string_view bad : {""sv,           " "sv,
                               "{"sv,          "}"sv,
                               "{}{}"sv,       "{} x"sv,
                               "{a:1}"sv,      "{'a':1}"sv,
                               "{\"a\":1,}"sv, "[1,]"sv,
                               "01"sv,         "+1"sv,
                               ".5"sv,         "NaN"sv,
                               "nul"sv,        "\"\n\""sv,
                               "\"\\x\""sv,    "\"a"sv,
                               "// x\n{}"sv,   "\xef\xbb\xbf{}"sv,
                               "\"\xff\""sv,   "{\"\xc0\xaf\":1}"sv,
                               "{}\0"sv,       "\0"sv}) {
    const auto parsed = parse(bad);
    ASSERT_FALSE(parsed.has_value()) << bad;
    EXPECT_EQ(parsed.error().code, Errc::invalid);
    EXPECT_EQ(parsed.error().about, About::manifest);
  }
}

TEST(JsonStrict, RefusesDuplicateMembersHoweverTheyAreHidden) {
  for (std::string_view bad :
       {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"x":[{"y":{"a":1,"a":2}}]})",
        R"({"a":1,"\u0061":2})", R"({"":1,"":2})"})
    EXPECT_FALSE(parse(bad).has_value()) << bad;
  std::string many = "{";
  for (int i = 0; i < 1'000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(parse(many + "\"last\":0}").has_value());
  EXPECT_FALSE(parse(many + "\"k500\":0}").has_value());
}

TEST(JsonStrict, RefusesHalfASurrogatePair) {
  for (std::string_view bad : {R"(["\ud800"])", R"(["\udc00"])", R"(["\ud800x"])",
                               R"({"\udfff":1})", R"(["\ud800\ud800"])", R"(["\udc00\ud800"])"})
    EXPECT_FALSE(parse(bad).has_value()) << bad;
}

std::string nested(std::size_t depth, std::string_view inner = "") {
  return std::string(depth, '[') + std::string(inner) + std::string(depth, ']');
}

TEST(JsonStrict, AllowsExactlyTheDepthItIsTold) {
  for (std::string_view inner : {"", "1", "{}"}) {
    const std::size_t own = inner == "{}" ? 1 : 0;
    EXPECT_TRUE(parse(nested(5 - own, inner), 5).has_value()) << inner;
    EXPECT_FALSE(parse(nested(6 - own, inner), 5).has_value()) << inner;
  }
  EXPECT_TRUE(parse(nested(64)).has_value());
  EXPECT_FALSE(parse(nested(65)).has_value());
}

TEST(JsonStrict, SaysNoToAnAbyssAtOnceAndInWords) {
  const auto start = std::chrono::steady_clock::now();
  const auto parsed = parse(nested(1'000'000));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().what.find("deeper than 64"), std::string::npos) << parsed.error().what;
}

TEST(JsonStrict, TakesAViewOfNothingForNothing) {
  simdjson::dom::parser parser;
  EXPECT_EQ(parse_strict(parser, std::string_view(), About::body).error().code, Errc::invalid);
}

TEST(JsonStrict, AParserMayBeUsedAgainForLargerSmallerAndOtherDepths) {
  simdjson::dom::parser parser;
  const std::string large = "[" + in_quotes(std::string(100'000, 'x')) + "]";
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(parse_strict(parser, "{}", About::entry).has_value());
    EXPECT_TRUE(parse_strict(parser, large, About::entry).has_value());
    EXPECT_FALSE(parse_strict(parser, nested(9, "1"), About::entry, 8).has_value());
    EXPECT_TRUE(parse_strict(parser, nested(9, "1"), About::entry, 9).has_value());
  }
}

}  // namespace
}  // namespace varve::json
