// Listing tags, page by page. I/O threads; long pages are read on the pool.
#include <utility>

#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/oci/locks.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kInlineTagsMax = 200;

awaitable<Result<oci::TagPage>> read_page(Services& services, const ReadScope& scope,
                                          std::string_view last, std::size_t limit) {
  const std::size_t rows_max = services.scan_rows_max;
  const Newest newest(services, scope);
  const auto listed = oci::Listed::in(newest.view(), scope.repo);
  if (!listed) co_return std::unexpected(listed.error());
  auto work = [&] {
    return oci::list_tags(*scope.state.view, scope.repo, last, limit, rows_max, &*listed);
  };
  // A page of the past, or one that leaves tags out, may pass over many rows before it finds its
  // first.
  if (scope.state.present && listed->everything() && limit <= kInlineTagsMax) co_return work();
  co_return co_await services.pool.run(work);
}

std::string render(std::string_view name, const std::vector<std::string>& tags) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("name").string(name).key("tags").begin_array();
  for (const std::string& tag : tags) writer.string(tag);
  writer.end_array().end_object();
  return out;
}

}  // namespace

awaitable<Response> list_tags(Services& services, Request& request) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const TreeSize size = scope->state.size;
  const auto limit = page_size(request, limits::kTagsPageMax);
  if (!limit) co_return oci_problem(limit.error(), size);
  const std::string_view last = request.query.get("last").value_or(std::string_view{});
  const auto page = co_await read_page(services, *scope, last, *limit);
  if (!page) co_return oci_problem(page.error(), size);
  Response response = http::json(200, render(scope->asked, page->tags));
  response.add(kTreeSize, std::to_string(size.value));
  // The next page names the state of this one, so that all pages together are one snapshot whatever
  // is pushed meanwhile.
  if (page->more && *limit > 0)
    response.add("Link", next_link(*scope, "/v2/" + scope->asked + "/tags/list?n=" +
                                               std::to_string(*limit) + "&last=" + page->last));
  co_return response;
}

}  // namespace varve::surface
