// Listing tags, page by page. I/O threads; long pages are read on the pool.
#include <algorithm>
#include <utility>

#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/limits.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kInlineTagsMax = 200;

// How many tags a page may hold; nothing asked means as many as we ever send.
Result<std::size_t> page_size(const Request& request) {
  const auto text = request.query.get("n");
  if (!text) return limits::kTagsPageMax;
  const auto n = parse_decimal(*text);
  if (!n)
    return fail(Errc::invalid, About::request, "n is a number in decimal",
                std::string(text->substr(0, 64)));
  return static_cast<std::size_t>(std::min<std::uint64_t>(*n, limits::kTagsPageMax));
}

awaitable<Result<oci::TagPage>> read_page(Services& services, const ReadScope& scope,
                                          std::string_view last, std::size_t limit) {
  const std::size_t rows_max = services.scan_rows_max;
  auto work = [&] { return oci::list_tags(*scope.state.view, scope.repo, last, limit, rows_max); };
  // A page of the past may pass over many rows before it finds its first.
  if (scope.state.present && limit <= kInlineTagsMax) co_return work();
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

// The next page names the state of this one, so that all pages together are one snapshot whatever
// is pushed meanwhile. A name that carries its moment says it already. Every part is URL-safe by
// its grammar. rel="next" is the only Link varve ever sends: clients follow any Link without
// reading rel.
std::string next_link(const ReadScope& scope, std::size_t limit, const std::string& last) {
  std::string link =
      "</v2/" + scope.asked + "/tags/list?n=" + std::to_string(limit) + "&last=" + last;
  if (!scope.moment_in_path) link += "&as_of=" + std::to_string(scope.state.size.value);
  return link + ">; rel=\"next\"";
}

}  // namespace

awaitable<Response> list_tags(Services& services, Request& request) {
  auto scope = read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const TreeSize size = scope->state.size;
  const auto limit = page_size(request);
  if (!limit) co_return oci_problem(limit.error(), size);
  const std::string_view last = request.query.get("last").value_or(std::string_view{});
  const auto page = co_await read_page(services, *scope, last, *limit);
  if (!page) co_return oci_problem(page.error(), size);
  Response response = http::json(200, render(scope->asked, page->tags));
  response.add(kTreeSize, std::to_string(size.value));
  if (page->more && *limit > 0) response.add("Link", next_link(*scope, *limit, page->last));
  co_return response;
}

}  // namespace varve::surface
