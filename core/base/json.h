// JSON both ways: a writer whose output is canonical (RFC 8785), because what it writes is signed,
// and a strict way in, by simdjson. Any thread; objects are not shared.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace varve::json {

// Writes one value. Keys are ASCII, and must come in ascending byte order inside an object, which
// is asserted: canonical form is the only form. Integers only (at most 2^53-1 either way, asserted:
// RFC 8785 numbers are IEEE doubles). Strings must be valid UTF-8 (asserted).
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view value);
  Writer& number(std::uint64_t value);
  Writer& boolean(bool value);
  Writer& null();

 private:
  void separate();
  struct Level {
    bool empty = true;
    std::string_view last_key;  // keys are literals or outlive the writer
  };
  std::string& out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

// `text` as a JSON string literal, quotes included.
void append_quoted(std::string& out, std::string_view text);

// Parses into `parser`'s memory, refusing invalid UTF-8, nesting deeper than `depth_max`, and
// duplicate member names anywhere (two readers could see two different documents).
// Errors: Errc::invalid about `about`.
Result<simdjson::dom::element> parse_strict(simdjson::dom::parser& parser, std::string_view text,
                                            About about, std::size_t depth_max = 64);

}  // namespace varve::json
