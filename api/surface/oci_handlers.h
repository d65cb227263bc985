// Every handler of the OCI surface, one for each row of its table (oci.cpp). I/O threads.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "api/http/message.h"

namespace varve {
struct Services;
}

namespace varve::surface {

// oci_blobs.cpp
http::net::awaitable<http::Response> get_blob(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_blob(Services& services, http::Request& request);

// oci_catalog.cpp
http::net::awaitable<http::Response> list_repos(Services& services, http::Request& request);
http::net::awaitable<http::Response> discover_extensions(Services& services,
                                                         http::Request& request);
http::net::awaitable<http::Response> discover_extensions_of(Services& services,
                                                            http::Request& request);

// oci_referrers.cpp
http::net::awaitable<http::Response> list_referrers(Services& services, http::Request& request);

// oci_history.cpp
http::net::awaitable<http::Response> get_tag_history(Services& services, http::Request& request);
http::net::awaitable<http::Response> restore_tag(Services& services, http::Request& request);

// oci_uploads.cpp
http::net::awaitable<http::Response> start_upload(Services& services, http::Request& request);
http::net::awaitable<http::Response> append_upload(Services& services, http::Request& request);
http::net::awaitable<http::Response> finish_upload(Services& services, http::Request& request);
http::net::awaitable<http::Response> upload_status(Services& services, http::Request& request);
http::net::awaitable<http::Response> cancel_upload(Services& services, http::Request& request);

// oci_manifests.cpp
http::net::awaitable<http::Response> get_manifest(Services& services, http::Request& request);
http::net::awaitable<http::Response> put_manifest(Services& services, http::Request& request);
http::net::awaitable<http::Response> delete_manifest(Services& services, http::Request& request);

// oci_tags.cpp
http::net::awaitable<http::Response> list_tags(Services& services, http::Request& request);

}  // namespace varve::surface
