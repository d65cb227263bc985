// Reading what Pulp's clients send. One thread at a time.
#include "api/surface/pulp_json.h"

#include <utility>

namespace varve::surface {
namespace {

using simdjson::dom::element;

constexpr std::size_t kShortBytes = 64 << 10;
constexpr std::size_t kNameShownMax = 64;

std::optional<std::string> text_of(const element& value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> text_or_number_of(const element& value) {
  std::uint64_t number = 0;
  if (value.is_uint64() && value.get(number) == simdjson::SUCCESS) return std::to_string(number);
  return text_of(value);
}

std::optional<std::string> first_text_of(const element& value) {
  if (!value.is_array()) return text_of(value);
  element first;
  if (value.at(0).get(first) != simdjson::SUCCESS) return std::nullopt;
  return text_of(first);
}

std::optional<element> member(const simdjson::dom::object& object, std::string_view name) {
  element value;
  if (object.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

template <class Read>
Result<std::optional<std::string>> one(const simdjson::dom::object& object, std::string_view name,
                                       Read read, std::string_view kind) {
  const auto value = member(object, name);
  if (!value) return std::nullopt;
  auto text = read(*value);
  if (!text) return bad_parameter(name, kind);
  return text;
}

template <class Read>
Result<std::optional<std::vector<std::string>>> several(const simdjson::dom::object& object,
                                                        std::string_view name, Read read,
                                                        std::string_view kind) {
  const auto value = member(object, name);
  if (!value) return std::nullopt;
  simdjson::dom::array items;
  if (value->get(items) != simdjson::SUCCESS) return bad_parameter(name, kind);
  std::vector<std::string> texts;
  for (const element item : items) {
    auto text = read(item);
    if (!text) return bad_parameter(name, kind);
    texts.push_back(*std::move(text));
  }
  return texts;
}

std::unexpected<Error> not_json(const Error& error) {
  return fail(error.code, About::body, "the body is no JSON that can be taken", error.what);
}

}  // namespace

std::unexpected<Error> missing_parameter(std::string_view name) {
  return fail(Errc::invalid, About::body, "missing parameter", std::string(name));
}

std::unexpected<Error> bad_parameter(std::string_view name, std::string_view why) {
  return fail(Errc::invalid, About::body,
              "parameter " + std::string(name.substr(0, kNameShownMax)) + ": " + std::string(why));
}

Result<PulpDocument> PulpDocument::parse(std::string_view text) {
  PulpDocument document;
  document.parser_ = std::make_shared<simdjson::dom::parser>();
  const auto root = json::parse_strict(*document.parser_, text, About::body);
  if (!root) return not_json(root.error());
  if (root->get(document.object_) != simdjson::SUCCESS)
    return fail(Errc::invalid, About::body, "the body is a JSON object");
  return document;
}

bool PulpDocument::has(std::string_view name) const {
  return member(object_, name).has_value();
}

Result<std::string> PulpDocument::text(std::string_view name) const {
  VARVE_TRY(auto text, optional_text(name));
  if (!text) return missing_parameter(name);
  return *std::move(text);
}

Result<std::optional<std::string>> PulpDocument::optional_text(std::string_view name) const {
  return one(object_, name, text_of, "this is a string");
}

Result<std::optional<std::string>> PulpDocument::optional_text_or_number(
    std::string_view name) const {
  return one(object_, name, text_or_number_of, "this is a string or a whole number");
}

Result<std::optional<std::uint64_t>> PulpDocument::optional_number(std::string_view name) const {
  const auto value = member(object_, name);
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  if (!value->is_uint64() || value->get(number) != simdjson::SUCCESS)
    return bad_parameter(name, "this is a whole number, not below 0");
  return number;
}

Result<std::optional<bool>> PulpDocument::optional_flag(std::string_view name) const {
  const auto value = member(object_, name);
  if (!value) return std::nullopt;
  bool flag = false;
  if (value->get(flag) != simdjson::SUCCESS) return bad_parameter(name, "this is true or false");
  return flag;
}

Result<std::optional<std::vector<std::string>>> PulpDocument::optional_texts(
    std::string_view name) const {
  return several(object_, name, text_of, "this is an array of strings");
}

Result<std::optional<std::vector<std::string>>> PulpDocument::optional_first_texts(
    std::string_view name) const {
  return several(object_, name, first_text_of,
                 "this is an array of strings, or of arrays that begin with one");
}

Result<std::optional<std::vector<std::string>>> PulpDocument::optional_texts_or_numbers(
    std::string_view name) const {
  return several(object_, name, text_or_number_of, "this is an array of strings");
}

Result<std::optional<PulpDocument>> PulpDocument::optional_object(std::string_view name) const {
  const auto value = member(object_, name);
  if (!value) return std::nullopt;
  PulpDocument inner;
  inner.parser_ = parser_;
  if (value->get(inner.object_) != simdjson::SUCCESS)
    return bad_parameter(name, "this is an object");
  return inner;
}

Result<std::vector<std::string>> parse_texts(std::string_view text) {
  simdjson::dom::parser parser;
  const auto root = json::parse_strict(parser, text, About::body);
  if (!root) return not_json(root.error());
  simdjson::dom::array items;
  const auto wrong = [] {
    return fail(Errc::invalid, About::body, "the body is a JSON array of strings");
  };
  if (root->get(items) != simdjson::SUCCESS) return wrong();
  std::vector<std::string> texts;
  for (const element item : items) {
    auto one_text = text_of(item);
    if (!one_text) return wrong();
    texts.push_back(*std::move(one_text));
  }
  return texts;
}

http::net::awaitable<Result<PulpDocument>> read_pulp_document(http::Pool& pool,
                                                              http::Request& request) {
  const auto bytes = co_await http::read_all(*request.body, kPulpBodyBytesMax);
  if (!bytes) co_return std::unexpected(bytes.error());
  auto work = [&bytes] { return PulpDocument::parse(*bytes); };
  if (bytes->size() <= kShortBytes) co_return work();
  co_return co_await pool.run(work);
}

}  // namespace varve::surface
