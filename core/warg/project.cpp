// What events about Warg packages do to the derived tables. Total: whatever a record says that no
// decision of ours would have taken changes what it can.
#include "core/warg/rows.h"
#include "core/warg/rules.h"
#include "core/warg/settle.h"

namespace varve::warg {
namespace {

std::unexpected<Error> corrupt(std::string what) {
  return fail(Errc::corrupt, About::body, std::move(what));
}

// The body was read before it became an event's.
template <class RecordOf>
Result<RecordOf> stored(Result<RecordOf> record) {
  if (record) return record;
  return corrupt("a stored record cannot be read: " + record.error().what);
}

struct NewRecord {
  LogId log;
  std::string package;
  PublishedRecord record;
};

Result<void> add_record(const NewRecord& added, const LogChange& change, const View& before,
                        Changes& changes) {
  const auto& [log, package, record] = added;
  const std::uint64_t position = change.head->count - 1;
  changes.put(Table::warg_log, log_key(log), log_value(*change.head, package));
  for (const auto& [id, key] : change.keys)
    changes.put(Table::warg_key, key_key(log, id), key_value(key));
  for (const auto& [version, release] : change.releases)
    changes.put(Table::warg_release, release_key(log, version), release_value(release));
  for (const auto& [name, origin] : change.namespaces)
    changes.put(Table::warg_namespace, name_key(name), origin);
  changes.put(Table::warg_record, position_key(log, position), record_value(record));
  changes.put(Table::warg_record_state, record_key(log, record.id),
              state_value(Published{position}));
  changes.put(Table::warg_leaf, number_key(record.registry_index), leaf_value(log, record.id));
  if (position == 0) changes.put(Table::warg_first, first_key(record.id), std::string(log.raw()));
  VARVE_TRY(const std::uint64_t length, find_number(before, kLength));
  changes.put(Table::warg, name_key(kLength),
              number_value(std::max(length, record.registry_index + 1)));
  return {};
}

// It waits no more.
Result<void> stop_waiting(const LogId& log, const RecordId& record, const View& before,
                          Changes& changes) {
  VARVE_TRY(const auto pending, find_pending(before, log));
  if (pending != record) return {};
  changes.erase(Table::warg_pending, log_key(log));
  VARVE_TRY(const auto missing, missing_content(before, log, record));
  for (const Digest& content : missing)
    changes.erase(Table::warg_missing, missing_key(log, record, content));
  return {};
}

template <class RecordOf>
PublishedRecord published(const RecordOf& event) {
  return {event.record_id,
          event.registry_index,
          event.key_id,
          {event.digest, event.size},
          event.signature};
}

}  // namespace

Result<void> project(const OperatorRecordAppended& event, std::string_view body, const View& before,
                     Changes& changes) {
  const LogId& log = operator_log_id();
  VARVE_TRY(const auto record, stored(decode_operator_record(body)));
  VARVE_TRY(const auto change, effects_of(record, event.record_id, LogRows(before, log)));
  return add_record({log, {}, published(event)}, change, before, changes);
}

Result<void> project(const RecordPublished& event, std::string_view body, const View& before,
                     Changes& changes) {
  const LogId log = package_log_id(event.package);
  VARVE_TRY(const auto record, stored(decode_package_record(body)));
  VARVE_TRY(const auto change, effects_of(record, event.record_id, LogRows(before, log)));
  VARVE_CHECK(stop_waiting(log, event.record_id, before, changes));
  for (const Digest& content : released_content(record))
    changes.put(Table::warg_released, released_key(content, log), {});
  return add_record({log, event.package.text(), published(event)}, change, before, changes);
}

// What is missing is read from the record and the rows: an event has no list that grows.
Result<void> project(const RecordSubmitted& event, std::string_view body, const View& before,
                     Changes& changes) {
  const LogId log = package_log_id(event.package);
  VARVE_TRY(const auto record, stored(decode_package_record(body)));
  for (const Digest& content : released_content(record)) {
    VARVE_TRY(const bool there, has_content(before, log, content));
    if (!there) changes.put(Table::warg_missing, missing_key(log, event.record_id, content), {});
  }
  changes.put(Table::warg_pending, log_key(log), std::string(event.record_id.raw()));
  changes.put(Table::warg_record_state, record_key(log, event.record_id),
              state_value(Sourcing{event.key_id,
                                   {event.digest, event.size},
                                   event.expires,
                                   event.package,
                                   event.signature}));
  return {};
}

Result<void> project(const RecordRejected& event, const View& before, Changes& changes) {
  const LogId log = package_log_id(event.package);
  VARVE_CHECK(stop_waiting(log, event.record_id, before, changes));
  changes.put(Table::warg_record_state, record_key(log, event.record_id),
              state_value(Rejected{event.reason}));
  return {};
}

Result<void> project(const ContentReceived& event, const View& before, Changes& changes) {
  const LogId log = package_log_id(event.package);
  changes.erase(Table::warg_missing, missing_key(log, event.record_id, event.digest));
  VARVE_TRY(const auto size, find_content(before, event.digest));
  if (!size) changes.put(Table::warg_content, content_key(event.digest), number_value(event.size));
  return {};
}

Result<void> project(const CheckpointSigned& event, const View& before, Changes& changes) {
  VARVE_TRY(auto settlement, settle(before));
  return pin(event, std::move(settlement), changes);
}

}  // namespace varve::warg
