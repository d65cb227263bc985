// Warg's surface, as its reference server 0.10 has it: packages whose records their publishers
// sign. Built once; any thread reads it.
#pragma once

#include "api/http/route.h"

namespace varve::surface {

http::Surface warg_surface();          // /v1
http::Surface warg_content_surface();  // /content, the files
http::Surface wasm_pkg_surface();      // /.well-known/wasm-pkg: which protocols are spoken where

}  // namespace varve::surface
