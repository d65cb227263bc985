// GET /v2/manage/repos: the listing that SWR's clients page through. I/O threads; what is answered
// is selected and read on the pool.
#include <utility>

#include "api/surface/swr_common.h"
#include "api/surface/swr_handlers.h"
#include "core/base/limits.h"
#include "core/content/query.h"
#include "core/oci/listing.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

// Names of tags, as many as one answer may still have.
struct TagNames {
  std::size_t left = limits::kSwrTagNamesMax;
};

Result<std::vector<std::string>> tag_names(const View& view, const RepoName& repo,
                                           const View& newest, TagNames& budget) {
  const std::size_t most = std::min(budget.left, limits::kSwrTagNamesOfRepoMax);
  if (most == 0) return std::vector<std::string>{};
  VARVE_TRY(const auto listed, oci::Listed::in(newest, repo));
  VARVE_TRY(auto page, oci::list_tags(view, repo, {}, most, limits::kScanRowsMax, &listed));
  budget.left -= page.tags.size();
  return std::move(page.tags);
}

Result<Timestamp> time_of(const Reader& reader, EntryIndex index) {
  VARVE_TRY(const auto envelope, reader.envelope(index));
  return envelope.at;
}

// What is not known of it yet.
Result<void> complete(SwrRepo& repo, const RepoName& name, const Reader& reader, const View& view) {
  if (!repo.created_at) {
    VARVE_TRY(repo.created_at, time_of(reader, repo.facts.created));
  }
  if (!repo.updated_at) {
    VARVE_TRY(repo.updated_at, time_of(reader, repo.facts.updated));
  }
  if (!repo.size) {
    VARVE_TRY(repo.size, oci::tagged_bytes(view, name));
  }
  return {};
}

struct Answered {
  std::string body;
  TreeSize size;
  std::size_t count = 0;
  std::uint64_t total = 0;
};

Result<void> write_item(json::Writer& out, const SwrContext& context, SwrListed::Item& item,
                        std::uint64_t total, const View& newest, TagNames& budget) {
  const View& view = *context.state.view;
  const SwrRepo& repo = item.repo;
  VARVE_TRY(const auto name, RepoName::parse(repo.facts.repo));
  VARVE_CHECK(complete(item.repo, name, context.state.reader, view));
  VARVE_TRY(const auto said, content::description_of(view, name));
  VARVE_TRY(const auto tags, tag_names(view, name, newest, budget));
  const DownloadCounts* downloads = context.services.downloads;
  const bool counted = downloads != nullptr && context.state.present;
  out.begin_object();
  out.key("category").string(content::to_string(repo.facts.category));
  out.key("created_at").string(repo.created_at->to_string());
  out.key("description").string(said.text);
  out.key("domain_name").string(context.domain);
  out.key("internal_path").string(context.internal + "/" + repo.facts.repo);
  out.key("is_public").boolean(item.open);
  out.key("logo").string("");
  out.key("name").string(repo.name());
  out.key("namespace").string(repo.name_space());
  out.key("num_download").number(counted ? downloads->of(repo.facts.repo) : 0);
  out.key("num_images").number(repo.facts.tags);
  out.key("path").string(context.registry + "/" + repo.facts.repo);
  out.key("size").number(*repo.size);
  out.key("status").boolean(false);
  out.key("tags").begin_array();
  for (const std::string& tag : tags) out.string(tag);
  out.end_array();
  out.key("total_range").number(total);
  out.key("updated_at").string(repo.updated_at->to_string());
  out.key("url").string("");
  out.end_object();
  return {};
}

Result<Answered> write(const SwrContext& context, SwrListed& listed, const View& newest) {
  Answered answered{{}, context.state.size, listed.items.size(), listed.total};
  json::Writer out(answered.body);
  TagNames budget;
  out.begin_array();
  for (SwrListed::Item& item : listed.items)
    VARVE_CHECK(write_item(out, context, item, listed.total, newest, budget));
  out.end_array();
  return answered;
}

// The state that answers may be newer than when the request came.
Result<Answered> list_present(Services& services, const Request& request, const Actor& actor,
                              const SwrRepoWish& wish) {
  SwrIndex& index = services.state->swr;
  VARVE_TRY(auto listed, index.list(services.head, actor, services.now(), wish));
  VARVE_TRY(const State state, state_at(listed.reader, Present{}));
  const SwrContext context = swr_context(services, request, state);
  VARVE_TRY(auto answered, write(context, listed, *state.view));
  index.remember(listed.items);
  return answered;
}

Result<Answered> list_past(Services& services, const Request& request, const State& state,
                           const Actor& actor, const SwrRepoWish& wish) {
  const PastListing running(services);
  VARVE_CHECK(running.fits());
  VARVE_TRY(auto listed, SwrIndex::list_as_of(state.reader, *state.view, state.size, actor,
                                              services.now(), wish));
  const auto newest = services.reader().view();
  return write(swr_context(services, request, state), listed, *newest);
}

}  // namespace

awaitable<Response> list_swr_repos(Services& services, Request& request) {
  const auto wish = parse_repo_wish(request.query, swr_rules(services));
  if (!wish) co_return swr_problem(services, wish.error());
  const auto actor = swr_lister(request);
  if (!actor) co_return swr_problem(services, actor.error());
  const auto state = co_await swr_state(services, request);
  if (!state) co_return swr_problem(services, state.error());
  auto work = [&]() -> Result<Answered> {
    VARVE_CHECK(swr_may_list(services, request));
    return state->present ? list_present(services, request, *actor, *wish)
                          : list_past(services, request, *state, *actor, *wish);
  };
  auto answered = co_await services.pool.run(work);
  if (!answered) co_return swr_problem(services, answered.error());
  Response response = http::json(200, std::move(answered->body));
  add_content_range(response, wish->page, answered->count, answered->total);
  response.add(kTreeSize, std::to_string(answered->size.value));
  co_return response;
}

}  // namespace varve::surface
