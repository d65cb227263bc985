// The route table of Pulp's surface, with what each route may change. Pure; any thread.
//
// Upstream every path ends in a slash. Here the one without it is the same resource rather than a
// redirect: curl does not send a body again after a 301.
#include "api/surface/pulp.h"

#include <array>
#include <utility>

#include "api/surface/pulp_handlers.h"
#include "core/pulp/pulp.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;
using http::Route;

struct Row {
  Method method;
  std::string_view path;  // below a mount, with its last slash
  Effect effect;
  http::Handler handler;
};

constexpr std::string_view kNevra = "/packages/{name}/{version}/{release}/{epoch}/{arch}/";

// PUT is what Pulp's client creates with, POST what its documentation came to say.
constexpr Row kRows[] = {
    {Method::get, "/packages/", Effect::none, list_packages},
    {Method::post, "/packages/", Effect::event, create_package},
    {Method::put, "/packages/", Effect::event, create_package},
    {Method::del, "/packages/", Effect::event, delete_all_packages},
    {Method::get, "/packages/{package}/", Effect::none, get_package},
    {Method::del, "/packages/{package}/", Effect::event, delete_package},
    {Method::get, "/packages/{package}/history/", Effect::none, get_package_history},
    {Method::get, kNevra, Effect::none, get_package_by_name},
    {Method::get, "/repositories/", Effect::none, list_package_repositories},
    {Method::post, "/repositories/", Effect::event, create_package_repository},
    {Method::get, "/repositories/{repository}/", Effect::none, get_package_repository},
    {Method::del, "/repositories/{repository}/", Effect::event, delete_package_repository},
    {Method::get, "/repositories/{repository}/packages/", Effect::none, list_members},
    {Method::post, "/repositories/{repository}/add_package/", Effect::event, add_members},
    {Method::post, "/repositories/{repository}/delete_package/", Effect::event, remove_members},
    {Method::post, "/services/upload/", Effect::session, start_pulp_upload},
    {Method::put, "/services/upload/append/{upload}/", Effect::session, append_pulp_upload},
    {Method::post, "/services/upload/import/", Effect::event, import_pulp_upload},
    {Method::get, "/services/search/packages/", Effect::none, search_packages_by_name},
    {Method::post, "/services/search/packages/", Effect::none, search_packages},
    {Method::put, "/services/search/packages/", Effect::none, search_packages},
    {Method::post, "/services/search/packages/checksum/", Effect::none, search_checksums},
    {Method::get, "/services/status/", Effect::none, get_pulp_status},
    {Method::get, "/orphaned/packages/", Effect::none, list_orphans},
    {Method::get, "/content/file/{package}/", Effect::none, get_package_file},
    {Method::get, "/content/file/{package}/{filename}/", Effect::none, get_package_file},
    {Method::get, "/events/", Effect::none, list_events},
};

// Where the table stands. Not all of it stands at the root: "/content/" there is Warg's.
using Mounts = std::array<std::string_view, 2>;
constexpr Mounts kBelowPulp = {"/pulp/api", "/pulp/api/v1"};
constexpr std::array<std::string_view, 1> kRoot = {""};

constexpr std::string_view kAll = "/";
constexpr std::string_view kPackages = "/packages/";
constexpr std::string_view kRepositories = "/repositories/";
constexpr std::string_view kServices = "/services/";

// Every pattern whose row is under `under`, at each mount, with the last slash and without.
template <class Mounted, class Visit>
constexpr void each_pattern(const Mounted& mounts, std::string_view under, Visit visit) {
  for (const std::string_view mount : mounts)
    for (const Row& row : kRows) {
      if (!row.path.starts_with(under)) continue;
      visit(row, mount, row.path);
      visit(row, mount, row.path.substr(0, row.path.size() - 1));
    }
}

constexpr std::size_t count_routes(const auto& mounts, std::string_view under) {
  std::size_t count = 0;
  each_pattern(mounts, under, [&](const Row&, std::string_view, std::string_view) { ++count; });
  return count;
}
constexpr std::size_t count_bytes(const auto& mounts, std::string_view under) {
  std::size_t count = 0;
  each_pattern(mounts, under, [&](const Row&, std::string_view mount, std::string_view path) {
    count += mount.size() + path.size();
  });
  return count;
}

// The patterns of one table, made when this is compiled: one text behind the other, and the routes
// that look into it.
template <const auto& kMounts, const auto& kUnder>
struct Table {
  static constexpr auto kText = [] {
    std::array<char, count_bytes(kMounts, kUnder)> text{};
    std::size_t size = 0;
    each_pattern(kMounts, kUnder, [&](const Row&, std::string_view mount, std::string_view path) {
      for (const char c : mount) text[size++] = c;
      for (const char c : path) text[size++] = c;
    });
    return text;
  }();
  static constexpr auto kRoutes = [] {
    std::array<Route, count_routes(kMounts, kUnder)> routes{};
    std::string_view rest(kText.data(), kText.size());
    std::size_t size = 0;
    each_pattern(kMounts, kUnder,
                 [&](const Row& row, std::string_view mount, std::string_view path) {
                   routes[size++] = {row.method, rest.substr(0, mount.size() + path.size()),
                                     row.effect, row.handler};
                   rest.remove_prefix(mount.size() + path.size());
                 });
    return routes;
  }();
};

http::Surface at(std::string_view prefix, std::span<const Route> routes) {
  return {pulp::kSurface, prefix, http::Dialect::pulp, routes};
}

constexpr std::string_view kPrefixes[] = {"/packages", "/repositories", "/services", "/pulp"};

}  // namespace

std::vector<http::Surface> pulp_surfaces() {
  return {at("/pulp/api", Table<kBelowPulp, kAll>::kRoutes),
          at("/packages", Table<kRoot, kPackages>::kRoutes),
          at("/repositories", Table<kRoot, kRepositories>::kRoutes),
          at("/services", Table<kRoot, kServices>::kRoutes)};
}

bool speaks_pulp(std::string_view path) {
  for (const std::string_view prefix : kPrefixes) {
    if (!path.starts_with(prefix)) continue;
    if (path.size() == prefix.size() || path[prefix.size()] == '/') return true;
  }
  return false;
}

Error pulp_refusal(const http::Request& request, Error error) {
  if (error.code != Errc::unauthorized || !speaks_pulp(request.path)) return error;
  if (!request.header("authorization").empty())
    error.what = "Invalid username or password";
  else
    error.what = request.client_name ? "Invalid SSL Certificate" : "Authentication Required";
  error.detail.clear();
  return error;
}

}  // namespace varve::surface
