// Reading what a server says of a credential it made. One thread.
#pragma once

#include <string>

#include "tests/unit/api/surface/test_server.h"

namespace varve::test {

// A member that is a string.
inline std::string member(const Answer& answer, const std::string& name) {
  const std::string start = "\"" + name + "\":\"";
  const std::size_t at = answer.body.find(start);
  VARVE_ASSERT(at != answer.body.npos);
  return answer.body.substr(at + start.size(),
                            answer.body.find('"', at + start.size()) - at - start.size());
}

}  // namespace varve::test
