// The schema's codecs: what they write they read, and what they would not write they refuse.
#include "log/store/tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/base/bytes.h"

namespace varve {
namespace {

using namespace std::string_literals;

HeadRow a_head() {
  return {.size = {1'000'000},
          .root = sha256("root"),
          .last_at = {1'795'281'611'123'456},
          .published = {999'999}};
}

template <class T>
void expect_corrupt(const Result<T>& result) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Errc::corrupt);
  EXPECT_EQ(result.error().about, About::storage);
}

TEST(HeadRowCodec, ReadsWhatItWrote) {
  EXPECT_EQ(decode_head(encode_head(a_head())).value(), a_head());
  EXPECT_EQ(decode_head(encode_head({})).value(), HeadRow{});
  HeadRow largest{.size = {~0ull}, .root = {}, .last_at = {INT64_MAX}, .published = {~0ull}};
  EXPECT_EQ(decode_head(encode_head(largest)).value(), largest);
}

TEST(HeadRowCodec, WritesTheseBytes) {
  const HeadRow head{.size = {258}, .root = {}, .last_at = {1}, .published = {3}};
  EXPECT_EQ(hex_encode(encode_head(head)),
            "02"
            "0000000000000102" +
                std::string(64, '0') +
                "0000000000000001"
                "0000000000000003");
}

TEST(HeadRowCodec, RefusesEveryOtherLength) {
  const std::string bytes = encode_head(a_head());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    expect_corrupt(decode_head(std::string_view(bytes).substr(0, length)));
  }
  expect_corrupt(decode_head(bytes + '\0'));
}

TEST(HeadRowCodec, KnowsTheFormatsThatWere) {
  std::string bytes = encode_head(a_head());
  for (int format = 1; format <= kRowsFormat; ++format) {
    bytes[0] = static_cast<char>(format);
    EXPECT_EQ(decode_head(bytes).value().rows_format, format);
  }
  for (int format = kRowsFormat + 1; format < 256; ++format) {
    bytes[0] = static_cast<char>(format);
    EXPECT_EQ(decode_head(bytes).error().code, Errc::unsupported) << format;
    EXPECT_EQ(decode_head(bytes + "more").error().code, Errc::unsupported) << format;
  }
  bytes[0] = 0;
  expect_corrupt(decode_head(bytes));
}

TEST(HeadRowCodec, RefusesAPublishedCheckpointBeyondTheLog) {
  HeadRow head = a_head();
  head.published.value = head.size.value + 1;
  expect_corrupt(decode_head(encode_head(head)));
}

TEST(HeadRowCodec, RefusesATimeBefore1970) {
  HeadRow head = a_head();
  head.last_at.micros = -1;
  expect_corrupt(decode_head(encode_head(head)));
}

TEST(TileKey, OrdersByLevelThenNumber) {
  const std::vector<std::string> keys = {tile_key(0, 0),     tile_key(0, 255), tile_key(0, 256),
                                         tile_key(0, ~0ull), tile_key(1, 0),   tile_key(63, 0)};
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  EXPECT_EQ(hex_encode(tile_key(1, 2)), "010000000000000002");
}

TEST(TileKeyDeathTest, KnowsNoLevel64) {
  EXPECT_DEATH(tile_key(64, 0), "level < 64");
}

TEST(NowValueCodec, ReadsWhatItWrote) {
  for (const std::string& value : {""s, "v"s, std::string(1, '\0'), std::string(9'000, 'x')}) {
    const Row row = decode_now_value(now_value({~0ull - 1}, value)).value();
    EXPECT_EQ(row.index.value, ~0ull - 1);
    EXPECT_EQ(row.value, value);
  }
}

TEST(NowValueCodec, RefusesAValueShorterThanItsIndex) {
  for (std::size_t length = 0; length < 8; ++length) {
    expect_corrupt(decode_now_value(std::string(length, 'x')));
  }
}

TEST(PastCodec, ReadsValuesAndTombstones) {
  const std::string key = past_key(Table::tag, "team/app\0latest\0"s, {42});
  for (const std::string& value : {""s, "v"s, "\0\1"s}) {
    const std::string bytes = past_value(value);
    const PastRow row = decode_past(key, bytes).value();
    EXPECT_EQ(row.table, Table::tag);
    EXPECT_EQ(row.row_key, "team/app\0latest\0"s);
    EXPECT_EQ(row.index.value, 42u);
    EXPECT_EQ(row.value, value);
  }
  EXPECT_FALSE(decode_past(key, past_tombstone()).value().value.has_value());
}

TEST(PastCodec, RefusesWhatWasNeverWritten) {
  const std::string key = past_key(Table::repo, "a\0"s, {1});
  expect_corrupt(decode_past(key, ""));
  expect_corrupt(decode_past(key, "\2v"s));
  expect_corrupt(decode_past(key, "\0v"s));  // a tombstone carries nothing
  expect_corrupt(decode_past("", past_tombstone()));
  expect_corrupt(decode_past(past_key(Table::repo, "", {1}), past_tombstone()));
  const int beyond = static_cast<int>(std::ranges::max(kTables)) + 1;
  for (const int table : {0, beyond, 255}) {
    std::string other = key;
    other[0] = static_cast<char>(table);
    expect_corrupt(decode_past(other, past_tombstone()));
  }
}

TEST(PastKey, PutsTheNewestVersionFirstAndKeepsRowsTogether) {
  const std::string a = "app\0"s;
  const std::string b = "app2\0"s;
  std::vector<std::string> keys = {
      past_key(Table::repo, a, {~0ull}), past_key(Table::repo, a, {300}),
      past_key(Table::repo, a, {5}),     past_key(Table::repo, a, {0}),
      past_key(Table::repo, b, {301}),   past_key(Table::repo, b, {1}),
      past_key(Table::blob, a, {300})};
  EXPECT_TRUE(std::ranges::is_sorted(keys));
}

TEST(PastKey, TheFirstKeyFromAnIndexOnIsTheStateAfterIt) {
  // "As of N" seeks row ‖ ~(N-1) and takes what it finds.
  const std::string row = "app\0"s;
  const std::vector<std::string> keys = {past_key(Table::repo, row, {9}),
                                         past_key(Table::repo, row, {4})};
  const auto found = [&](std::uint64_t newest) {
    return std::ranges::lower_bound(keys, past_key(Table::repo, row, {newest})) - keys.begin();
  };
  EXPECT_EQ(found(100), 0);
  EXPECT_EQ(found(9), 0);
  EXPECT_EQ(found(8), 1);
  EXPECT_EQ(found(4), 1);
  EXPECT_EQ(found(3), 2);
}

TEST(TableKeys, NoKeyIsAPrefixOfAnother) {
  std::vector<std::string> rows;
  for (const char* repo : {"a", "a/b", "ab", "b"}) {
    const std::string name = std::string(repo) + '\0';
    rows.push_back(name);
  }
  std::vector<std::string> deep;
  for (const std::string& repo : rows) {
    for (const char* tag : {"1", "1.0", "10", "a"}) deep.push_back(repo + tag + '\0');
  }
  std::vector<std::string> keys;
  for (const std::string& row : rows) keys.push_back(now_key(Table::repo, row));
  for (const std::string& row : deep) keys.push_back(now_key(Table::tag, row));
  std::vector<std::string> past;
  for (const std::string& row : rows) {
    for (const std::uint64_t index : {0ull, 1ull, ~0ull}) {
      past.push_back(past_key(Table::repo, row, {index}));
    }
  }
  for (const auto* set : {&keys, &past}) {
    for (const std::string& one : *set) {
      for (const std::string& other : *set) {
        if (&one != &other) {
          EXPECT_FALSE(other.starts_with(one)) << hex_encode(one);
        }
      }
    }
  }
}

}  // namespace
}  // namespace varve
