// Namespaces: SWR's organisations. One is there when somebody made it, or when a repository is in
// it. Who may pull something below it sees it. I/O threads; they are read on the pool.
#include <algorithm>
#include <map>
#include <utility>

#include "api/surface/swr_common.h"
#include "api/surface/swr_handlers.h"
#include "core/base/limits.h"
#include "core/content/query.h"
#include "core/trust/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

struct Seen {
  EntryIndex id;
  std::uint64_t repos = 0;
  std::uint64_t users = 0;  // principals with a grant on exactly it, for whoever manages it
  unsigned auth = 0;
  bool managed = false;
};
using Namespaces = std::map<std::string, Seen, std::less<>>;

bool wanted(const SwrNamespaceWish& wish, std::string_view name) {
  return wish.exact ? name == wish.name_space : name.find(wish.name_space) != name.npos;
}

// Those that hold something the caller may see: from the same table as the listing of repositories.
void add_holding(const SwrListed& listed, const SwrNamespaceWish& wish, Namespaces& all) {
  for (const SwrListed::Item& item : listed.items) {
    if (!wanted(wish, item.repo.name_space())) continue;
    ++all[std::string(item.repo.name_space())].repos;
  }
}

// What the caller may do to it. Whoever does something to all that is below no namespace does it to
// everything.
Result<void> add_rights(const Services& services, const Request& request, const View& newest,
                        std::string_view name, Seen& seen) {
  const auto resource = name == content::kNoNamespace ? Result<Resource>(Resource::everything())
                                                      : Resource::parse(std::string(name) + "/*");
  if (!resource) return {};
  VARVE_TRY(const auto standing, swr_standing(services, request, newest, *resource));
  seen.auth = standing.auth;
  seen.managed = standing.manages.has_value();
  return {};
}

Result<void> add_made(const View& view, const SwrNamespaceWish& wish, Namespaces& all) {
  return view.scan(Table::name_space, {}, {}, [&](std::string_view key, const Row&) {
    const std::string_view name = key.substr(0, key.find('\0'));
    if (wanted(wish, name)) all[std::string(name)];
    return true;
  });
}

// A walk over every grant there is: only for those who may be told, who are few.
Result<void> add_users(const View& newest, Namespaces& all) {
  if (std::ranges::none_of(all, [](const auto& one) { return one.second.managed; })) return {};
  const auto visit = [&](const PrincipalName& principal,
                         const trust::Grant& grant) -> Result<bool> {
    const std::string& text = grant.resource.text();
    if (principal.is_anonymous() || grant.rights.empty() || !text.ends_with("/*")) return true;
    const auto found = all.find(std::string_view(text).substr(0, text.size() - 2));
    if (found != all.end() && found->second.managed) ++found->second.users;
    return true;
  };
  return trust::each_grant(newest, visit);
}

// What the caller may see, and the state that says so.
struct Found {
  Namespaces all;
  Reader reader;
};

Result<SwrListed> visible_repos(Services& services, const Request& request, const State& state,
                                const SwrNamespaceWish& wish) {
  VARVE_TRY(const Actor actor, swr_lister(request));
  SwrRepoWish repos;
  repos.name_space = wish.name_space;
  repos.exact_namespace = wish.exact;
  const Timestamp now = services.now();
  if (state.present) return services.state->swr.list(services.head, actor, now, repos, SIZE_MAX);
  const PastListing running(services);
  VARVE_CHECK(running.fits());
  return SwrIndex::list_as_of(state.reader, *state.view, state.size, actor, now, repos, SIZE_MAX);
}

Result<Found> namespaces(Services& services, const Request& request, const State& state,
                         const SwrNamespaceWish& wish) {
  VARVE_TRY(auto listed, visible_repos(services, request, state, wish));
  Found found{{}, listed.reader};
  Namespaces& all = found.all;
  add_holding(listed, wish, all);
  // Of the state of the table, which may be newer than the one that was asked for.
  const auto now = listed.reader.view();
  const View& then = state.present ? *now : *state.view;
  VARVE_CHECK(add_made(then, wish, all));
  const auto newest = services.reader().view();
  for (auto at = all.begin(); at != all.end();) {
    VARVE_CHECK(add_rights(services, request, *newest, at->first, at->second));
    const bool visible = at->second.repos > 0 || at->second.auth > 0;
    if (visible) {
      VARVE_TRY(at->second.id, content::namespace_id(then, at->first));
    }
    at = visible ? std::next(at) : all.erase(at);
  }
  return found;
}

