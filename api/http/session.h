// One connection from its first byte to its last: reads requests, runs handlers, writes answers. A
// session belongs to one I/O thread.
//
// The body of serve() is in session_impl.h, the only code that knows asynchronous Beast;
// session.cpp instantiates it for TCP, tests instantiate it for streams in memory.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "api/http/loop.h"
#include "api/http/pool.h"
#include "api/http/route.h"

namespace varve::http {

struct Hooks {
  // Fills in who asks, before the gate; may be empty. A coroutine, because a password takes long to
  // check. Errors: what was presented is wrong, and no handler runs.
  std::function<net::awaitable<Result<void>>(Request&)> authenticate;
  // Runs after routing and before the handler: dev mode, read-only, low disk. May be empty.
  std::function<Result<void>(const Route&, const Request&)> gate;
  // The WWW-Authenticate of a 401 to this request; the route is null when none matched. May be
  // empty: then a 401 asks for Basic.
  std::function<std::string(const Route*, const Request&)> challenge;
  // The scope of a token that would do, for the body of a 401. May be empty, as what it returns.
  std::function<std::string(const Route&, const Request&)> scope;
};

// What all sessions of a server share; outlives them.
struct Environment {
  Router router;
  Services& services;
  Pool& pool;
  Hooks hooks;
};

// Runs until the connection ends. `loop` belongs to the executor the stream runs on. `peer` is for
// the access log.
template <class Stream>
net::awaitable<void> serve(Stream stream, const Environment& environment, Loop& loop,
                           std::string peer);

}  // namespace varve::http
