// Who else may come to a namespace or a repository: grants on exactly it, in SWR's numbers. 7
// manages it, 3 edits, 1 reads. I/O threads; what is shown is read on the pool.
#include <algorithm>
#include <utility>

#include "api/surface/swr_common.h"
#include "api/surface/swr_handlers.h"
#include "core/base/limits.h"
#include "core/oci/overview.h"
#include "core/trust/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using trust::ChangeAccess;

// What the path is about: two parameters are a repository, one is a namespace.
struct Subject {
  Resource resource;
  std::string name;
  std::optional<RepoName> repo = std::nullopt;
};

Result<Subject> subject_of(const Request& request) {
  if (request.params.size() > 1) {
    VARVE_TRY(auto repo, swr_repo(request));
    const std::string_view whole = repo.text();
    const std::size_t slash = whole.find('/');
    std::string name(slash == whole.npos ? whole : whole.substr(slash + 1));
    return Subject{Resource(repo), std::move(name), repo};
  }
  const std::string name(request.params[0]);
  auto resource = Resource::parse(name + "/*");
  if (resource && name.find('/') == name.npos) return Subject{*std::move(resource), name};
  return fail(Errc::not_found, About::name_space, "there is no such namespace",
              name.substr(0, limits::kNamespaceBytesMax));
}

std::unexpected<Error> absent(const Subject& subject) {
  if (subject.repo)
    return fail(Errc::not_found, About::repository, "there is no such repository",
                subject.repo->text());
  return fail(Errc::not_found, About::name_space, "there is no such namespace", subject.name);
}

Result<EntryIndex> made_at(const View& view, const Subject& subject) {
  VARVE_TRY(const auto made, subject.repo ? oci::created_at(view, *subject.repo)
                                          : swr_namespace_made(view, subject.name));
  if (made) return *made;
  return absent(subject);
}

// What whoever asks may do there now, judged before anything says whether it is there.
Result<SwrStanding> standing(const Services& services, const Request& request,
                             const Subject& subject) {
  return swr_standing(services, request, *services.reader().view(), subject.resource);
}

// A namespace that somebody has nothing to do with is to them as one that is not there, here as in
// swr_namespaces.cpp. The names of repositories are guarded where requests come in.
Result<void> check_knows(const SwrStanding& standing, const Subject& subject) {
  if (standing.auth > 0 || standing.manages) return {};
  if (subject.repo) return standing.manages;
  return absent(subject);
}

// ---- shown ----

void write_user(json::Writer& out, const std::string& name, unsigned auth) {
  out.begin_object().key("auth").number(auth);
  out.key("user_id").string(name).key("user_name").string(name).end_object();
}

struct Shown {
  std::string text;
  EntryIndex index;
};

// Whom something is granted on exactly this is shown to those who grant it.
Result<Shown> show(const Services& services, const Request& request, const State& state,
                   const Subject& subject) {
  VARVE_TRY(const auto rights, standing(services, request, subject));
  VARVE_CHECK(check_knows(rights, subject));
  VARVE_TRY(const auto made, made_at(*state.view, subject));
  VARVE_TRY(const auto creator, swr_creator(services, request, state.reader, made));
  Shown shown{{}, made};
  json::Writer out(shown.text);
  out.begin_object().key("creator_name").string(creator).key("id").number(made.value);
  out.key("name").string(subject.name).key("others_auths").begin_array();
  const auto visit = [&](const PrincipalName& principal,
                         const trust::Grant& grant) -> Result<bool> {
    const unsigned auth = swr_auth_of(grant.rights);
    const bool other = !principal.is_anonymous() && principal.text() != request.actor.id;
    if (other && auth > 0 && grant.resource == subject.resource)
      write_user(out, principal.text(), auth);
    return true;
  };
  if (rights.manages) VARVE_CHECK(trust::each_grant(*state.view, visit));
  out.end_array().key("self_auth");
  write_user(out, request.actor.id, rights.auth);
  out.end_object();
  return shown;
}

// ---- changed ----

std::unexpected<SwrFault> refuse(std::string_view code, std::string what, std::string_view detail) {
  return std::unexpected<SwrFault>(
      std::in_place, code,
      Error(Errc::invalid, About::request, std::move(what), std::string(detail.substr(0, 64))));
}

// Ids and names are one: the principal's name.
SwrResult<PrincipalName> principal_in(std::string_view text) {
  auto name = PrincipalName::parse(text);
  if (name) return *std::move(name);
  return refuse(kSwrInvalidParameter, name.error().what, text);
}

