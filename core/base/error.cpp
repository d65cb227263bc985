// The one place that ends the process on a broken invariant.
#include "core/base/error.h"

#include <cstdio>

namespace varve {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "varve: broken invariant `%s` at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace varve
