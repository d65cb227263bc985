// Pulp's clients without HTTP: what they send, and how their answers are read. One thread.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "tests/unit/api/surface/test_server.h"

namespace varve::test {

// The body of a create as Pulp's own script has it, in parts that a test may change: JSON values by
// their names. An empty value leaves the parameter out.
using Parameters = std::map<std::string, std::string>;

inline std::string to_json(const Parameters& parameters) {
  std::string out = "{";
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
  }
  return out + "}";
}
inline std::string json_text(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}
inline Parameters package_parameters(std::string_view name, std::string_view content = "rpm") {
  return {{"name", json_text(name)},
          {"version", "\"5.2.15\""},
          {"release", "\"2.el9\""},
          {"epoch", "\"0\""},
          {"arch", "\"x86_64\""},
          {"description", json_text("The " + std::string(name) + " package")},
          {"checksum_type", "\"sha256\""},
          {"checksum", json_text(Digest::of(content).hex())},
          {"filename", json_text(std::string(name) + "-5.2.15-2.el9.x86_64.rpm")}};
}

// The value at a pointer, as JSON; "absent" when there is none.
inline std::string value_at(const Answer& answer, std::string_view pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::element value;
  if (parser.parse(answer.body).get(root) != simdjson::SUCCESS) return "no JSON: " + answer.body;
  if (root.at_pointer(pointer).get(value) != simdjson::SUCCESS) return "absent";
  return simdjson::minify(value);
}
inline std::string text_at(const Answer& answer, std::string_view pointer) {
  const std::string value = value_at(answer, pointer);
  if (value.size() < 2 || value.front() != '"') return value;
  return value.substr(1, value.size() - 2);
}
inline std::size_t count_in(const Answer& answer) {
  simdjson::dom::parser parser;
  simdjson::dom::array items;
  if (parser.parse(answer.body).get(items) != simdjson::SUCCESS) {
    ADD_FAILURE() << "no array: " << answer.body;
    return 0;
  }
  return items.size();
}
// What Pulp says when it refuses: one JSON string.
inline std::string sentence_of(const Answer& answer) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view text;
  if (parser.parse(answer.body).get(root) != simdjson::SUCCESS ||
      root.get(text) != simdjson::SUCCESS)
    return "no JSON string: " + answer.body;
  return std::string(text);
}

// One caller; without `login` nobody.
class PulpClient {
 public:
  explicit PulpClient(TestServer& server, std::string login = {})
      : server_(server), login_(std::move(login)) {}

  Answer call(http::Method method, std::string target, std::string body = {}) {
    Call wish{method, std::move(target), {}, std::move(body)};
    // What curl -d says about everything it sends.
    if (!wish.body.empty())
      wish.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    if (!login_.empty()) wish.headers.emplace_back("Authorization", login_);
    for (const auto& [name, value] : more_headers) wish.headers.emplace_back(name, value);
    return server_.call(std::move(wish));
  }
  Answer get(std::string target) { return call(http::Method::get, std::move(target)); }
  Answer del(std::string target) { return call(http::Method::del, std::move(target)); }
  Answer post(std::string target, std::string body) {
    return call(http::Method::post, std::move(target), std::move(body));
  }
  Answer create(const Parameters& parameters) {
    return call(http::Method::put, "/pulp/api/packages/", to_json(parameters));
  }
  // Its id.
  std::string created(std::string_view name, std::string_view content = "rpm") {
    const Answer answer = create(package_parameters(name, content));
    EXPECT_EQ(answer.status, 201U) << answer.body;
    return text_at(answer, "/id");
  }

  std::vector<std::pair<std::string, std::string>> more_headers;

 private:
  TestServer& server_;
  std::string login_;
};

}  // namespace varve::test
