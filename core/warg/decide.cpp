// Rules about Warg packages. Pure; any thread, as the View allows.
#include <algorithm>
#include <chrono>

#include "core/base/limits.h"
#include "core/content/rules.h"
#include "core/warg/rows.h"
#include "core/warg/rules.h"
#include "core/warg/tree.h"

namespace varve::warg {
namespace {

using Events = std::vector<Event>;
using trust::Asker;

// Warg's clients show this to whoever waits for the record.
RecordRejected rejected(const PackageName& package, const RecordId& record,
                        const std::string& why) {
  return {package, "the package record was invalid: " + why, record};
}

bool is_a_verdict(const Error& error) {
  return error.code == Errc::invalid && error.about == About::record;
}

Result<std::uint64_t> next_registry_index(const View& view) {
  VARVE_TRY(const std::uint64_t length, log_length(view));
  if (length < kLogLengthMax) return length;
  return fail(Errc::too_large, About::record,
              "this registry has as many records as Warg's proofs can number");
}

// Warg's packages and OCI's repositories have one kind of grants. Whoever holds a key that is
// registered to somebody who may push needs no credential: Warg's own clients have none to show.
Result<void> check_may_begin(const SubmitRecord& command, const Asker& asker, const View& view) {
  if (stands_for_packages(command.package.ns().text()))
    return fail(Errc::denied, About::name, "names in this namespace stand for Pulp's packages",
                command.package.ns().text());
  if (command.anybody_begins) return {};
  const auto repo = repository_of(command.package.text());
  if (!repo)
    return fail(Errc::denied, About::name, "no grant can be about packages of this namespace",
                command.package.ns().text());
  const auto sender = trust::check(view, asker.actor, Right::push, *repo, asker.now);
  if (sender) return {};
  const auto signer = trust::check_signer(view, command.record->envelope.key, *repo);
  return !signer && signer.error().code == Errc::denied ? sender : signer;
}

// A record is judged again once its content is there; while it waits, its log takes no other. What
// never comes must not keep the log's owner out for ever.
Result<void> clear_pending(const SubmitRecord& command, const LogId& log, const Asker& asker,
                           const View& view, Events& events) {
  VARVE_TRY(const auto pending, find_pending(view, log));
  if (!pending) return {};
  VARVE_TRY(const auto state, find_state(view, log, *pending));
  const auto* sourcing = state ? std::get_if<Sourcing>(&state->state) : nullptr;
  if (sourcing == nullptr)
    return fail(Errc::corrupt, About::storage, "a record that waits for content is not stored",
                pending->to_string());
  if (asker.now <= sourcing->expires)
    return fail(Errc::conflict, About::record, "another record of this package waits for content",
                pending->to_string());
  events.emplace_back(RecordRejected{
      command.package, "the record was rejected: its content did not arrive in time", *pending});
  return {};
}

Result<bool> is_complete(const PackageRecord& record, const LogId& log, const View& view) {
  for (const Digest& content : released_content(record)) {
    VARVE_TRY(const bool there, has_content(view, log, content));
    if (!there) return false;
  }
  return true;
}

// A record does not say which package it is about; that it follows another does. With one beginning
// in common, two logs would take each other's records, and anybody could bring them.
Result<bool> began_another(const SignedPackageRecord& record, const LogId& log, const View& view) {
  if (record.record.prev) return false;
  VARVE_TRY(const auto row, view.get(Table::warg_first, first_key(record.id)));
  return row && row->value != log.raw();
}

BodyOfRecord body_of_record(const Envelope& envelope) {
  return {Digest::of(*envelope.content), envelope.content->size()};
}

// The record as an event of its own, or its rejection.
Result<Event> judge(const PackageName& package, const SignedPackageRecord& record, const View& view,
                    Timestamp now) {
  const LogId log = package_log_id(package);
  const LogRows facts(view, log);
  if (const auto change = validate(record, facts, now); !change) {
    if (!is_a_verdict(change.error())) return std::unexpected(change.error());
    return rejected(package, record.id, change.error().what);
  }
  VARVE_TRY(const bool taken, began_another(record, log, view));
  if (taken) return rejected(package, record.id, "another package begins with the same record");
  const Envelope& envelope = record.envelope;
  const BodyOfRecord body = body_of_record(envelope);
  VARVE_TRY(const std::uint64_t index, next_registry_index(view));
  return RecordPublished{body.digest, envelope.key,       package,  record.id,
                         index,       envelope.signature, body.size};
}

Event waiting(const RecordPublished& record, Timestamp now) {
  constexpr std::chrono::microseconds kWait = limits::kWargSourcingMax;
  return RecordSubmitted{record.digest,    Timestamp{now.micros + kWait.count()},
                         record.key_id,    record.package,
                         record.record_id, record.signature,
                         record.size};
}

}  // namespace

Result<Events> decide(const AppendOperatorRecord& command, const Asker& asker, const View& view) {
  const SignedOperatorRecord& record = *command.record;
  const LogId& log = operator_log_id();
  VARVE_TRY(const auto state, find_state(view, log, record.id));
  if (state) return Events{};
  VARVE_CHECK(validate(record, LogRows(view, log), asker.now));
  const BodyOfRecord body = body_of_record(record.envelope);
  VARVE_TRY(const std::uint64_t index, next_registry_index(view));
  return Events{OperatorRecordAppended{body.digest, record.envelope.key, record.id, index,
                                       record.envelope.signature, body.size}};
}

Result<Events> decide(const SubmitRecord& command, const Asker& asker, const View& view) {
  const SignedPackageRecord& record = *command.record;
  const LogId log = package_log_id(command.package);
  VARVE_CHECK(need_own_namespace(view, command.package.ns()));
  VARVE_TRY(const auto state, find_state(view, log, record.id));
  const auto* before = state ? std::get_if<Rejected>(&state->state) : nullptr;
  if (state && before == nullptr) return Events{};
  VARVE_TRY(const auto head, find_log(view, log));
  if (!head) VARVE_CHECK(check_may_begin(command, asker, view));
  Events events;
  VARVE_CHECK(clear_pending(command, log, asker, view, events));
  VARVE_TRY(Event outcome, judge(command.package, record, view, asker.now));
  if (const auto* rejection = std::get_if<RecordRejected>(&outcome)) {
    // What was wrong then may be right now; if it is not, nothing is new.
    if (before == nullptr || before->reason != rejection->reason)
      events.push_back(std::move(outcome));
    return events;
  }
  VARVE_TRY(const bool complete, is_complete(record.record, log, view));
  if (!complete) outcome = waiting(std::get<RecordPublished>(outcome), asker.now);
  events.push_back(std::move(outcome));
  return events;
}

namespace {

// The record that waits for content, read again from its bytes. They are the ones that were
// submitted: their hash is the record's id.
struct Waiting {
  SignedPackageRecord record;
  std::vector<Digest> missing;
};
Result<Waiting> find_waiting(const ReceiveContent& command, const LogId& log, const View& view) {
  VARVE_TRY(auto state, find_state(view, log, command.record));
  if (!state) {
    VARVE_TRY(const auto row, find_log(view, log));
    VARVE_TRY(const auto pending, find_pending(view, log));
    if (row || pending)
      return fail(Errc::not_found, About::record, "there is no such record",
                  command.record.to_string());
    return fail(Errc::not_found, About::package_log, "there is no such package log",
                log.to_string());
  }
  const auto* sourcing = std::get_if<Sourcing>(&state->state);
  if (sourcing == nullptr)
    return fail(Errc::unsupported, About::record, "the record does not wait for content",
                command.record.to_string());
  if (package_record_id(*command.record_bytes) != command.record)
    return fail(Errc::internal, About::record, "these are not the bytes of the record",
                command.record.to_string());
  VARVE_TRY(auto record,
            open_package_record({command.record_bytes, sourcing->key, sourcing->signature}));
  VARVE_TRY(auto missing, missing_content(view, log, command.record));
  return Waiting{std::move(record), std::move(missing)};
}

}  // namespace

Result<Events> decide(const ReceiveContent& command, const Asker& asker, const View& view) {
  VARVE_TRY(const Waiting wait, find_waiting(command, package_log_id(command.package), view));
  if (std::ranges::find(wait.missing, command.digest) == wait.missing.end()) {
    if (released_content(wait.record.record).contains(command.digest)) return Events{};
    return fail(Errc::invalid, About::digest, "the record does not need this content",
                command.digest.to_string());
  }
  Events events;
  VARVE_CHECK(content::ensure_committed(command.digest, command.size, view, events));
  events.emplace_back(
      ContentReceived{command.digest, command.package, command.record, command.size});
  if (wait.missing.size() > 1) return events;
  VARVE_TRY(Event outcome, judge(command.package, wait.record, view, asker.now));
  events.push_back(std::move(outcome));
  return events;
}

Result<Events> decide(const RenewCheckpoint& command, const View& view) {
  const CheckpointSigned& wish = command.checkpoint;
  VARVE_TRY(const auto newest, newest_checkpoint(view));
  VARVE_TRY(const bool due, checkpoint_is_due(view));
  if (due || !newest) return Events{};  // records that came meanwhile bring one of their own
  const CheckpointSigned& stored = newest->checkpoint;
  if (wish.log_length != stored.log_length || wish.log_root != stored.log_root ||
      wish.map_root != stored.map_root || wish.timestamp <= stored.timestamp)
    return Events{};
  VARVE_TRY(const auto key, LogRows(view, operator_log_id()).key(wish.key_id));
  if (!key || !key->permissions.has(OperatorPermission::commit))
    return fail(Errc::denied, About::key, "this key may not sign checkpoints",
                wish.key_id.to_string());
  return Events{wish};
}

}  // namespace varve::warg
