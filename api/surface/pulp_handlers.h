// Every handler of Pulp's surface, one for each row of its table (pulp.cpp). I/O threads.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "api/http/message.h"

namespace varve {
struct Services;
}

namespace varve::surface {

// pulp_packages.cpp
http::net::awaitable<http::Response> list_packages(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_package(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_package_by_name(Services& services,
                                                         http::Request& request);

// pulp_changes.cpp
http::net::awaitable<http::Response> create_package(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_package(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_all_packages(Services& services,
                                                         http::Request& request);

// pulp_history.cpp
http::net::awaitable<http::Response> get_package_history(Services& services,
                                                         http::Request& request);

// pulp_uploads.cpp
http::net::awaitable<http::Response> start_pulp_upload(Services& services, http::Request& request);
http::net::awaitable<http::Response> append_pulp_upload(Services& services, http::Request& request);
http::net::awaitable<http::Response> import_pulp_upload(Services& services, http::Request& request);

// pulp_content.cpp
http::net::awaitable<http::Response> get_package_file(Services& services, http::Request& request);

// pulp_repositories.cpp
http::net::awaitable<http::Response> list_package_repositories(Services& services,
                                                               http::Request& request);
http::net::awaitable<http::Response> create_package_repository(Services& services,
                                                               http::Request& request);
http::net::awaitable<http::Response> get_package_repository(Services& services,
                                                            http::Request& request);
http::net::awaitable<http::Response> delete_package_repository(Services& services,
                                                               http::Request& request);
http::net::awaitable<http::Response> list_members(Services& services, http::Request& request);
http::net::awaitable<http::Response> add_members(Services& services, http::Request& request);
http::net::awaitable<http::Response> remove_members(Services& services, http::Request& request);

// pulp_search.cpp
http::net::awaitable<http::Response> search_packages_by_name(Services& services,
                                                             http::Request& request);
http::net::awaitable<http::Response> search_packages(Services& services, http::Request& request);
http::net::awaitable<http::Response> search_checksums(Services& services, http::Request& request);
http::net::awaitable<http::Response> list_orphans(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_pulp_status(Services& services, http::Request& request);

// pulp_events.cpp
http::net::awaitable<http::Response> list_events(Services& services, http::Request& request);

}  // namespace varve::surface
