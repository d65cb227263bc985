// From what a request presents to who asks; and the tokens that are made for whoever was believed.
// Made once by the composition root; its functions may be called by any I/O thread.
//
// Whatever is shown ends in one place, a credential of a principal in the log: a password
// (Argon2id, two at a time on threads of their own), a machine token (one file, one hash), a JWT
// made here for one of the others, an access key (a signature of the request, or a docker login
// made of its secret key), a client certificate. What was shown is looked up again with every
// request and inside decide(): a token outlives neither its credential nor its principal.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/auth/ended_certificates.h"
#include "api/auth/jwt.h"
#include "api/auth/presented.h"
#include "api/auth/scope.h"
#include "api/auth/signed_ahead.h"
#include "api/auth/signed_bodies.h"
#include "api/auth/swr_signature.h"
#include "api/auth/throttle.h"
#include "api/auth/used_signatures.h"
#include "api/auth/verified.h"
#include "api/http/pool.h"
#include "core/actor.h"
#include "core/trust/query.h"
#include "log/head.h"
#include "log/seal.h"
#include "log/secrets.h"

namespace varve::auth {

// A name that docker clients send when the "password" is a token: the null GUID.
inline constexpr std::string_view kTokenUser = "00000000-0000-0000-0000-000000000000";
// Each check holds 64 MiB and a core for a tenth of a second.
inline constexpr std::size_t kHashersMax = 2;
inline constexpr std::size_t kHashersWaitingMax = 64;
// How long a request waits for another one that shows the same password.
inline constexpr std::chrono::seconds kJudgingMax{10};

struct AuthenticatorOptions {
  std::string service = "varve";  // aud and iss of our tokens
  std::chrono::seconds access_lifetime{300};
  std::chrono::seconds refresh_lifetime{30 * 24 * 3600};
  std::function<Timestamp()> clock;          // null: the wall's
  std::function<Throttle::Millis()> steady;  // null: the machine's monotonic one
  ThrottleLimits throttle{};
  std::size_t waiting_max = kHashersWaitingMax;
  // What the next server must know of signatures that were used; empty: it is told nothing.
  std::filesystem::path signed_ahead;
};

class Authenticator {
 public:
  template <class T>
  using Later = boost::asio::awaitable<Result<T>>;

  Authenticator(AuthenticatorOptions options, Signer token_key, SealKey seal_key,
                SecretStore secrets, HeadCell& head, http::Pool& files);

  // Who this is. Nothing presented is the anonymous actor. Errors: unauthorized (in one sentence
  // whatever was wrong about a name and password), throttled, overloaded. With `buys_tokens` a
  // refresh token counts as the null user's password: at the token service and nowhere else, for it
  // is made to buy access tokens, which are narrow and short.
  Later<Actor> identify(Presented presented, std::string peer, bool buys_tokens = false);
  // Who signed this request. Reads its body, which is then read again by whoever is next. What it
  // changes it changes once: a signature is not taken twice. Errors: unauthorized (in one sentence
  // whatever was wrong about an access key and its signature), throttled, overloaded, unavailable,
  // too_large.
  Later<Actor> identify_signed(SdkSignature signature, http::Request& request);
  // Whom a client certificate names, "name" or "name:anything"; the empty name is one that is not
  // to be believed. Whom nobody ever allowed certificates is as if none had been shown: the
  // anonymous actor. Errors: unauthorized, in Pulp's sentence, for what is not to be believed, or
  // not any more; throttled.
  Later<Actor> identify_certificate(std::string client_name, std::string peer);
  // Who holds this refresh token. Errors: unauthorized.
  Result<Actor> redeem(std::string_view refresh_token) const;
  // A hash to store, made beside the others.
  Later<std::string> hash(std::string password);
  // A secret key to store, sealed.
  std::string seal(const CredentialId& access_key, std::string_view secret_key) const {
    return seal_key_.seal(access_key, secret_key);
  }

