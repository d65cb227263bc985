// What an operator's supervisor asks: /healthz and /readyz. Built once; any thread reads it.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

// Its prefix is empty: paths that are nobody's get its plain errors, so it stands last in the list.
http::Surface ops_surface();

}  // namespace varve::surface
