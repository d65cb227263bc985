// Warg's JSON by simdjson in and by hand out. Pure; any thread.
#include "api/cli/warg_json.h"

#include <algorithm>
#include <functional>

#include "api/cli/json_out.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/limits.h"

namespace varve::cli {
namespace {

using simdjson::dom::element;

constexpr std::size_t kPlacesMax = 8;  // of one content; a client tries few
constexpr std::size_t kTokenBytesMax = 1'024;

std::unexpected<Error> unusable(std::string_view what) {
  return fail(Errc::unavailable, About::request,
              "the registry's answer is none of Warg's: " + std::string(what));
}

// An error about one member's value, as one about the answer.
template <class T>
Result<T> as_answer(Result<T> value, std::string_view member) {
  if (value) return value;
  return unusable(std::string(member) + ": " + value.error().what);
}

Result<element> member_of(element object, std::string_view name) {
  element value;
  if (!object.is_object() || object[name].get(value) != simdjson::SUCCESS)
    return unusable("it has no " + std::string(name));
  return value;
}
// null counts as absent.
std::optional<element> optional_member(element object, std::string_view name) {
  element value;
  if (!object.is_object() || object[name].get(value) != simdjson::SUCCESS || value.is_null())
    return std::nullopt;
  return value;
}
Result<std::string_view> text_of(element value, std::string_view name) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return unusable(std::string(name) + " is no string");
  return text;
}
Result<std::string_view> text_in(element object, std::string_view name) {
  VARVE_TRY(const element value, member_of(object, name));
  return text_of(value, name);
}
Result<std::uint64_t> number_of(element value, std::string_view name) {
  std::uint64_t number = 0;
  if (!value.is_uint64() && !value.is_int64())  // neither 1.0 nor "1"
    return unusable(std::string(name) + " is no integer");
  if (value.get(number) != simdjson::SUCCESS)
    return unusable(std::string(name) + " is out of range");
  return number;
}
Result<std::uint64_t> number_in(element object, std::string_view name) {
  VARVE_TRY(const element value, member_of(object, name));
  return number_of(value, name);
}
template <class T>
Result<T> parsed_in(element object, std::string_view name) {
  VARVE_TRY(const std::string_view text, text_in(object, name));
  return as_answer(T::parse(text), name);
}
Result<Hash256> hash_in(element object, std::string_view name) {
  VARVE_TRY(const std::string_view text, text_in(object, name));
  return as_answer(warg::parse_hash_text(text), name);
}
Result<std::string> bytes_in(element object, std::string_view name) {
  VARVE_TRY(const std::string_view text, text_in(object, name));
  auto bytes = base64_decode(text);
  if (!bytes) return unusable(std::string(name) + " is no base 64");
  return *std::move(bytes);
}
Result<simdjson::dom::array> array_of(element value, std::string_view name) {
  simdjson::dom::array items;
  if (value.get(items) != simdjson::SUCCESS) return unusable(std::string(name) + " is no list");
  return items;
}
Result<simdjson::dom::object> object_of(element value, std::string_view name) {
  simdjson::dom::object members;
  if (value.get(members) != simdjson::SUCCESS) return unusable(std::string(name) + " is no object");
  return members;
}

// Parses and hands the document to `read`, which must copy what it keeps.
template <class Read>
auto document(std::string_view json, const Read& read) -> decltype(read(std::declval<element>())) {
  simdjson::dom::parser parser;
  const auto root = json::parse_strict(parser, json, About::request);
  if (!root || !root->is_object()) return unusable("it is no JSON object");
  return read(*root);
}

template <class Bundle>
Result<Bundle> bundle_in(element object, std::string_view name) {
  VARVE_TRY(const std::string bytes, bytes_in(object, name));
  return Bundle::decode(bytes);  // what is no bundle is a proof that fails
}

// ---- logs ----

Result<PublishedRecord> record_of(element item) {
  VARVE_TRY(std::string content, bytes_in(item, "contentBytes"));
  if (content.size() > limits::kWargRecordBytesMax) return unusable("a record is too large");
  VARVE_TRY(const auto key, parsed_in<warg::KeyId>(item, "keyId"));
  VARVE_TRY(auto signature, parsed_in<warg::SignatureText>(item, "signature"));
  VARVE_TRY(const std::uint64_t index, number_in(item, "registryIndex"));
  VARVE_TRY(const std::string_view token, text_in(item, "fetchToken"));
  if (token.size() > kTokenBytesMax) return unusable("a fetch token is too long");
  return PublishedRecord{
      {std::make_shared<const std::string>(std::move(content)), key, std::move(signature)},
      index,
      std::string(token)};
}

Result<std::vector<PublishedRecord>> records_of(element list, std::string_view name,
                                                unsigned limit) {
  VARVE_TRY(const auto items, array_of(list, name));
  std::vector<PublishedRecord> records;
  for (const element item : items) {
    if (records.size() == limit) return unusable("more records than were asked for");
    VARVE_TRY(auto record, record_of(item));
    records.push_back(std::move(record));
  }
  return records;
}

Result<std::vector<PublishedRecord>> records_of_package(element packages,
                                                        const LogsQuestion& question) {
  VARVE_TRY(const auto logs, object_of(packages, "packages"));
  std::vector<PublishedRecord> records;
  for (const auto& [id, list] : logs) {
    if (!question.package || id != question.package->to_string())
      return unusable("a log that nobody asked for");
    VARVE_TRY(records, records_of(list, "a package's log", question.limit));
  }
  return records;
}

// ---- publishing ----

Result<std::vector<UploadPlace>> upload_places(element missing) {
  VARVE_TRY(const element list, member_of(missing, "upload"));
  VARVE_TRY(const auto items, array_of(list, "upload"));
  std::vector<UploadPlace> places;
  for (const element item : items) {
    VARVE_TRY(const auto type, text_in(item, "type"));
    if (type != "http") continue;  // of kinds that this client has not
    VARVE_TRY(const auto method, text_in(item, "method"));
    VARVE_TRY(const auto url, text_in(item, "url"));
    if (method != "POST" && method != "PUT") return unusable("uploads are POST or PUT");
    if (places.size() < kPlacesMax) places.push_back({std::string(method), std::string(url)});
  }
  return places;
}

Result<Sourcing> sourcing_in(element root) {
  VARVE_TRY(const element member, member_of(root, "missingContent"));
  VARVE_TRY(const auto missing, object_of(member, "missingContent"));
  Sourcing sourcing;
  for (const auto& [text, value] : missing) {
    VARVE_TRY(const auto digest, as_answer(Digest::parse(text), "missingContent"));
    VARVE_TRY(auto places, upload_places(value));
    sourcing.missing.emplace(digest, std::move(places));
  }
  return sourcing;
}

Result<RecordStatus> status_in(element root) {
  VARVE_TRY(const auto id, parsed_in<warg::RecordId>(root, "recordId"));
  VARVE_TRY(const std::string_view state, text_in(root, "state"));
  if (state == "processing") return RecordStatus{id, Processing{}};
  if (state == "sourcing") {
    VARVE_TRY(auto sourcing, sourcing_in(root));
    return RecordStatus{id, std::move(sourcing)};
  }
  if (state == "rejected") {
    VARVE_TRY(const auto reason, text_in(root, "reason"));
    return RecordStatus{id, Rejected{std::string(reason)}};
  }
  if (state != "published") return unusable("a record is in a state that there is not");
  VARVE_TRY(const std::uint64_t index, number_in(root, "registryIndex"));
  return RecordStatus{id, Published{index}};
}

Result<std::vector<ContentPlace>> places_in(element list) {
  VARVE_TRY(const auto items, array_of(list, "contentSources"));
  std::vector<ContentPlace> places;
  for (const element item : items) {
    VARVE_TRY(const auto type, text_in(item, "type"));
    if (type != "httpGet") continue;
    VARVE_TRY(const auto url, text_in(item, "url"));
    ContentPlace place{std::string(url), std::nullopt};
    if (const auto size = optional_member(item, "size")) {
      VARVE_TRY(place.size, number_of(*size, "size"));
    }
    if (places.size() < kPlacesMax) places.push_back(std::move(place));
  }
  if (places.empty()) return unusable("content is nowhere that this client can reach");
  return places;
}

std::string optional_text(element root, std::string_view name) {
  std::string_view text;
  if (root[name].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

}  // namespace

std::string write_checkpoint(const warg::SignedCheckpoint& checkpoint) {
  return JsonObject()
      .raw("contents", JsonObject()
                           .text("logRoot", warg::log_root_text(checkpoint.contents))
                           .number("logLength", checkpoint.contents.log_length)
                           .text("mapRoot", warg::map_root_text(checkpoint.contents))
                           .number("timestamp", checkpoint.contents.timestamp)
                           .str())
      .text("keyId", checkpoint.key.to_string())
      .text("signature", checkpoint.signature.text())
      .str();
}

Result<warg::SignedCheckpoint> read_checkpoint(std::string_view json) {
  return document(json, [](element root) -> Result<warg::SignedCheckpoint> {
    VARVE_TRY(const element contents, member_of(root, "contents"));
    warg::Checkpoint checkpoint;
    VARVE_TRY(checkpoint.log_length, number_in(contents, "logLength"));
    VARVE_TRY(checkpoint.log_root, hash_in(contents, "logRoot"));
    VARVE_TRY(checkpoint.map_root, hash_in(contents, "mapRoot"));
    VARVE_TRY(checkpoint.timestamp, number_in(contents, "timestamp"));
    if (checkpoint.log_length > warg::kLogLengthMax)
      return unusable("the log is longer than proofs can number");
    VARVE_TRY(const auto key, parsed_in<warg::KeyId>(root, "keyId"));
    VARVE_TRY(auto signature, parsed_in<warg::SignatureText>(root, "signature"));
    return warg::SignedCheckpoint{checkpoint, key, std::move(signature)};
  });
}

std::string write_logs_question(const LogsQuestion& question) {
  JsonObject json;
  json.number("logLength", question.log_length).number("limit", question.limit);
  if (question.operator_token) json.text("operator", *question.operator_token);
  if (question.package)
    json.raw("packages",
             JsonObject()
                 .raw(question.package->to_string(),
                      question.package_token ? cli::quoted(*question.package_token) : "null")
                 .str());
  return json.str();
}

Result<LogsPage> read_logs_page(std::string_view json, const LogsQuestion& question) {
  return document(json, [&](element root) -> Result<LogsPage> {
    LogsPage page;
    VARVE_TRY(const element more, member_of(root, "more"));
    if (more.get(page.more) != simdjson::SUCCESS) return unusable("more is neither true nor false");
    if (const auto list = optional_member(root, "operator")) {
      VARVE_TRY(page.of_operator, records_of(*list, "operator", question.limit));
    }
    if (const auto packages = optional_member(root, "packages")) {
      VARVE_TRY(page.of_package, records_of_package(*packages, question));
    }
    return page;
  });
}

std::string write_consistency_question(std::uint64_t from, std::uint64_t to) {
  return JsonObject().number("from", from).number("to", to).str();
}

Result<warg::LogBundle> read_consistency(std::string_view json) {
  return document(json, [](element root) { return bundle_in<warg::LogBundle>(root, "proof"); });
}

std::string write_inclusion_question(std::uint64_t log_length,
                                     std::span<const std::uint64_t> leaves) {
  JsonArray indexes;
  for (const std::uint64_t leaf : leaves) indexes.raw(std::to_string(leaf));
  return JsonObject().number("logLength", log_length).raw("leafs", indexes.str()).str();
}

Result<InclusionAnswer> read_inclusion(std::string_view json) {
  return document(json, [](element root) -> Result<InclusionAnswer> {
    VARVE_TRY(auto log, bundle_in<warg::LogBundle>(root, "log"));
    VARVE_TRY(auto map, bundle_in<warg::MapBundle>(root, "map"));
    return InclusionAnswer{std::move(log), std::move(map)};
  });
}

Result<warg::LogBundle> read_record_inclusion(std::string_view json) {
  return document(json, [](element root) { return bundle_in<warg::LogBundle>(root, "log"); });
}

std::string write_absence_question(std::uint64_t log_length, const warg::LogId& log) {
  return JsonObject()
      .number("logLength", log_length)
      .raw("packages", JsonArray().raw(cli::quoted(log.to_string())).str())
      .str();
}

Result<warg::MapBundle> read_absence(std::string_view json) {
  return document(json, [](element root) { return bundle_in<warg::MapBundle>(root, "map"); });
}

std::string write_record(const warg::PackageName& name, const warg::Envelope& envelope) {
  return JsonObject()
      .text("packageName", name.text())
      .raw("record", JsonObject()
                         .text("contentBytes", base64_encode(*envelope.content))
                         .text("keyId", envelope.key.to_string())
                         .text("signature", envelope.signature.text())
                         .str())
      .str();
}

Result<RecordStatus> read_record_status(std::string_view json) {
  return document(json, [](element root) { return status_in(root); });
}

Result<std::vector<ContentPlace>> read_content_places(std::string_view json,
                                                      const Digest& content) {
  return document(json, [&](element root) -> Result<std::vector<ContentPlace>> {
    VARVE_TRY(const element sources, member_of(root, "contentSources"));
    VARVE_TRY(const element list, member_of(sources, content.to_string()));
    return places_in(list);
  });
}

Refused read_refusal(std::string_view json) {
  simdjson::dom::parser parser;
  const auto root = json::parse_strict(parser, json, About::request);
  if (!root || !root->is_object()) return {};
  Refused refused{optional_text(*root, "message"), optional_text(*root, "type"),
                  optional_text(*root, "id")};
  if (refused.message.empty()) refused.message = optional_text(*root, "reason");
  return refused;
}

}  // namespace varve::cli