  // What of `asked` the actor may do now: the intersection, empty things left out.
  Result<std::vector<Access>> grant(const Actor& actor, const std::vector<Access>& asked) const;
  std::string access_token(const Actor& actor, std::vector<Access> granted, const std::string& id,
                           Timestamp now) const;
  // Asserted: not for anonymous, which has no credential that could be revoked, and not for the
  // holder of an access token, which was made for less and must not become more. One that is bought
  // with another refresh token ends with it: thirty days after somebody showed their credential.
  std::string refresh_token(const Actor& actor, const std::string& id, Timestamp now) const;

  const AuthenticatorOptions& options() const { return options_; }
  // What docker takes as the password of REGION@<access key>: as good as the secret key, so for
  // nobody but who just signed with it. Nothing for what is no access key that holds. Reads a file:
  // not for I/O threads.
  Result<std::optional<std::string>> docker_login(const CredentialId& access_key) const;

  // An access key whose secret key cannot be opened, if one of the first hundred that hold is such:
  // when the key that seals was exchanged, all are. Reads files: for the start.
  Result<std::optional<CredentialId>> closed_access_key() const;

  const SecretStore& secrets() const { return secrets_; }
  Timestamp now() const { return options_.clock(); }
  void join() { hashers_.join(); }

 private:
  Later<Actor> identify_password(Password presented, std::string peer);
  Later<Actor> judge_first(const Password& presented, const std::string& peer);
  boost::asio::awaitable<bool> my_turn(const Password& presented);
  Later<Actor> identify_token(std::string text);
  Later<Actor> identify_machine_token(std::string text, CredentialId id);
  std::optional<Actor> remembered(std::string_view user, std::string_view secret, Auth auth);
  void remember(std::string_view user, std::string_view secret, const Actor& actor);
  Result<Actor> judge_password(const Password& presented) const;
  Result<Actor> judge_docker_login(const CredentialId& access_key, std::string_view password) const;
  struct AccessKey {
    Actor actor;  // as whoever shows it
    std::string secret;
  };
  Result<std::optional<AccessKey>> find_access_key(const CredentialId& id, Auth auth) const;
  Later<std::optional<AccessKey>> find_signer(std::string_view access_key);
  void tell_of_closed(const CredentialId& id, const Error& why) const;
  Later<std::string> read_signed_body(std::string_view access_key, http::Request& request);
  Later<void> use_once(const SdkSignature& signature, Timestamp signed_at);
  Later<bool> had_certificates(const PrincipalName& name);
  Result<Actor> refuse_certificate(std::string_view said, std::string_view peer);
  Result<Actor> judge_signature(const SdkSignature& signature, const http::Request& request,
                                std::string_view body, const std::optional<AccessKey>& key);
  Result<Actor> judge_machine_token(const std::string& text, const CredentialId& id) const;
  Result<Actor> judge_jwt(std::string_view text, TokenUse use) const;

  AuthenticatorOptions options_;
  Signer key_;
  SealKey seal_key_;
  SecretStore secrets_;
  HeadCell& head_;
  http::Pool& files_;
  http::Pool hashers_{kHashersMax};
  std::atomic<std::size_t> hashing_{0};
  Throttle throttle_;
  VerifiedCache verified_;
  UsedSignatures used_;
  SignedAhead ahead_;
  // The newest entry's date, where the clock stood before it at the start: signatures dated up to
  // it may have been taken. Else none.
  const Timestamp newest_ahead_;
  SignedBodies signed_bodies_;
  EndedCertificates ended_certificates_;
  mutable std::mutex told_mutex_;
  mutable std::set<std::string> told_;  // access keys whose secret keys do not open
};

// The upper bound that a token with these scopes is.
std::vector<Scope> limit_of(const std::vector<Access>& accesses);
// "asof.<N>/library/app" and "library/app" are one repository: nullopt for what is none.
std::optional<RepoName> repository_in(std::string_view scope_name);
// May the holder list repositories at all? Which of them is a question of pull.
bool may_list(const Actor& actor);

}  // namespace varve::auth
