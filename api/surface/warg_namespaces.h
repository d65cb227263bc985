// Namespaces of Warg's packages: what the operator says in Warg's operator log, signed with the key
// of this registry. I/O threads.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "api/http/message.h"
#include "api/services.h"
#include "core/warg/names.h"

namespace varve::surface {

// Errors: not_found or conflict, about the namespace. In dev mode one that is not there is no error:
// it will be.
Result<void> may_publish_in(const Services& services, const warg::Namespace& name);
// In dev mode, defines one that is not there; for a record whose signature is good.
http::net::awaitable<Result<void>> ensure_namespace(Services& services, warg::Namespace name);

// GET /admin/v1/warg/namespaces, and PUT of one: {} defines it, {"registry":…} says where it is.
http::net::awaitable<http::Response> list_warg_namespaces(Services& services,
                                                          http::Request& request);
http::net::awaitable<http::Response> put_warg_namespace(Services& services, http::Request& request);

}  // namespace varve::surface
