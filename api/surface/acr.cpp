// The route table of /acr/v1. Sources: ACR's documents of 2019-07-15 and 2021-07-01; the parameter
// api-version is taken and ignored, as every parameter that says nothing here.
#include "api/surface/acr.h"

#include "api/surface/acr_handlers.h"
#include "api/surface/oci_handlers.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;

constexpr http::Route kRoutes[] = {
    {Method::get, "/acr/v1/_catalog", Effect::none, list_repos},

    {Method::get, "/acr/v1/{name...}", Effect::none, get_acr_repository},
    {Method::patch, "/acr/v1/{name...}", Effect::event, update_acr_repository},
    {Method::del, "/acr/v1/{name...}", Effect::event, delete_acr_repository},

    {Method::get, "/acr/v1/{name...}/_tags", Effect::none, list_acr_tags},
    {Method::get, "/acr/v1/{name...}/_tags/{tag}", Effect::none, get_acr_tag},
    {Method::patch, "/acr/v1/{name...}/_tags/{tag}", Effect::event, update_acr_tag},
    {Method::del, "/acr/v1/{name...}/_tags/{tag}", Effect::event, delete_acr_tag},

    {Method::get, "/acr/v1/{name...}/_manifests", Effect::none, list_acr_manifests},
    {Method::get, "/acr/v1/{name...}/_manifests/{digest}", Effect::none, get_acr_manifest},
    {Method::patch, "/acr/v1/{name...}/_manifests/{digest}", Effect::event, update_acr_manifest},
};

}  // namespace

http::Surface acr_surface() {
  return {kAcrSurface, "/acr", http::Dialect::acr, kRoutes};
}

}  // namespace varve::surface
