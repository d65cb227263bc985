// Keys and values of every table, both ways. Pure: any thread.
//
// Decoding is strict: what we would not have written ourselves is Errc::corrupt, because a row that
// merely looks right would be answered, proved and signed as if it were.
#include "log/store/tables.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"

namespace varve {
namespace {

constexpr std::size_t kHeadBytes = 1 + 8 + 32 + 8 + 8;
constexpr char kPastTombstone = 0;
constexpr char kPastValue = 1;

std::string with_table(Table table, std::string_view row_key, std::size_t extra) {
  std::string key;
  key.reserve(1 + row_key.size() + extra);
  key += static_cast<char>(table);
  key += row_key;
  return key;
}

std::string number_key(std::uint64_t number) {
  std::string key;
  append_be64(key, number);
  return key;
}

bool is_table(std::uint8_t number) {
  return std::ranges::any_of(kTables,
                             [number](Table table) { return std::to_underlying(table) == number; });
}

std::unexpected<Error> corrupt(std::string what, std::string_view bytes) {
  return fail(Errc::corrupt, About::storage, std::move(what), hex_encode(bytes.substr(0, 80)));
}

}  // namespace

std::string encode_head(const HeadRow& head) {
  std::string bytes(1, static_cast<char>(head.rows_format));
  bytes.reserve(kHeadBytes);
  append_be64(bytes, head.size.value);
  bytes += as_view(head.root);
  append_be64(bytes, static_cast<std::uint64_t>(head.last_at.micros));
  append_be64(bytes, head.published.value);
  return bytes;
}

Result<HeadRow> decode_head(std::string_view bytes) {
  HeadRow head;
  if (!bytes.empty()) head.rows_format = static_cast<std::uint8_t>(bytes[0]);
  if (!bytes.empty() && head.rows_format > kRowsFormat)
    return fail(Errc::unsupported, About::storage, "the store was written by a newer varve",
                "its rows have format " + std::to_string(head.rows_format) + ", ours " +
                    std::to_string(kRowsFormat));
  if (bytes.size() != kHeadBytes || head.rows_format == 0)
    return corrupt("the head row has a length or format that no program ever wrote", bytes);
  head.size.value = read_be64(bytes.substr(1));
  head.root = hash_from(bytes.substr(9, 32));
  const std::uint64_t micros = read_be64(bytes.substr(41));
  head.last_at.micros = static_cast<std::int64_t>(micros);
  head.published.value = read_be64(bytes.substr(49));
  if (head.published > head.size) {
    return corrupt("the head row claims a published checkpoint larger than the log", bytes);
  }
  if (head.last_at.micros < 0) return corrupt("the head row holds a time before 1970", bytes);
  return head;
}

std::string entry_key(EntryIndex index) {
  return number_key(index.value);
}

std::string tile_key(unsigned level, std::uint64_t n) {
  // C2SP tlog-tiles: levels are 0..63; one byte holds them and keeps levels apart.
  VARVE_ASSERT(level < 64);
  std::string key(1, static_cast<char>(level));
  append_be64(key, n);
  return key;
}

std::string checkpoint_key(TreeSize size) {
  return number_key(size.value);
}

std::string now_key(Table table, std::string_view row_key) {
  return with_table(table, row_key, 0);
}

std::string past_key(Table table, std::string_view row_key, EntryIndex index) {
  std::string key = with_table(table, row_key, 8);
  append_be64(key, ~index.value);  // newest first, so "as of N" is one seek
  return key;
}

std::string now_value(EntryIndex index, std::string_view value) {
  std::string bytes;
  bytes.reserve(8 + value.size());
  append_be64(bytes, index.value);
  bytes += value;
  return bytes;
}

Result<Row> decode_now_value(std::string_view bytes) {
  if (bytes.size() < 8) return corrupt("a row of the present is too short", bytes);
  return Row{EntryIndex{read_be64(bytes)}, std::string(bytes.substr(8))};
}

std::string past_value(std::string_view value) {
  std::string bytes(1, kPastValue);
  bytes += value;
  return bytes;
}

std::string past_tombstone() {
  return std::string(1, kPastTombstone);
}

Result<PastRow> decode_past(std::string_view key, std::string_view value) {
  // A row key has at least one part, and no part is empty bytes.
  if (key.size() < 1 + 1 + 8) return corrupt("a key of the past is too short", key);
  const auto table = static_cast<std::uint8_t>(key.front());
  if (!is_table(table)) return corrupt("a key of the past names no table", key);
  if (value.empty()) return corrupt("a row of the past has no value byte", key);
  PastRow row{.table = static_cast<Table>(table),
              .row_key = key.substr(1, key.size() - 1 - 8),
              .index = EntryIndex{~read_be64(key.substr(key.size() - 8))},
              .value = std::nullopt};
  if (value.front() == kPastValue) {
    row.value = value.substr(1);
  } else if (value.front() != kPastTombstone || value.size() != 1) {
    return corrupt("a row of the past is neither a value nor a tombstone", value);
  }
  return row;
}

}  // namespace varve
