// Looking at repositories, tags and manifests. I/O threads; what is answered is read on the pool.
#include <algorithm>
#include <utility>

#include "api/http/problem.h"
#include "api/surface/acr_handlers.h"
#include "api/surface/acr_json.h"
#include "api/surface/oci_common.h"
#include "core/base/limits.h"
#include "core/content/query.h"
#include "core/oci/listing.h"
#include "core/oci/locks.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

Response acr_problem(const Error& error, TreeSize size) {
  Response response = http::problem(error, http::Dialect::acr);
  response.add(kTreeSize, std::to_string(size.value));
  return response;
}

AcrContext context_of(const Services& services, const Request& request, const ReadScope& scope) {
  return {services, scope.state, scope.repo, registry_of(services, request)};
}

// What read(context) makes.
template <class Read>
awaitable<Response> document(Services& services, const Request& request, const ReadScope& scope,
                             Read read) {
  const TreeSize size = scope.state.size;
  const AcrContext context = context_of(services, request, scope);
  auto made = co_await read(context);
  if (!made) co_return acr_problem(made.error(), size);
  Response response = http::json(200, std::move(made->text));
  add_provenance(response, made->index, size);
  co_return response;
}

// ---- listings ----

struct Asked {
  oci::ListWish wish;
  std::string order;  // as a link says it
  std::string last;
};

bool same_word(std::string_view text, std::string_view word) {
  return http::equal_ignoring_case(text, word);
}

Result<Asked> parse_listing(const Services& services, const Request& request) {
  Asked asked;
  asked.wish.rows_max = services.scan_rows_max;
  asked.wish.limit = limits::kAcrPageDefault;
  if (request.query.get("n")) {
    VARVE_TRY(asked.wish.limit, page_size(request, limits::kAcrPageMax));
  }
  asked.last = request.query.get("last").value_or(std::string_view());
  const std::string_view order = request.query.get("orderby").value_or(std::string_view());
  if (order.empty() || same_word(order, "none")) return asked;
  asked.order = same_word(order, "timeasc") ? "timeasc" : "timedesc";
  if (!same_word(order, asked.order))
    return fail(Errc::invalid, About::request, "orderby is none, timeasc or timedesc",
                std::string(order.substr(0, 64)));
  asked.wish.order = asked.order == "timeasc" ? oci::Order::oldest_first : oci::Order::newest_first;
  return asked;
}

struct Page {
  std::string body;
  std::string next;  // `last` of the next page; empty: there is none
};

std::string next_target(const ReadScope& scope, std::string_view what, const Asked& asked,
                        const std::string& last) {
  std::string target = "/acr/v1/" + scope.asked + "/" + std::string(what) +
                       "?last=" + http::percent_encode(last) +
                       "&n=" + std::to_string(asked.wish.limit);
  if (!asked.order.empty()) target += "&orderby=" + asked.order;
  return target;
}

// Lists by read(context, asked) on the pool; the next page goes on in the same state.
template <class Read>
awaitable<Response> listing(Services& services, const Request& request, std::string_view what,
                            Read read) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const TreeSize size = scope->state.size;
  const auto there = content::need_repo(scope->repo, *scope->state.view);
  if (!there) co_return acr_problem(there.error(), size);
  const auto asked = parse_listing(services, request);
  if (!asked) co_return acr_problem(asked.error(), size);
  const AcrContext context = context_of(services, request, *scope);
  auto work = [&] { return read(context, *asked); };
  auto page = co_await services.pool.run(work);
  if (!page) co_return acr_problem(page.error(), size);
  Response response = http::json(200, std::move(page->body));
  response.add(kTreeSize, std::to_string(size.value));
  if (!page->next.empty() && asked->wish.limit > 0) {
    std::string target = next_target(*scope, what, *asked, page->next);
    if (const auto digest = request.query.get("digest"))
      target += "&digest=" + http::percent_encode(*digest);
    response.add("Link", next_link(*scope, std::move(target)));
  }
  co_return response;
}

