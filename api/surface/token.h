// The token service: /oauth2/token as Docker's clients know it, /oauth2/exchange as Azure's do.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::Surface token_surface();

// GET alone, where Harbor's adapter for SWR looks for it.
inline constexpr std::string_view kHarborTokenPath = "/swr/auth/v2/registry/auth";
http::Surface harbor_token_surface();

}  // namespace varve::surface
