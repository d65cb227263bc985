// Who asks. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/trust/names.h"

namespace varve {

// How the caller showed who they are. The text form stands in every entry.
enum class Auth : std::uint8_t {
  none,         // nobody: an anonymous request
  dev,          // a server in dev mode, which lets everybody do everything
  local,        // somebody who holds the data directory: init, key rotate
  basic,        // a name and a secret with the request
  bearer,       // a token this server made for a name and a secret, or for nobody
  signature,    // the request, signed with a secret that was not sent along
  certificate,  // the connection's client certificate
};
std::string_view to_string(Auth auth);
std::optional<Auth> parse_auth(std::string_view text);  // inverse of to_string()

// What is said here was shown by a credential when the request came in. Whether it still holds is
// looked up again where it counts: trust::check() (core/trust/query.h).
struct Actor {
  std::string id = "anonymous";  // a principal's name
  Auth auth = Auth::none;
  // Which credential: an incident responder asks the log what a leaked one did.
  std::optional<CredentialId> credential = std::nullopt;
  // What the token was made for, as an upper bound; none: all that the principal may. Not written
  // into entries.
  std::optional<std::vector<Scope>> limit = std::nullopt;
  // When what was shown ends for good: a token bought with it that can be renewed ends no later.
  // Not written into entries.
  std::optional<Timestamp> until = std::nullopt;
  friend bool operator==(const Actor&, const Actor&) = default;
};

// Nobody: no credential was shown, or a token that was made for nobody.
bool is_anonymous(const Actor& actor);

// An early no, before anything is looked up: somebody without any credential changes nothing,
// whatever anonymous is granted and whatever a token says. Errors: unauthorized.
Result<void> may_mutate(const Actor& actor);

}  // namespace varve
