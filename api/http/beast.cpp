// Beast's definitions, compiled once (BOOST_BEAST_SEPARATE_COMPILATION) instead of in every user.
#include <boost/beast/src.hpp>
