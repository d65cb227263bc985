// The clock. Any thread.
#include "api/cli/machine.h"

#include <chrono>

namespace varve::cli {

Timestamp machine_now() {
  using namespace std::chrono;
  return Timestamp{duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace varve::cli
