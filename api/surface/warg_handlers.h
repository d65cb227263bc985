// Every handler of Warg's surface, one for each row of its tables (warg.cpp). I/O threads.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "api/http/message.h"

namespace varve {
struct Services;
}

namespace varve::surface {

// warg_reads.cpp
http::net::awaitable<http::Response> get_warg_checkpoint(Services& services,
                                                         http::Request& request);
http::net::awaitable<http::Response> verify_warg_checkpoint(Services& services,
                                                            http::Request& request);
http::net::awaitable<http::Response> fetch_warg_names(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_warg_ledger(Services& services, http::Request& request);
http::net::awaitable<http::Response> get_warg_ledger_rows(Services& services,
                                                          http::Request& request);
http::net::awaitable<http::Response> get_wasm_pkg_registry(Services& services,
                                                           http::Request& request);

// warg_logs.cpp
http::net::awaitable<http::Response> fetch_warg_logs(Services& services, http::Request& request);

// warg_records.cpp
http::net::awaitable<http::Response> publish_warg_record(Services& services,
                                                         http::Request& request);
http::net::awaitable<http::Response> get_warg_record(Services& services, http::Request& request);

// warg_content.cpp
http::net::awaitable<http::Response> receive_warg_content(Services& services,
                                                          http::Request& request);
http::net::awaitable<http::Response> get_warg_content_sources(Services& services,
                                                              http::Request& request);
http::net::awaitable<http::Response> get_warg_content(Services& services, http::Request& request);

// warg_proofs.cpp
http::net::awaitable<http::Response> prove_warg_consistency(Services& services,
                                                            http::Request& request);
http::net::awaitable<http::Response> prove_warg_inclusion(Services& services,
                                                          http::Request& request);
http::net::awaitable<http::Response> prove_warg_record(Services& services, http::Request& request);
http::net::awaitable<http::Response> prove_warg_absence(Services& services, http::Request& request);

}  // namespace varve::surface
