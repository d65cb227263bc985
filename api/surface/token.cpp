// Handing out tokens. I/O threads. Sources: the Docker token specification (GET), RFC 6749 §4.3 and
// §6 as Docker's clients use them (POST), Azure's authentication endpoints (exchange).
//
// An empty grant is no error: clients ask for more than they need, and the request that lacks the
// right says so itself. A wrong credential is.
#include "api/surface/token.h"

#include <algorithm>
#include <optional>
#include <string>

#include "api/auth/authenticator.h"
#include "api/http/problem.h"
#include "api/services.h"
#include "api/surface/all.h"
#include "core/base/json.h"
#include "core/base/limits.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;
using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kFormBytesMax = 32 << 10;

std::unexpected<Error> bad_request(std::string why) {
  return fail(Errc::invalid, About::request, std::move(why));
}

Response refused(const Error& error) {
  Response response = http::problem(error, http::Dialect::oci);
  response.add("Cache-Control", "no-store");
  return response;
}

Response no_service() {
  return refused(Error(Errc::unsupported, About::request, "this server hands out no tokens"));
}

// In forms, and in what form libraries make of queries, a plus is a space.
std::string spaces_for_pluses(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, '+', ' ');
  return out;
}

awaitable<Result<http::Query>> read_form(Request& request) {
  auto body = co_await http::read_all(*request.body, kFormBytesMax);
  if (!body) co_return std::unexpected(std::move(body).error());
  co_return http::Query::parse(spaces_for_pluses(*body));
}

std::string_view text_of(const http::Query& query, std::string_view name) {
  return query.get(name).value_or(std::string_view{});
}

// Some clients name the host they speak to instead of the service they were told.
Result<void> check_service(const Services& services, const Request& request,
                           std::string_view service) {
  if (service.empty() || service == services.auth->options().service ||
      service == request.header("host"))
    return {};
  return bad_request("tokens for this service are not made here");
}

Result<std::vector<auth::Access>> asked_in(const http::Query& query) {
  std::vector<std::string> texts;
  for (const std::string_view scope : query.all("scope")) texts.push_back(spaces_for_pluses(scope));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return auth::parse_scopes(views);
}

bool may_refresh(const Actor& actor) {
  return actor.credential.has_value() && !actor.limit;
}

struct Made {
  std::string token;
  std::string refresh;  // empty: none was asked for, or there is nothing to refresh
  std::string scope;
  Timestamp at;
};

Result<Made> make(const Services& services, const Actor& actor, const http::Query& query,
                  bool with_refresh) {
  const auth::Authenticator& auth = *services.auth;
  // Or a token that leaked would be renewed for ever.
  if (actor.limit && actor.credential)
    return fail(Errc::unauthorized, About::request, "an access token buys no other token");
  VARVE_TRY(const auto asked, asked_in(query));
  VARVE_TRY(auto granted, auth.grant(actor, asked));
  Made made;
  made.at = auth.now();
  made.scope = auth::to_string(granted);
  made.token = auth.access_token(actor, std::move(granted), services.ulid(), made.at);
  if (with_refresh && may_refresh(actor))
    made.refresh = auth.refresh_token(actor, services.ulid(), made.at);
  return made;
}

// Both names of the token: the first clients knew one, the later ones the other.
Response render(const Services& services, const Made& made) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("access_token").string(made.token);
  writer.key("expires_in")
      .number(static_cast<std::uint64_t>(services.auth->options().access_lifetime.count()));
  writer.key("issued_at").string(made.at.to_string());
  if (!made.refresh.empty()) writer.key("refresh_token").string(made.refresh);
  writer.key("scope").string(made.scope).key("token").string(made.token).end_object();
  Response response = http::json(200, std::move(out));
  response.add("Cache-Control", "no-store");
  return response;
}

Response answer(const Services& services, const Result<Made>& made) {
  return made ? render(services, *made) : refused(made.error());
}

// The credentials are in the header: the actor is known already.
awaitable<Response> get_token(Services& services, Request& request) {
  if (services.auth == nullptr) co_return no_service();
  const auto service = check_service(services, request, text_of(request.query, "service"));
  if (!service) co_return refused(service.error());
  const bool offline = text_of(request.query, "offline_token") == "true";
  co_return answer(services, make(services, request.actor, request.query, offline));
}

