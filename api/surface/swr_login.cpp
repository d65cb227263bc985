// How to log in with docker: SWR's clients ask for a command line and read it from a header. I/O
// threads; an access key's file is read on the pool.
//
// The login of an access key holds as long as the key, so it is told to whoever signed this very
// request with it and to nobody else: a token that was stolen must not become one. The other login
// is a token of ours that ends by itself.
#include <chrono>
#include <utility>

#include "api/auth/authenticator.h"
#include "api/surface/acr_json.h"
#include "api/surface/swr_common.h"
#include "api/surface/swr_handlers.h"
#include "core/base/bytes.h"
#include "core/trust/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

// The shorter of the two lives that SWR's documents give it.
constexpr std::chrono::microseconds kLoginLifetime = std::chrono::hours(12);
constexpr std::string_view kAnyRegion = "varve";

bool is_plain(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return !word.empty() && word.size() <= 64 && word.find_first_not_of(kPlain) == word.npos;
}

// A project's name is a region's there; it says nothing here.
std::string region_of(const Request& request) {
  const std::string_view asked = request.query.get("projectname").value_or(std::string_view());
  return std::string(is_plain(asked) ? asked : kAnyRegion);
}

struct Login {
  std::string user;
  std::string password;
  std::optional<Timestamp> until;
};

Response answer(const Services& services, const Request& request, const Login& login) {
  const std::string host = services.config.swr_registry.empty() ? registry_of(services, request)
                                                                : services.config.swr_registry;
  std::string body;
  json::Writer out(body);
  out.begin_object().key("auths").begin_object().key(host).begin_object();
  out.key("auth").string(base64_encode(login.user + ":" + login.password));
  out.end_object().end_object().end_object();
  Response response = http::json(200, std::move(body));
  response.add("Cache-Control", "no-store");
  response.add("X-Swr-Dockerlogin",
               "docker login -u " + login.user + " -p " + login.password + " " + host);
  if (login.until) response.add("X-Swr-Expireat", login.until->to_string());
  return response;
}

// Dev mode calls everybody the same, so what was shown is looked at too; that it was right was
// found before.
bool signed_it(const Request& request) {
  return request.actor.credential &&
         (request.actor.auth == Auth::signature ||
          request.header("authorization").starts_with("SDK-HMAC-SHA256 "));
}

Result<Login> login_of_key(const Services& services, const CredentialId& key, std::string region) {
  const auto row = trust::find_credential(*services.reader().view(), key);
  if (!row) return std::unexpected(row.error());
  VARVE_TRY(auto password, services.auth->docker_login(key));
  if (!*row || !password)
    return fail(Errc::denied, About::request, "this was not signed with an access key that holds");
  return Login{std::move(region) + "@" + key.text(), *std::move(password), (*row)->expires};
}

std::unexpected<Error> log_in() {
  return fail(Errc::unauthorized, About::request, "a login is made for whoever shows a credential");
}

Result<Login> login_of_token(const Services& services, const Request& request) {
  if (services.auth == nullptr || !request.actor.credential) return log_in();
  if (request.actor.limit)
    return fail(Errc::unauthorized, About::request, "a token was made for less than a login");
  Actor actor = request.actor;
  const Timestamp now = services.auth->now();
  const Timestamp end{now.micros + kLoginLifetime.count()};
  actor.until = actor.until ? std::min(*actor.until, end) : end;
  return Login{std::string(auth::kTokenUser),
               services.auth->refresh_token(actor, services.ulid(), now), actor.until};
}

}  // namespace

awaitable<Response> show_docker_login(Services& services, Request& request) {
  if (services.auth == nullptr || !request.actor.credential)
    co_return swr_problem(services, log_in().error());
  if (!signed_it(request))
    co_return swr_problem(services, Error(Errc::denied, About::request,
                                          "the login of an access key is told to whoever signs the "
                                          "request for it with that key"));
  const CredentialId key = *request.actor.credential;
  auto work = [&] { return login_of_key(services, key, region_of(request)); };
  const auto login = co_await services.pool.run(work);
  if (!login) co_return swr_problem(services, login.error());
  co_return answer(services, request, *login);
}

awaitable<Response> make_docker_login(Services& services, Request& request) {
  const auto login = login_of_token(services, request);
  if (!login) co_return swr_problem(services, login.error());
  co_return answer(services, request, *login);
}

}  // namespace varve::surface
