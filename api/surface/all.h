// The list of surfaces, and the two questions asked before any handler runs: who is this, and may
// this route run now? Any thread.
#pragma once

#include <span>
#include <string>

#include "api/http/route.h"
#include "api/services.h"

namespace varve::surface {

// A new dialect is one more line in all.cpp. What SWR's says of errors is to be configured.
std::span<const http::Surface> all_surfaces(SwrErrorShape swr = SwrErrorShape::object);

// Who asks: fills in request.actor from its credentials, and the client's address from what trusted
// proxies say. Dev mode lets everybody be "anonymous"
// with the right to change things, but what is presented must be right there too; a read-only
// server has nothing to check credentials with, so everybody is nobody. Errors: unauthorized,
// throttled.
http::net::awaitable<Result<void>> authenticate(Services& services, http::Request& request);

// The actor as this server treats it: in dev mode everybody may do everything.
Actor as_served(const Services& services, Actor actor);

// The WWW-Authenticate of a 401 to this request. `route` is null when none matched.
std::string challenge(const Services& services, const http::Route* route,
                      const http::Request& request);

// An early no, before a body is read: decide() judges again at the command's place in the log. For
// reads it is the only one: with the rights of the plain name, in the newest state. Errors:
// unsupported (read-only server), unauthorized or denied (the actor), unavailable (the ledger
// stopped, low on disk).
Result<void> gate(const Services& services, const http::Request& request, const http::Route& route);

}  // namespace varve::surface
