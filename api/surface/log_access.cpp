// The rule of who may read which entry. I/O threads, and the pool.
#include "api/surface/log_access.h"

#include "api/surface/common.h"
#include "api/surface/pulp_common.h"
#include "core/codec.h"
#include "core/trust/query.h"
#include "core/warg/query.h"
#include "log/proof/note.h"

namespace varve::surface {
namespace {

struct RepositoryFinder {
  std::optional<RepoName> found;
  void operator()(std::string_view, const RepoName& value) { found = value; }
  void operator()(std::string_view, const warg::PackageName& value) {
    found = warg::repository_of(value.text());
  }
  void operator()(std::string_view, const pulp::PackageId& value) {
    found = pulp::resource_of(value);
  }
  void operator()(std::string_view, const pulp::RepositoryId& value) {
    found = pulp::resource_of(value);
  }
  template <class T>
  void operator()(std::string_view, const T&) {}
};

}  // namespace

Result<void> may_read_log(const Services& services, const View& view,
                          const http::Request& request) {
  return trust::check(view, request.actor, Right::read_log, services.now());
}

Result<bool> sees(const Services& services, const View& view, const http::Request& request,
                  PulpSight& sight, const RepoName& about) {
  if (const auto package = pulp::package_named(about)) return sight.sees(view, *package);
  return may_pull(services, request, view, about);
}

Result<void> may_read_entry(const Services& services, const View& view,
                            const http::Request& request, const std::optional<RepoName>& about) {
  auto whole = may_read_log(services, view, request);
  if (whole || !about) return whole;
  PulpSight sight(services, request);
  VARVE_TRY(const bool part, sees(services, view, request, sight, *about));
  return part ? Result<void>() : whole;
}

std::optional<RepoName> what_event_is_about(const Event& event) {
  RepositoryFinder finder;
  std::visit([&](const auto& it) { it.fields(it, finder); }, event);
  return finder.found;
}

std::optional<RepoName> what_entry_is_about(std::string_view entry) {
  const auto text = note_text(entry);
  if (!text) return std::nullopt;
  const auto decoded = decode_entry_text(*text);
  if (!decoded) return std::nullopt;
  return what_event_is_about(decoded->event);
}

}  // namespace varve::surface
