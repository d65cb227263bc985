// What a request says about who sends it: its Authorization header, taken apart and not yet
// believed. Pure; any thread. Nothing here may reach a log: it is secret.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "api/http/wire.h"
#include "core/base/error.h"

namespace varve::auth {

struct Nothing {
  friend bool operator==(const Nothing&, const Nothing&) = default;
};
struct Password {
  std::string user;
  std::string password;
  friend bool operator==(const Password&, const Password&) = default;
};
struct Token {
  std::string text;
  friend bool operator==(const Token&, const Token&) = default;
};
using Presented = std::variant<Nothing, Password, Token>;

// Basic (RFC 7617) or Bearer (RFC 6750), whatever the case of the word. A bare token without the
// word counts as Bearer: the generated Azure clients send that. Errors (unauthorized): two headers,
// another scheme, malformed base64, no colon, control characters.
Result<Presented> parse_authorization(http::Headers headers);

}  // namespace varve::auth
