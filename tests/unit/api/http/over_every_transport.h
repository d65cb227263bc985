// Tests of what holds over every transport run once over each. One thread.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "memory_server.h"

namespace varve::http::test {

// A connection, and more of its kind on demand.
class OverEveryTransport : public testing::TestWithParam<Transport> {
 protected:
  MemoryServer fresh(Hooks hooks = {}, MemoryBudget& memory = process_memory()) const {
    return MemoryServer(surfaces(), std::move(hooks), memory, GetParam());
  }
  MemoryServer server = fresh();
};
inline std::string name_of(const testing::TestParamInfo<Transport>& info) {
  return info.param == Transport::plain ? "Plain" : "Tls";
}
#define VARVE_OVER_EVERY_TRANSPORT(suite)     \
  class suite : public OverEveryTransport {}; \
  INSTANTIATE_TEST_SUITE_P(Over, suite, testing::Values(Transport::plain, Transport::tls), name_of)

}  // namespace varve::http::test
