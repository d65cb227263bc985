// Handlers of /admin/v1. I/O threads; secrets are hashed and written on the pools.
//
// No rule is here: decide() judges every wish at its place in the log. What is judged here is what
// is only read: accounts are shown to administrators, and to everybody about themselves.
#include "api/surface/admin.h"

#include <optional>
#include <string>
#include <utility>

#include "api/http/problem.h"
#include "api/services.h"
#include "api/surface/access.h"
#include "api/surface/admin_gc.h"
#include "api/surface/admin_json.h"
#include "api/surface/warg_namespaces.h"
#include "core/base/bytes.h"
#include "core/trust/query.h"
#include "log/proof/warg_keys.h"
#include "log/secrets.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;
using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kPageMax = 1'000;

// What each document may say.
constexpr std::string_view kPrincipalMembers[] = {"kind"};
constexpr std::string_view kReasonMembers[] = {"reason"};
constexpr std::string_view kCredentialMembers[] = {"expires", "kind", "password"};
constexpr std::string_view kGrantMembers[] = {"keep_read_log", "principal", "resource", "rights",
                                              "role"};
constexpr std::string_view kKeyMembers[] = {"public_key"};
constexpr std::string_view kPolicyMembers[] = {"immutable_tags", "require_author_sig", "resource"};

Response refused(const Error& error) {
  return http::problem(error, http::Dialect::plain);
}

Response document(unsigned status, std::string json) {
  json += '\n';
  Response response = http::json(status, std::move(json));
  response.add("Cache-Control", "no-store");
  return response;
}

// What happened: the last event's index, absent when everything was so already.
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

// May this caller look at the accounts, or at this one? A token that was made for something else
// does not show its principal's credentials and grants.
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

// ---- principals ----

void write_principal(json::Writer& writer, const PrincipalName& name,
                     const trust::PrincipalRow& row) {
  writer.begin_object().key("disabled").boolean(row.disabled);
  writer.key("index").number(row.index.value);
  writer.key("kind").string(trust::to_string(row.kind));
  writer.key("name").string(name.text()).end_object();
}

Result<std::string> principals_json(const Services& services, const Request& request) {
  const auto view = services.reader().view();
  VARVE_CHECK(trust::check(*view, request.actor, Right::administer, services.now()));
  const std::string_view last = request.query.get("last").value_or(std::string_view{});
  VARVE_TRY(const auto page, trust::list_principals(*view, last, kPageMax));
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("more").boolean(page.size() == kPageMax);
  writer.key("principals").begin_array();
  for (const auto& [name, row] : page) write_principal(writer, name, row);
  writer.end_array().end_object();
  return out;
}

Result<std::string> principal_json(const Services& services, const Request& request) {
  const auto view = services.reader().view();
  VARVE_CHECK(may_look(services, request, *view, request.params[0]));
  VARVE_TRY(const auto name, PrincipalName::parse(request.params[0]));
  VARVE_TRY(const auto row, trust::find_principal(*view, name));
  if (!row) return fail(Errc::not_found, About::name, "there is no such principal", name.text());
  VARVE_TRY(const auto credentials, trust::credentials_of(*view, name));
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("credentials").begin_array();
  for (const auto& [id, credential] : credentials) {
    writer.begin_object().key("credential").string(id.text());
    if (credential.expires) writer.key("expires").string(credential.expires->to_string());
    writer.key("index").number(credential.index.value);
    writer.key("kind").string(trust::to_string(credential.kind)).end_object();
  }
  writer.end_array().key("disabled").boolean(row->disabled);
  writer.key("kind").string(trust::to_string(row->kind));
  writer.key("name").string(name.text()).end_object();
  return out;
}

Response shown(Result<std::string> json) {
  return json ? document(200, *std::move(json)) : refused(json.error());
}

awaitable<Response> get_principals(Services& services, Request& request) {
  auto work = [&] { return principals_json(services, request); };
  auto pending = services.pool.run(work);
  co_return shown(co_await std::move(pending));
}

awaitable<Response> get_principal(Services& services, Request& request) {
  auto work = [&] { return principal_json(services, request); };
  auto pending = services.pool.run(work);
  co_return shown(co_await std::move(pending));
}

