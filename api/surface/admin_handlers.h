// The handlers behind /admin/v1's table. No rule is in them: decide() judges every wish at its
// place in the log. What is judged here is what is only read: accounts are shown to administrators,
// and to everybody about themselves. I/O threads; secrets are hashed and written on the pools.
#pragma once

#include "api/http/route.h"

namespace varve::surface::admin {

// admin_accounts.cpp
http::net::awaitable<http::Response> get_principals(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_principal(Services& services, http::Request& request);
http::net::awaitable<http::Response> put_principal(Services& services, http::Request& request);
http::net::awaitable<http::Response> disable(Services& services, http::Request& request);
http::net::awaitable<http::Response> enable(Services& services, http::Request& request);
http::net::awaitable<http::Response> post_credential(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_credential(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_keys(Services& services, http::Request& request);
http::net::awaitable<http::Response> post_key(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_key(Services& services, http::Request& request);

// admin_rights.cpp
http::net::awaitable<http::Response> get_grants(Services& services, http::Request& request);
http::net::awaitable<http::Response> put_grant(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_grant(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_policies(Services& services, http::Request& request);
http::net::awaitable<http::Response> put_policy(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_policy(Services& services, http::Request& request);

}  // namespace varve::surface::admin
