// Sessions over plain TCP.
#include <boost/asio/ip/tcp.hpp>

#include "api/http/session_impl.h"

namespace varve::http {

template net::awaitable<void> serve<net::ip::tcp::socket>(net::ip::tcp::socket stream,
                                                          const Environment& environment,
                                                          Loop& loop, std::string peer);

}  // namespace varve::http