Result<Intent> creation(std::string_view name, const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  VARVE_TRY(const auto word, body->text("kind"));
  const auto kind = trust::parse_principal_kind(word.value_or("user"));
  if (!kind)
    return fail(Errc::invalid, About::request, "a kind is user, service or consumer", *word);
  return trust::CreatePrincipal{std::move(principal), *kind};
}

awaitable<Response> put_principal(Services& services, Request& request) {
  auto pending = read_document(request, kPrincipalMembers);
  const auto body = co_await std::move(pending);
  auto answer = done(services, request, creation(request.params[0], body));
  co_return co_await std::move(answer);
}

Result<Intent> disabling(std::string_view name, const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  VARVE_TRY(auto reason, body->text("reason"));
  return trust::DisablePrincipal{std::move(principal), std::move(reason).value_or("")};
}

awaitable<Response> disable(Services& services, Request& request) {
  auto pending = read_document(request, kReasonMembers);
  const auto body = co_await std::move(pending);
  auto answer = done(services, request, disabling(request.params[0], body));
  co_return co_await std::move(answer);
}

Result<Intent> enabling(std::string_view name) {
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  return trust::EnablePrincipal{std::move(principal)};
}

awaitable<Response> enable(Services& services, Request& request) {
  auto answer = done(services, request, enabling(request.params[0]));
  co_return co_await std::move(answer);
}

// ---- credentials ----

struct NewCredential {
  trust::AddCredential wish;
  std::string secret;  // empty: it is a certificate's, and not ours
  bool told = false;   // the caller does not know the secret yet
};

std::string made_secret(trust::CredentialKind kind, const CredentialId& id) {
  switch (kind) {
    case trust::CredentialKind::password:
      return random_password();
    case trust::CredentialKind::token:
      return make_machine_token(id);
    case trust::CredentialKind::x509:
      return {};
    case trust::CredentialKind::aksk:
      return random_secret_key();
  }
  assertion_failed("a CredentialKind outside its enumeration", __FILE__, __LINE__);
}

Result<NewCredential> new_credential(const Services& services, std::string_view name,
                                     const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  VARVE_TRY(const auto id, CredentialId::parse(services.ulid()));
  VARVE_TRY(const auto word, body->needed("kind"));
  const auto kind = trust::parse_credential_kind(word);
  if (!kind)
    return fail(Errc::invalid, About::request, "a kind is password, token, x509 or aksk", word);
  VARVE_TRY(auto password, body->text("password"));
  if (password && *kind != trust::CredentialKind::password)
    return fail(Errc::invalid, About::request, "only a password is chosen by somebody", word);
  VARVE_TRY(const auto expires_text, body->text("expires"));
  std::optional<Timestamp> expires;
  if (expires_text) {
    VARVE_TRY(expires, Timestamp::parse(*expires_text));
  }
  NewCredential made{{std::move(principal), id, *kind, expires}, {}, false};
  made.secret = password ? *std::move(password) : made_secret(*kind, id);
  made.told = !password && !made.secret.empty();
  return made;
}

// What is kept of it: empty when there is nothing to keep.
awaitable<Result<std::string>> line_of(Services& services, const NewCredential& made) {
  if (made.wish.kind == trust::CredentialKind::x509) co_return std::string();
  if (made.wish.kind == trust::CredentialKind::token) co_return hash_machine_token(made.secret);
  if (made.wish.kind == trust::CredentialKind::aksk)
    co_return services.auth->seal(made.wish.credential, made.secret);
  auto pending = services.auth->hash(made.secret);
  co_return co_await std::move(pending);
}

// On disk before the event says that the credential is there (log/secrets.h).
awaitable<Result<void>> keep(Services& services, const NewCredential& made) {
  auto making = line_of(services, made);
  const auto line = co_await std::move(making);
  if (!line) co_return std::unexpected(line.error());
  if (line->empty()) co_return Result<void>();
  auto writing = services.pool.run(
      [&] { return services.auth->secrets().write(made.wish.credential, *line); });
  co_return co_await std::move(writing);
}

awaitable<Result<Receipt>> add(Services& services, const Request& request,
                               const NewCredential& made) {
  auto keeping = keep(services, made);
  const auto kept = co_await std::move(keeping);
  if (!kept) co_return std::unexpected(kept.error());
  auto pending = wish(services, request, made.wish);
  auto receipt = co_await std::move(pending);
  // When the outcome is unknown the event may be there: the next start sweeps if it is not.
  if (!receipt && receipt.error().code != Errc::unknown) {
    auto removing =
        services.pool.run([&] { return services.auth->secrets().remove(made.wish.credential); });
    (void)co_await std::move(removing);
  }
  co_return receipt;
}

