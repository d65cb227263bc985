// Routes and what they need. Pure; any thread.
#include "api/surface/access.h"

#include <algorithm>

#include "api/auth/authenticator.h"
#include "api/surface/swr_common.h"

namespace varve::surface {
namespace {

using http::Method;

constexpr std::string_view kName = "{name...}";

// Which of the captured segments is the name.
std::optional<std::size_t> name_parameter(std::string_view pattern) {
  const std::size_t at = pattern.find(kName);
  if (at == pattern.npos) return std::nullopt;
  return static_cast<std::size_t>(std::ranges::count(pattern.substr(0, at), '{'));
}

bool is_azures(const http::Route& route) {
  return route.pattern.starts_with("/acr/");
}

// Taking a lock off is for whoever may delete what it holds: so Azure's PATCH needs that.
Right right_of(const http::Route& route, Method method) {
  if (method == Method::get || method == Method::head) return Right::pull;
  if (is_azures(route)) return Right::del;
  const bool upload = route.pattern.find("/blobs/uploads") != route.pattern.npos;
  return method == Method::del && !upload ? Right::del : Right::push;
}

// Azure's own words on its own routes: its clients ask for what they are told.
std::string_view actions_for(const http::Route& route, Method method, Right right) {
  if (is_azures(route) && method != Method::del)
    return right == Right::pull ? "metadata_read" : "metadata_write";
  // Clients that push read as well, and ask for one token.
  return right == Right::push ? "pull,push" : right == Right::del ? "delete" : "pull";
}

// A mount reads from the repository it names, too.
std::string mount_scope(const http::Request& request) {
  const auto from = request.query.get("from");
  if (request.method != Method::post || !from || !request.query.get("mount")) return {};
  const auto repo = auth::repository_in(*from);
  return repo ? " repository:" + repo->text() + ":pull" : "";
}

// One's own is everybody's to see.
bool shows_an_account(const http::Route& route) {
  return route.method == Method::get && (route.pattern == "/admin/v1/grants" ||
                                         route.pattern == "/admin/v1/principals/{principal}");
}

}  // namespace

namespace {

constexpr std::string_view kSwrRepo = "/namespaces/{namespace}/repos/{repository...}";

// SWR's routes name a repository in two parts, as it writes them.
std::optional<Need> need_of_swr(const http::Route& route, const http::Request& request) {
  auto repo = swr_repo(request);
  if (!repo) return std::nullopt;
  // Who shares a repository with whom is judged by what that takes: more than a right.
  const bool shares = route.pattern.ends_with("/access");
  const Right right = shares ? Right::pull : right_of(route, request.method);
  return Need{right, *std::move(repo)};
}

}  // namespace

std::optional<Need> need_of(const http::Route& route, const http::Request& request) {
  if (route.pattern.find(kSwrRepo) != route.pattern.npos) return need_of_swr(route, request);
  const auto index = name_parameter(route.pattern);
  if (!index || *index >= request.params.size()) return std::nullopt;
  auto repo = auth::repository_in(request.params[*index]);
  if (!repo) return std::nullopt;
  return Need{right_of(route, request.method), *std::move(repo)};
}

// Of all that is about the registry, nothing else comes without a right and without listing.
bool may_see_own_account(const Actor& actor) {
  return !actor.limit || std::ranges::any_of(*actor.limit, [](const Scope& scope) {
    return scope.resource.is_everything() && scope.rights.empty() && !scope.list;
  });
}

std::string scope_of(const http::Route& route, const http::Request& request) {
  if (const auto need = need_of(route, request))
    return "repository:" + need->repo.text() + ":" +
           std::string(actions_for(route, request.method, need->right)) + mount_scope(request);
  if (route.pattern.ends_with("/_catalog")) return "registry:catalog:*";
  if (shows_an_account(route)) return "registry:account:* registry:admin:*";
  if (route.pattern.starts_with("/admin/")) return "registry:admin:*";
  if (route.pattern.starts_with("/log/")) return "registry:log:*";
  return {};
}

}  // namespace varve::surface
