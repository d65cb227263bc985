// Reading X-Forwarded-For from its right end. Pure; any thread.
#include "api/http/forwarded.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>
#include <string>

#include "api/http/message.h"
#include "api/http/wire.h"
#include "core/base/bytes.h"

namespace varve::http {

bool is_address(std::string_view text) {
  unsigned char bytes[16];
  const std::string copy(text);
  return copy.find('\0') == copy.npos && (::inet_pton(AF_INET, copy.c_str(), bytes) == 1 ||
                                          ::inet_pton(AF_INET6, copy.c_str(), bytes) == 1);
}
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the last item off a list that is separated by commas.
std::string_view take_last(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  const std::string_view last = comma == list.npos ? list : list.substr(comma + 1);
  list = comma == list.npos ? std::string_view() : list.substr(0, comma);
  return trimmed(last);
}

// "10.0.0.1", "10.0.0.1:4711", "fd00::1", "[fd00::1]:4711": some proxies add the port.
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, std::min(text.find(']'), text.size()) - 1);
  const bool one_colon = std::ranges::count(text, ':') == 1;
  return one_colon ? text.substr(0, text.find(':')) : text;
}

// The items of all fields of this name are one list (RFC 9110 §5.3), read from its end.
class FromTheEnd {
 public:
  FromTheEnd(const Request& request, std::string_view name) {
    for (const auto& [field, value] : request.headers)
      if (equal_ignoring_case(field, name)) lists_.push_back(value);
  }
  std::optional<std::string_view> next() {
    if (lists_.empty()) return std::nullopt;
    const std::string_view item = take_last(lists_.back());
    if (lists_.back().empty()) lists_.pop_back();
    return item;
  }

 private:
  std::vector<std::string_view> lists_;
};

}  // namespace

bool TrustedProxies::parse_address(std::string_view text, Address& address) {
  const std::string copy(text.substr(0, text.find('%')));  // a zone names our own interface
  if (copy.find('\0') != copy.npos) return false;
  if (::inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) return true;
  address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
  return ::inet_pton(AF_INET, copy.c_str(), address.data() + 12) == 1;
}

Result<TrustedProxies::Network> TrustedProxies::parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view name = text.substr(0, slash);
  const bool v4 = name.find(':') == name.npos;
  const unsigned most = v4 ? 32 : 128;
  Network network{{}, 128};
  std::optional<std::uint64_t> bits = most;
  if (slash != text.npos) bits = parse_decimal(text.substr(slash + 1));
  if (!bits || *bits > most || !parse_address(name, network.address))
    return fail(Errc::invalid, About::request,
                "a trusted proxy is an address or a network, such as 10.0.0.7 or 10.0.0.0/8",
                std::string(text.substr(0, 64)));
  network.bits = static_cast<unsigned>(*bits) + (v4 ? 96 : 0);
  return network;
}

Result<TrustedProxies> TrustedProxies::parse(std::string_view list) {
  TrustedProxies trusted;
  while (!list.empty()) {
    VARVE_TRY(const auto network, parse_network(take_last(list)));
    trusted.networks_.push_back(network);
  }
  return trusted;
}

bool TrustedProxies::contains(std::string_view text) const {
  Address address{};
  if (!parse_address(text, address)) return false;
  return std::ranges::any_of(networks_, [&](const Network& network) {
    for (unsigned bit = 0; bit < network.bits; ++bit) {
      const unsigned mask = 0x80U >> (bit % 8);
      if (((address[bit / 8] ^ network.address[bit / 8]) & mask) != 0) return false;
    }
    return true;
  });
}

void see_through(Request& request, const TrustedProxies& trusted) {
  if (trusted.empty() || !trusted.contains(request.peer)) return;
  // What the nearest proxy says: of a list, its own word stands last.
  const auto scheme = FromTheEnd(request, "x-forwarded-proto").next();
  if (scheme && equal_ignoring_case(*scheme, "https")) request.secure = true;
  if (scheme && equal_ignoring_case(*scheme, "http")) request.secure = false;
  FromTheEnd addresses(request, "x-forwarded-for");
  while (trusted.contains(request.peer)) {
    const auto item = addresses.next();
    // What is no address says nothing; the proxy that passed it on is all that is known.
    if (!item || !is_address(without_port(*item))) return;
    request.peer = without_port(*item);
  }
}

}  // namespace varve::http
