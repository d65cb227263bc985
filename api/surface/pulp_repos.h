// /pulp/repos/<repo>/: repositories of packages as dnf and yum read them. Any thread.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::Surface pulp_repos_surface();

}  // namespace varve::surface
