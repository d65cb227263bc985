// What refers to a manifest: signatures, SBOMs, whatever names it as `subject`. I/O threads; pages
// are read on the pool. Source: distribution-spec 1.1.1, "Listing Referrers".
//
// A page looks at a bounded number of rows and bodies, so that a hundred thousand referrers cost no
// more memory than a page of them.
#include <utility>

#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/oci/locks.h"
#include "core/oci/manifest.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

struct Wish {
  std::string_view subject;
  std::vector<std::string_view> artifact_types;
  std::optional<Digest> last;
  std::size_t limit = 0;
};

Result<Wish> parse_wish(const Request& request) {
  Wish wish;
  wish.subject = request.params[1];
  if (!oci::valid_digest_text(wish.subject))
    return fail(Errc::invalid, About::digest, "that is no digest",
                std::string(wish.subject.substr(0, 256)));
  for (const std::string_view type : request.query.all("artifactType"))
    if (!type.empty()) wish.artifact_types.push_back(type);
  if (const auto last = request.query.get("last")) {
    VARVE_TRY(wish.last, Digest::parse(*last));
  }
  VARVE_TRY(wish.limit, page_size(request, limits::kReferrersPageMax));
  return wish;
}

// Of what may not be read nobody learns what refers to it. An algorithm that is not ours names
// nothing that could be locked.
Result<void> check_readable(const Services& services, const ReadScope& scope,
                            std::string_view subject) {
  const Newest newest(services, scope);
  const auto digest = Digest::parse(subject);
  return digest ? oci::check_readable(newest.view(), scope.repo, std::nullopt, *digest)
                : content::check_readable(newest.view(), scope.repo);
}

void add_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  json::append_quoted(out, value);
}

// Annotations are not kept in rows: they may have megabytes. A body that was erased by law has none
// any more.
Result<void> add_descriptor(std::string& out, const Reader& reader, const oci::Referrer& referrer) {
  out += "{\"mediaType\":";
  json::append_quoted(out, referrer.media_type);
  add_member(out, "digest", referrer.digest.to_string());
  out += ",\"size\":" + std::to_string(referrer.size);
  if (!referrer.artifact_type.empty()) add_member(out, "artifactType", referrer.artifact_type);
  VARVE_TRY(const auto body, reader.body(referrer.digest));
  VARVE_TRY(const std::string annotations, oci::annotations_json(body ? *body : ""));
  if (!annotations.empty()) out += ",\"annotations\":" + annotations;
  out += '}';
  return {};
}

struct Page {
  std::string body;
  std::optional<Digest> next;  // behind this one there may be more
};

// Who may not read a manifest, or not find it, does not learn of it from what it refers to.
Result<bool> is_shown(const View& newest, const RepoName& repo, const oci::Listed& listed,
                      const Digest& digest) {
  VARVE_TRY(const bool found, listed.has(digest));
  if (!found) return false;
  const auto readable = oci::check_readable(newest, repo, std::nullopt, digest);
  if (!readable && readable.error().code != Errc::locked) return std::unexpected(readable.error());
  return readable.has_value();
}

Result<Page> read_page(const Services& services, const ReadScope& scope, const Wish& wish) {
  const Newest newest(services, scope);
  VARVE_TRY(const auto listed, oci::Listed::in(newest.view(), scope.repo));
  const auto may_show = [&](const Digest& digest) {
    return is_shown(newest.view(), scope.repo, listed, digest);
  };
  const oci::ReferrerWish rows{wish.subject,
                               wish.artifact_types,
                               wish.last,
                               wish.limit,
                               limits::kReferrersBodyBytesMax,
                               services.scan_rows_max,
                               may_show};
  VARVE_TRY(const auto found, oci::list_referrers(*scope.state.view, scope.repo, rows));
  Page page;
  page.body = kIndexOpening;
  for (const oci::Referrer& referrer : found.referrers) {
    if (&referrer != found.referrers.data()) page.body += ',';
    VARVE_CHECK(add_descriptor(page.body, scope.state.reader, referrer));
  }
  page.body += "]}";
  if (found.more && wish.limit > 0) page.next = found.last;
  return page;
}

std::string next_target(const ReadScope& scope, const Wish& wish, const Digest& last) {
  std::string target = "/v2/" + scope.asked + "/referrers/" + http::percent_encode(wish.subject) +
                       "?n=" + std::to_string(wish.limit) + "&last=" + last.to_string();
  for (const std::string_view type : wish.artifact_types)
    target += "&artifactType=" + http::percent_encode(type);
  return target;
}

}  // namespace

// Never 404: a subject nobody pushed, and a repository that does not exist yet, have no referrers.
awaitable<Response> list_referrers(Services& services, Request& request) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const TreeSize size = scope->state.size;
  const auto wish = parse_wish(request);
  if (!wish) co_return oci_problem(wish.error(), size);
  const auto readable = check_readable(services, *scope, wish->subject);
  if (!readable) co_return oci_problem(readable.error(), size);
  auto work = [&] { return read_page(services, *scope, *wish); };
  auto page = co_await services.pool.run(work);
  if (!page) co_return oci_problem(page.error(), size);
  Response response = oci_answer(200);
  response.add("Content-Type", std::string(kIndexType)).add(kTreeSize, std::to_string(size.value));
  if (!wish->artifact_types.empty()) response.add("OCI-Filters-Applied", "artifactType");
  if (page->next) response.add("Link", next_link(*scope, next_target(*scope, *wish, *page->next)));
  response.body = std::move(page->body);
  co_return response;
}

}  // namespace varve::surface
