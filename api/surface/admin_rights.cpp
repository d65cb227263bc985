// Grants and policies.
#include <string>
#include <utility>

#include "api/surface/admin_common.h"
#include "api/surface/admin_handlers.h"
#include "api/surface/admin_json.h"

namespace varve::surface::admin {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

// What each document may say.
constexpr std::string_view kGrantMembers[] = {"keep_read_log", "principal", "resource", "rights",
                                              "role"};
constexpr std::string_view kPolicyMembers[] = {"immutable_tags", "require_author_sig", "resource"};

// ---- grants ----

void write_rights(json::Writer& writer, Rights rights) {
  writer.key("rights").begin_array();
  for (const std::string_view word : rights.words()) writer.string(word);
  writer.end_array();
}

Result<std::string> grants_json(const Services& services, const Request& request) {
  const auto view = services.reader().view();
  const std::string_view asked = request.query.get("principal").value_or("anonymous");
  VARVE_CHECK(may_look(services, request, *view, asked));
  VARVE_TRY(const auto name, PrincipalName::parse(asked));
  const std::string_view last = request.query.get("last").value_or(std::string_view{});
  VARVE_TRY(const auto page, trust::grants_of(*view, name, last, kPageMax));
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("grants").begin_array();
  for (const auto& grant : page) {
    writer.begin_object().key("index").number(grant.index.value);
    writer.key("resource").string(grant.resource.text());
    write_rights(writer, grant.rights);
    writer.end_object();
  }
  writer.end_array().key("more").boolean(page.size() == kPageMax);
  writer.key("principal").string(name.text()).end_object();
  return out;
}

}  // namespace

awaitable<Response> get_grants(Services& services, Request& request) {
  auto work = [&] { return grants_json(services, request); };
  auto pending = services.pool.run(work);
  co_return shown(co_await std::move(pending));
}

namespace {

Result<Intent> granting(const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(const auto name, body->needed("principal"));
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  VARVE_TRY(const auto text, body->needed("resource"));
  VARVE_TRY(auto resource, Resource::parse(text));
  VARVE_TRY(const Rights rights, rights_in(*body));
  VARVE_TRY(const auto keep, body->flag("keep_read_log"));
  return trust::SetGrant{std::move(principal), std::move(resource), rights, keep.value_or(false)};
}

}  // namespace

awaitable<Response> put_grant(Services& services, Request& request) {
  auto pending = read_document(request, kGrantMembers);
  const auto body = co_await std::move(pending);
  auto answer = done(services, request, granting(body));
  co_return co_await std::move(answer);
}

namespace {

Result<Intent> taking(const Request& request) {
  VARVE_TRY(auto principal, PrincipalName::parse(request.query.get("principal").value_or("")));
  VARVE_TRY(auto resource, Resource::parse(request.query.get("resource").value_or("")));
  const bool keep = request.query.get("keep_read_log") == "true";
  return trust::RemoveGrant{std::move(principal), std::move(resource), keep};
}

}  // namespace

awaitable<Response> delete_grant(Services& services, Request& request) {
  auto answer = done(services, request, taking(request));
  co_return co_await std::move(answer);
}

namespace {

// ---- policies ----

Result<std::string> policies_json(const Services& services, const Request& request) {
  const auto view = services.reader().view();
  VARVE_CHECK(trust::check(*view, request.actor, Right::administer, services.now()));
  const std::string_view last = request.query.get("last").value_or(std::string_view{});
  VARVE_TRY(const auto page, trust::list_policies(*view, last, kPageMax));
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("more").boolean(page.size() == kPageMax);
  writer.key("policies").begin_array();
  for (const auto& named : page) {
    writer.begin_object().key("immutable_tags").boolean(named.policy.immutable_tags);
    writer.key("index").number(named.index.value);
    writer.key("require_author_sig").boolean(named.policy.require_author_sig);
    writer.key("resource").string(named.resource.text()).end_object();
  }
  writer.end_array().end_object();
  return out;
}

}  // namespace

awaitable<Response> get_policies(Services& services, Request& request) {
  auto work = [&] { return policies_json(services, request); };
  auto pending = services.pool.run(work);
  co_return shown(co_await std::move(pending));
}

namespace {

Result<Intent> policy(const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(const auto text, body->needed("resource"));
  VARVE_TRY(auto resource, Resource::parse(text));
  VARVE_TRY(const auto immutable, body->flag("immutable_tags"));
  VARVE_TRY(const auto signatures, body->flag("require_author_sig"));
  if (!immutable && !signatures)
    return fail(Errc::invalid, About::request,
                "a policy says immutable_tags, require_author_sig or both: true or false");
  return trust::SetPolicy{std::move(resource), immutable.value_or(false),
                          signatures.value_or(false)};
}

}  // namespace

awaitable<Response> put_policy(Services& services, Request& request) {
  auto pending = read_document(request, kPolicyMembers);
  const auto body = co_await std::move(pending);
  auto answer = done(services, request, policy(body));
  co_return co_await std::move(answer);
}

namespace {

Result<Intent> no_policy(const Request& request) {
  VARVE_TRY(auto resource, Resource::parse(request.query.get("resource").value_or("")));
  return trust::RemovePolicy{std::move(resource)};
}

}  // namespace

awaitable<Response> delete_policy(Services& services, Request& request) {
  auto answer = done(services, request, no_policy(request));
  co_return co_await std::move(answer);
}

}  // namespace varve::surface::admin
