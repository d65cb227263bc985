// Believing credentials. I/O threads; passwords are judged on threads of their own.
#include "api/auth/authenticator.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "log/reader.h"

namespace varve::auth {
namespace {

std::unexpected<Error> wrong_password() {
  return fail(Errc::unauthorized, About::request, "the name or the password is wrong");
}
std::unexpected<Error> wrong_token() {
  return fail(Errc::unauthorized, About::request, "the token is not known here");
}

std::unique_ptr<View> present(const HeadCell& head) {
  return Reader(head.get()).view();
}

// Gives the place in the queue back, however the wait ends.
class Place {
 public:
  Place(std::atomic<std::size_t>& count, std::size_t waiting_max)
      : count_(count), granted_(++count_ <= kHashersMax + waiting_max) {}
  ~Place() { --count_; }
  Place(const Place&) = delete;
  bool granted() const { return granted_; }

 private:
  std::atomic<std::size_t>& count_;
  const bool granted_;
};

// Lets the next one judge the same password, however this one ends.
class Turn {
 public:
  Turn(VerifiedCache& cache, const Password& presented) : cache_(cache), presented_(presented) {}
  ~Turn() { cache_.end(presented_.user, presented_.password); }
  Turn(const Turn&) = delete;

 private:
  VerifiedCache& cache_;
  const Password& presented_;
};

std::unexpected<Error> too_many() {
  return fail(Errc::overloaded, About::request, "too many passwords are being checked; try again");
}

Timestamp wall_clock() {
  using namespace std::chrono;
  return Timestamp{duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}
Throttle::Millis steady_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch());
}

Actor actor_of(const PrincipalName& principal, Auth auth, const CredentialId& credential) {
  return Actor{principal.text(), auth, credential, std::nullopt};
}

AuthenticatorOptions with_clocks(AuthenticatorOptions options) {
  if (!options.clock) options.clock = wall_clock;
  if (!options.steady) options.steady = steady_clock;
  return options;
}

// When the clock was set back since, what was taken may be dated later than now.
Timestamp newest_ahead_of(const HeadCell& head, Timestamp began) {
  const auto newest = head.get();
  return newest != nullptr && newest->last_at > began ? newest->last_at : Timestamp();
}

}  // namespace

Authenticator::Authenticator(AuthenticatorOptions options, Signer token_key, SealKey seal_key,
                             SecretStore secrets, HeadCell& head, http::Pool& files)
    : options_(with_clocks(std::move(options))),
      key_(std::move(token_key)),
      seal_key_(seal_key),
      secrets_(std::move(secrets)),
      head_(head),
      files_(files),
      throttle_(options_.throttle),
      used_(options_.clock()),
      ahead_(options_.signed_ahead, options_.clock()),
      newest_ahead_(newest_ahead_of(head_, options_.clock())) {}

Authenticator::Later<Actor> Authenticator::identify(Presented presented, std::string peer,
                                                    bool buys_tokens) {
  if (std::holds_alternative<Nothing>(presented)) co_return Actor();
  if (auto* token = std::get_if<Token>(&presented)) {
    auto pending = identify_token(std::move(token->text));
    co_return co_await std::move(pending);
  }
  // A signature is nothing without its request: identify_signed().
  if (std::holds_alternative<SdkSignature>(presented)) co_return wrong_token();
  auto& password = std::get<Password>(presented);
  if (password.user == kTokenUser) {
    if (buys_tokens)
      if (auto holder = redeem(password.password)) co_return *std::move(holder);
    auto pending = identify_token(std::move(password.password));
    co_return co_await std::move(pending);
  }
  auto pending = identify_password(std::move(password), std::move(peer));
  co_return co_await std::move(pending);
}

// ---- passwords ----

// A memory holds while the events behind both rows are the same: see verified.h.
std::optional<Actor> Authenticator::remembered(std::string_view user, std::string_view secret,
                                               Auth auth) {
  const auto found = verified_.find(user, secret, options_.steady());
  if (!found) return std::nullopt;
  const auto name = PrincipalName::parse(found->principal);
  const auto id = CredentialId::parse(found->credential);
  VARVE_ASSERT(name.has_value() && id.has_value());
  const auto view = present(head_);
  const auto principal = trust::find_principal(*view, *name);
  const auto credential = trust::find_credential(*view, *id);
  const bool same = principal && *principal && credential && *credential &&
                    (*principal)->index == found->principal_set &&
                    (*credential)->index == found->credential_set;
  Actor actor = actor_of(*name, auth, *id);
  if (same && trust::check_credential(*view, actor, now())) return actor;
  verified_.forget(user, secret);
  return std::nullopt;
}

void Authenticator::remember(std::string_view user, std::string_view secret, const Actor& actor) {
  const auto name = PrincipalName::parse(actor.id);
  const auto view = present(head_);
  const auto principal = trust::find_principal(*view, *name);
  const auto credential = trust::find_credential(*view, *actor.credential);
  if (!principal || !*principal || !credential || !*credential) return;
  verified_.remember(
      user, secret, {actor.id, actor.credential->text(), (*principal)->index, (*credential)->index},
      options_.steady());
}