// To whom it is told, and from which state.
struct Asked {
  const Services& services;
  const Request& request;
  const Reader& reader;
};

// Who sees one repository in it reads.
Result<void> write(json::Writer& out, const Asked& to, const std::string& name, const Seen& seen,
                   bool counts) {
  VARVE_TRY(const auto creator, swr_creator(to.services, to.request, to.reader, seen.id));
  out.begin_object();
  if (counts) out.key("access_user_count").number(seen.users);
  out.key("auth").number(std::max(seen.auth, 1U));
  out.key("creator_name").string(creator);
  out.key("id").number(seen.id.value);
  if (counts) out.key("image_count").number(seen.repos);
  out.key("name").string(name);
  if (counts) out.key("repo_count").number(seen.repos);
  if (counts) out.key("user_count").number(seen.users);
  out.end_object();
  return {};
}

Result<std::string> list(Services& services, const Request& request, const State& state,
                         const SwrNamespaceWish& wish) {
  VARVE_CHECK(swr_may_list(services, request));
  VARVE_TRY(auto found, namespaces(services, request, state, wish));
  VARVE_CHECK(add_users(*services.reader().view(), found.all));
  std::string text;
  json::Writer out(text);
  out.begin_object().key("namespaces").begin_array();
  const Asked to{services, request, found.reader};
  for (const auto& [name, seen] : found.all) VARVE_CHECK(write(out, to, name, seen, true));
  out.end_array().end_object();
  return text;
}

struct Shown {
  std::string text;
  EntryIndex index;
};
Result<Shown> show(Services& services, const Request& request, const State& state,
                   const std::string& name) {
  VARVE_TRY(const auto those, namespaces(services, request, state, {name, true}));
  const auto found = those.all.find(name);
  if (found == those.all.end())
    return fail(Errc::not_found, About::name_space, "there is no such namespace",
                name.substr(0, limits::kNamespaceBytesMax));
  Shown shown{{}, found->second.id};
  json::Writer out(shown.text);
  VARVE_CHECK(write(out, {services, request, those.reader}, name, found->second, false));
  return shown;
}

}  // namespace

awaitable<Response> list_swr_namespaces(Services& services, Request& request) {
  const auto wish = parse_namespace_wish(request.query);
  if (!wish) co_return swr_problem(services, wish.error());
  const auto state = co_await swr_state(services, request);
  if (!state) co_return swr_problem(services, state.error());
  auto work = [&] { return list(services, request, *state, *wish); };
  auto text = co_await services.pool.run(work);
  if (!text) co_return swr_problem(services, text.error());
  Response response = http::json(200, *std::move(text));
  response.add(kTreeSize, std::to_string(state->size.value));
  co_return response;
}

awaitable<Response> get_swr_namespace(Services& services, Request& request) {
  const auto state = co_await swr_state(services, request);
  if (!state) co_return swr_problem(services, state.error());
  const std::string name(request.params[0]);
  auto work = [&] { return show(services, request, *state, name); };
  auto shown = co_await services.pool.run(work);
  if (!shown) co_return swr_problem(services, shown.error());
  Response response = http::json(200, std::move(shown->text));
  add_provenance(response, shown->index, state->size);
  co_return response;
}

awaitable<Response> create_swr_namespace(Services& services, Request& request) {
  const auto document = co_await read_swr_document(request);
  if (!document) co_return swr_problem(services, document.error());
  const auto text = document->needed_text("namespace");
  if (!text) co_return swr_problem(services, text.error());
  auto name = NamespaceName::parse(*text);
  if (!name) co_return swr_problem(services, name.error());
  Intent wish = content::CreateNamespace{*std::move(name)};
  co_return co_await swr_commit(services, request, std::move(wish), 201);
}

// What could not be a namespace is none.
awaitable<Response> delete_swr_namespace(Services& services, Request& request) {
  auto name = NamespaceName::parse(request.params[0]);
  if (!name)
    co_return swr_problem(services, Error(Errc::not_found, About::name_space,
                                          "there is no such namespace", name.error().detail));
  Intent wish = content::DeleteNamespace{*std::move(name)};
  co_return co_await swr_commit(services, request, std::move(wish), 204);
}

}  // namespace varve::surface
