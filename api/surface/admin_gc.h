// POST /admin/v1/gc: purge now what is due, or say what would go.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::net::awaitable<http::Response> collect_garbage(Services& services, http::Request& request);

}  // namespace varve::surface
