// The list of surfaces, and the two questions asked before any handler runs: who is this, and may
// this route run now? Any thread.
#pragma once

#include <span>

#include "api/http/route.h"
#include "api/services.h"

namespace varve::surface {

// A new dialect is one more line in all.cpp.
std::span<const http::Surface> all_surfaces();

// Who asks. Dev mode lets everybody be "anonymous" with the right to change things; otherwise an
// anonymous caller is nobody.
Actor authenticate(const Services& services, const http::Request& request);

// An early no, before a body is read: decide() judges again at the command's place in the log.
// Errors: unsupported (read-only server), unauthorized or denied (the actor), unavailable (the
// ledger stopped, low on disk).
Result<void> gate(const Services& services, const http::Request& request, const http::Route& route);

}  // namespace varve::surface
