// Every handler of SWR's surface, one for each row of its tables (swr.cpp). I/O threads.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "api/http/message.h"

namespace varve {
struct Services;
}

namespace varve::surface {

// swr_versions.cpp
http::net::awaitable<http::Response> swr_versions(Services& services, http::Request& request);
http::net::awaitable<http::Response> swr_version(Services& services, http::Request& request);

// swr_login.cpp
http::net::awaitable<http::Response> show_docker_login(Services& services, http::Request& request);
http::net::awaitable<http::Response> make_docker_login(Services& services, http::Request& request);

// swr_list.cpp
http::net::awaitable<http::Response> list_swr_repos(Services& services, http::Request& request);

// swr_repos.cpp
http::net::awaitable<http::Response> create_swr_repo(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_swr_repo(Services& services, http::Request& request);
http::net::awaitable<http::Response> update_swr_repo(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_swr_repo(Services& services, http::Request& request);

// swr_namespaces.cpp
http::net::awaitable<http::Response> list_swr_namespaces(Services& services,
                                                         http::Request& request);
http::net::awaitable<http::Response> create_swr_namespace(Services& services,
                                                          http::Request& request);
http::net::awaitable<http::Response> get_swr_namespace(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_swr_namespace(Services& services,
                                                          http::Request& request);

// swr_tags.cpp
http::net::awaitable<http::Response> list_swr_tags(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_swr_tag(Services& services, http::Request& request);
http::net::awaitable<http::Response> set_swr_tag(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_swr_tag(Services& services, http::Request& request);

// swr_access.cpp: of a namespace, and of a repository
http::net::awaitable<http::Response> get_swr_access(Services& services, http::Request& request);
http::net::awaitable<http::Response> add_swr_access(Services& services, http::Request& request);
http::net::awaitable<http::Response> change_swr_access(Services& services, http::Request& request);
http::net::awaitable<http::Response> remove_swr_access(Services& services, http::Request& request);

}  // namespace varve::surface
