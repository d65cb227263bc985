// JSON for the outside. Any thread.
#include "api/cli/json_out.h"

#include "api/cli/console.h"
#include "core/base/bytes.h"
#include "core/base/json.h"

namespace varve::cli {

std::string quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, is_valid_utf8(text) ? std::string(text) : clean(text));
  return out;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ',';
  members_ += quoted(name) + ":";
  members_ += value;
  return *this;
}

JsonArray& JsonArray::raw(std::string_view value) {
  if (!items_.empty()) items_ += ',';
  items_ += value;
  return *this;
}

}  // namespace varve::cli
