// Documents and changes of /admin/v1.
#include "api/surface/admin_common.h"

#include <utility>

#include "api/http/problem.h"
#include "api/surface/access.h"

namespace varve::surface::admin {

using http::Request;
using http::Response;
using http::net::awaitable;

Response refused(const Error& error) {
  return http::problem(error, http::Dialect::plain);
}

Response document(unsigned status, std::string json) {
  json += '\n';
  Response response = http::json(status, std::move(json));
  response.add("Cache-Control", "no-store");
  return response;
}

void write_receipt(json::Writer& writer, const Receipt& receipt) {
  if (receipt.count > 0) writer.key("index").number(receipt.first.value + receipt.count - 1);
}

awaitable<Result<Receipt>> wish(Services& services, const Request& request, Intent intent) {
  Command command{request.actor, request.id, "admin", std::move(intent), {}};
  auto pending = submit(services, std::move(command));
  co_return co_await std::move(pending);
}

awaitable<Response> done(Services& services, const Request& request, Result<Intent> intent) {
  if (!intent) co_return refused(intent.error());
  auto pending = wish(services, request, *std::move(intent));
  const auto receipt = co_await std::move(pending);
  if (!receipt) co_return refused(receipt.error());
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("changed").boolean(receipt->count > 0);
  write_receipt(writer, *receipt);
  writer.end_object();
  co_return document(200, std::move(out));
}

Result<void> may_look(const Services& services, const Request& request, const View& view,
                      std::string_view principal) {
  const Actor& actor = request.actor;
  const bool own = actor.id == principal && actor.credential.has_value();
  if (own && may_see_own_account(actor))
    return trust::check_credential(view, actor, services.now());
  const auto administers = trust::check(view, actor, Right::administer, services.now());
  if (administers || !own) return administers;
  return fail(Errc::unauthorized, About::request, "the token was not made for accounts");
}

Response shown(Result<std::string> json) {
  return json ? document(200, *std::move(json)) : refused(json.error());
}

}  // namespace varve::surface::admin