Response added(const NewCredential& made, const Receipt& receipt) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("credential").string(made.wish.credential.text());
  if (made.wish.expires) writer.key("expires").string(made.wish.expires->to_string());
  write_receipt(writer, receipt);
  writer.key("kind").string(trust::to_string(made.wish.kind));
  writer.key("principal").string(made.wish.principal.text());
  if (made.told) writer.key("secret").string(made.secret);
  writer.end_object();
  return document(201, std::move(out));
}

awaitable<Response> post_credential(Services& services, Request& request) {
  if (services.auth == nullptr)
    co_return refused(Error(Errc::unsupported, About::request, "this server keeps no secrets"));
  // Before anything is hashed: strangers do not get to use the processor.
  const auto allowed = may_look(services, request, *services.reader().view(), request.params[0]);
  if (!allowed) co_return refused(allowed.error());
  auto reading = read_document(request, kCredentialMembers);
  const auto body = co_await std::move(reading);
  const auto made = new_credential(services, request.params[0], body);
  if (!made) co_return refused(made.error());
  auto pending = add(services, request, *made);
  const auto receipt = co_await std::move(pending);
  co_return receipt ? added(*made, *receipt) : refused(receipt.error());
}

Result<trust::RevokeCredential> revocation(const Request& request) {
  VARVE_TRY(auto principal, PrincipalName::parse(request.params[0]));
  VARVE_TRY(auto id, CredentialId::parse(request.params[1]));
  return trust::RevokeCredential{std::move(principal), std::move(id),
                                 std::string(request.query.get("reason").value_or(""))};
}

awaitable<Response> delete_credential(Services& services, Request& request) {
  const auto revoke = revocation(request);
  if (!revoke) co_return refused(revoke.error());
  auto pending = done(services, request, Intent(*revoke));
  Response response = co_await std::move(pending);
  if (response.status == 200 && services.auth != nullptr) {
    auto removing =
        services.pool.run([&] { return services.auth->secrets().remove(revoke->credential); });
    (void)co_await std::move(removing);  // what stays opens nothing, and is swept at the next start
  }
  co_return response;
}

// ---- keys ----

Result<std::string> keys_json(const Services& services, const Request& request) {
  const auto view = services.reader().view();
  VARVE_CHECK(may_look(services, request, *view, request.params[0]));
  VARVE_TRY(const auto name, PrincipalName::parse(request.params[0]));
  VARVE_TRY(const auto there, trust::find_principal(*view, name));
  if (!there) return fail(Errc::not_found, About::name, "there is no such principal", name.text());
  VARVE_TRY(const auto keys, trust::keys_of(*view, name));
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("keys").begin_array();
  for (const auto& [id, row] : keys) {
    writer.begin_object().key("index").number(row.index.value);
    writer.key("key_id").string(id.to_string());
    writer.key("public_key").string(row.key.text()).end_object();
  }
  writer.end_array().key("principal").string(name.text()).end_object();
  return out;
}

awaitable<Response> get_keys(Services& services, Request& request) {
  auto work = [&] { return keys_json(services, request); };
  auto pending = services.pool.run(work);
  co_return shown(co_await std::move(pending));
}

// A key of no curve, or one under which anybody can sign, gets no further than this.
Result<trust::RegisterKey> registration(std::string_view name, const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  VARVE_TRY(const auto text, body->needed("public_key"));
  VARVE_TRY(const auto key, warg::PublicKey::parse(text));
  return trust::RegisterKey{std::move(principal), SignatureChecks::key(key)};
}

awaitable<Response> post_key(Services& services, Request& request) {
  auto reading = read_document(request, kKeyMembers);
  const auto body = co_await std::move(reading);
  const auto made = registration(request.params[0], body);
  if (!made) co_return refused(made.error());
  auto pending = wish(services, request, *made);
  const auto receipt = co_await std::move(pending);
  if (!receipt) co_return refused(receipt.error());
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("changed").boolean(receipt->count > 0);
  write_receipt(writer, *receipt);
  writer.key("key_id").string(warg::key_id(*made->key).to_string()).end_object();
  co_return document(receipt->count > 0 ? 201 : 200, std::move(out));
}

