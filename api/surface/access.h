// What each route needs: one reading of the route tables for the gate, which refuses early, and for
// the challenge, which says what to ask a token for. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "api/http/route.h"
#include "core/trust/names.h"

namespace varve::surface {

// A route whose pattern has {name...} is about that repository: GET and HEAD pull, DELETE deletes
// (but an upload is cancelled by whoever may push), and so does everything that changes something
// under /acr; everything else pushes.
struct Need {
  Right right;
  RepoName repo;
};
// nullopt: the route is about no repository, or about a name that cannot be one.
std::optional<Need> need_of(const http::Route& route, const http::Request& request);

// The scope of a token for this request, as clients are told: "repository:library/app:pull,push".
// Empty where none is needed, and for names that could not be quoted.
std::string scope_of(const http::Route& route, const http::Request& request);

// May the holder see their own principal's credentials and grants? Not with a token that was made
// for something else: it takes one for registry:account:*.
bool may_see_own_account(const Actor& actor);

}  // namespace varve::surface
