// Accounts: who may do what, as events, so that "who could publish then?" is answered by replay.
// Commands and events; any thread. Secrets are not here: an event names a credential, never what
// proves it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/trust/names.h"
#include "core/verified.h"
#include "core/warg/names.h"

namespace varve::trust {

// The numbers are stored: never reuse one.
enum class PrincipalKind : std::uint8_t {
  user = 1,       // a person
  service = 2,    // a machine that publishes
  consumer = 3,   // a machine that only reads, whatever it is granted
  anonymous = 4,  // whoever shows no credential; exactly one
};
enum class CredentialKind : std::uint8_t {
  password = 1,
  token = 2,
  // No secret of ours: a client certificate that names the principal is believed while there is
  // one.
  x509 = 3,
  // An access key, which is the credential's id, and a secret key that signs requests.
  aksk = 4,
};

std::string_view to_string(PrincipalKind kind);
std::string_view to_string(CredentialKind kind);
std::optional<PrincipalKind> parse_principal_kind(std::string_view word);
std::optional<CredentialKind> parse_credential_kind(std::string_view word);

// Part of the genesis run of a new log: everybody may pull and read the log until somebody says
// otherwise, and with a credential there is a principal `admin` who may do everything.
struct Founding {
  std::optional<CredentialId> admin_password;
};

// ---- commands ---- (a repeat is no event; `reason` is one line of at most 200 bytes)

struct CreatePrincipal {
  PrincipalName principal;
  PrincipalKind kind;
};
struct DisablePrincipal {
  PrincipalName principal;
  std::string reason;
};
struct EnablePrincipal {
  PrincipalName principal;
};
// What proves it is on disk (synced) under this id already. A new password ends the one before, and
// so does a new x509: whoever ends the one there is wants no certificate believed any more.
struct AddCredential {
  PrincipalName principal;
  CredentialId credential;
  CredentialKind kind;
  std::optional<Timestamp> expires;
};
struct RevokeCredential {
  PrincipalName principal;
  CredentialId credential;
  std::string reason;
};
// The key was found sound. It is its principal's until it is revoked, and nobody's after: what it
// signed must never become somebody else's word. Only administrators register keys: whoever stole a
// password must not get hold of what is to be stolen beside it.
struct RegisterKey {
  PrincipalName principal;
  Verified<warg::PublicKeyText> key;
};
// For administrators, and for whoever shows the principal's own password.
struct RevokeKey {
  PrincipalName principal;
  warg::KeyId key;
  std::string reason;
};
// Replaces what the principal was granted on exactly this resource. No rights at all is a denial,
// stronger than a wider grant.
//
// Entries tell of every repository: whoever takes pull from anonymous anywhere takes read_log from
// it in the same run, unless `keep_read_log`, or read_log is among the rights granted on "*".
struct SetGrant {
  PrincipalName principal;
  Resource resource;
  Rights rights;
  bool keep_read_log = false;
};
struct RemoveGrant {
  PrincipalName principal;
  Resource resource;
  bool keep_read_log = false;
};
// What these may do on one resource, on behalf of whoever manages it (query.h): exactly what a
// repository has to give, to principals other than anonymous, on less than everything.
struct ChangeAccess {
  enum class Kind : std::uint8_t {
    add,     // conflict for whom something is granted on exactly this resource already
    change,  // not_found for whom nothing is
    remove,  // the same
  };
  Kind kind;
  Resource resource;
  struct Share {
    PrincipalName principal;
    Rights rights = {};  // of no meaning where it is removed
  };
  std::vector<Share> who;  // at most limits::kAccessChangesMax, each once
};
struct SetPolicy {
  Resource resource;
  bool immutable_tags;
  // No manifest is put and no tag set without the signature of an author who may push there.
  bool require_author_sig = false;
};
struct RemovePolicy {
  Resource resource;
};

// ---- events ---- (fields() lists the members in the order of their JSON names)

struct PrincipalCreated {
  static constexpr std::string_view kType = "principal.created";
  static constexpr unsigned kVersion = 1;
  PrincipalKind kind;
  PrincipalName principal;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("kind", e.kind);
    v("principal", e.principal);
  }
  friend bool operator==(const PrincipalCreated&, const PrincipalCreated&) = default;
};

