// A repository's tags: listed, shown, set to what another one points to, deleted. I/O threads; what
// is shown is read on the pool.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "api/surface/oci_common.h"
#include "api/surface/swr_common.h"
#include "api/surface/swr_handlers.h"
#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/content/query.h"
#include "core/oci/description.h"
#include "core/oci/listing.h"
#include "core/oci/overview.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

Error no_such_tag(std::string_view text) {
  return Error(Errc::not_found, About::tag, "there is no such tag",
               std::string(text.substr(0, limits::kTagBytesMax)));
}

// ---- one tag, shown ----

// As a number: what SWR calls the version of the manifest's schema.
constexpr std::uint64_t kSchema = 2;
constexpr std::string_view kSha256 = "sha256:";

// Docker's id of an image is the digest of its config, in hex.
std::string image_id(const oci::Description& description) {
  if (!description.config) return {};
  const std::string digest = description.config->digest.to_string();
  return digest.starts_with(kSha256) ? digest.substr(kSha256.size()) : digest;
}

std::string text_of(const std::optional<std::string>& body) {
  return body && is_valid_utf8(*body) ? *body : std::string();
}

bool is_list(const std::optional<oci::ManifestRow>& manifest) {
  return manifest && (manifest->media_type == kIndexType ||
                      manifest->media_type.ends_with(".manifest.list.v2+json"));
}

// Manifests may be large, and a page has all its items whatever they are: so many bytes of them are
// sent, and so many read for what else they say. One alone always fits. What a manifest reaches is
// counted once, however many tags it has. Links are followed as far as these go, for the first one
// and for all others: a `size` that is not counted to the end would be wrong.
constexpr std::size_t kScansOfTheFirst = 250;  // 5,000,000 links
constexpr std::size_t kScansOfOthers = 25;     // 500,000: of a thousand tags, 500 each
struct Budget {
  explicit Budget(const Services& services)
      : first_links(kScansOfTheFirst * services.scan_rows_max),
        links(kScansOfOthers * services.scan_rows_max) {}
  std::size_t sent = limits::kReferrersBodyBytesMax;
  std::size_t read = 64 << 20;
  std::size_t first_links;
  std::size_t links;
  std::map<Digest, std::uint64_t> reached;
};

Result<std::optional<std::string>> read_body(const Reader& reader, const Digest& digest,
                                             const std::optional<oci::ManifestRow>& manifest,
                                             Budget& left) {
  if (!manifest) return std::nullopt;
  if (manifest->size > left.read) left.read = 0;
  if (left.read == 0) return std::nullopt;
  left.read -= manifest->size;
  return reader.body(digest);
}

Result<std::uint64_t> reached_bytes(const View& view, const RepoName& repo, const Digest& manifest,
                                    Budget& left) {
  const auto known = left.reached.find(manifest);
  if (known != left.reached.end()) return known->second;
  std::size_t& links = left.reached.empty() ? left.first_links : left.links;
  VARVE_TRY(const auto bytes, oci::reached_bytes(view, repo, {manifest}, links));
  if (!bytes)
    return fail(
        Errc::too_large, About::request,
        "the images of these tags have too many layers and manifests to count together; ask "
        "for fewer tags at a time");
  left.reached.emplace(manifest, *bytes);
  return *bytes;
}

// From the first one on that does not fit there is none, so that a page does not look random.
std::string sent_body(const std::optional<std::string>& body, Budget& left) {
  std::string text = text_of(body);
  if (left.read == 0 || text.size() > left.sent) left.sent = 0;
  if (left.sent == 0) return {};
  left.sent -= text.size();
  return text;
}

