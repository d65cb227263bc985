// What a 401 says: where to get a token, and which. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace varve::auth {

// Rendered as one WWW-Authenticate value. Clients need the word Bearer first; the Azure SDKs need
// service, and scope on every route that has one.
struct Challenge {
  std::string realm;  // absolute
  std::string service;
  std::string scope;       // empty: none
  std::string_view error;  // "invalid_token", "insufficient_scope" (RFC 6750 §3.1), or empty
};
std::string render(const Challenge& challenge);

// "https://registry.example": where the caller reached us. `external_url` wins when configured; a
// Host that is no authority never gets into an answer, `fallback` does. Clients refuse a realm of
// another scheme than the one they used.
std::string base_url(std::string_view external_url, bool secure, std::string_view host,
                     std::string_view fallback);

// A token service's name that may stand in a challenge: printable, unquoted, and without the words
// that old docker clients look for anywhere in the header.
bool valid_service_name(std::string_view name);

}  // namespace varve::auth