struct PrincipalDisabled {
  static constexpr std::string_view kType = "principal.disabled";
  static constexpr unsigned kVersion = 1;
  PrincipalName principal;
  std::string reason;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("principal", e.principal);
    v("reason", e.reason);
  }
  friend bool operator==(const PrincipalDisabled&, const PrincipalDisabled&) = default;
};

struct PrincipalEnabled {
  static constexpr std::string_view kType = "principal.enabled";
  static constexpr unsigned kVersion = 1;
  PrincipalName principal;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("principal", e.principal);
  }
  friend bool operator==(const PrincipalEnabled&, const PrincipalEnabled&) = default;
};

struct CredentialAdded {
  static constexpr std::string_view kType = "credential.added";
  static constexpr unsigned kVersion = 1;
  CredentialId credential;
  std::optional<Timestamp> expires;
  CredentialKind kind;
  PrincipalName principal;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("credential", e.credential);
    v("expires", e.expires);
    v("kind", e.kind);
    v("principal", e.principal);
  }
  friend bool operator==(const CredentialAdded&, const CredentialAdded&) = default;
};

struct CredentialRevoked {
  static constexpr std::string_view kType = "credential.revoked";
  static constexpr unsigned kVersion = 1;
  CredentialId credential;
  PrincipalName principal;
  std::string reason;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("credential", e.credential);
    v("principal", e.principal);
    v("reason", e.reason);
  }
  friend bool operator==(const CredentialRevoked&, const CredentialRevoked&) = default;
};

struct KeyRegistered {
  static constexpr std::string_view kType = "key.registered";
  static constexpr unsigned kVersion = 1;
  warg::KeyId key_id;
  PrincipalName principal;
  warg::PublicKeyText public_key;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("key_id", e.key_id);
    v("principal", e.principal);
    v("public_key", e.public_key);
  }
  friend bool operator==(const KeyRegistered&, const KeyRegistered&) = default;
};

struct KeyRevoked {
  static constexpr std::string_view kType = "key.revoked";
  static constexpr unsigned kVersion = 1;
  warg::KeyId key_id;
  PrincipalName principal;
  std::string reason;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("key_id", e.key_id);
    v("principal", e.principal);
    v("reason", e.reason);
  }
  friend bool operator==(const KeyRevoked&, const KeyRevoked&) = default;
};

struct GrantSet {
  static constexpr std::string_view kType = "grant.set";
  static constexpr unsigned kVersion = 1;
  PrincipalName principal;
  Resource resource;
  Rights rights;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("principal", e.principal);
    v("resource", e.resource);
    v("rights", e.rights);
  }
  friend bool operator==(const GrantSet&, const GrantSet&) = default;
};

struct GrantRemoved {
  static constexpr std::string_view kType = "grant.removed";
  static constexpr unsigned kVersion = 1;
  PrincipalName principal;
  Resource resource;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("principal", e.principal);
    v("resource", e.resource);
  }
  friend bool operator==(const GrantRemoved&, const GrantRemoved&) = default;
};

// v1 says nothing of signatures, and none are required.
struct PolicySet {
  static constexpr std::string_view kType = "policy.set";
  static constexpr unsigned kVersion = 2;
  bool immutable_tags;
  Resource resource;
  std::optional<bool> require_author_sig = std::nullopt;
  unsigned version() const { return require_author_sig ? 2 : 1; }
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("immutable_tags", e.immutable_tags);
    v("require_author_sig", e.require_author_sig);
    v("resource", e.resource);
  }
  friend bool operator==(const PolicySet&, const PolicySet&) = default;
};

struct PolicyRemoved {
  static constexpr std::string_view kType = "policy.removed";
  static constexpr unsigned kVersion = 1;
  Resource resource;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("resource", e.resource);
  }
  friend bool operator==(const PolicyRemoved&, const PolicyRemoved&) = default;
};

}  // namespace varve::trust
