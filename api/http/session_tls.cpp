// Sessions over TLS.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "api/http/session_impl.h"

namespace varve::http {

template net::awaitable<void> serve<net::ssl::stream<net::ip::tcp::socket>>(
    net::ssl::stream<net::ip::tcp::socket> stream, const Environment& environment, Loop& loop,
    std::string peer);

}  // namespace varve::http
