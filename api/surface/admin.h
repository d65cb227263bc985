// Accounts over HTTP: /admin/v1, for `varve user|grant|policy` and for whoever automates them.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::Surface admin_surface();

}  // namespace varve::surface
