// The token service: /oauth2/token as Docker's clients know it, /oauth2/exchange as Azure's do.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::Surface token_surface();

}  // namespace varve::surface
