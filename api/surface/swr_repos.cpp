// Repositories one by one: made before anything is pushed, shown, described, opened, deleted. I/O
// threads; what is shown is read on the pool.
#include <utility>

#include "api/surface/swr_common.h"
#include "api/surface/swr_handlers.h"
#include "core/content/query.h"
#include "core/oci/overview.h"
#include "core/trust/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

// What a document says of a repository.
struct Said {
  std::optional<content::Category> category;
  std::optional<std::string> description;
  std::optional<bool> open;
};

SwrResult<Said> said_in(const SwrDocument& document) {
  Said said;
  const auto category = document.text("category");
  if (!category) return std::unexpected(category.error());
  if (*category && !(*category)->empty()) {
    said.category = swr_category(**category);
    if (!said.category)
      return std::unexpected<SwrFault>(
          std::in_place, kSwrInvalidParameter,
          Error(Errc::invalid, About::request,
                "category is app_server, linux, framework_app, database, lang, other, windows or "
                "arm",
                (*category)->substr(0, 64)));
  }
  auto description = document.text("description");
  if (!description) return std::unexpected(std::move(description).error());
  said.description = *std::move(description);
  const auto open = document.flag("is_public", kSwrInvalidPublic);
  if (!open) return std::unexpected(open.error());
  said.open = *open;
  return said;
}

SwrFault needs_is_public() {
  return {kSwrMissingParameter,
          Error(Errc::invalid, About::request, "this member is missing", "is_public")};
}

SwrResult<content::CreateRepo> creation(const Request& request, const SwrDocument& document) {
  auto name = document.needed_text("repository");
  if (!name) return std::unexpected(std::move(name).error());
  auto said = said_in(document);
  if (!said) return std::unexpected(std::move(said).error());
  if (!said->open) return std::unexpected(needs_is_public());
  auto repo = swr_repo_named(request.params[0], with_slashes(*name), true);
  if (!repo) return std::unexpected<SwrFault>(std::in_place, "", std::move(repo).error());
  return content::CreateRepo{*std::move(repo), said->category.value_or(content::Category::other),
                             std::move(said->description).value_or(""), said->open};
}

// ---- one repository, shown ----

struct Shown {
  std::string text;
  EntryIndex index;
};

Result<Shown> show(const SwrContext& context, const Request& request, const RepoName& repo) {
  const View& view = *context.state.view;
  const Reader& reader = context.state.reader;
  VARVE_TRY(const auto facts, oci::overview_of(view, repo));
  if (!facts)
    return fail(Errc::not_found, About::repository, "there is no such repository", repo.text());
  VARVE_TRY(const auto said, content::description_of(view, repo));
  VARVE_TRY(const auto size, oci::tagged_bytes(view, repo));
  VARVE_TRY(const bool open, trust::is_open(view, repo));
  VARVE_TRY(const auto ns_id, content::namespace_id(view, content::namespace_of(repo)));
  VARVE_TRY(const auto creator, swr_creator(context.services, request, reader, facts->created));
  VARVE_TRY(const auto created, swr_time(reader, facts->created));
  VARVE_TRY(const auto updated, swr_time(reader, facts->updated));
  const DownloadCounts* downloads = context.services.downloads;
  const bool counted = downloads != nullptr && context.state.present;
  const std::string_view whole = repo.text();
  const std::size_t slash = whole.find('/');
  Shown shown{{}, facts->updated};
  json::Writer out(shown.text);
  out.begin_object();
  out.key("category").string(content::to_string(facts->category));
  out.key("created").string(created);
  out.key("creator_id").string(creator);
  out.key("creator_name").string(creator);
  out.key("description").string(said.text);
  out.key("domain_id").string(context.domain);
  out.key("id").number(facts->created.value);
  out.key("internal_path").string(context.internal + "/" + repo.text());
  out.key("is_public").boolean(open);
  out.key("name").string(slash == whole.npos ? whole : whole.substr(slash + 1));
  out.key("ns_id").number(ns_id.value);
  out.key("num_download").number(counted ? downloads->of(whole) : 0);
  out.key("num_images").number(facts->tags);
  out.key("path").string(context.registry + "/" + repo.text());
  out.key("priority").number(0);
  out.key("size").number(size);
  out.key("updated").string(updated);
  out.key("url").string("");
  out.end_object();
  return shown;
}

}  // namespace

awaitable<Response> create_swr_repo(Services& services, Request& request) {
  const auto document = co_await read_swr_document(request);
  if (!document) co_return swr_problem(services, document.error());
  auto wish = creation(request, *document);
  if (!wish) co_return swr_problem(services, wish.error());
  co_return co_await swr_commit(services, request, Intent(*std::move(wish)), 201);
}

awaitable<Response> update_swr_repo(Services& services, Request& request) {
  const auto repo = swr_repo(request);
  if (!repo) co_return swr_problem(services, repo.error());
  const auto document = co_await read_swr_document(request);
  if (!document) co_return swr_problem(services, document.error());
  auto said = said_in(*document);
  if (!said) co_return swr_problem(services, said.error());
  Intent wish =
      content::UpdateRepo{*repo, said->category, std::move(said->description), said->open};
  co_return co_await swr_commit(services, request, std::move(wish), 201);
}

awaitable<Response> delete_swr_repo(Services& services, Request& request) {
  auto repo = swr_repo(request);
  if (!repo) co_return swr_problem(services, repo.error());
  Intent wish = content::DeleteRepo{*std::move(repo)};
  co_return co_await swr_commit(services, request, std::move(wish), 204);
}

awaitable<Response> get_swr_repo(Services& services, Request& request) {
  const auto repo = swr_repo(request);
  if (!repo) co_return swr_problem(services, repo.error());
  const auto state = co_await swr_state(services, request);
  if (!state) co_return swr_problem(services, state.error());
  const SwrContext context = swr_context(services, request, *state);
  auto work = [&] { return show(context, request, *repo); };
  auto shown = co_await services.pool.run(work);
  if (!shown) co_return swr_problem(services, shown.error());
  Response response = http::json(200, std::move(shown->text));
  add_provenance(response, shown->index, state->size);
  co_return response;
}

}  // namespace varve::surface
