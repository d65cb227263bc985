// The OCI distribution surface: everything under /v2. Built once; any thread reads it.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::Surface oci_surface();

}  // namespace varve::surface
