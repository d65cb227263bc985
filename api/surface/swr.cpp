// The route tables of SWR's surface. Sources: its API reference; what its SDKs and Harbor's adapter
// send. A repository's name may hold slashes, which clients send as they are, as %2F or as $.
#include "api/surface/swr.h"

#include "api/surface/swr_common.h"
#include "api/surface/swr_handlers.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;

constexpr http::Route kRoutes[] = {
    {Method::get, "/v2/manage/repos", Effect::none, list_swr_repos},

    {Method::get, "/v2/manage/namespaces", Effect::none, list_swr_namespaces},
    {Method::post, "/v2/manage/namespaces", Effect::event, create_swr_namespace},
    {Method::get, "/v2/manage/namespaces/{namespace}", Effect::none, get_swr_namespace},
    {Method::del, "/v2/manage/namespaces/{namespace}", Effect::event, delete_swr_namespace},

    {Method::get, "/v2/manage/namespaces/{namespace}/access", Effect::none, get_swr_access},
    {Method::post, "/v2/manage/namespaces/{namespace}/access", Effect::event, add_swr_access},
    {Method::patch, "/v2/manage/namespaces/{namespace}/access", Effect::event, change_swr_access},
    {Method::del, "/v2/manage/namespaces/{namespace}/access", Effect::event, remove_swr_access},

    {Method::post, "/v2/manage/namespaces/{namespace}/repos", Effect::event, create_swr_repo},
    {Method::get, "/v2/manage/namespaces/{namespace}/repos/{repository...}", Effect::none,
     get_swr_repo},
    {Method::patch, "/v2/manage/namespaces/{namespace}/repos/{repository...}", Effect::event,
     update_swr_repo},
    {Method::del, "/v2/manage/namespaces/{namespace}/repos/{repository...}", Effect::event,
     delete_swr_repo},

    {Method::get, "/v2/manage/namespaces/{namespace}/repos/{repository...}/tags", Effect::none,
     list_swr_tags},
    {Method::post, "/v2/manage/namespaces/{namespace}/repos/{repository...}/tags", Effect::event,
     set_swr_tag},
    {Method::get, "/v2/manage/namespaces/{namespace}/repos/{repository...}/tags/{tag}",
     Effect::none, get_swr_tag},
    {Method::del, "/v2/manage/namespaces/{namespace}/repos/{repository...}/tags/{tag}",
     Effect::event, delete_swr_tag},

    {Method::get, "/v2/manage/namespaces/{namespace}/repos/{repository...}/access", Effect::none,
     get_swr_access},
    {Method::post, "/v2/manage/namespaces/{namespace}/repos/{repository...}/access", Effect::event,
     add_swr_access},
    {Method::patch, "/v2/manage/namespaces/{namespace}/repos/{repository...}/access", Effect::event,
     change_swr_access},
    {Method::del, "/v2/manage/namespaces/{namespace}/repos/{repository...}/access", Effect::event,
     remove_swr_access},

    // Documents in answer to a POST: nothing changes.
    {Method::post, "/v2/manage/utils/secret", Effect::none, show_docker_login},
    {Method::post, "/v2/manage/utils/authorizationtoken", Effect::none, make_docker_login},
};

// What Harbor's adapter calls. Source: its sources.
constexpr http::Route kDockyard[] = {
    {Method::get, "/dockyard/v2/repositories", Effect::none, list_swr_repos},
    {Method::get, "/dockyard/v2/visible/namespaces", Effect::none, list_swr_namespaces},
    {Method::get, "/dockyard/v2/namespaces", Effect::none, list_swr_namespaces},
    {Method::post, "/dockyard/v2/namespaces", Effect::event, create_swr_namespace},
    {Method::get, "/dockyard/v2/namespaces/{namespace}", Effect::none, get_swr_namespace},
};

constexpr http::Route kVersions[] = {{Method::get, "/", Effect::none, swr_versions}};

}  // namespace

http::Surface swr_surface(http::Dialect dialect) {
  return {kSwrSurface, "/v2/manage", dialect, kRoutes};
}

http::Surface dockyard_surface(http::Dialect dialect) {
  return {kSwrSurface, "/dockyard/v2", dialect, kDockyard};
}

// Under the prefix of operations (ops.cpp): what is nobody's is answered in plain text.
http::Surface swr_versions_surface() {
  return {kSwrSurface, "", http::Dialect::plain, kVersions};
}

}  // namespace varve::surface