Authenticator::Later<Actor> Authenticator::identify_password(Password presented, std::string peer) {
  // A machine token where clients have room for a name and a password.
  if (const auto id = credential_in_token(presented.password)) {
    auto pending = identify_machine_token(std::move(presented.password), *id);
    auto actor = co_await std::move(pending);
    if (actor && actor->id != presented.user) co_return wrong_password();
    if (actor) actor->auth = Auth::basic;
    co_return actor;
  }
  if (auto actor = remembered(presented.user, presented.password, Auth::basic))
    co_return *std::move(actor);
  auto waiting = my_turn(presented);
  const bool turn = co_await std::move(waiting);
  if (!turn) co_return too_many();
  const Turn mine(verified_, presented);
  auto actor = remembered(presented.user, presented.password, Auth::basic);
  if (actor) co_return *std::move(actor);  // whoever was first was right
  auto pending = judge_first(presented, peer);
  co_return co_await std::move(pending);
}

// Waits until nobody else judges the same password. True: verified_.begin() was ours.
boost::asio::awaitable<bool> Authenticator::my_turn(const Password& presented) {
  constexpr std::chrono::milliseconds kPause{20};
  constexpr auto kPausesMax = kJudgingMax / kPause;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (int i = 0; i < kPausesMax; ++i) {
    if (verified_.begin(presented.user, presented.password)) co_return true;
    timer.expires_after(kPause);
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  co_return false;
}

// A place in the queue first: whoever finds none has not guessed.
Authenticator::Later<Actor> Authenticator::judge_first(const Password& presented,
                                                       const std::string& peer) {
  const auto access_key = access_key_in(presented.user);
  std::optional<Place> place;
  if (!access_key) place.emplace(hashing_, options_.waiting_max);
  if (place && !place->granted()) co_return too_many();
  // Whatever region they say: it would be a name of its own each time.
  const std::string_view who = access_key ? access_key->text() : presented.user;
  const std::string counted = peer_of(peer);
  const auto attempt = throttle_.admit(who, counted, options_.steady());
  if (!attempt) co_return std::unexpected(attempt.error());
  http::Pool& threads = access_key ? files_ : hashers_;
  auto pending = threads.run([this, &presented, &access_key] {
    return access_key ? judge_docker_login(*access_key, presented.password)
                      : judge_password(presented);
  });
  auto actor = co_await std::move(pending);
  if (actor) throttle_.succeeded(who, counted, *attempt, options_.steady());
  if (actor) remember(presented.user, presented.password, *actor);
  co_return actor;
}

// One Argon2id whoever is asked about: the time of the answer tells nothing. A principal has one
// password at most, because a new one ends the one before.
Result<Actor> Authenticator::judge_password(const Password& presented) const {
  std::string hash = hash_of_nobody();
  std::optional<Actor> actor;
  const auto view = present(head_);
  if (const auto name = PrincipalName::parse(presented.user)) {
    VARVE_TRY(const auto credentials, trust::credentials_of(*view, *name));
    for (const auto& [id, row] : credentials) {
      if (row.kind != trust::CredentialKind::password || !row.usable(now())) continue;
      VARVE_TRY(auto stored, secrets_.read(id));
      if (!stored) continue;
      hash = *std::move(stored);
      actor = actor_of(*name, Auth::basic, id);
      break;
    }
  }
  const bool fits = secret_fits(hash, presented.password);
  if (!fits || !actor || !trust::check_credential(*view, *actor, now())) return wrong_password();
  return *std::move(actor);
}

Authenticator::Later<std::string> Authenticator::hash(std::string password) {
  const Place place(hashing_, options_.waiting_max);
  if (!place.granted()) co_return too_many();
  auto pending = hashers_.run([&password] { return hash_password(password); });
  co_return co_await std::move(pending);
}

// ---- tokens ----

Authenticator::Later<Actor> Authenticator::identify_token(std::string text) {
  if (const auto id = credential_in_token(text)) {
    auto pending = identify_machine_token(std::move(text), *id);
    co_return co_await std::move(pending);
  }
  co_return judge_jwt(text, TokenUse::access);
}

Authenticator::Later<Actor> Authenticator::identify_machine_token(std::string text,
                                                                  CredentialId id) {
  if (auto actor = remembered({}, text, Auth::bearer)) co_return *std::move(actor);
  auto pending = files_.run([this, &text, &id] { return judge_machine_token(text, id); });
  auto actor = co_await std::move(pending);
  if (actor) remember({}, text, *actor);
  co_return actor;
}

Result<Actor> Authenticator::judge_machine_token(const std::string& text,
                                                 const CredentialId& id) const {
  const auto view = present(head_);
  VARVE_TRY(const auto row, trust::find_credential(*view, id));
  if (!row || row->kind != trust::CredentialKind::token) return wrong_token();
  VARVE_TRY(const auto hash, secrets_.read(id));
  if (!hash || !secret_fits(*hash, text)) return wrong_token();
  Actor actor = actor_of(row->principal, Auth::bearer, id);
  VARVE_CHECK(trust::check_credential(*view, actor, now()));
  return actor;
}

Result<Actor> Authenticator::judge_jwt(std::string_view text, TokenUse use) const {
  const Timestamp at = now();
  VARVE_TRY(auto claims, verify_token(text, key_.verifier(), options_.service, use, at));
  Actor actor{claims.subject, Auth::bearer, std::nullopt, std::nullopt};
  if (!claims.credential.empty()) {
    VARVE_TRY(actor.credential, CredentialId::parse(claims.credential));
  }
  // A refresh token stands for its credential; an access token for its scopes alone.
  if (use == TokenUse::access)
    actor.limit = limit_of(claims.access);
  else
    actor.until = Timestamp{claims.expires * 1'000'000};
  VARVE_CHECK(trust::check_credential(*present(head_), actor, at));
  return actor;
}

Result<Actor> Authenticator::redeem(std::string_view refresh_token) const {
  return judge_jwt(refresh_token, TokenUse::refresh);
}

}  // namespace varve::auth
