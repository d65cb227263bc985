// Who may change anything, while there are no accounts.
#include "core/actor.h"

namespace varve {

std::string_view to_string(Auth auth) {
  switch (auth) {
    case Auth::none:
      return "none";
    case Auth::dev:
      return "dev";
    case Auth::local:
      return "local";
  }
  assertion_failed("an Auth outside its enumeration", __FILE__, __LINE__);
}

std::optional<Auth> parse_auth(std::string_view text) {
  for (Auth auth : {Auth::none, Auth::dev, Auth::local})
    if (to_string(auth) == text) return auth;
  return std::nullopt;
}

bool valid_principal_name(std::string_view name) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 63 || !alphanumeric(name.front())) return false;
  for (char c : name)
    if (!alphanumeric(c) && c != '.' && c != '_' && c != '-') return false;
  return true;
}

Result<void> may_mutate(const Actor& actor) {
  if (actor.auth == Auth::dev || actor.auth == Auth::local) return {};
  return fail(Errc::unauthorized, About::request,
              "nobody may change this registry without credentials");
}

}  // namespace varve
