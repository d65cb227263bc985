// Who asks. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace varve {

// How the caller showed who they are. The text form stands in every entry.
enum class Auth : std::uint8_t {
  none,   // nobody: an anonymous request
  dev,    // a server in dev mode, which lets everybody do everything
  local,  // somebody who holds the data directory: init, key rotate
};
std::string_view to_string(Auth auth);
std::optional<Auth> parse_auth(std::string_view text);  // inverse of to_string()

struct Actor {
  std::string id = "anonymous";  // a principal's name: [a-z0-9][a-z0-9._-]{0,62}
  Auth auth = Auth::none;
  friend bool operator==(const Actor&, const Actor&) = default;
};

bool valid_principal_name(std::string_view name);

// May this actor change anything? Grants per repository come with accounts; until then only dev
// mode and the holder of the directory may. Errors: unauthorized.
Result<void> may_mutate(const Actor& actor);

}  // namespace varve