// Who the form speaks for. Azure's clients ask for an anonymous token with a password grant that
// names nobody.
awaitable<Result<Actor>> holder_of(Services& services, const Request& request,
                                   const http::Query& form) {
  const std::string_view grant = text_of(form, "grant_type");
  const std::string refresh(text_of(form, "refresh_token"));
  if (grant == "refresh_token") {
    auto actor = services.auth->redeem(refresh);
    if (actor) co_return as_served(services, *std::move(actor));
    co_return actor;
  }
  if (grant != "password") co_return bad_request("grant_type is password or refresh_token");
  auth::Password shown{std::string(text_of(form, "username")),
                       std::string(text_of(form, "password"))};
  if (shown.user.empty() && shown.password.empty()) co_return request.actor;
  if (shown.user.size() > limits::kShownUserBytesMax ||
      shown.password.size() > limits::kShownPasswordBytesMax)
    co_return bad_request("the name or the password is too long");
  auto pending = services.auth->identify(std::move(shown), std::string(request.peer), true);
  auto actor = co_await std::move(pending);
  if (actor) co_return as_served(services, *std::move(actor));
  co_return actor;
}

awaitable<Response> post_token(Services& services, Request& request) {
  if (services.auth == nullptr) co_return no_service();
  auto form = co_await read_form(request);
  if (!form) co_return refused(form.error());
  const auto service = check_service(services, request, text_of(*form, "service"));
  if (!service) co_return refused(service.error());
  auto pending = holder_of(services, request, *form);
  auto actor = co_await std::move(pending);
  if (!actor) co_return refused(actor.error());
  const bool offline = text_of(*form, "access_type") == "offline";
  auto made = make(services, *actor, *form, offline);
  // Whoever refreshed keeps the token it was done with: it ends with its credential.
  if (made && text_of(*form, "grant_type") == "refresh_token")
    made->refresh = text_of(*form, "refresh_token");
  co_return answer(services, made);
}

// What Azure calls the directory's access token is a credential of ours: a machine token, or a
// refresh token. An access token was made for less and buys nothing.
awaitable<Result<Actor>> owner_of(Services& services, std::string token) {
  if (auto holder = services.auth->redeem(token)) co_return *std::move(holder);
  auto pending = services.auth->identify(auth::Token{std::move(token)}, {});
  auto actor = co_await std::move(pending);
  if (actor && !may_refresh(*actor))
    co_return fail(Errc::unauthorized, About::request, "an access token cannot be exchanged");
  co_return actor;
}

awaitable<Response> post_exchange(Services& services, Request& request) {
  if (services.auth == nullptr) co_return no_service();
  auto form = co_await read_form(request);
  if (!form) co_return refused(form.error());
  const auto service = check_service(services, request, text_of(*form, "service"));
  if (!service) co_return refused(service.error());
  const std::string_view grant = text_of(*form, "grant_type");
  if (!grant.starts_with("access_token"))
    co_return refused(Error(Errc::invalid, About::request, "grant_type is access_token"));
  auto pending = owner_of(services, std::string(text_of(*form, "access_token")));
  const auto actor = co_await std::move(pending);
  if (!actor) co_return refused(actor.error());
  std::string out;
  json::Writer(out)
      .begin_object()
      .key("refresh_token")
      .string(services.auth->refresh_token(*actor, services.ulid(), services.auth->now()))
      .end_object();
  Response response = http::json(200, std::move(out));
  response.add("Cache-Control", "no-store");
  co_return response;
}

constexpr http::Route kRoutes[] = {
    {Method::get, "/oauth2/token", Effect::none, get_token},
    {Method::post, "/oauth2/token", Effect::none, post_token},
    {Method::post, "/oauth2/exchange", Effect::none, post_exchange},
};

// What Harbor's adapter for SWR calls. Source: its sources.
constexpr http::Route kHarborRoutes[] = {
    {Method::get, kHarborTokenPath, Effect::none, get_token},
};

}  // namespace

http::Surface harbor_token_surface() {
  return {"token", "/swr/auth/v2", http::Dialect::oci, kHarborRoutes};
}

http::Surface token_surface() {
  return {"token", "/oauth2", http::Dialect::oci, kRoutes};
}

}  // namespace varve::surface
