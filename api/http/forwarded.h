// Who really asks, when a proxy stands in between: what X-Forwarded-For and X-Forwarded-Proto say
// counts as far as the proxies that say it are trusted, and no further. Pure; any thread.
//
// Each proxy appends the address it was spoken to from, so the list is believed from its right end:
// the client is the right-most address that no trusted proxy has. What stands further left was
// sent by that client and may say anything.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace varve::http {

struct Request;

// A numeric IPv4 or IPv6 address, without port or brackets.
bool is_address(std::string_view text);

class TrustedProxies {
 public:
  // "127.0.0.1, 10.0.0.0/8, fd00::/8"; empty: none. Errors: Errc::invalid, with the part that is no
  // address and no network.
  static Result<TrustedProxies> parse(std::string_view list);
  bool contains(std::string_view address) const;
  bool empty() const { return networks_.empty(); }
  friend bool operator==(const TrustedProxies&, const TrustedProxies&) = default;

 private:
  // IPv4 in its IPv6 form (RFC 4291 §2.5.5.2), so that there is one kind.
  using Address = std::array<std::uint8_t, 16>;
  struct Network {
    Address address;
    unsigned bits;
    friend bool operator==(const Network&, const Network&) = default;
  };
  static bool parse_address(std::string_view text, Address& address);
  static Result<Network> parse_network(std::string_view text);

  std::vector<Network> networks_;
};

// Makes request.peer and request.secure those of the client. The peer's text may then be part of a
// header.
void see_through(Request& request, const TrustedProxies& trusted);

}  // namespace varve::http
