// The log's read surface: everything under /log. Built once; any thread reads it.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::Surface tlog_surface();

}  // namespace varve::surface
