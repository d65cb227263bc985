// The list of surfaces and the gate. Any thread.
#include "api/surface/all.h"

#include <array>

#include "api/auth/challenge.h"
#include "api/http/forwarded.h"
#include "api/surface/access.h"
#include "api/surface/acr.h"
#include "api/surface/admin.h"
#include "api/surface/common.h"
#include "api/surface/loopback.h"
#include "api/surface/oci.h"
#include "api/surface/ops.h"
#include "api/surface/pulp.h"
#include "api/surface/pulp_repos.h"
#include "api/surface/swr.h"
#include "api/surface/tlog.h"
#include "api/surface/token.h"
#include "api/surface/warg.h"
#include "core/trust/query.h"

namespace varve::surface {

namespace {

std::vector<http::Surface> surfaces_with(http::Dialect swr) {
  std::vector<http::Surface> surfaces = {
      oci_surface(),        acr_surface(),          tlog_surface(),        ops_surface(),
      token_surface(),      admin_surface(),        warg_surface(),        warg_content_surface(),
      wasm_pkg_surface(),   swr_surface(swr),       dockyard_surface(swr), swr_versions_surface(),
      pulp_repos_surface(), harbor_token_surface(),
  };
  for (const http::Surface& surface : pulp_surfaces()) surfaces.push_back(surface);
  return surfaces;
}

}  // namespace

std::span<const http::Surface> all_surfaces(SwrErrorShape swr) {
  static const auto surfaces = surfaces_with(http::Dialect::swr);
  static const auto as_documented = surfaces_with(http::Dialect::swr_documented);
  return swr == SwrErrorShape::documented ? as_documented : surfaces;
}

namespace {
bool is_token_service(std::string_view path) {
  return path.starts_with("/oauth2/") || path == kHarborTokenPath;
}
}  // namespace

Actor as_served(const Services& services, Actor actor) {
  if (!services.config.dev) return actor;
  actor.auth = Auth::dev;
  actor.limit.reset();
  return actor;
}

namespace {

// Whoever shows something. A certificate counts where nothing else is shown: a client that has one
// shows it with everything.
http::net::awaitable<Result<Actor>> identify(auth::Authenticator& auth, auth::Presented presented,
                                             http::Request& request) {
  if (std::holds_alternative<auth::Nothing>(presented)) {
    auto pending =
        auth.identify_certificate(std::string(*request.client_name), std::string(request.peer));
    co_return co_await std::move(pending);
  }
  if (auto* signature = std::get_if<auth::SdkSignature>(&presented)) {
    auto pending = auth.identify_signed(std::move(*signature), request);
    co_return co_await std::move(pending);
  }
  const bool buys_tokens = is_token_service(request.path);
  auto pending = auth.identify(std::move(presented), std::string(request.peer), buys_tokens);
  co_return co_await std::move(pending);
}

}  // namespace

http::net::awaitable<Result<void>> authenticate(Services& services, http::Request& request) {
  // A proxy's own certificate is not that of whom it speaks for.
  if (services.config.trusted_proxies.contains(request.peer)) request.client_name.reset();
  http::see_through(request, services.config.trusted_proxies);
  request.actor = as_served(services, Actor());
  if (services.auth == nullptr) co_return Result<void>();
  auto presented = auth::parse_authorization(request.headers);
  if (!presented) co_return std::unexpected(pulp_refusal(request, std::move(presented).error()));
  if (std::holds_alternative<auth::Nothing>(*presented) && !request.client_name)
    co_return Result<void>();
  auto pending = identify(*services.auth, *std::move(presented), request);
  auto actor = co_await std::move(pending);
  if (!actor) co_return std::unexpected(pulp_refusal(request, std::move(actor).error()));
  request.actor = as_served(services, *std::move(actor));
  co_return Result<void>();
}

namespace {

constexpr std::string_view kAskForPassword = R"(Basic realm="varve")";

// Says why a token did not do, so that clients get another one rather than give up.
std::string_view token_error(const http::Request& request) {
  const auto presented = auth::parse_authorization(request.headers);
  if (!presented || !std::holds_alternative<auth::Token>(*presented)) return {};
  return request.actor.auth == Auth::bearer ? "insufficient_scope" : "invalid_token";
}

// What is listed depends on who asks, and clients show their login, or get a token for nobody, only
// when they are challenged: oras and the Azure SDKs would otherwise see what is public and no more.
Result<void> may_list(const Services& services, const Actor& actor) {
  if (services.auth != nullptr && actor.auth == Auth::none)
    return fail(Errc::unauthorized, About::request, "listing needs a token, which may be nobody's");
  if (auth::may_list(actor)) return {};
  return fail(Errc::unauthorized, About::request, "the token was not made for listing");
}

// Needs that the table of routes declares, and what reads have besides: whoever may not pull from a
// repository does not learn what is in it.
Result<void> may_run(const Services& services, const http::Request& request,
                     const http::Route& route) {
  if (route.effect != http::Effect::none && route.caller == http::Caller::known)
    if (auto known = may_mutate(request.actor); !known)
      return std::unexpected(pulp_refusal(request, std::move(known).error()));
  if (request.actor.auth == Auth::dev) return {};
  if (route.pattern.ends_with("/_catalog")) VARVE_CHECK(may_list(services, request.actor));
  const auto need = need_of(route, request);
  if (!need) return {};
  const bool open_read = request.actor.auth == Auth::none && need->right == Right::pull;
  const Reader reader = services.reader();
  OpenRepositories& open = services.state->open_repositories;
  if (open_read && open.known(reader.head().size, need->repo.text())) return {};
  VARVE_CHECK(trust::check(*reader.view(), request.actor, need->right, need->repo, services.now()));
  if (open_read) open.remember(reader.head().size, need->repo.text());
  return {};
}

}  // namespace

// The token service itself takes a name and a password, and so may everything.
std::string challenge(const Services& services, const http::Route* route,
                      const http::Request& request) {
  if (speaks_pulp(request.path)) return std::string(kPulpChallenge);
  if (services.auth == nullptr || services.config.challenge == ChallengeKind::basic ||
      is_token_service(request.path))
    return std::string(kAskForPassword);
  auth::Challenge wanted;
  wanted.realm = server_url(services, request) + "/oauth2/token";
  wanted.service = services.auth->options().service;
  if (route != nullptr) wanted.scope = scope_of(*route, request);
  wanted.error = token_error(request);
  return auth::render(wanted);
}

Result<void> gate(const Services& services, const http::Request& request,
                  const http::Route& route) {
  if (route.effect == http::Effect::none) return may_run(services, request, route);
  if (services.ledger == nullptr)
    return fail(Errc::unsupported, About::storage, "this server is read-only");
  if (services.config.dev && sent_by_a_stranger(request))
    return fail(
        Errc::denied, About::request,
        "a server in dev mode is changed by programs of its own machine, at 127.0.0.1, [::1] or "
        "localhost, and by no web page");
  VARVE_CHECK(may_run(services, request, route));
  if (const std::string reason = services.ledger->fatal(); !reason.empty())
    return fail(Errc::unavailable, About::storage, "the ledger stopped: " + reason);
  if (services.low_on_disk())
    return fail(Errc::unavailable, About::storage, "the disk is nearly full; try again later");
  return {};
}

}  // namespace varve::surface
