// Believing access keys and client certificates. I/O threads; files are read on the pool.
//
// A signed body is read before anybody knows who sends it, so all that can be judged without it is
// judged first, and few are read at a time.
#include <sodium.h>
#include <spdlog/spdlog.h>

#include "api/auth/authenticator.h"
#include "log/reader.h"

namespace varve::auth {
namespace {

std::unexpected<Error> wrong_signature() {
  return fail(Errc::unauthorized, About::request, "the access key or the signature is wrong");
}
std::unexpected<Error> wrong_login() {
  return fail(Errc::unauthorized, About::request, "the name or the password is wrong");
}
// The words of Pulp's own server, which its clients show.
std::unexpected<Error> wrong_certificate() {
  return fail(Errc::unauthorized, About::request, "Invalid SSL Certificate");
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

// ---- access keys ----

// Nothing for whatever opens nothing, whyever; an error only when that cannot be told.
Result<std::optional<Authenticator::AccessKey>> Authenticator::find_access_key(
    const CredentialId& id, Auth auth) const {
  const auto view = Reader(head_.get()).view();
  VARVE_TRY(const auto row, trust::find_credential(*view, id));
  if (!row || row->kind != trust::CredentialKind::aksk) return std::nullopt;
  AccessKey found{Actor{row->principal.text(), auth, id}, {}};
  const auto good = trust::check_credential(*view, found.actor, now());
  if (!good && good.error().code != Errc::unauthorized) return std::unexpected(good.error());
  if (!good) return std::nullopt;
  VARVE_TRY(const auto line, secrets_.read(id));
  if (!line) return std::nullopt;
  auto secret = seal_key_.open(id, *line);
  if (!secret) tell_of_closed(id, secret.error());
  if (!secret) return std::nullopt;
  found.secret = *std::move(secret);
  return found;
}

// To the client it is a wrong signature. The operator is told once of each: anybody may name a key.
void Authenticator::tell_of_closed(const CredentialId& id, const Error& why) const {
  constexpr std::size_t kToldMax = 100;
  const std::lock_guard lock(told_mutex_);
  if (told_.size() >= kToldMax || !told_.insert(id.text()).second) return;
  spdlog::error(
      "access key {}: {}. What it signs is refused: restore DATA/secrets/keys/seal from a backup, "
      "or make a new access key",
      id.text(), why.what);
}

Result<std::optional<CredentialId>> Authenticator::closed_access_key() const {
  constexpr int kLookedAtMax = 100;
  std::optional<CredentialId> closed;
  int looked_at = 0;
  const auto visit = [&](const CredentialId& id, const trust::CredentialRow& row) -> Result<bool> {
    if (row.kind != trust::CredentialKind::aksk || !row.usable(now())) return true;
    VARVE_TRY(const auto line, secrets_.read(id));
    if (line && !seal_key_.open(id, *line)) closed = id;
    return !closed && ++looked_at < kLookedAtMax;
  };
  VARVE_CHECK(trust::each_credential(*Reader(head_.get()).view(), visit));
  return closed;
}

Result<Actor> Authenticator::judge_docker_login(const CredentialId& access_key,
                                                std::string_view password) const {
  VARVE_TRY(auto key, find_access_key(access_key, Auth::basic));
  if (!key) return wrong_login();
  const bool right = same(docker_password(access_key.text(), key->secret), password);
  sodium_memzero(key->secret.data(), key->secret.size());
  if (!right) return wrong_login();
  return std::move(key->actor);
}

Result<std::optional<std::string>> Authenticator::docker_login(
    const CredentialId& access_key) const {
  VARVE_TRY(auto key, find_access_key(access_key, Auth::basic));
  if (!key) return std::nullopt;
  std::string password = docker_password(access_key.text(), key->secret);
  sodium_memzero(key->secret.data(), key->secret.size());
  return password;
}

Authenticator::Later<std::optional<Authenticator::AccessKey>> Authenticator::find_signer(
    std::string_view access_key) {
  const auto id = CredentialId::parse(access_key);
  if (!id) co_return std::nullopt;
  auto pending = files_.run([this, &id] { return find_access_key(*id, Auth::signature); });
  co_return co_await std::move(pending);
}

Authenticator::Later<std::string> Authenticator::read_signed_body(std::string_view access_key,
                                                                  http::Request& request) {
  if (request.body->length() == 0U) co_return std::string();
  const auto place = signed_bodies_.take(access_key, peer_of(request.peer));
  if (!place) co_return std::unexpected(place.error());
  auto pending = http::read_all(*request.body, kSdkBodyBytesMax);
  co_return co_await std::move(pending);
}

// In one go, so that a client with many connections is not taken for somebody who guesses.
Result<Actor> Authenticator::judge_signature(const SdkSignature& signature,
                                             const http::Request& request, std::string_view body,
                                             const std::optional<AccessKey>& key) {
  const std::string counted = peer_of(request.peer);
  VARVE_TRY(const auto attempt, throttle_.admit(signature.access_key, counted, options_.steady()));
  if (!key) return wrong_signature();
  const SignedRequest parts = signed_parts(request);
  VARVE_TRY(const auto canonical, canonical_request(signature, parts, body));
  if (!is_signed_with(signature, parts, canonical, key->secret)) return wrong_signature();
  throttle_.succeeded(signature.access_key, counted, attempt, options_.steady());
  return key->actor;
}

// What is dated ahead is good beyond the next start: that it was taken goes to disk first.
Authenticator::Later<void> Authenticator::use_once(const SdkSignature& signature,
                                                   Timestamp signed_at) {
  const std::string& key = signature.access_key;
  const Timestamp at = now();
  if (signed_at > at && !ahead_.is_noted(key, signed_at)) {
    auto pending =
        files_.run([this, &key, signed_at, at] { return ahead_.note(key, signed_at, at); });
    const auto noted = co_await std::move(pending);
    if (!noted) co_return std::unexpected(noted.error());
  }
  const Timestamp taken_before = std::max(ahead_.taken_before(key), newest_ahead_);
  co_return used_.use(key, signature.mac, signed_at, taken_before, now());
}

Authenticator::Later<Actor> Authenticator::identify_signed(SdkSignature signature,
                                                           http::Request& request) {
  const auto at = signed_at(signature, request.headers, now());
  if (!at) co_return std::unexpected(at.error());
  const bool changes = changes_something(request.method);
  if (changes && at->micros > now().micros + kSdkAheadMax.count())
    co_return fail(Errc::unauthorized, About::request,
                   "the signature of a change is dated more than a minute ahead of our clock");
  auto finding = find_signer(signature.access_key);
  auto key = co_await std::move(finding);
  if (!key) co_return std::unexpected(std::move(key).error());
  std::string body;
  if (*key) {
    auto reading = read_signed_body(signature.access_key, request);
    auto read = co_await std::move(reading);
    if (!read) co_return std::unexpected(std::move(read).error());
    body = *std::move(read);
  }
  auto actor = judge_signature(signature, request, body, *key);
  if (*key) sodium_memzero((*key)->secret.data(), (*key)->secret.size());
  if (!actor) co_return actor;
  if (changes) {
    auto using_it = use_once(signature, *at);
    const auto used = co_await std::move(using_it);
    if (!used) co_return std::unexpected(used.error());
  }
  request.body_again = http::read_again(std::move(body), *request.body);
  request.body = request.body_again.get();
  co_return actor;
}

// ---- client certificates ----

// The principal had certificates once. Nobody's name has none.
Authenticator::Later<bool> Authenticator::had_certificates(const PrincipalName& name) {
  const Reader reader(head_.get());
  const auto principal = trust::find_principal(*reader.view(), name);
  if (!principal) co_return std::unexpected(principal.error());
  if (!*principal) co_return false;
  if (const auto known = ended_certificates_.known(reader, name)) co_return *known;
  auto pending = files_.run([&] { return ended_certificates_.look(reader, name); });
  co_return co_await std::move(pending);
}

Result<Actor> Authenticator::refuse_certificate(std::string_view said, std::string_view peer) {
  VARVE_CHECK(throttle_.admit(said, peer_of(peer), options_.steady()));
  return wrong_certificate();
}

namespace {

// As if no certificate had been shown; why, whoever reads the access log should find.
Actor nobody_named(std::string_view name, std::string_view peer) {
  spdlog::debug("the client certificate from {} counts for nothing: {} is not allowed any", peer,
                name);
  return Actor();
}

}  // namespace

Authenticator::Later<Actor> Authenticator::identify_certificate(std::string client_name,
                                                                std::string peer) {
  const std::string said = client_name.substr(0, client_name.find(':'));
  if (client_name.empty()) co_return refuse_certificate(said, peer);
  const auto name = PrincipalName::parse(said);
  if (!name) co_return nobody_named("a name that no principal has", peer);
  const auto view = Reader(head_.get()).view();
  const auto credentials = trust::credentials_of(*view, *name);
  if (!credentials) co_return std::unexpected(credentials.error());
  bool allowed = false;
  for (const auto& [id, row] : *credentials) {
    if (row.kind != trust::CredentialKind::x509) continue;
    Actor actor{name->text(), Auth::certificate, id};
    const auto good = trust::check_credential(*view, actor, now());
    if (good) co_return actor;
    if (good.error().code != Errc::unauthorized) co_return std::unexpected(good.error());
    allowed = true;
  }
  if (!allowed) {
    auto pending = had_certificates(*name);
    const auto had = co_await std::move(pending);
    if (!had) co_return std::unexpected(had.error());
    if (!*had) co_return nobody_named(said, peer);
  }
  co_return refuse_certificate(said, peer);
}

}  // namespace varve::auth
