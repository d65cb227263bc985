// Warg's JSON as a client writes and reads it: what is asked, and answers turned into values that
// cannot hold anything but what the protocol has. Every answer is hostile: strict types, no member
// twice, base 64 checked, lists bounded. That a value is well-formed is all that is said here;
// whether it is true is for warg_client.h. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/warg/bundle.h"
#include "core/warg/record.h"
#include "log/proof/warg_keys.h"

namespace varve::cli {

// Errors of every read_…: unavailable/About::request, since an answer that is not Warg's says
// nothing about the registry's contents.

std::string write_checkpoint(const warg::SignedCheckpoint& checkpoint);
Result<warg::SignedCheckpoint> read_checkpoint(std::string_view json);

// ---- logs ----

// The tokens say where each list goes on; none: at its beginning.
struct LogsQuestion {
  std::uint64_t log_length = 0;
  unsigned limit = 0;
  std::optional<std::string> operator_token;
  std::optional<warg::LogId> package = std::nullopt;
  std::optional<std::string> package_token = std::nullopt;
};
std::string write_logs_question(const LogsQuestion& question);

struct PublishedRecord {
  warg::Envelope envelope;
  std::uint64_t registry_index = 0;
  std::string fetch_token;
};
struct LogsPage {
  bool more = false;
  std::vector<PublishedRecord> of_operator;
  std::vector<PublishedRecord> of_package;
};
// Refuses more records a list than were asked for, and logs nobody asked for.
Result<LogsPage> read_logs_page(std::string_view json, const LogsQuestion& question);

// ---- proofs ----

std::string write_consistency_question(std::uint64_t from, std::uint64_t to);
Result<warg::LogBundle> read_consistency(std::string_view json);  // {"proof":…}

// For /v1/proof/inclusion and /v1/proof/record alike.
std::string write_inclusion_question(std::uint64_t log_length,
                                     std::span<const std::uint64_t> leaves);
struct InclusionAnswer {
  warg::LogBundle log;
  warg::MapBundle map;
};
Result<InclusionAnswer> read_inclusion(std::string_view json);         // {"log":…,"map":…}
Result<warg::LogBundle> read_record_inclusion(std::string_view json);  // {"log":…}

std::string write_absence_question(std::uint64_t log_length, const warg::LogId& log);
Result<warg::MapBundle> read_absence(std::string_view json);  // {"map":…}

// ---- publishing ----

std::string write_record(const warg::PackageName& name, const warg::Envelope& envelope);

struct UploadPlace {
  std::string method;  // POST or PUT
  std::string url;     // not looked at yet
};
struct Sourcing {
  std::map<Digest, std::vector<UploadPlace>> missing;
};
struct Processing {};
struct Rejected {
  std::string reason;
};
struct Published {
  std::uint64_t registry_index = 0;
};
struct RecordStatus {
  warg::RecordId id;
  std::variant<Sourcing, Processing, Rejected, Published> state;
};
Result<RecordStatus> read_record_status(std::string_view json);

// ---- content ----

struct ContentPlace {
  std::string url;  // not looked at yet
  std::optional<std::uint64_t> size;
};
// Where this content is: at least one place.
Result<std::vector<ContentPlace>> read_content_places(std::string_view json, const Digest& content);

// ---- refusals ----

// What stands in an error's body, as far as it is there.
struct Refused {
  std::string message;  // or reason
  std::string type;     // "log", "record": what a 404 or 409 is about
  std::string id;
};
Refused read_refusal(std::string_view json);

}  // namespace varve::cli
