// Shared parts of Warg's surface. I/O threads, and the pool.
#include "api/surface/warg_common.h"

#include <algorithm>
#include <utility>

#include "api/http/problem.h"
#include "api/http/wire.h"
#include "api/surface/common.h"
#include "core/trust/query.h"

namespace varve::surface {
namespace {

constexpr std::size_t kDepthMax = 8;

// application/json, with or without parameters, and what is built on it.
bool says_json(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (http::equal_ignoring_case(type, "application/json")) return true;
  constexpr std::string_view kSuffix = "+json";
  return type.size() > kSuffix.size() &&
         http::equal_ignoring_case(type.substr(0, 12), "application/") &&
         http::equal_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix);
}

}  // namespace

std::unexpected<Error> wrong_form(std::string_view member, std::string_view why) {
  return fail(Errc::invalid, About::body,
              "Failed to deserialize the JSON body into the target type: " +
                  std::string(member.substr(0, 64)) + ": " + std::string(why));
}

http::Response warg_problem(const Error& error) {
  return http::problem(error, http::Dialect::warg);
}

Result<WargDocument> WargDocument::parse(std::string_view text) {
  WargDocument document;
  document.parser_ = std::make_shared<simdjson::dom::parser>();
  auto element = json::parse_strict(*document.parser_, text, About::request, kDepthMax);
  if (!element)
    return fail(Errc::invalid, About::request,
                "Failed to parse the request body as JSON: " + element.error().what);
  if (element->get(document.object_) != simdjson::SUCCESS)
    return wrong_form("the body", "expected an object");
  return document;
}

bool WargDocument::has(std::string_view name) const {
  const auto found = object_.at_key(name);
  return found.error() == simdjson::SUCCESS && !found.is_null();
}

Result<void> WargDocument::only(std::initializer_list<std::string_view> names) const {
  for (const auto field : object_)
    if (std::ranges::find(names, field.key) == names.end())
      return wrong_form(field.key, "unknown field");
  return {};
}

Result<simdjson::dom::element> WargDocument::member(std::string_view name) const {
  simdjson::dom::element element;
  if (object_.at_key(name).get(element) != simdjson::SUCCESS)
    return wrong_form(name, "missing field");
  return element;
}

Result<std::string> WargDocument::text(std::string_view name) const {
  VARVE_TRY(const auto element, member(name));
  std::string_view value;
  if (element.get(value) != simdjson::SUCCESS) return wrong_form(name, "expected a string");
  return std::string(value);
}

Result<std::uint64_t> WargDocument::number(std::string_view name) const {
  VARVE_TRY(const auto element, member(name));
  std::uint64_t value = 0;
  if (!element.is_uint64() && !element.is_int64()) return wrong_form(name, "expected an integer");
  if (element.get(value) != simdjson::SUCCESS) return wrong_form(name, "expected an unsigned one");
  return value;
}

Result<WargDocument> WargDocument::object(std::string_view name) const {
  VARVE_TRY(const auto element, member(name));
  WargDocument document;
  document.parser_ = parser_;
  if (element.get(document.object_) != simdjson::SUCCESS)
    return wrong_form(name, "expected an object");
  return document;
}

Result<bool> WargDocument::empty_array(std::string_view name) const {
  if (!has(name)) return true;
  VARVE_TRY(const auto element, member(name));
  simdjson::dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return wrong_form(name, "expected a sequence");
  return array.begin() == array.end();
}

Result<std::vector<std::uint64_t>> WargDocument::numbers(std::string_view name,
                                                         std::size_t count_max) const {
  VARVE_TRY(const auto element, member(name));
  simdjson::dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return wrong_form(name, "expected a sequence");
  std::vector<std::uint64_t> values;
  for (const simdjson::dom::element item : array) {
    std::uint64_t value = 0;
    if (item.get(value) != simdjson::SUCCESS) return wrong_form(name, "expected unsigned integers");
    if (values.size() == count_max)
      return fail(Errc::too_large, About::proof,
                  "at most " + std::to_string(count_max) + " are answered at once");
    values.push_back(value);
  }
  return values;
}

