// Namespaces of Warg's packages: what the operator says in Warg's operator log, signed with the key
// of this registry. I/O threads.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "api/http/message.h"
#include "api/services.h"
#include "core/warg/names.h"

namespace varve::surface {

// Nothing when it is there, or when it could be made: in dev mode everybody may. decide() judges
// what is imported, or not there.
http::net::awaitable<Result<void>> ensure_namespace(Services& services, warg::Namespace name);

// GET /admin/v1/warg/namespaces, and PUT of one: {} defines it, {"registry":…} says where it is.
http::net::awaitable<http::Response> list_warg_namespaces(Services& services,
                                                          http::Request& request);
http::net::awaitable<http::Response> put_warg_namespace(Services& services, http::Request& request);

}  // namespace varve::surface