// Errors besides the store's: too_large, nothing was written then.
Result<void> write_tag(json::Writer& out, const SwrContext& context, const RepoName& repo,
                       EntryIndex made, const oci::ListedTag& tag, Budget& left) {
  const View& view = *context.state.view;
  const Reader& reader = context.state.reader;
  VARVE_TRY(const auto manifest, oci::find_manifest(view, repo, tag.row.digest));
  VARVE_TRY(const auto body, read_body(reader, tag.row.digest, manifest, left));
  const oci::Description description = oci::describe(body ? *body : "");
  VARVE_TRY(const auto size, reached_bytes(view, repo, tag.row.digest, left));
  VARVE_TRY(const auto created, swr_time(reader, tag.row.created));
  VARVE_TRY(const auto updated, swr_time(reader, tag.row.index));
  const std::string path = "/" + repo.text() + ":" + tag.tag.text();
  out.begin_object();
  out.key("Tag").string(tag.tag.text());  // so, and nothing else with a capital
  out.key("created").string(created);
  out.key("deleted").null();
  out.key("digest").string(tag.row.digest.to_string());
  out.key("domain_id").string(context.domain);
  out.key("id").number(tag.row.created.value);
  out.key("image_id").string(image_id(description));
  out.key("internal_path").string(context.internal + path);
  out.key("is_trusted").boolean(tag.row.author.has_value());
  out.key("manifest").string(sent_body(body, left));
  out.key("path").string(context.registry + path);
  out.key("repo_id").number(made.value);
  out.key("scanned").boolean(false);
  out.key("schema").number(kSchema);
  out.key("size").number(size);
  out.key("tag_type").number(is_list(manifest) ? 1 : 0);
  out.key("updated").string(updated);
  out.end_object();
  return {};
}

Result<EntryIndex> made_at(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto facts, oci::created_at(view, repo));
  if (facts) return *facts;
  return fail(Errc::not_found, About::repository, "there is no such repository", repo.text());
}

// ---- listing ----

struct Answered {
  std::string body;
  std::size_t count = 0;
  std::uint64_t total = 0;
};

// Every tag that stands in listings and fits; in the order that is wished for.
Result<std::vector<oci::ListedTag>> all_tags(const SwrContext& context, const RepoName& repo,
                                             const SwrTagWish& wish) {
  const auto newest = context.services.reader().view();
  VARVE_TRY(const auto listed, oci::Listed::in(*newest, repo));
  std::vector<oci::ListedTag> all;
  oci::ListedTags page;
  do {
    const oci::ListWish next{.limit = limits::kTagsPageMax};
    VARVE_TRY(page, oci::list_tags(*context.state.view, repo, {}, page.last, next, listed));
    for (oci::ListedTag& tag : page.tags)
      if (tag.tag.text().find(wish.tag) != std::string::npos) all.push_back(std::move(tag));
  } while (page.more);
  if (!wish.by_name)
    std::ranges::sort(all, {}, [](const oci::ListedTag& tag) { return tag.row.index; });
  if (wish.descending) std::ranges::reverse(all);
  return all;
}

Result<Answered> list(const SwrContext& context, const RepoName& repo, const SwrTagWish& wish) {
  VARVE_TRY(const auto made, made_at(*context.state.view, repo));
  VARVE_TRY(const auto all, all_tags(context, repo, wish));
  const SwrPage page = wish.page.value_or(SwrPage{0, limits::kSwrPageMax});
  const std::size_t first = std::min<std::uint64_t>(page.offset, all.size());
  const std::size_t count = std::min<std::uint64_t>(page.limit, all.size() - first);
  Answered answered{{}, 0, all.size()};
  json::Writer out(answered.body);
  out.begin_array();
  Budget left(context.services);
  for (; answered.count < count; ++answered.count) {
    const auto written = write_tag(out, context, repo, made, all[first + answered.count], left);
    if (written) continue;
    // A page that was asked for has all its items.
    if (wish.page || written.error().code != Errc::too_large)
      return std::unexpected(written.error());
    break;
  }
  out.end_array();
  return answered;
}

struct Shown {
  std::string text;
  EntryIndex index;
};
Result<Shown> show(const SwrContext& context, const RepoName& repo, std::string_view text) {
  VARVE_TRY(const auto made, made_at(*context.state.view, repo));
  const auto tag = oci::Tag::parse(text);
  if (!tag) return std::unexpected(no_such_tag(text));
  VARVE_TRY(const auto row, oci::find_tag(*context.state.view, repo, *tag));
  if (!row) return std::unexpected(no_such_tag(text));
  Shown shown{{}, row->index};
  json::Writer out(shown.text);
  Budget left(context.services);
  VARVE_CHECK(write_tag(out, context, repo, made, {*tag, *row}, left));
  return shown;
}