Result<std::vector<std::string>> WargDocument::texts(std::string_view name) const {
  VARVE_TRY(const auto element, member(name));
  simdjson::dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return wrong_form(name, "expected a sequence");
  std::vector<std::string> values;
  for (const simdjson::dom::element item : array) {
    std::string_view value;
    if (item.get(value) != simdjson::SUCCESS) return wrong_form(name, "expected strings");
    values.emplace_back(value);
  }
  return values;
}

Result<WargDocument::Texts> WargDocument::text_map(std::string_view name) const {
  Texts texts;
  if (!has(name)) return texts;
  VARVE_TRY(const auto element, member(name));
  simdjson::dom::object map;
  if (element.get(map) != simdjson::SUCCESS) return wrong_form(name, "expected a map");
  for (const auto field : map) {
    std::string_view value;
    if (field.value.is_null())
      texts.emplace_back(field.key, std::nullopt);
    else if (field.value.get(value) == simdjson::SUCCESS)
      texts.emplace_back(field.key, std::string(value));
    else
      return wrong_form(name, "expected strings");
  }
  return texts;
}

http::net::awaitable<Result<WargDocument>> read_warg_document(const http::Request& request) {
  if (!says_json(request.header("content-type")))
    co_return fail(Errc::unsupported, About::body,
                   "Expected request with `Content-Type: application/json`");
  auto body = co_await http::read_all(*request.body, limits::kWargJsonBytesMax);
  if (!body && body.error().code == Errc::too_large)
    co_return fail(Errc::too_large, About::body,
                   "Failed to buffer the request body: length limit exceeded");
  if (!body) co_return std::unexpected(std::move(body).error());
  co_return WargDocument::parse(*body);
}

http::net::awaitable<Result<State>> warg_state(Services& services, const http::Request& request) {
  const auto moment = one_moment(Present{}, request.query.get("as_of"));
  if (!moment) co_return std::unexpected(moment.error());
  co_return co_await state_of(services.pool, services.reader(), *moment);
}

Result<warg::CheckpointRow> need_checkpoint(const View& view, std::uint64_t log_length) {
  VARVE_TRY(auto row, warg::find_checkpoint(view, log_length));
  if (row) return *std::move(row);
  return fail(Errc::not_found, About::checkpoint, "no checkpoint has this length",
              std::to_string(log_length));
}

Sight::Sight(const Services& services, const http::Request& request)
    : services_(services), request_(request), newest_(services.reader().view()) {}

Result<bool> Sight::sees(std::string_view package) const {
  if (const auto repo = warg::repository_of(package))
    return may_pull(services_, request_, *newest_, *repo);
  VARVE_TRY(const auto rights,
            trust::rights_on(*newest_, request_.actor, Resource::everything(), services_.now()));
  return rights.has(Right::pull);
}

Result<bool> Sight::sees(const std::optional<warg::LogRow>& row) const {
  if (!row) return false;
  if (row->package.empty()) return true;  // the operator's log is everybody's
  return sees(row->package);
}

Result<bool> Sight::sees_content(const View& view, const Digest& digest) const {
  return warg::any_releaser(view, digest, limits::kWargReleasersMax,
                            [&](const warg::LogId& log) -> Result<bool> {
                              VARVE_TRY(const auto row, warg::find_log(view, log));
                              return sees(row);
                            });
}

Error Sight::missing(const warg::LogId& log) const {
  if (request_.actor.auth == Auth::none) {
    const auto rights =
        trust::rights_on(*newest_, request_.actor, Resource::everything(), services_.now());
    if (!rights || !rights->has(Right::pull))
      return {Errc::unauthorized, About::request, "log in to see this package, if it is there"};
  }
  return {Errc::not_found, About::package_log, "there is no such package log", log.to_string()};
}

Error Sight::missing(const View& view, const warg::LogId& log, const warg::RecordId& record) const {
  const auto row = warg::find_log(view, log);
  if (!row) return row.error();
  const auto seen = sees(*row);
  if (!seen) return seen.error();
  if (!*seen) return missing(log);
  return {Errc::not_found, About::record, "there is no such record", record.to_string()};
}

}  // namespace varve::surface
