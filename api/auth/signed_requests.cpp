// Believing access keys and client certificates. I/O threads; files are read on the pool.
//
// A signed body is read before anybody knows who sends it, so all that can be judged without it is
// judged first, and few are read at a time.
#include <sodium.h>

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

// Counts for as long as it lives.
class Counted {
 public:
  explicit Counted(std::atomic<std::size_t>& count) : count_(count), now_(++count_) {}
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  std::size_t now() const { return now_; }

 private:
  std::atomic<std::size_t>& count_;
  const std::size_t now_;
};

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
  VARVE_TRY(found.secret, seal_key_.open(id, *line));
  return found;
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

Authenticator::Later<std::string> Authenticator::read_signed_body(http::Request& request) {
  if (request.body->length() == 0U) co_return std::string();
  const Counted mine(signed_bodies_);
  if (mine.now() > kSignedBodiesMax)
    co_return fail(Errc::overloaded, About::request,
                   "too many signed requests are being read; try again");
  auto pending = http::read_all(*request.body, kSdkBodyBytesMax);
  co_return co_await std::move(pending);
}

// In one go, so that a client with many connections is not taken for somebody who guesses.
Result<Actor> Authenticator::judge_signature(const SdkSignature& signature,
                                             const http::Request& request, std::string_view body,
                                             const std::optional<AccessKey>& key,
                                             Timestamp signed_at) {
  const std::string counted = peer_of(request.peer);
  VARVE_TRY(const auto attempt, throttle_.admit(signature.access_key, counted, options_.steady()));
  if (!key) return wrong_signature();
  const SignedRequest parts = signed_parts(request);
  VARVE_TRY(const auto canonical, canonical_request(signature, parts, body));
  if (!is_signed_with(signature, parts, canonical, key->secret)) return wrong_signature();
  throttle_.succeeded(signature.access_key, counted, attempt, options_.steady());
  if (changes_something(request.method))
    VARVE_CHECK(used_.use(signature.access_key, signature.mac, signed_at, now()));
  return key->actor;
}

Authenticator::Later<Actor> Authenticator::identify_signed(SdkSignature signature,
                                                           http::Request& request) {
  const auto at = signed_at(signature, request.headers, now());
  if (!at) co_return std::unexpected(at.error());
  auto finding = find_signer(signature.access_key);
  auto key = co_await std::move(finding);
  if (!key) co_return std::unexpected(std::move(key).error());
  std::string body;
  if (*key) {
    auto reading = read_signed_body(request);
    auto read = co_await std::move(reading);
    if (!read) co_return std::unexpected(std::move(read).error());
    body = *std::move(read);
  }
  auto actor = judge_signature(signature, request, body, *key, *at);
  if (*key) sodium_memzero((*key)->secret.data(), (*key)->secret.size());
  if (!actor) co_return actor;
  request.body_again = http::read_again(std::move(body), *request.body);
  request.body = request.body_again.get();
  co_return actor;
}

// ---- client certificates ----

Result<Actor> Authenticator::identify_certificate(std::string_view client_name,
                                                  std::string_view peer) {
  const std::string_view said = client_name.substr(0, client_name.find(':'));
  const std::string counted = peer_of(peer);
  VARVE_TRY(const auto attempt, throttle_.admit(said, counted, options_.steady()));
  const auto name = PrincipalName::parse(said);
  if (!name) return wrong_certificate();
  const auto view = Reader(head_.get()).view();
  VARVE_TRY(const auto credentials, trust::credentials_of(*view, *name));
  for (const auto& [id, row] : credentials) {
    if (row.kind != trust::CredentialKind::x509) continue;
    Actor actor{name->text(), Auth::certificate, id};
    const auto good = trust::check_credential(*view, actor, now());
    if (!good && good.error().code != Errc::unauthorized) return std::unexpected(good.error());
    if (!good) continue;
    throttle_.succeeded(said, counted, attempt, options_.steady());
    return actor;
  }
  return wrong_certificate();
}

}  // namespace varve::auth
