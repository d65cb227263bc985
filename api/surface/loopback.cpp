// Reading Host and Origin. Any thread.
#include "api/surface/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>

#include "api/http/wire.h"

namespace varve::surface {
namespace {

constexpr std::string_view kDigits = "0123456789";

// inet_pton takes four decimal numbers and nothing else: neither 127.1 nor 127.0.0.1.example.
bool is_loopback_v4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool is_port(std::string_view text) {
  return text.empty() || (text.starts_with(':') && text.find_first_not_of(kDigits, 1) == text.npos);
}

}  // namespace

bool names_loopback(std::string_view authority) {
  constexpr std::string_view kV6 = "[::1]";
  if (authority.starts_with(kV6)) return is_port(authority.substr(kV6.size()));
  const std::size_t end = std::min(authority.find(':'), authority.size());
  const std::string host(authority.substr(0, end));
  if (!is_port(authority.substr(end)) || host.find('\0') != host.npos) return false;
  return is_loopback_v4(host) || http::equal_ignoring_case(host, "localhost");
}

bool sent_by_a_stranger(const http::Request& request) {
  for (const auto& [name, value] : request.headers) {
    if (http::equal_ignoring_case(name, "host") && !names_loopback(value)) return true;
    if (!http::equal_ignoring_case(name, "origin")) continue;
    const std::size_t scheme = value.find("://");  // "null" has none: a page that hides its origin
    if (scheme == value.npos || !names_loopback(value.substr(scheme + 3))) return true;
  }
  return false;
}

}  // namespace varve::surface
