// What a request says about who sends it: its Authorization header, or Huawei's X-Auth-Token, taken
// apart and not yet believed. Pure; any thread. Nothing here may reach a log: it is secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/auth/swr_signature.h"
#include "api/http/wire.h"
#include "core/base/error.h"
#include "core/trust/names.h"

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
using Presented = std::variant<Nothing, Password, Token, SdkSignature>;

// Basic (RFC 7617) or Bearer (RFC 6750), whatever the case of the word, or a signature of Huawei's
// SDKs. A bare token without the word counts as Bearer: the generated Azure clients send that; so
// does the value of X-Auth-Token. Behind Basic credentials ", Basic" may stand: Pulp's clients add
// it. Errors (unauthorized): two headers, another scheme, malformed base64, no colon, control
// characters.
Result<Presented> parse_authorization(http::Headers headers);

// "cn-north-4@01JD…": the access key in the user name of a docker login, of whatever region.
std::optional<CredentialId> access_key_in(std::string_view user);

}  // namespace varve::auth
