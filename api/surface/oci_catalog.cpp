// Which repositories there are, and which endpoints beyond the specification. I/O threads; listings
// are read on the pool. Source: distribution-spec, "extensions".
#include <utility>

#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/content/locks.h"
#include "core/content/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

std::string render(const std::vector<std::string>& repos) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("repositories").begin_array();
  for (const std::string& repo : repos) writer.string(repo);
  writer.end_array().end_object();
  return out;
}

awaitable<Result<State>> asked_state(const Services& services, const Request& request) {
  const auto moment = one_moment(Present{}, request.query.get("as_of"));
  if (!moment) co_return std::unexpected(moment.error());
  co_return co_await state_of(services.pool, services.reader(), *moment);
}

Result<std::string> place_asked(const Services& services, const Request& request,
                                const State& state) {
  if (const auto next = request.query.get("next"))
    return services.state->continuations.open(*next, state.size);
  return std::string(request.query.get("last").value_or(std::string_view{}));
}

// Rights are those of now, whatever moment is asked for.
Result<oci::RepoPage> read_page(const Services& services, const Request& request,
                                const State& state, std::size_t limit) {
  const auto now = services.reader().view();
  const auto may = [&](const RepoName& repo) -> Result<bool> {
    VARVE_TRY(const bool allowed, may_find(services, request, *now, repo));
    if (!allowed) return false;
    VARVE_TRY(const auto locks, content::locks_of(*now, repo));
    return locks.own.list;
  };
  VARVE_TRY(const std::string last, place_asked(services, request, state));
  return oci::list_repos(*state.view, last, limit, services.scan_rows_max, may);
}

// A page that ended with its last name goes on behind that; one that ended at a bounded number of
// rows may stand at a name that is none of the caller's business.
std::string next_page(const Services& services, const std::string& path, const oci::RepoPage& page,
                      const State& state, std::size_t limit) {
  const bool shown = !page.repos.empty() && page.last == page.repos.back();
  return "<" + path + "?n=" + std::to_string(limit) +
         (shown ? "&last=" + http::percent_encode(page.last)
                : "&next=" + services.state->continuations.seal(page.last, state.size)) +
         "&as_of=" + std::to_string(state.size.value) + ">; rel=\"next\"";
}

// `_oci`'s own endpoints, and ours. Compare: distribution-spec, extensions/_oci.md.
constexpr std::string_view kExtensions =
    R"({"extensions":[)"
    R"({"name":"_catalog","url":"","description":"every repository, page by page",)"
    R"("endpoints":["_catalog"]},)"
    R"({"name":"_oci","url":"","description":"discovery of extensions; where a tag pointed",)"
    R"("endpoints":["_oci/ext/discover","_oci/tag-history"]},)"
    R"({"name":"_varve","url":"","description":"set a tag back to what it was",)"
    R"("endpoints":["_varve/tags"]}]})";

}  // namespace

awaitable<Response> list_repos(Services& services, Request& request) {
  const TreeSize committed = services.reader().head().size;
  const auto state = co_await asked_state(services, request);
  if (!state) co_return oci_problem(state.error(), committed);
  const auto limit = page_size(request, limits::kReposPageMax);
  if (!limit) co_return oci_problem(limit.error(), state->size);
  auto work = [&] { return read_page(services, request, *state, *limit); };
  const auto page = co_await services.pool.run(work);
  if (!page) co_return oci_problem(page.error(), state->size);
  Response response = http::json(200, render(page->repos));
  response.add(kTreeSize, std::to_string(state->size.value));
  if (page->more && *limit > 0)
    response.add("Link", next_page(services, request.path, *page, *state, *limit));
  co_return response;
}

awaitable<Response> discover_extensions(Services&, Request&) {
  co_return http::json(200, std::string(kExtensions));
}

// The same for every repository there is; one that is not has no endpoints.
awaitable<Response> discover_extensions_of(Services& services, Request& request) {
  const auto scope = co_await read_scope(services, request);
  if (!scope) co_return scope.error();
  const auto there = content::need_repo(scope->repo, *scope->state.view);
  if (!there) co_return oci_problem(there.error(), scope->state.size);
  co_return http::json(200, std::string(kExtensions));
}

}  // namespace varve::surface
