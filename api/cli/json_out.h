// JSON that people and scripts read (nothing of it is signed, so its members stand in the order
// that reads best). Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace varve::cli {

// A string literal; bytes that are not UTF-8 (a file name) are made visible instead.
std::string quoted(std::string_view text);

class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) {
    return raw(name, quoted(value));
  }
  JsonObject& number(std::string_view name, std::uint64_t value) {
    return raw(name, std::to_string(value));
  }
  JsonObject& boolean(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
  }
  // `value` is JSON already.
  JsonObject& raw(std::string_view name, std::string_view value);
  std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

class JsonArray {
 public:
  JsonArray& raw(std::string_view value);
  std::string str() const { return "[" + items_ + "]"; }

 private:
  std::string items_;
};

}  // namespace varve::cli
