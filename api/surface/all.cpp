// The list of surfaces and the gate. Any thread.
#include "api/surface/all.h"

#include "api/surface/loopback.h"
#include "api/surface/oci.h"
#include "api/surface/ops.h"
#include "api/surface/tlog.h"

namespace varve::surface {

std::span<const http::Surface> all_surfaces() {
  static const http::Surface surfaces[] = {
      oci_surface(),
      tlog_surface(),
      ops_surface(),
  };
  return surfaces;
}

Actor authenticate(const Services& services, const http::Request&) {
  Actor actor;
  actor.auth = services.config.dev ? Auth::dev : Auth::none;
  return actor;
}

Result<void> gate(const Services& services, const http::Request& request,
                  const http::Route& route) {
  if (route.effect == http::Effect::none) return {};
  if (services.ledger == nullptr)
    return fail(Errc::unsupported, About::request, "this server is read-only");
  if (services.config.dev && sent_by_a_stranger(request))
    return fail(
        Errc::denied, About::request,
        "a server in dev mode is changed by programs of its own machine, at 127.0.0.1, [::1] or "
        "localhost, and by no web page");
  VARVE_CHECK(may_mutate(request.actor));
  if (const std::string reason = services.ledger->fatal(); !reason.empty())
    return fail(Errc::unavailable, About::storage, "the ledger stopped: " + reason);
  if (services.low_on_disk())
    return fail(Errc::unavailable, About::storage, "the disk is nearly full; try again later");
  return {};
}

}  // namespace varve::surface
