// The route table of /v2, with what each route may change. Source: OCI distribution-spec 1.1.1,
// "Endpoints". Both /v2 and /v2/, and both …/blobs/uploads and …/blobs/uploads/, are routes of
// their own: a redirect would lose the body of a POST.
#include "api/surface/oci.h"

#include "api/auth/presented.h"
#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "api/surface/swr_handlers.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;

// Clients learn here how to log in, and whether a login is right: without credentials the answer is
// a challenge, even where everybody may pull.
http::net::awaitable<http::Response> ping(Services& services, http::Request& request) {
  const bool closed = services.auth != nullptr && !services.config.dev;
  if (closed && request.header("authorization").empty())
    co_return oci_problem(
        Error(Errc::unauthorized, About::request, "log in, or ask for an anonymous token"));
  co_return http::json(200, "{}");
}

// A signature, Huawei's header, or an access key's docker login.
bool shows_what_swr_takes(const http::Request& request) {
  if (!request.header("x-auth-token").empty()) return true;
  const auto presented = auth::parse_authorization(request.headers);
  if (!presented) return false;
  const auto* login = std::get_if<auth::Password>(&*presented);
  return std::holds_alternative<auth::SdkSignature>(*presented) ||
         (login != nullptr && auth::access_key_in(login->user));
}

// One path, two APIs: whoever shows a credential that only SWR's clients have asks for its version.
// Docker, which may show one of those too, asks at /v2/.
http::net::awaitable<http::Response> ping_or_version(Services& services, http::Request& request) {
  auto answer =
      shows_what_swr_takes(request) ? swr_version(services, request) : ping(services, request);
  co_return co_await std::move(answer);
}

constexpr http::Route kRoutes[] = {
    {Method::get, "/v2", Effect::none, ping_or_version},
    {Method::get, "/v2/", Effect::none, ping},

    {Method::get, "/v2/_catalog", Effect::none, list_repos},
    {Method::get, "/v2/_oci/ext/discover", Effect::none, discover_extensions},
    {Method::get, "/v2/{name...}/_oci/ext/discover", Effect::none, discover_extensions_of},

    {Method::get, "/v2/{name...}/blobs/{digest}", Effect::none, get_blob},
    {Method::del, "/v2/{name...}/blobs/{digest}", Effect::event, delete_blob},

    {Method::post, "/v2/{name...}/blobs/uploads", Effect::event, start_upload},
    {Method::post, "/v2/{name...}/blobs/uploads/", Effect::event, start_upload},
    {Method::get, "/v2/{name...}/blobs/uploads/{upload}", Effect::none, upload_status},
    {Method::patch, "/v2/{name...}/blobs/uploads/{upload}", Effect::session, append_upload},
    {Method::put, "/v2/{name...}/blobs/uploads/{upload}", Effect::event, finish_upload},
    {Method::del, "/v2/{name...}/blobs/uploads/{upload}", Effect::session, cancel_upload},

    {Method::get, "/v2/{name...}/manifests/{reference}", Effect::none, get_manifest},
    {Method::put, "/v2/{name...}/manifests/{reference}", Effect::event, put_manifest},
    {Method::del, "/v2/{name...}/manifests/{reference}", Effect::event, delete_manifest},

    {Method::get, "/v2/{name...}/tags/list", Effect::none, list_tags},
    {Method::get, "/v2/{name...}/_oci/tag-history/{tag}", Effect::none, get_tag_history},
    {Method::post, "/v2/{name...}/_varve/tags/{tag}", Effect::event, restore_tag},

    {Method::get, "/v2/{name...}/referrers/{digest}", Effect::none, list_referrers},
};

}  // namespace

http::Surface oci_surface() {
  return {kOciSurface, "/v2", http::Dialect::oci, kRoutes};
}

}  // namespace varve::surface
