// POST /v1/fetch/logs: the records of logs, from where the caller stands up to a checkpoint. I/O
// threads; the records are read on the pool.
#include <algorithm>
#include <map>
#include <utility>

#include "api/surface/warg_common.h"
#include "api/surface/warg_handlers.h"
#include "core/base/bytes.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using json::Writer;

struct Wish {
  std::uint64_t length;
  std::size_t limit;
  std::optional<std::string> operator_token;
  std::map<warg::LogId, std::optional<std::string>> packages;  // tokens
};

Result<std::size_t> parse_limit(const WargDocument& document) {
  if (!document.has("limit")) return limits::kWargRecordsPerLogDefault;
  VARVE_TRY(const auto limit, document.number("limit"));
  if (limit >= 1 && limit <= limits::kWargRecordsPerLogMax) return static_cast<std::size_t>(limit);
  return fail(Errc::invalid, About::request,
              "invalid records limit value `" + std::to_string(limit) +
                  "`: must be between 1 and " + std::to_string(limits::kWargRecordsPerLogMax));
}

Result<Wish> parse_wish(const WargDocument& document) {
  VARVE_CHECK(document.only({"logLength", "limit", "operator", "packages"}));
  Wish wish;
  VARVE_TRY(wish.length, document.number("logLength"));
  VARVE_TRY(wish.limit, parse_limit(document));
  if (document.has("operator")) {
    VARVE_TRY(wish.operator_token, document.text("operator"));
  }
  VARVE_TRY(auto packages, document.text_map("packages"));
  for (auto& [text, token] : packages) {
    VARVE_TRY(const auto log, warg_id<warg::LogId>(text, "packages"));
    wish.packages.emplace(log, std::move(token));
  }
  return wish;
}

struct FetchedRecord {
  warg::PublishedRecord row;
  std::string bytes;
};

// Collects the records of one answer within its bounds.
class Fetch {
 public:
  Fetch(const Reader& reader, const View& view, const Sight& sight, const Wish& wish)
      : reader_(reader), view_(view), sight_(sight), wish_(wish) {}

  // A log without a record below the checkpoint's length is not there: to answer it with an empty
  // list makes Warg's client take the registry for a liar. Source: warg.md §8, trap 4.
  Result<std::vector<FetchedRecord>> log(const warg::LogId& log,
                                         const std::optional<std::string>& token) {
    VARVE_TRY(const auto row, warg::find_log(view_, log));
    VARVE_TRY(const bool seen, sight_.sees(row));
    if (!seen) return std::unexpected(sight_.missing(log));
    VARVE_TRY(const auto first, warg::find_record(view_, log, 0));
    if (!first || first->registry_index >= wish_.length)
      return std::unexpected(sight_.missing(log));
    std::uint64_t position = 0;
    if (token) {
      VARVE_TRY(position, after(log, *token));
    }
    return from(log, position);
  }
  bool more() const { return more_; }

 private:
  // A token is the id of the last record that the caller has.
  Result<std::uint64_t> after(const warg::LogId& log, const std::string& token) const {
    auto unknown = fail(Errc::not_found, About::fetch_token, "no record has this fetch token",
                        token.substr(0, 128));
    const auto record = warg::RecordId::parse(token);
    if (!record) return unknown;
    VARVE_TRY(const auto row, warg::find_state(view_, log, *record));
    const auto* published = row ? std::get_if<warg::Published>(&row->state) : nullptr;
    if (published == nullptr) return unknown;
    return published->position + 1;
  }

  Result<std::vector<FetchedRecord>> from(const warg::LogId& log, std::uint64_t position) {
    std::vector<FetchedRecord> records;
    while (records.size() < wish_.limit) {
      VARVE_TRY(auto row, warg::find_record(view_, log, position + records.size()));
      if (!row || row->registry_index >= wish_.length) return records;
      if (bytes_ + row->body.size > limits::kWargFetchBytesSoftMax && !records.empty()) break;
      VARVE_TRY(auto bytes, body_of(*row));
      records.push_back({*std::move(row), std::move(bytes)});
    }
    more_ = true;
    return records;
  }

  Result<std::string> body_of(const warg::PublishedRecord& row) {
    bytes_ += row.body.size;
    if (bytes_ > limits::kWargFetchBytesMax)
      return fail(Errc::too_large, About::request,
                  "the records of so many logs are too much for one answer; ask for fewer");
    VARVE_TRY(auto bytes, reader_.body(row.body.digest));
    if (bytes) return *std::move(bytes);
    return fail(Errc::corrupt, About::body, "a record's bytes are not in the log",
                row.id.to_string());
  }

  const Reader& reader_;
  const View& view_;
  const Sight& sight_;
  const Wish& wish_;
  std::uint64_t bytes_ = 0;
  bool more_ = false;
};

void write_record(Writer& out, const FetchedRecord& record) {
  out.begin_object().key("contentBytes").string(base64_encode(record.bytes));
  out.key("fetchToken").string(record.row.id.to_string());
  out.key("keyId").string(record.row.key.to_string());
  out.key("registryIndex").number(record.row.registry_index);
  out.key("signature").string(record.row.signature.text());
  out.end_object();
}

void write_records(Writer& out, const std::vector<FetchedRecord>& records) {
  out.begin_array();
  for (const FetchedRecord& record : records) write_record(out, record);
  out.end_array();
}

Result<std::string> logs_json(const State& state, const Sight& sight, const Wish& wish) {
  VARVE_CHECK(need_checkpoint(*state.view, wish.length));
  Fetch fetch(state.reader, *state.view, sight, wish);
  VARVE_TRY(const auto operator_records, fetch.log(warg::operator_log_id(), wish.operator_token));
  std::map<std::string, std::vector<FetchedRecord>> packages;
  for (const auto& [log, token] : wish.packages) {
    VARVE_TRY(packages[log.to_string()], fetch.log(log, token));
  }
  std::string text;
  Writer out(text);
  out.begin_object().key("more").boolean(fetch.more());
  if (!operator_records.empty()) write_records(out.key("operator"), operator_records);
  if (!packages.empty()) {
    out.key("packages").begin_object();
    for (const auto& [log, records] : packages) write_records(out.key(log), records);
    out.end_object();
  }
  out.end_object();
  return text;
}

}  // namespace

awaitable<Response> fetch_warg_logs(Services& services, Request& request) {
  const auto asked = co_await read_question(services, request, parse_wish);
  if (!asked) co_return warg_problem(asked.error());
  auto work = [&]() -> Result<std::string> {
    return logs_json(asked->state, Sight(services, request), asked->wish);
  };
  auto logs = co_await services.pool.run(work);
  if (!logs) co_return warg_problem(logs.error());
  co_return http::json(200, *std::move(logs));
}

}  // namespace varve::surface