Result<Intent> key_revocation(const Request& request) {
  VARVE_TRY(auto principal, PrincipalName::parse(request.params[0]));
  VARVE_TRY(const auto id, warg::KeyId::parse(request.params[1]));
  return trust::RevokeKey{std::move(principal), id,
                          std::string(request.query.get("reason").value_or(""))};
}

awaitable<Response> delete_key(Services& services, Request& request) {
  auto answer = done(services, request, key_revocation(request));
  co_return co_await std::move(answer);
}

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

awaitable<Response> get_grants(Services& services, Request& request) {
  auto work = [&] { return grants_json(services, request); };
  auto pending = services.pool.run(work);
  co_return shown(co_await std::move(pending));
}

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

awaitable<Response> put_grant(Services& services, Request& request) {
  auto pending = read_document(request, kGrantMembers);
  const auto body = co_await std::move(pending);
  auto answer = done(services, request, granting(body));
  co_return co_await std::move(answer);
}

Result<Intent> taking(const Request& request) {
  VARVE_TRY(auto principal, PrincipalName::parse(request.query.get("principal").value_or("")));
  VARVE_TRY(auto resource, Resource::parse(request.query.get("resource").value_or("")));
  const bool keep = request.query.get("keep_read_log") == "true";
  return trust::RemoveGrant{std::move(principal), std::move(resource), keep};
}

awaitable<Response> delete_grant(Services& services, Request& request) {
  auto answer = done(services, request, taking(request));
  co_return co_await std::move(answer);
}

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

awaitable<Response> get_policies(Services& services, Request& request) {
  auto work = [&] { return policies_json(services, request); };
  auto pending = services.pool.run(work);
  co_return shown(co_await std::move(pending));
}

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

awaitable<Response> put_policy(Services& services, Request& request) {
  auto pending = read_document(request, kPolicyMembers);
  const auto body = co_await std::move(pending);
  auto answer = done(services, request, policy(body));
  co_return co_await std::move(answer);
}

Result<Intent> no_policy(const Request& request) {
  VARVE_TRY(auto resource, Resource::parse(request.query.get("resource").value_or("")));
  return trust::RemovePolicy{std::move(resource)};
}

awaitable<Response> delete_policy(Services& services, Request& request) {
  auto answer = done(services, request, no_policy(request));
  co_return co_await std::move(answer);
}

constexpr http::Route kRoutes[] = {
    {Method::get, "/admin/v1/principals", Effect::none, get_principals},
    {Method::get, "/admin/v1/principals/{principal}", Effect::none, get_principal},
    {Method::put, "/admin/v1/principals/{principal}", Effect::event, put_principal},
    {Method::post, "/admin/v1/principals/{principal}/disable", Effect::event, disable},
    {Method::post, "/admin/v1/principals/{principal}/enable", Effect::event, enable},
    {Method::post, "/admin/v1/principals/{principal}/credentials", Effect::event, post_credential},
    {Method::del, "/admin/v1/principals/{principal}/credentials/{credential}", Effect::event,
     delete_credential},
    {Method::get, "/admin/v1/principals/{principal}/keys", Effect::none, get_keys},
    {Method::post, "/admin/v1/principals/{principal}/keys", Effect::event, post_key},
    {Method::del, "/admin/v1/principals/{principal}/keys/{key}", Effect::event, delete_key},
    {Method::get, "/admin/v1/grants", Effect::none, get_grants},
    {Method::put, "/admin/v1/grants", Effect::event, put_grant},
    {Method::del, "/admin/v1/grants", Effect::event, delete_grant},
    {Method::post, "/admin/v1/gc", Effect::event, collect_garbage},
    {Method::get, "/admin/v1/policies", Effect::none, get_policies},
    {Method::put, "/admin/v1/policies", Effect::event, put_policy},
    {Method::del, "/admin/v1/policies", Effect::event, delete_policy},
    {Method::get, "/admin/v1/warg/namespaces", Effect::none, list_warg_namespaces},
    {Method::put, "/admin/v1/warg/namespaces/{namespace}", Effect::event, put_warg_namespace},
};

}  // namespace

http::Surface admin_surface() {
  return {"admin", "/admin/v1", http::Dialect::plain, kRoutes};
}

}  // namespace varve::surface
