// Liveness and readiness. I/O threads.
#include "api/surface/ops.h"

#include <string>

#include "api/services.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;
using http::Request;
using http::Response;
using http::net::awaitable;

Response state_answer(unsigned status, std::string sentence) {
  return http::momentary(http::text(status, std::move(sentence) + "\n"));
}

// Alive means: it answers. A full disk is no reason to be restarted.
awaitable<Response> get_health(Services&, Request&) {
  co_return state_answer(200, "ok");
}

// Why mutations would be refused now; empty when they would not. A read-only server is ready when
// it reads.
std::string not_ready(const Services& services) {
  if (services.state->draining) return "draining: the server is shutting down";
  if (services.ledger == nullptr) return {};
  if (std::string reason = services.ledger->fatal(); !reason.empty())
    return "the ledger stopped: " + reason;
  if (services.low_on_disk()) return "the disk is nearly full: changes wait until space is freed";
  return {};
}

awaitable<Response> get_ready(Services& services, Request&) {
  std::string reason = not_ready(services);
  if (reason.empty()) co_return state_answer(200, "ready");
  co_return state_answer(503, std::move(reason));
}

constexpr http::Route kRoutes[] = {
    {Method::get, "/healthz", Effect::none, get_health},
    {Method::get, "/readyz", Effect::none, get_ready},
};

}  // namespace

http::Surface ops_surface() {
  return {"ops", "", http::Dialect::plain, kRoutes};
}

}  // namespace varve::surface
