// A registry of Warg packages without HTTP or a log: commands are decided and their events
// projected into rows in memory. Records are really signed. One thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/warg/query.h"
#include "tests/support/given.h"
#include "tests/support/warg_publisher.h"

namespace varve::test {

class WargWorld {
 public:
  using Entries = std::vector<warg::PackageEntry>;

  // With the namespaces "test", which is its own, and "wasi", which is not.
  WargWorld() {
    const warg::OperatorRecord record{std::nullopt,
                                      0,
                                      warg::RecordTime::of(now),
                                      {warg::Init{op.text()}, warg::DefineNamespace{"test"},
                                       warg::ImportNamespace{"wasi", "example.com"}}};
    EXPECT_EQ(events_of(run(warg::AppendOperatorRecord{op.sign(record)})), 1u);
  }

  // The package's next record, as a publisher who knows the log makes it.
  warg::PackageRecord next(std::string_view name, Entries entries) const {
    const auto log = warg::find_log(rows, log_id(name)).value();
    warg::PackageRecord record{std::nullopt, 0, warg::RecordTime::of(now), std::move(entries)};
    record.time.nanos += ++records_;  // no two packages begin with the same bytes
    if (log) record.prev = log->head.id;
    return record;
  }
  static warg::LogId log_id(std::string_view name) { return warg::package_log_id(package(name)); }
  static warg::RecordId id_of(const warg::PackageRecord& record) {
    return warg::package_record_id(warg::encode(record));
  }

  static warg::SubmitRecord submission(std::string_view name, const warg::PackageRecord& record,
                                       const Publisher& publisher) {
    return {package(name), publisher.sign(record)};
  }
  Result<std::vector<Event>> submit(std::string_view name, const warg::PackageRecord& record,
                                    const Publisher& publisher, const Actor& actor = kDeveloper) {
    return run(submission(name, record, publisher), actor);
  }
  Result<std::vector<Event>> submit(std::string_view name, Entries entries,
                                    const Publisher& publisher) {
    return submit(name, next(name, std::move(entries)), publisher);
  }
  Result<std::vector<Event>> upload(std::string_view name, const warg::PackageRecord& record,
                                    std::string_view content) {
    return run(warg::ReceiveContent{package(name), id_of(record),
                                    std::make_shared<const std::string>(warg::encode(record)),
                                    Digest::of(content), content.size()},
               kNobody);
  }

  // Decides, and lets it happen.
  Result<std::vector<Event>> run(const Intent& intent, const Actor& actor = kDeveloper) {
    auto events = decide({actor, "01JD0000000000000000000000", "warg", intent, {}, now}, rows);
    if (events) apply(*events, record_bytes(intent));
    return events;
  }
  void apply(const std::vector<Event>& events, const std::string& bytes) {
    for (const Event& event : events) {
      if (const auto body = body_of(event)) {
        EXPECT_EQ(body->digest, Digest::of(bytes));
        EXPECT_EQ(body->size, bytes.size());
      }
      const auto done = rows.apply(event, bytes);
      EXPECT_TRUE(done.has_value()) << done.error().what;
    }
  }
  static std::size_t events_of(const Result<std::vector<Event>>& outcome) {
    if (outcome) return outcome->size();
    ADD_FAILURE() << outcome.error().what;
    return 0;
  }

  std::optional<warg::RecordState> state(std::string_view name, const warg::PackageRecord& record) {
    const auto row = warg::find_state(rows, log_id(name), id_of(record)).value();
    return row ? std::optional(row->state) : std::nullopt;
  }
  bool is_published(std::string_view name, const warg::PackageRecord& record) {
    const auto found = state(name, record);
    return found && std::holds_alternative<warg::Published>(*found);
  }

  MemoryRows rows;
  Timestamp now{1'795'281'611'000'000};
  // P-256 in a registry that Warg's own client reads; its signatures differ from one to the next.
  const Publisher op{'r'};

 private:
  static std::string record_bytes(const Intent& intent) {
    if (const auto* wish = std::get_if<warg::AppendOperatorRecord>(&intent))
      return *wish->record->envelope.content;
    if (const auto* wish = std::get_if<warg::SubmitRecord>(&intent))
      return *wish->record->envelope.content;
    if (const auto* wish = std::get_if<warg::ReceiveContent>(&intent)) return *wish->record_bytes;
    return {};
  }

  mutable std::int32_t records_ = 0;
};

}  // namespace varve::test
