// Principals, their credentials, and the keys that authors sign with.
#include <optional>
#include <string>
#include <utility>

#include "api/surface/admin_common.h"
#include "api/surface/admin_handlers.h"
#include "api/surface/admin_json.h"
#include "log/proof/warg_keys.h"
#include "log/secrets.h"

namespace varve::surface::admin {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

// What each document may say.
constexpr std::string_view kPrincipalMembers[] = {"kind"};
constexpr std::string_view kReasonMembers[] = {"reason"};
constexpr std::string_view kCredentialMembers[] = {"expires", "kind", "password"};
constexpr std::string_view kKeyMembers[] = {"public_key"};

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

}  // namespace

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

namespace {

Result<Intent> creation(std::string_view name, const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  VARVE_TRY(const auto word, body->text("kind"));
  const auto kind = trust::parse_principal_kind(word.value_or("user"));
  if (!kind)
    return fail(Errc::invalid, About::request, "a kind is user, service or consumer", *word);
  return trust::CreatePrincipal{std::move(principal), *kind};
}

}  // namespace

awaitable<Response> put_principal(Services& services, Request& request) {
  auto pending = read_document(request, kPrincipalMembers);
  const auto body = co_await std::move(pending);
  auto answer = done(services, request, creation(request.params[0], body));
  co_return co_await std::move(answer);
}

namespace {

Result<Intent> disabling(std::string_view name, const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  VARVE_TRY(auto reason, body->text("reason"));
  return trust::DisablePrincipal{std::move(principal), std::move(reason).value_or("")};
}

}  // namespace

awaitable<Response> disable(Services& services, Request& request) {
  auto pending = read_document(request, kReasonMembers);
  const auto body = co_await std::move(pending);
  auto answer = done(services, request, disabling(request.params[0], body));
  co_return co_await std::move(answer);
}

namespace {

Result<Intent> enabling(std::string_view name) {
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  return trust::EnablePrincipal{std::move(principal)};
}

}  // namespace

awaitable<Response> enable(Services& services, Request& request) {
  auto answer = done(services, request, enabling(request.params[0]));
  co_return co_await std::move(answer);
}

namespace {

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

}  // namespace

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

namespace {

Result<trust::RevokeCredential> revocation(const Request& request) {
  VARVE_TRY(auto principal, PrincipalName::parse(request.params[0]));
  VARVE_TRY(auto id, CredentialId::parse(request.params[1]));
  return trust::RevokeCredential{std::move(principal), std::move(id),
                                 std::string(request.query.get("reason").value_or(""))};
}

}  // namespace

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

namespace {

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

}  // namespace

awaitable<Response> get_keys(Services& services, Request& request) {
  auto work = [&] { return keys_json(services, request); };
  auto pending = services.pool.run(work);
  co_return shown(co_await std::move(pending));
}

namespace {

// A key of no curve, or one under which anybody can sign, gets no further than this.
Result<trust::RegisterKey> registration(std::string_view name, const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(auto principal, PrincipalName::parse(name));
  VARVE_TRY(const auto text, body->needed("public_key"));
  VARVE_TRY(const auto key, warg::PublicKey::parse(text));
  return trust::RegisterKey{std::move(principal), SignatureChecks::key(key)};
}

}  // namespace

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

namespace {

Result<Intent> key_revocation(const Request& request) {
  VARVE_TRY(auto principal, PrincipalName::parse(request.params[0]));
  VARVE_TRY(const auto id, warg::KeyId::parse(request.params[1]));
  return trust::RevokeKey{std::move(principal), id,
                          std::string(request.query.get("reason").value_or(""))};
}

}  // namespace

awaitable<Response> delete_key(Services& services, Request& request) {
  auto answer = done(services, request, key_revocation(request));
  co_return co_await std::move(answer);
}

}  // namespace varve::surface::admin
