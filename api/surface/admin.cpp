// The table of /admin/v1.
#include "api/surface/admin.h"

#include "api/surface/admin_gc.h"
#include "api/surface/admin_handlers.h"
#include "api/surface/warg_namespaces.h"

namespace varve::surface::admin {
namespace {

using http::Effect;
using http::Method;

constexpr http::Route kRoutes[] = {
    {Method::get, "/admin/v1/principals", Effect::none, get_principals},
    {Method::get, "/admin/v1/principals/{principal}", Effect::none, get_principal},
    {Method::put, "/admin/v1/principals/{principal}", Effect::event, put_principal},
    {Method::post, "/admin/v1/principals/{principal}/disable", Effect::event, disable},
    {Method::post, "/admin/v1/principals/{principal}/enable", Effect::event, enable},
    {Method::post, "/admin/v1/principals/{principal}/credentials", Effect::event, post_credential},
    {Method::del, "/admin/v1/principals/{principal}/credentials/{credential}", Effect::event,
     delete_credential},
    {Method::get, "/admin/v1/principals/{principal}/keys", Effect::none, get_keys},
    {Method::post, "/admin/v1/principals/{principal}/keys", Effect::event, post_key},
    {Method::del, "/admin/v1/principals/{principal}/keys/{key}", Effect::event, delete_key},
    {Method::get, "/admin/v1/grants", Effect::none, get_grants},
    {Method::put, "/admin/v1/grants", Effect::event, put_grant},
    {Method::del, "/admin/v1/grants", Effect::event, delete_grant},
    {Method::post, "/admin/v1/gc", Effect::event, collect_garbage},
    {Method::get, "/admin/v1/policies", Effect::none, get_policies},
    {Method::put, "/admin/v1/policies", Effect::event, put_policy},
    {Method::del, "/admin/v1/policies", Effect::event, delete_policy},
    {Method::get, "/admin/v1/warg/namespaces", Effect::none, list_warg_namespaces},
    {Method::put, "/admin/v1/warg/namespaces/{namespace}", Effect::event, put_warg_namespace},
};

}  // namespace
}  // namespace varve::surface::admin

namespace varve::surface {

http::Surface admin_surface() {
  return {"admin", "/admin/v1", http::Dialect::plain, admin::kRoutes};
}

}  // namespace varve::surface
