// Pulp's routes: /packages, /repositories and /services, and all of it once more below /pulp/api
// and /pulp/api/v1. Source: Pulp 1.1. Any thread.
#pragma once

#include <string_view>
#include <vector>

#include "api/http/route.h"

namespace varve::surface {

std::vector<http::Surface> pulp_surfaces();

// Whose clients know no challenge but the one they answer: that of Basic credentials. What lies
// below /pulp/repos is read by the same people's programs.
bool speaks_pulp(std::string_view path);
inline constexpr std::string_view kPulpChallenge = R"(Basic realm="Pulp")";

// What a request hears whose credentials are refused before any handler sees it, in Pulp's words.
// Anything but Errc::unauthorized stays as it is.
Error pulp_refusal(const http::Request& request, Error error);

}  // namespace varve::surface
