// May this key do that to a package, as far as its verified log says? Asked before anything is
// signed or sent, so that a mistake is the person's own and costs nothing. Any thread.
#pragma once

#include "api/cli/warg_publish.h"

namespace varve::cli {

// Failures: 4 for what is not there, 8 for a key without the right, 9 for what is there already.
Outcome<void> check_wish(const RecordWish& wish, const WargView& view, const warg::KeyId& signer);

// 4 when its absence is proven, else 6.
Failure no_such_package(const WargView& view, const warg::PackageName& name);

}  // namespace varve::cli
