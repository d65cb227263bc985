// Where a tag pointed, newest first, and the way back there. Nothing is kept for it: the log's
// tables hold every version of a tag anyway. I/O threads; pages are read on the pool.
#include <utility>

#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/content/locks.h"
#include "core/content/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kRestoreBytesMax = 4 << 10;

Error no_such_tag(std::string_view text) {
  return Error(Errc::not_found, About::tag, "there is no such tag",
               std::string(text.substr(0, limits::kTagBytesMax)));
}

struct Wish {
  std::optional<oci::Tag> tag;  // nothing: what is asked for cannot be a tag, so it never was one
  EntryIndex before{UINT64_MAX};
  std::size_t limit = 0;
};

// `last` is the index of the last version of the page before.
Result<Wish> parse_wish(const Request& request) {
  Wish wish;
  if (auto tag = oci::Tag::parse(request.params[1])) wish.tag = *std::move(tag);
  VARVE_TRY(wish.limit, page_size(request, limits::kHistoryPageMax));
  if (const auto last = request.query.get("last")) {
    const auto index = parse_decimal(*last);
    if (!index)
      return fail(Errc::invalid, About::request, "last is the index of an event, in decimal",
                  std::string(last->substr(0, 64)));
    wish.before = EntryIndex{*index};
  }
  return wish;
}

// A manifest is described as it was when the tag pointed to it, deleted since or not.
Result<void> add_version(std::string& out, const ReadScope& scope, const oci::TagVersion& version) {
  const Reader& reader = scope.state.reader;
  const TreeSize then{version.set ? version.index.value + 1 : version.index.value};
  VARVE_TRY(const auto view, reader.view_as_of(then));
  VARVE_TRY(const auto manifest, oci::find_manifest(*view, scope.repo, version.digest));
  if (!manifest)
    return fail(Errc::corrupt, About::manifest, "a tag pointed to a manifest that was not there",
                version.digest.to_string());
  VARVE_TRY(const Envelope envelope, reader.envelope(version.index));
  json::Writer writer(out);
  writer.begin_object().key("annotations").begin_object();
  writer.key("dev.varve.event").string(version.set ? "set" : "deleted");
  writer.key("dev.varve.index").string(std::to_string(version.index.value));
  writer.key("org.opencontainers.image.ref.created").string(envelope.at.to_string());
  writer.end_object();
  writer.key("digest").string(version.digest.to_string());
  writer.key("mediaType").string(manifest->media_type);
  writer.key("size").number(manifest->size).end_object();
  return {};
}

struct Page {
  std::string body;
  std::optional<EntryIndex> next;
};

Result<Page> read_page(const ReadScope& scope, const Wish& wish) {
  oci::TagHistory found;
  if (wish.tag) {
    VARVE_TRY(const auto history, scope.state.reader.history(scope.state.size));
    VARVE_TRY(found, oci::tag_history(*history, scope.repo, *wish.tag, wish.before, wish.limit));
  }
  Page page;
  page.body = kIndexOpening;
  for (const oci::TagVersion& version : found.versions) {
    if (&version != found.versions.data()) page.body += ',';
    VARVE_CHECK(add_version(page.body, scope, version));
  }
  page.body += "]}";
  if (found.more && wish.limit > 0) page.next = found.versions.back().index;
  return page;
}

// {"index":N}
Result<EntryIndex> parse_restore(std::string_view body) {
  simdjson::dom::parser parser;
  VARVE_TRY(const auto document, json::parse_strict(parser, body, About::request));
  std::uint64_t index = 0;
  if (document.at_key("index").get(index) != simdjson::SUCCESS || index >= UINT64_MAX)
    return fail(Errc::invalid, About::request,
                "the body is {\"index\":N}, N the index of an event");
  return EntryIndex{index};
}

// What the tag was right after that event, whether or not the event was about it.
Result<oci::SetTag> restoration(const Services& services, const Request& request,
                                EntryIndex index) {
  VARVE_TRY(auto repo, writable_repo(request));
  auto tag = oci::Tag::parse(request.params[1]);
  if (!tag) return std::unexpected(no_such_tag(request.params[1]));
  VARVE_TRY(const auto view, services.reader().view_as_of(TreeSize{index.value + 1}));
  VARVE_TRY(const auto row, oci::find_tag(*view, repo, *tag));
  if (!row) return fail(Errc::not_found, About::tag, "the tag pointed nowhere then", tag->text());
  return oci::SetTag{std::move(repo), *std::move(tag), row->digest, preconditions(request)};
}

}  // namespace

awaitable<Response> get_tag_history(Services& services, Request& request) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const TreeSize size = scope->state.size;
  const auto there = content::need_repo(scope->repo, *scope->state.view);
  if (!there) co_return oci_problem(there.error(), size);
  const auto readable = content::check_readable(Newest(services, *scope).view(), scope->repo);
  if (!readable) co_return oci_problem(readable.error(), size);
  const auto wish = parse_wish(request);
  if (!wish) co_return oci_problem(wish.error(), size);
  auto work = [&] { return read_page(*scope, *wish); };
  auto page = co_await services.pool.run(work);
  if (!page) co_return oci_problem(page.error(), size);
  Response response = oci_answer(200);
  response.add("Content-Type", std::string(kIndexType)).add(kTreeSize, std::to_string(size.value));
  if (page->next)
    response.add(
        "Link", next_link(*scope, "/v2/" + scope->asked + "/_oci/tag-history/" + wish->tag->text() +
                                      "?n=" + std::to_string(wish->limit) +
                                      "&last=" + std::to_string(page->next->value)));
  response.body = std::move(page->body);
  co_return response;
}

// The digest is looked up in the past, which cannot change; whether its manifest is still there is
// decided at the event's place in the log.
awaitable<Response> restore_tag(Services& services, Request& request) {
  const auto bytes = co_await http::read_all(*request.body, kRestoreBytesMax);
  if (!bytes) co_return oci_problem(bytes.error());
  const auto index = parse_restore(*bytes);
  if (!index) co_return oci_problem(index.error());
  const TreeSize committed = services.reader().head().size;
  const auto wish = restoration(services, request, *index);
  if (!wish) co_return oci_problem(wish.error(), committed);
  Command command = make_command(request, *wish);
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return oci_problem(receipt.error(), committed);
  Response response = oci_answer(201);
  response.add("Location", "/v2/" + wish->repo.text() + "/manifests/" + wish->digest.to_string())
      .add(kContentDigest, wish->digest.to_string());
  add_receipt(response, services, *receipt,
              [&wish](const View& view) -> Result<std::optional<EntryIndex>> {
                VARVE_TRY(const auto row, oci::find_tag(view, wish->repo, wish->tag));
                return row ? std::optional(row->index) : std::nullopt;
              });
  co_return response;
}

}  // namespace varve::surface
