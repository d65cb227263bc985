// The route tables of Warg's surface, with what each route may change.
//
// What a publisher sends needs no credentials: a record is signed, and content is wanted by digest.
// Browsers may ask everything (CORS), as they may ask the reference.
#include "api/surface/warg.h"

#include <array>

#include "api/surface/warg_handlers.h"
#include "core/warg/warg.h"

namespace varve::surface {
namespace {

using http::Caller;
using http::Effect;
using http::Method;
using http::Request;
using http::Response;
using http::Route;
using http::net::awaitable;

// Some registries answer for others; this one says that it does not, in the reference's words.
awaitable<Response> for_another_registry() {
  co_return http::text(501, "`Warg-Registry` header is not supported");
}
template <http::Handler handler>
awaitable<Response> own(Services& services, Request& request) {
  if (!request.header("warg-registry").empty()) return for_another_registry();
  return handler(services, request);
}

awaitable<Response> allow_origin(Services&, Request&) {
  Response response;
  response.add("Access-Control-Allow-Headers", "content-type, accept")
      .add("Access-Control-Allow-Methods", "GET, POST")
      .add("Vary", "origin, access-control-request-method, access-control-request-headers");
  co_return response;
}

constexpr std::string_view kRecord = "/v1/package/{log}/record/{record}";
constexpr std::string_view kUpload = "/v1/package/{log}/record/{record}/content/{digest}";

constexpr Route kRoutes[] = {
    {Method::get, "/v1/fetch/checkpoint", Effect::none, own<get_warg_checkpoint>},
    {Method::post, "/v1/fetch/logs", Effect::none, own<fetch_warg_logs>},
    {Method::post, "/v1/fetch/names", Effect::none, own<fetch_warg_names>},
    {Method::post, "/v1/package/{log}/record", Effect::event, own<publish_warg_record>,
     Caller::anyone},
    {Method::get, kRecord, Effect::none, own<get_warg_record>},
    {Method::post, kUpload, Effect::event, own<receive_warg_content>, Caller::anyone},
    {Method::put, kUpload, Effect::event, own<receive_warg_content>, Caller::anyone},
    {Method::get, "/v1/content/{digest}", Effect::none, own<get_warg_content_sources>},
    {Method::post, "/v1/proof/consistency", Effect::none, own<prove_warg_consistency>},
    {Method::post, "/v1/proof/inclusion", Effect::none, own<prove_warg_inclusion>},
    {Method::post, "/v1/proof/record", Effect::none, own<prove_warg_record>},
    {Method::post, "/v1/proof/absence", Effect::none, own<prove_warg_absence>},
    {Method::get, "/v1/ledger", Effect::none, own<get_warg_ledger>},
    {Method::get, "/v1/ledger/records/{start}", Effect::none, own<get_warg_ledger_rows>},
    {Method::post, "/v1/verify/checkpoint", Effect::none, own<verify_warg_checkpoint>},
};

// And what a browser asks before it asks: one row for each path.
constexpr bool is_first_of_its_path(std::size_t i) {
  for (std::size_t j = 0; j < i; ++j)
    if (kRoutes[j].pattern == kRoutes[i].pattern) return false;
  return true;
}
constexpr std::size_t count_paths() {
  std::size_t count = 0;
  for (std::size_t i = 0; i < std::size(kRoutes); ++i) count += is_first_of_its_path(i) ? 1 : 0;
  return count;
}
constexpr auto with_preflight() {
  std::array<Route, std::size(kRoutes) + count_paths()> all{};
  std::size_t size = 0;
  for (const Route& route : kRoutes) all[size++] = route;
  for (std::size_t i = 0; i < std::size(kRoutes); ++i)
    if (is_first_of_its_path(i))
      all[size++] = {Method::options, kRoutes[i].pattern, Effect::none, allow_origin};
  return all;
}
constexpr auto kAllRoutes = with_preflight();

constexpr Route kContentRoutes[] = {
    {Method::get, "/content/{file}", Effect::none, get_warg_content},
};

constexpr Route kDiscoveryRoutes[] = {
    {Method::get, "/.well-known/wasm-pkg/registry.json", Effect::none, get_wasm_pkg_registry},
};

}  // namespace

http::Surface warg_surface() {
  return {warg::kSurface, "/v1", http::Dialect::warg, kAllRoutes};
}
http::Surface warg_content_surface() {
  return {warg::kSurface, "/content", http::Dialect::warg, kContentRoutes};
}
http::Surface wasm_pkg_surface() {
  return {warg::kSurface, "/.well-known/wasm-pkg", http::Dialect::warg, kDiscoveryRoutes};
}

}  // namespace varve::surface
