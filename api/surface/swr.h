// Huawei SWR's REST API, as its clients speak it: /v2/manage, Harbor's aliases under /dockyard/v2,
// and the version document at /.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

// `dialect`: Dialect::swr or Dialect::swr_documented.
http::Surface swr_surface(http::Dialect dialect);
http::Surface dockyard_surface(http::Dialect dialect);
http::Surface swr_versions_surface();

}  // namespace varve::surface
