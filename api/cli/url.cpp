// Server addresses. Pure; any thread.
#include "api/cli/client.h"
#include "core/base/bytes.h"

namespace varve::cli {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

std::string_view default_port(bool secure) {
  return secure ? "443" : "80";
}

std::unexpected<Error> bad_url(std::string why, std::string_view url) {
  return fail(Errc::invalid, About::request, std::move(why), std::string(url));
}

// What is safe inside a Host header and a request line; nothing else is asked for.
bool all_of(std::string_view text, std::string_view more) {
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && more.find(c) == std::string_view::npos) return false;
  }
  return true;
}

Result<void> split_authority(std::string_view authority, std::string_view url, Address& address) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos)
      return bad_url("the IPv6 address has no closing bracket", url);
    address.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    const std::size_t colon = authority.find(':');
    address.host = authority.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
  }
  // One server, one address: what is remembered about it is found by its text.
  for (char& c : address.host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (address.host.empty() || !all_of(address.host, ".-_:"))
    return bad_url("the address names no usable host", url);
  if (rest.empty()) return {};
  const auto port = rest.starts_with(':') ? parse_decimal(rest.substr(1)) : std::nullopt;
  if (!port || *port == 0 || *port > 65'535) return bad_url("the address has no usable port", url);
  address.port = std::to_string(*port);
  return {};
}

}  // namespace

std::string Address::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port(secure) ? name : name + ":" + port;
}

std::string Address::url() const {
  return std::string(secure ? kHttps : kHttp) + authority() + prefix;
}

Result<Address> parse_url(std::string_view url) {
  Address address;
  address.secure = url.starts_with(kHttps);
  address.port = default_port(address.secure);
  if (!address.secure && !url.starts_with(kHttp))
    return bad_url("a server address starts with https:// or http://", url);
  const std::string_view rest = url.substr(address.secure ? kHttps.size() : kHttp.size());
  const std::size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos)
    return bad_url("an address holds no credentials: they would end in logs and process lists", {});
  VARVE_CHECK(split_authority(authority, url, address));
  if (slash != std::string_view::npos) address.prefix = rest.substr(slash);
  while (address.prefix.ends_with('/')) address.prefix.pop_back();
  if (!all_of(address.prefix, "/._~-"))
    return bad_url("the address has a query or characters a path prefix cannot have", url);
  return address;
}

}  // namespace varve::cli
