// Azure Container Registry's data plane, /acr/v1: what Azure's clients look after repositories
// with. Any thread.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::Surface acr_surface();

}  // namespace varve::surface
