// Every handler of the ACR surface, one for each row of its table (acr.cpp), but the catalog's,
// which is OCI's. I/O threads.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>

#include "api/http/message.h"

namespace varve {
struct Services;
}

namespace varve::surface {

inline constexpr std::string_view kAcrSurface = "acr";

// acr_reads.cpp
http::net::awaitable<http::Response> get_acr_repository(Services& services, http::Request& request);
http::net::awaitable<http::Response> list_acr_tags(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_acr_tag(Services& services, http::Request& request);
http::net::awaitable<http::Response> list_acr_manifests(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_acr_manifest(Services& services, http::Request& request);

// acr_changes.cpp
http::net::awaitable<http::Response> update_acr_repository(Services& services,
                                                           http::Request& request);
http::net::awaitable<http::Response> delete_acr_repository(Services& services,
                                                           http::Request& request);
http::net::awaitable<http::Response> update_acr_tag(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_acr_tag(Services& services, http::Request& request);
http::net::awaitable<http::Response> update_acr_manifest(Services& services,
                                                         http::Request& request);

}  // namespace varve::surface