// What every listing needs beside the asked state: what the newest one hides, and what was there.
struct Ground {
  std::unique_ptr<const View> newest;
  oci::Listed listed;
  std::unique_ptr<const History> history;
  oci::ListWish wish;
};
Result<Ground> ground_of(const AcrContext& context, const Asked& asked) {
  auto newest = context.services.reader().view();
  VARVE_TRY(auto listed, oci::Listed::in(*newest, context.repo));
  VARVE_TRY(auto history, context.state.reader.history(context.state.size));
  oci::ListWish wish = asked.wish;
  wish.history = history.get();
  return Ground{std::move(newest), std::move(listed), std::move(history), wish};
}

Result<Page> read_tags(const AcrContext& context, const Asked& asked,
                       const std::optional<Digest>& of) {
  VARVE_TRY(const auto ground, ground_of(context, asked));
  VARVE_TRY(const auto found, oci::list_tags(*context.state.view, context.repo, of, asked.last,
                                             ground.wish, ground.listed));
  VARVE_TRY(auto body, acr_tags(context, found.tags));
  return Page{std::move(body), found.more ? found.last : ""};
}

// A page ends when so many bytes of bodies are to be read for it; the first always is.
void cut_to_what_is_read(oci::ListedManifests& page) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const oci::ListedManifest& manifest : page.manifests) {
    bytes += manifest.row.size;
    if (count > 0 && bytes > limits::kReferrersBodyBytesMax) break;
    ++count;
  }
  if (count == page.manifests.size()) return;
  page.manifests.erase(page.manifests.begin() + static_cast<std::ptrdiff_t>(count),
                       page.manifests.end());
  page.more = true;
  page.last = page.manifests.back().digest;
}

Result<Page> read_manifests(const AcrContext& context, const Asked& asked) {
  VARVE_TRY(const auto ground, ground_of(context, asked));
  std::optional<Digest> last;
  if (!asked.last.empty()) {
    VARVE_TRY(last, Digest::parse(asked.last));
  }
  VARVE_TRY(auto found, oci::list_manifests(*context.state.view, context.repo, last, ground.wish,
                                            ground.listed));
  cut_to_what_is_read(found);
  VARVE_TRY(auto body, acr_manifests(context, ground.listed, found.manifests));
  return Page{std::move(body), found.more && found.last ? found.last->to_string() : ""};
}

Result<std::optional<Digest>> wanted_digest(const Request& request) {
  const auto text = request.query.get("digest");
  if (!text || text->empty()) return std::nullopt;
  VARVE_TRY(const Digest digest, Digest::parse(*text));
  return digest;
}

}  // namespace

awaitable<Response> get_acr_repository(Services& services, Request& request) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  co_return co_await document(services, request, *scope, acr_repository);
}

awaitable<Response> list_acr_tags(Services& services, Request& request) {
  auto read = [&request](const AcrContext& context, const Asked& asked) -> Result<Page> {
    VARVE_TRY(const auto of, wanted_digest(request));
    return read_tags(context, asked, of);
  };
  co_return co_await listing(services, request, "_tags", read);
}

awaitable<Response> list_acr_manifests(Services& services, Request& request) {
  auto read = [](const AcrContext& context, const Asked& asked) {
    return read_manifests(context, asked);
  };
  co_return co_await listing(services, request, "_manifests", read);
}

awaitable<Response> get_acr_tag(Services& services, Request& request) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const auto tag = oci::Tag::parse(request.params[1]);
  auto read = [&](const AcrContext& context) -> Result<AcrDocument> {
    if (tag) return acr_tag(context, *tag);
    return fail(Errc::not_found, About::tag, "that cannot be a tag",
                std::string(request.params[1].substr(0, limits::kTagBytesMax)));
  };
  co_return co_await document(services, request, *scope, on_pool(read));
}

awaitable<Response> get_acr_manifest(Services& services, Request& request) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const auto digest = Digest::parse(request.params[1]);
  if (!digest) co_return acr_problem(digest.error(), scope->state.size);
  auto read = [&](const AcrContext& context) { return acr_manifest(context, *digest); };
  co_return co_await document(services, request, *scope, on_pool(read));
}

}  // namespace varve::surface
