// Shared parts of SWR's surface. I/O threads, and the pool.
#include "api/surface/swr_common.h"

#include <algorithm>
#include <utility>

#include "api/auth/authenticator.h"
#include "api/surface/acr_json.h"
#include "api/surface/log_access.h"
#include "core/base/limits.h"
#include "core/content/query.h"
#include "core/oci/overview.h"
#include "core/trust/query.h"

namespace varve::surface {

using http::Request;
using http::Response;
using http::net::awaitable;

http::Dialect swr_dialect(const Services& services) {
  return services.config.swr_error_shape == SwrErrorShape::documented
             ? http::Dialect::swr_documented
             : http::Dialect::swr;
}

Response swr_problem(const Services& services, const Error& error) {
  return http::problem(error, swr_dialect(services));
}

Response swr_problem(const Services& services, const SwrFault& fault) {
  if (fault.code.empty()) return swr_problem(services, fault.error);
  return http::swr_problem(fault.error, fault.code, swr_dialect(services));
}

SwrRules swr_rules(const Services& services) {
  return {services.config.swr_require_filter, services.config.swr_strict};
}

// ---- what a path names ----

std::string with_slashes(std::string_view text) {
  std::string name(text);
  std::ranges::replace(name, '$', '/');
  return name;
}

Result<RepoName> swr_repo_named(std::string_view name_space, std::string_view repository,
                                bool fresh) {
  if (fresh && repository.size() > limits::kSwrRepoBytesMax)
    return fail(Errc::invalid, About::name,
                "a repository's name has at most " + std::to_string(limits::kSwrRepoBytesMax) +
                    " bytes behind its namespace",
                std::string(repository.substr(0, limits::kSwrRepoBytesMax)));
  if (name_space == content::kNoNamespace) {
    if (repository.find('/') == repository.npos) return RepoName::parse(repository);
    return fail(Errc::invalid, About::name, "a repository below no namespace has no slash",
                std::string(repository.substr(0, limits::kSwrRepoBytesMax)));
  }
  if (name_space.find('/') != name_space.npos)
    return fail(Errc::invalid, About::name_space, "a namespace has no slash",
                std::string(name_space.substr(0, limits::kNamespaceBytesMax)));
  return RepoName::parse(std::string(name_space) + "/" + std::string(repository));
}

Result<RepoName> swr_repo(const Request& request) {
  return swr_repo_named(request.params[0], with_slashes(request.params[1]), false);
}

// ---- what a body says ----

namespace {

constexpr std::size_t kBodyBytesMax = 64 << 10;

std::unexpected<SwrFault> refuse(std::string_view code, std::string what, std::string_view detail) {
  return std::unexpected<SwrFault>(
      std::in_place, code,
      Error(Errc::invalid, About::request, std::move(what), std::string(detail)));
}

}  // namespace

SwrResult<SwrDocument> SwrDocument::parse(std::string_view text) {
  SwrDocument document;
  document.parser_ = std::make_shared<simdjson::dom::parser>();
  const auto root = json::parse_strict(*document.parser_, text, About::request);
  if (!root) return std::unexpected<SwrFault>(std::in_place, "", root.error());
  if (root->get(document.object_) != simdjson::SUCCESS)
    return refuse(kSwrInvalidParameter, "the body is a JSON object", "");
  return document;
}

SwrResult<std::optional<std::string>> SwrDocument::text(std::string_view name) const {
  return swr_text(object_.at_key(name), name);
}

SwrResult<std::optional<std::string>> swr_text(
    const simdjson::simdjson_result<simdjson::dom::element>& member, std::string_view name) {
  simdjson::dom::element value;
  if (member.get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS)
    return refuse(kSwrInvalidParameter, "this member is a string", name);
  return std::string(text);
}

SwrResult<std::string> SwrDocument::needed_text(std::string_view name) const {
  auto value = text(name);
  if (!value) return std::unexpected(std::move(value).error());
  if (!*value) return refuse(kSwrMissingParameter, "this member is missing", name);
  return **std::move(value);
}

SwrResult<std::optional<bool>> SwrDocument::flag(std::string_view name,
                                                 std::string_view code) const {
  simdjson::dom::element value;
  if (object_.at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
  bool flag = false;
  if (value.get(flag) != simdjson::SUCCESS)
    return refuse(code, "this member is true or false", name);
  return flag;
}

awaitable<SwrResult<std::string>> read_swr_body(Request& request) {
  auto body = co_await http::read_all(*request.body, kBodyBytesMax);
  if (!body) co_return std::unexpected<SwrFault>(std::in_place, "", std::move(body).error());
  co_return *std::move(body);
}

awaitable<SwrResult<SwrDocument>> read_swr_document(Request& request) {
  auto body = co_await read_swr_body(request);
  if (!body) co_return std::unexpected(std::move(body).error());
  co_return SwrDocument::parse(*body);
}

// ---- answers ----

SwrContext swr_context(const Services& services, const Request& request, const State& state) {
  const Config& config = services.config;
  std::string registry =
      config.swr_registry.empty() ? registry_of(services, request) : config.swr_registry;
  std::string internal = config.swr_internal.empty() ? registry : config.swr_internal;
  return {services, state, std::move(registry), std::move(internal),
          config.swr_domain.empty() ? services.log_key.name() : config.swr_domain};
}

Result<std::string> swr_time(const Reader& reader, EntryIndex index) {
  VARVE_TRY(const auto envelope, reader.envelope(index));
  return envelope.at.to_string();
}

Result<std::string> swr_creator(const Services& services, const Request& request,
                                const Reader& reader, EntryIndex index) {
  VARVE_TRY(const auto entry, reader.entry(index));
  const auto newest = services.reader().view();
  const auto told = may_read_entry(services, *newest, request, what_entry_is_about(entry));
  if (!told && told.error().code != Errc::unauthorized && told.error().code != Errc::denied)
    return std::unexpected(told.error());
  if (!told) return std::string();
  VARVE_TRY(const auto envelope, reader.envelope(index));
  return envelope.actor.id;
}

Result<std::optional<EntryIndex>> swr_namespace_made(const View& view, std::string_view name) {
  VARVE_TRY(const bool there, content::namespace_is_there(view, name));
  if (!there) return std::nullopt;
  return content::namespace_id(view, name);
}

awaitable<Result<State>> swr_state(const Services& services, const Request& request) {
  const auto moment = one_moment(Present{}, request.query.get("as_of"));
  if (!moment) co_return std::unexpected(moment.error());
  co_return co_await state_of(services.pool, services.reader(), *moment);
}

namespace {

constexpr unsigned kPastListingsMax = 2;

}  // namespace

PastListing::PastListing(Services& services)
    : running_(services.state->swr_of_the_past), now_(++running_) {}

PastListing::~PastListing() {
  --running_;
}

Result<void> PastListing::fits() const {
  if (now_ <= kPastListingsMax) return {};
  return fail(Errc::overloaded, About::request,
              "other listings of earlier states are being made; try again");
}

Result<Actor> swr_lister(const Request& request) {
  if (!auth::may_list(request.actor))
    return fail(Errc::unauthorized, About::request, "the token was not made for listing");
  Actor actor = request.actor;
  actor.limit.reset();
  return actor;
}

void add_content_range(Response& response, const std::optional<SwrPage>& page, std::size_t count,
                       std::uint64_t total) {
  if (!page) return;
  response.add("Content-Range", std::to_string(page->offset) + "-" + std::to_string(count) + "/" +
                                    std::to_string(total));
}

namespace {

// The one condition there is here is that a tag is not there yet; SWR's clients know no headers
// that say so.
Error in_words_of_swr(const Error& error) {
  if (error.code != Errc::precondition) return error;
  return Error(Errc::precondition, About::tag,
               "the tag is there already; override: true moves it to another image", error.detail);
}

}  // namespace

awaitable<Response> swr_commit(Services& services, const Request& request, Result<Intent> intent,
                               unsigned status) {
  if (!intent) co_return swr_problem(services, intent.error());
  if (request.query.get("as_of"))
    co_return swr_problem(services, Error(Errc::unsupported, About::request,
                                          "an earlier state can be read, not changed"));
  Command command{request.actor, request.id, std::string(kSwrSurface), *std::move(intent), {}};
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return swr_problem(services, in_words_of_swr(receipt.error()));
  Response response = status == 204 ? Response() : http::json(status, "{}");
  response.status = status;
  add_receipt(response, services, *receipt,
              [](const View&) -> Result<std::optional<EntryIndex>> { return std::nullopt; });
  co_return response;
}

namespace {

constexpr unsigned kSwrManages = 7;
constexpr unsigned kSwrEdits = 3;

}  // namespace

unsigned swr_auth_of(Rights rights) {
  const auto holds = [rights](Rights wanted) { return (rights & wanted) == wanted; };
  if (holds(Rights::of_a_repository())) return kSwrManages;
  if (holds({Right::pull, Right::push})) return kSwrEdits;
  return holds({Right::pull}) ? 1 : 0;
}

std::optional<Rights> rights_of_swr_auth(std::uint64_t auth) {
  if (auth == 7) return Rights::of_a_repository();
  if (auth == 3) return Rights{Right::pull, Right::push};
  if (auth == 1) return Rights{Right::pull};
  return std::nullopt;
}

Result<SwrStanding> swr_standing(const Services& services, const Request& request,
                                 const View& newest, const Resource& resource) {
  const Timestamp now = services.now();
  VARVE_TRY(const Rights rights, trust::rights_on(newest, request.actor, resource, now));
  SwrStanding standing{std::min(swr_auth_of(rights), kSwrEdits), {}};
  standing.manages = trust::check_manages(newest, request.actor, resource, now);
  if (standing.manages) standing.auth = kSwrManages;
  const auto refused = [](const Error& error) {
    return error.code == Errc::denied || error.code == Errc::unauthorized;
  };
  if (!standing.manages && !refused(standing.manages.error()))
    return std::unexpected(standing.manages.error());
  return standing;
}

namespace {

Result<bool> something_is_for_everybody(const View& view) {
  constexpr std::size_t kPage = 256;
  const PrincipalName everybody = PrincipalName::anonymous();
  std::string after;
  for (bool more = true; more;) {
    VARVE_TRY(const auto grants, trust::grants_of(view, everybody, after, kPage));
    for (const trust::Grant& grant : grants)
      if (grant.rights.has(Right::pull)) return true;
    more = grants.size() == kPage;
    if (more) after = grants.back().resource.text();
  }
  return false;
}

}  // namespace

Result<void> swr_may_list(const Services& services, const Request& request) {
  if (request.actor.auth != Auth::none) return {};
  VARVE_TRY(const bool something, something_is_for_everybody(*services.reader().view()));
  if (something) return {};
  return fail(Errc::unauthorized, About::request, "nothing here is for everybody: log in");
}

}  // namespace varve::surface
