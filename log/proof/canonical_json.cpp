// Writes the value again in the one allowed way and compares. Any thread.
#include "log/proof/canonical_json.h"

#include <simdjson.h>

#include <cstdint>
#include <string>

#include "core/base/json.h"

namespace varve {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::int64_t kIntegerMax = (std::int64_t{1} << 53) - 1;

std::unexpected<Error> not_canonical(std::string why) {
  return fail(Errc::invalid, About::entry, std::move(why));
}

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

// parse_strict() bounds the depth, and with it this recursion.
Result<void> append_canonical(std::string& out, const element& value);

Result<void> append_object(std::string& out, const simdjson::dom::object& members) {
  std::string_view previous;
  out += '{';
  for (const auto& [name, value] : members) {
    if (!is_ascii(name)) return not_canonical("a member name of the entry is not ASCII");
    if (out.back() != '{') {
      if (name <= previous) return not_canonical("the entry's members are not in order");
      out += ',';
    }
    previous = name;
    json::append_quoted(out, name);
    out += ':';
    VARVE_CHECK(append_canonical(out, value));
  }
  out += '}';
  return {};
}

Result<void> append_array(std::string& out, const simdjson::dom::array& values) {
  out += '[';
  for (const element& value : values) {
    if (out.back() != '[') out += ',';
    VARVE_CHECK(append_canonical(out, value));
  }
  out += ']';
  return {};
}

Result<void> append_integer(std::string& out, std::int64_t value) {
  if (value > kIntegerMax || value < -kIntegerMax)
    return not_canonical("a number of the entry is beyond 2^53-1");
  out += std::to_string(value);
  return {};
}

Result<void> append_canonical(std::string& out, const element& value) {
  switch (value.type()) {
    case element_type::OBJECT:
      return append_object(out, value.get_object().value_unsafe());
    case element_type::ARRAY:
      return append_array(out, value.get_array().value_unsafe());
    case element_type::STRING:
      json::append_quoted(out, value.get_string().value_unsafe());
      return {};
    case element_type::INT64:
      return append_integer(out, value.get_int64().value_unsafe());
    case element_type::BOOL:
      out += value.get_bool().value_unsafe() ? "true" : "false";
      return {};
    case element_type::NULL_VALUE:
      out += "null";
      return {};
    case element_type::UINT64:
    case element_type::DOUBLE:
      break;
  }
  return not_canonical("a number of the entry is not an integer below 2^53");
}

}  // namespace

Result<void> check_canonical_json(std::string_view text) {
  simdjson::dom::parser parser;
  VARVE_TRY(const element value, json::parse_strict(parser, text, About::entry));
  std::string canonical;
  canonical.reserve(text.size());
  VARVE_CHECK(append_canonical(canonical, value));
  if (canonical != text) return not_canonical("the entry is not written as RFC 8785 says");
  return {};
}

}  // namespace varve
