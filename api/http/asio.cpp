// Asio's definitions, compiled once (BOOST_ASIO_SEPARATE_COMPILATION) instead of in every user.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
