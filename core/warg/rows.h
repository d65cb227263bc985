// Keys and values of the rows about Warg packages: what decide, project and the queries share.
// Inside core only. Any thread.
//
//   warg               name                 u64: "length" of all logs together, "settled" of it
//   warg_log           log                  head id, its time, count u64, the package's name
//   warg_key           log, key             permissions u8, the key's text
//   warg_release       log, version         content hash, yanked u8
//   warg_record        log, position u64    id, registry index u64, key, body, signature
//   warg_record_state  log, record          01 key, body, expires u64, package u8 and text,
//                                              signature: waits for content
//                                           02 position u64: published
//                                           03 reason: rejected
//   warg_pending       log                  the record that waits for content
//   warg_missing       log, record, digest  nothing: what it waits for
//   warg_content       digest               size u64
//   warg_namespace     namespace            the registry it is imported from, or nothing
//   warg_leaf          registry index u64   log, record: a row of Warg's ledger as it is served
//   warg_node          level u8, n u64      hash: Warg's tree, written once
//   warg_map           page                 core/warg/map_page.h: Warg's map
//   warg_checkpoint    log length u64       roots, time u64, key, signature
//   warg_first         record               the log that begins with it
//   warg_released      digest, log          nothing: this package has released this content
//
// A body is its digest as a row part and its size as u64. Positions count from 0 in each log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/view.h"
#include "core/warg/query.h"

namespace varve::warg {

inline constexpr std::string_view kLength = "length";
inline constexpr std::string_view kSettled = "settled";

RowKey name_key(std::string_view name);  // of `warg` and of namespaces
RowKey log_key(const LogId& log);
RowKey key_key(const LogId& log, const KeyId& key);
RowKey release_key(const LogId& log, std::string_view version);
RowKey position_key(const LogId& log, std::uint64_t position);
RowKey record_key(const LogId& log, const RecordId& record);
RowKey missing_key(const LogId& log, const RecordId& record, const Digest& content);
RowKey first_key(const RecordId& record);
RowKey content_key(const Digest& content);
RowKey released_key(const Digest& content, const LogId& log);
RowKey number_key(std::uint64_t number);
RowKey node_key(unsigned level, std::uint64_t n);

std::string number_value(std::uint64_t number);
std::string log_value(const LogHead& head, std::string_view package);
std::string key_value(const LogKey& key);
std::string release_value(const LogRelease& release);
std::string record_value(const PublishedRecord& record);
std::string state_value(const RecordState& state);
std::string leaf_value(const LogId& log, const RecordId& record);
std::string checkpoint_value(const CheckpointSigned& checkpoint);

// Strict: what we would not have written is Errc::corrupt.
Result<std::uint64_t> number_of(std::string_view value);
Result<LogRow> log_of(std::string_view value);
Result<LogKey> key_of(std::string_view value);
Result<LogRelease> release_of(std::string_view value);
Result<PublishedRecord> record_of(std::string_view value);
Result<RecordState> state_of(std::string_view value);
Result<Leaf> leaf_of(std::string_view value);
Result<RecordId> record_id_of(std::string_view value);
// The ends of keys.
Result<LogId> log_id_of(std::string_view bytes);
Result<KeyId> key_id_of(std::string_view bytes);
Result<CheckpointSigned> checkpoint_of(std::uint64_t log_length, std::string_view value);

// A number of `warg`; 0 before there is a row.
Result<std::uint64_t> find_number(const View& view, std::string_view name);

}  // namespace varve::warg
