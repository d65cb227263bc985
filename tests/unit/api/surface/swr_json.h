// Looking into the answers of SWR's surface. One thread.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {

// What stands at the pointer, as text whatever it is; "absent", or "not JSON".
inline std::string at(std::string_view body, const std::string& pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(std::string(body)).get(document) != simdjson::SUCCESS) return "not JSON";
  simdjson::dom::element found;
  if (document.at_pointer(pointer).get(found) != simdjson::SUCCESS) return "absent";
  std::string_view text;
  if (found.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(found);
}

// One member of every element of an array.
inline std::vector<std::string> each(std::string_view body, const std::string& member) {
  std::vector<std::string> all;
  for (std::size_t i = 0;; ++i) {
    const std::string pointer = "/" + std::to_string(i);
    if (at(body, pointer) == "absent" || at(body, pointer) == "not JSON") return all;
    all.push_back(at(body, pointer + "/" + member));
  }
}

// "4040058" of an error in SWR's shape.
inline std::string swr_code(const Answer& answer) {
  const std::string code = at(answer.body, "/errors/0/errorCode");
  constexpr std::string_view kPrefix = "SVCSTG.SWR.";
  return code.starts_with(kPrefix) ? code.substr(kPrefix.size()) : "no code: " + answer.body;
}

inline Answer send(TestServer& server, http::Method method, std::string target,
                   std::string body = {}, const std::string& authorization = {}) {
  Call call{method, std::move(target), {}, std::move(body)};
  if (!authorization.empty()) call.headers.emplace_back("Authorization", authorization);
  return server.call(std::move(call));
}

}  // namespace varve::test
