// The bodies of Pulp's requests: JSON, whatever their Content-Type says, since curl says something
// else unless it is told. One thread at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/http/pool.h"
#include "core/base/json.h"

namespace varve::surface {

inline constexpr std::size_t kPulpBodyBytesMax = 4 << 20;

// An object. What it has beside what is asked for is ignored, as Pulp does, and null is as good as
// nothing. Errors: invalid/About::body, with the name of the parameter that is missing or of
// another type.
class PulpDocument {
 public:
  static Result<PulpDocument> parse(std::string_view text);

  bool has(std::string_view name) const;
  Result<std::string> text(std::string_view name) const;
  Result<std::optional<std::string>> optional_text(std::string_view name) const;
  // A string, or a number that becomes one: epochs are written both ways.
  Result<std::optional<std::string>> optional_text_or_number(std::string_view name) const;
  Result<std::optional<std::uint64_t>> optional_number(std::string_view name) const;
  Result<std::optional<bool>> optional_flag(std::string_view name) const;
  Result<std::optional<std::vector<std::string>>> optional_texts(std::string_view name) const;
  // Strings, or arrays whose first member is one: how dependencies are written.
  Result<std::optional<std::vector<std::string>>> optional_first_texts(std::string_view name) const;
  // Strings and numbers that become strings.
  Result<std::optional<std::vector<std::string>>> optional_texts_or_numbers(
      std::string_view name) const;
  Result<std::optional<PulpDocument>> optional_object(std::string_view name) const;

 private:
  std::shared_ptr<simdjson::dom::parser> parser_;  // owns what object_ points into
  simdjson::dom::object object_;
};

std::unexpected<Error> missing_parameter(std::string_view name);
std::unexpected<Error> bad_parameter(std::string_view name, std::string_view why);

// A body that is an array of strings.
Result<std::vector<std::string>> parse_texts(std::string_view text);

// The whole body of a request. A long one is parsed on the pool.
http::net::awaitable<Result<PulpDocument>> read_pulp_document(http::Pool& pool,
                                                              http::Request& request);

}  // namespace varve::surface
