// The canonical JSON writer and the strict JSON reader.
#include "core/base/json.h"

#include <algorithm>
#include <charconv>

#include "core/base/bytes.h"

namespace varve::json {
namespace {

constexpr std::uint64_t kIntegerMax = (std::uint64_t{1} << 53) - 1;
constexpr std::string_view kHexDigits = "0123456789abcdef";

// RFC 8785 §3.2.2.2: the two-letter escapes where JSON has one, \u00xx for the other controls, and
// everything else as it is.
void append_control(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

bool must_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

bool has_duplicates(std::vector<std::string_view>& names) {
  // Most objects have a handful of members: comparing pairs beats sorting them.
  constexpr std::size_t kPairsMax = 12;
  if (names.size() <= kPairsMax) {
    for (std::size_t i = 1; i < names.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (names[i] == names[k]) return true;
    return false;
  }
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

// What simdjson lets through and we do not, looked for in one walk over the parsed document.
class Inspector {
 public:
  Inspector(About about, std::size_t depth_max) : about_(about), depth_max_(depth_max) {}

  Result<void> inspect(simdjson::dom::element element, std::size_t depth) {
    switch (element.type()) {
      case simdjson::dom::element_type::OBJECT:
        return inspect_object(element, depth + 1);
      case simdjson::dom::element_type::ARRAY:
        return inspect_array(element, depth + 1);
      default:
        return {};
    }
  }

 private:
  Result<void> inspect_object(simdjson::dom::element element, std::size_t depth) {
    VARVE_CHECK(check_depth(depth));
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return unreadable();
    std::vector<std::string_view> names;
    for (const auto field : object) {
      VARVE_CHECK(inspect(field.value, depth));
      names.push_back(field.key);
    }
    if (has_duplicates(names))
      return fail(Errc::invalid, about_, "a JSON object names the same member twice");
    return {};
  }

  Result<void> inspect_array(simdjson::dom::element element, std::size_t depth) {
    VARVE_CHECK(check_depth(depth));
    simdjson::dom::array array;
    if (element.get(array) != simdjson::SUCCESS) return unreadable();
    for (const auto item : array) VARVE_CHECK(inspect(item, depth));
    return {};
  }

  Result<void> check_depth(std::size_t depth) const {
    if (depth > depth_max_)
      return fail(Errc::invalid, about_,
                  "JSON nested deeper than " + std::to_string(depth_max_) + " levels");
    return {};
  }

  std::unexpected<Error> unreadable() const {
    return fail(Errc::internal, about_, "a parsed JSON document cannot be read");
  }

  About about_;
  std::size_t depth_max_;
};

std::string explain(simdjson::error_code error, std::size_t depth_max) {
  if (error == simdjson::DEPTH_ERROR)
    return "JSON nested deeper than " + std::to_string(depth_max) + " levels";
  return std::string("not JSON: ") + simdjson::error_message(error);
}

}  // namespace

void Writer::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  if (!levels_.back().empty) out_ += ',';
  levels_.back().empty = false;
}

Writer& Writer::begin_object() {
  separate();
  if (levels_.capacity() == 0) levels_.reserve(8);
  levels_.push_back({});
  out_ += '{';
  return *this;
}

Writer& Writer::end_object() {
  VARVE_ASSERT(!levels_.empty() && !after_key_);
  levels_.pop_back();
  out_ += '}';
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  levels_.push_back({});
  out_ += '[';
  return *this;
}

Writer& Writer::end_array() {
  VARVE_ASSERT(!levels_.empty() && !after_key_);
  levels_.pop_back();
  out_ += ']';
  return *this;
}

Writer& Writer::key(std::string_view name) {
  VARVE_ASSERT(!levels_.empty() && !after_key_);
  Level& level = levels_.back();
  VARVE_ASSERT(level.empty || level.last_key < name);
  separate();
  append_quoted(out_, name);
  out_ += ':';
  level.last_key = name;
  after_key_ = true;
  return *this;
}

Writer& Writer::string(std::string_view value) {
  separate();
  append_quoted(out_, value);
  return *this;
}

Writer& Writer::number(std::uint64_t value) {
  VARVE_ASSERT(value <= kIntegerMax);
  separate();
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out_.append(digits, end);
  return *this;
}

Writer& Writer::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  return *this;
}

Writer& Writer::null() {
  separate();
  out_ += "null";
  return *this;
}

void append_quoted(std::string& out, std::string_view text) {
  VARVE_ASSERT(is_valid_utf8(text));
  out += '"';
  std::size_t start = 0;  // of the run that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!must_escape(text[i])) continue;
    out.append(text.substr(start, i - start));
    append_control(out, text[i]);
    start = i + 1;
  }
  out.append(text.substr(start));
  out += '"';
}

Result<simdjson::dom::element> parse_strict(simdjson::dom::parser& parser, std::string_view text,
                                            About about, std::size_t depth_max) {
  if (text.empty()) return fail(Errc::invalid, about, "there is no JSON where some is expected");
  // simdjson counts the document itself as a level. Growing only, so that a parser that is kept
  // does not allocate for every document.
  if (parser.max_depth() != depth_max + 1 || parser.capacity() < text.size()) {
    const std::size_t capacity = std::max({parser.capacity(), text.size(), std::size_t{4'096}});
    if (parser.allocate(capacity, depth_max + 1) != simdjson::SUCCESS)
      return fail(Errc::unavailable, about, "no memory to parse JSON");
  }
  simdjson::dom::element root;
  const auto error = parser.parse(text.data(), text.size()).get(root);
  if (error == simdjson::MEMALLOC) return fail(Errc::unavailable, about, "no memory to parse JSON");
  if (error != simdjson::SUCCESS) return fail(Errc::invalid, about, explain(error, depth_max));
  VARVE_CHECK(Inspector(about, depth_max).inspect(root, 0));
  return root;
}

}  // namespace varve::json