SwrResult<ChangeAccess::Share> share_in(simdjson::dom::element item) {
  auto id = swr_text(item["user_id"], "user_id");
  if (!id) return std::unexpected(std::move(id).error());
  auto name = swr_text(item["user_name"], "user_name");
  if (!name) return std::unexpected(std::move(name).error());
  std::uint64_t auth = 0;
  if (!*id && !*name) return refuse(kSwrMissingParameter, "this member is missing", "user_id");
  if (*id && *name && *id != *name)
    return refuse(kSwrInvalidParameter, "user_id and user_name are the same here", **id);
  if (item["auth"].get(auth) != simdjson::SUCCESS)
    return refuse(kSwrMissingParameter, "this member is missing or no number", "auth");
  const auto rights = rights_of_swr_auth(auth);
  if (!rights) return refuse(kSwrInvalidParameter, "auth is 7, 3 or 1", std::to_string(auth));
  auto principal = principal_in(*name ? **name : **id);
  if (!principal) return std::unexpected(std::move(principal).error());
  return ChangeAccess::Share{*std::move(principal), *rights};
}

SwrResult<ChangeAccess::Share> removal_in(simdjson::dom::element item) {
  std::string_view id;
  if (item.get(id) != simdjson::SUCCESS)
    return refuse(kSwrInvalidParameter, "the body is an array of user ids", "");
  auto principal = principal_in(id);
  if (!principal) return std::unexpected(std::move(principal).error());
  return ChangeAccess::Share{*std::move(principal)};
}

SwrResult<std::vector<ChangeAccess::Share>> shares_in(std::string_view text,
                                                      ChangeAccess::Kind kind) {
  simdjson::dom::parser parser;
  const auto root = json::parse_strict(parser, text, About::request);
  if (!root) return std::unexpected<SwrFault>(std::in_place, "", root.error());
  simdjson::dom::array items;
  if (root->get(items) != simdjson::SUCCESS)
    return refuse(kSwrInvalidParameter, "the body is an array", "");
  std::vector<ChangeAccess::Share> shares;
  for (const simdjson::dom::element item : items) {
    auto share = kind == ChangeAccess::Kind::remove ? removal_in(item) : share_in(item);
    if (!share) return std::unexpected(std::move(share).error());
    shares.push_back(*std::move(share));
    if (shares.size() > limits::kAccessChangesMax) break;  // decide() says how many are too many
  }
  return shares;
}

// Before the body is read; decide() judges again, where it counts. Reads grants: not for I/O
// threads.
Result<void> check_changes(const Services& services, const Request& request,
                           const Subject& subject) {
  VARVE_TRY(const auto rights, standing(services, request, subject));
  VARVE_CHECK(check_knows(rights, subject));
  VARVE_CHECK(made_at(*services.reader().view(), subject));
  return rights.manages;
}

awaitable<Response> change(Services& services, Request& request, ChangeAccess::Kind kind,
                           unsigned status) {
  auto subject = subject_of(request);
  if (!subject) co_return swr_problem(services, subject.error());
  auto work = [&] { return check_changes(services, request, *subject); };
  const auto allowed = co_await services.pool.run(work);
  if (!allowed) co_return swr_problem(services, allowed.error());
  const auto body = co_await read_swr_body(request);
  if (!body) co_return swr_problem(services, body.error());
  auto shares = shares_in(*body, kind);
  if (!shares) co_return swr_problem(services, shares.error());
  Intent wish = ChangeAccess{kind, std::move(subject->resource), *std::move(shares)};
  co_return co_await swr_commit(services, request, std::move(wish), status);
}

}  // namespace

awaitable<Response> get_swr_access(Services& services, Request& request) {
  const auto subject = subject_of(request);
  if (!subject) co_return swr_problem(services, subject.error());
  const auto state = co_await swr_state(services, request);
  if (!state) co_return swr_problem(services, state.error());
  auto work = [&] { return show(services, request, *state, *subject); };
  auto shown = co_await services.pool.run(work);
  if (!shown) co_return swr_problem(services, shown.error());
  Response response = http::json(200, std::move(shown->text));
  add_provenance(response, shown->index, state->size);
  co_return response;
}

awaitable<Response> add_swr_access(Services& services, Request& request) {
  co_return co_await change(services, request, ChangeAccess::Kind::add, 201);
}

awaitable<Response> change_swr_access(Services& services, Request& request) {
  co_return co_await change(services, request, ChangeAccess::Kind::change, 201);
}

awaitable<Response> remove_swr_access(Services& services, Request& request) {
  co_return co_await change(services, request, ChangeAccess::Kind::remove, 204);
}

}  // namespace varve::surface
