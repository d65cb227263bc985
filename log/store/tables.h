// The whole schema on one screen. Keys are bytes; numbers in keys are big-endian so that byte order
// is numeric order.
//
//   family      key                                value
//   meta        "head"                             HeadRow (below)
//   entry       index u64                          the entry: a signed note
//   tile        level u8, n u64                    8,192 bytes, full tiles only, written once
//   body        digest row                         the bytes an event names
//   checkpoint  size u64                           a published checkpoint note
//   now         table u8, row key                  index u64, value: the present; deletions delete
//   past        table u8, row key, ~index u64      01 value | 00: every version, never deleted
//
// Row keys come from RowKey (core/view.h): no key is a prefix of another. Everything but entry,
// body and checkpoint can be derived from entry and body; partial tiles and bundles are never
// stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/view.h"

namespace varve {

enum class Family : std::uint8_t { meta, entry, tile, body, checkpoint, now, past };
inline constexpr std::string_view kFamilyNames[] = {"meta",       "entry", "tile", "body",
                                                    "checkpoint", "now",   "past"};
inline constexpr Family kFamilies[] = {Family::meta, Family::entry,      Family::tile,
                                       Family::body, Family::checkpoint, Family::now,
                                       Family::past};

inline constexpr std::string_view kHeadKey = "head";

// Of which format the derived rows are: raised whenever what is made of events that a log may hold
// already becomes something else, by a new table or by another value. A store with rows of another
// format is not served, its log is replayed into a new one.
inline constexpr std::uint8_t kRowsFormat = 2;

// What every batch rewrites: where the log stands. Its first byte is the format of the rows.
struct HeadRow {
  TreeSize size;
  Hash256 root{};
  Timestamp last_at;   // `at` of the newest entry
  TreeSize published;  // size of the newest published checkpoint, 0 = none yet
  std::uint8_t rows_format = kRowsFormat;
  friend bool operator==(const HeadRow&, const HeadRow&) = default;
};
std::string encode_head(const HeadRow& head);
// Errors: corrupt, and unsupported for a row that a newer program wrote.
Result<HeadRow> decode_head(std::string_view bytes);

std::string entry_key(EntryIndex index);
std::string tile_key(unsigned level, std::uint64_t n);
std::string checkpoint_key(TreeSize size);
std::string now_key(Table table, std::string_view row_key);
std::string past_key(Table table, std::string_view row_key, EntryIndex index);

std::string now_value(EntryIndex index, std::string_view value);
Result<Row> decode_now_value(std::string_view bytes);

std::string past_value(std::string_view value);
std::string past_tombstone();
// The parts of a row of `past`; value is absent for a tombstone. Views into the arguments.
struct PastRow {
  Table table;
  std::string_view row_key;
  EntryIndex index;
  std::optional<std::string_view> value;
};
Result<PastRow> decode_past(std::string_view key, std::string_view value);

}  // namespace varve
