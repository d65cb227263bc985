// How callers show who they are.
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
    case Auth::basic:
      return "basic";
    case Auth::bearer:
      return "bearer";
    case Auth::signature:
      return "signature";
    case Auth::certificate:
      return "certificate";
  }
  assertion_failed("an Auth outside its enumeration", __FILE__, __LINE__);
}

std::optional<Auth> parse_auth(std::string_view text) {
  for (Auth auth : {Auth::none, Auth::dev, Auth::local, Auth::basic, Auth::bearer, Auth::signature,
                    Auth::certificate})
    if (to_string(auth) == text) return auth;
  return std::nullopt;
}

bool is_anonymous(const Actor& actor) {
  if (actor.auth == Auth::dev || actor.auth == Auth::local) return false;
  return actor.auth == Auth::none || actor.id == PrincipalName::anonymous().text();
}

Result<void> may_mutate(const Actor& actor) {
  if (!is_anonymous(actor)) return {};
  return fail(Errc::unauthorized, About::request,
              "nobody may change this registry without credentials");
}

}  // namespace varve