// ---- changes ----

SwrResult<oci::SetTag> retag(const Services& services, const RepoName& repo,
                             const SwrDocument& document) {
  const auto source = document.needed_text("source_tag");
  if (!source) return std::unexpected(source.error());
  const auto destination = document.needed_text("destination_tag");
  if (!destination) return std::unexpected(destination.error());
  const auto override_it = document.flag("override", kSwrInvalidParameter);
  if (!override_it) return std::unexpected(override_it.error());
  const auto refused = [](Error error) {
    return std::unexpected<SwrFault>(std::in_place, std::string_view(), std::move(error));
  };
  auto to = oci::Tag::parse(*destination);
  if (!to) return refused(std::move(to).error());
  const auto from = oci::Tag::parse(*source);
  const auto view = services.reader().view();
  if (const auto there = made_at(*view, repo); !there) return refused(there.error());
  const auto row = from ? oci::find_tag(*view, repo, *from) : std::optional<oci::TagRow>();
  if (!row) return refused(row.error());
  if (!*row) return refused(no_such_tag(*source));
  oci::SetTag wish{repo, *std::move(to), (*row)->digest};
  if (!override_it->value_or(false)) wish.conditions.if_none_match = oci::Match{true, {}};
  return wish;
}

}  // namespace

awaitable<Response> list_swr_tags(Services& services, Request& request) {
  const auto repo = swr_repo(request);
  if (!repo) co_return swr_problem(services, repo.error());
  const auto wish = parse_tag_wish(request.query, swr_rules(services));
  if (!wish) co_return swr_problem(services, wish.error());
  const auto state = co_await swr_state(services, request);
  if (!state) co_return swr_problem(services, state.error());
  const SwrContext context = swr_context(services, request, *state);
  auto work = [&] { return list(context, *repo, *wish); };
  auto answered = co_await services.pool.run(work);
  if (!answered) co_return swr_problem(services, answered.error());
  Response response = http::json(200, std::move(answered->body));
  // Whoever asked for no page is told that this is one only where it is not all.
  auto page = wish->page;
  if (!page && answered->count < answered->total) page = SwrPage{0, limits::kSwrPageMax};
  add_content_range(response, page, answered->count, answered->total);
  response.add(kTreeSize, std::to_string(state->size.value));
  co_return response;
}

awaitable<Response> get_swr_tag(Services& services, Request& request) {
  const auto repo = swr_repo(request);
  if (!repo) co_return swr_problem(services, repo.error());
  const auto state = co_await swr_state(services, request);
  if (!state) co_return swr_problem(services, state.error());
  const SwrContext context = swr_context(services, request, *state);
  auto work = [&] { return show(context, *repo, request.params[2]); };
  auto shown = co_await services.pool.run(work);
  if (!shown) co_return swr_problem(services, shown.error());
  Response response = http::json(200, std::move(shown->text));
  add_provenance(response, shown->index, state->size);
  co_return response;
}

awaitable<Response> set_swr_tag(Services& services, Request& request) {
  const auto repo = swr_repo(request);
  if (!repo) co_return swr_problem(services, repo.error());
  const auto document = co_await read_swr_document(request);
  if (!document) co_return swr_problem(services, document.error());
  auto wish = retag(services, *repo, *document);
  if (!wish) co_return swr_problem(services, wish.error());
  co_return co_await swr_commit(services, request, Intent(*std::move(wish)), 201);
}

awaitable<Response> delete_swr_tag(Services& services, Request& request) {
  auto repo = swr_repo(request);
  if (!repo) co_return swr_problem(services, repo.error());
  auto tag = oci::Tag::parse(request.params[2]);
  if (!tag) co_return swr_problem(services, no_such_tag(request.params[2]));
  Intent wish = oci::DeleteTag{*std::move(repo), *std::move(tag)};
  co_return co_await swr_commit(services, request, std::move(wish), 204);
}

}  // namespace varve::surface
