// Leaky buckets in fixed memory. Any thread.
#include "api/auth/throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/base/bytes.h"

namespace varve::auth {
namespace {

constexpr std::int64_t kKnownMillis = 24LL * 60 * 60 * 1'000;

// A key's bucket is full only when both of its cells are, so the emptier one tells.
std::int64_t emptier(const std::array<std::int64_t*, 2>& cells) {
  return std::min(*cells[0], *cells[1]);
}

bool full(const std::array<std::int64_t*, 2>& cells, unsigned burst, std::int64_t interval,
          std::int64_t now) {
  return emptier(cells) - now > static_cast<std::int64_t>(burst - 1) * interval;
}

void charge(const std::array<std::int64_t*, 2>& cells, std::int64_t interval, std::int64_t now) {
  for (std::int64_t* cell : cells) *cell = std::max(*cell, now) + interval;
}

void give_back(const std::array<std::int64_t*, 2>& cells, std::int64_t interval) {
  for (std::int64_t* cell : cells) *cell -= interval;
}

}  // namespace

std::string peer_of(std::string_view address) {
  constexpr std::size_t kNetworkBytes = 8;
  const std::string text(address.substr(0, address.find('%')));  // without a zone
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::array<char, INET_ADDRSTRLEN> v4{};
    ::inet_ntop(AF_INET, &v6.s6_addr[12], v4.data(), v4.size());
    return v4.data();
  }
  return hex_encode({reinterpret_cast<const char*>(v6.s6_addr), kNetworkBytes}) + "/64";
}

Throttle::Throttle(ThrottleLimits limits) : limits_(limits) {
  VARVE_ASSERT(sodium_init() >= 0 && limits_.cells > 0);
  VARVE_ASSERT(limits_.principal_burst > 0 && limits_.peer_burst > 0);
  randombytes_buf(key_.data(), key_.size());
  for (auto& table : tables_) table.assign(limits_.cells, 0);
  known_.resize(limits_.cells);
}

std::uint64_t Throttle::hash(Kind kind, std::string_view a, std::string_view b) const {
  std::string text(1, static_cast<char>(kind));
  text += a;
  text += '\0';
  text += b;
  std::array<unsigned char, crypto_shorthash_BYTES> out{};
  crypto_shorthash(out.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   key_.data());
  std::uint64_t value = 0;
  std::memcpy(&value, out.data(), sizeof(value));
  return value;
}

Throttle::Cells Throttle::cells(std::uint64_t hash) {
  return {&tables_[0][(hash & 0xffffffff) % limits_.cells],
          &tables_[1][(hash >> 32) % limits_.cells]};
}

bool Throttle::is_known(std::string_view principal, std::string_view peer, Millis now) const {
  const std::uint64_t pair = hash(Kind::known, principal, peer);
  const Known& known = known_[pair % known_.size()];
  return known.pair == pair && known.until > now.count();
}

namespace {

std::unexpected<Error> too_many_guesses() {
  return fail(Errc::throttled, About::request, "too many failed logins; try again later");
}

}  // namespace

// Somebody who has not been here: counted with all the others, and once beside them.
Result<Throttle::Attempt> Throttle::admit_stranger(Cells by_principal, Cells by_pair, Millis now) {
  const std::int64_t interval = limits_.principal_interval.count();
  if (!full(by_principal, limits_.principal_burst, interval, now.count())) {
    charge(by_principal, interval, now.count());
    charge(by_pair, interval, now.count());
    return Attempt{.principal = interval, .pair = interval};
  }
  if (emptier(by_pair) > now.count()) return too_many_guesses();
  const std::int64_t all = limits_.principal_burst * interval;
  for (std::int64_t* cell : by_pair) *cell = std::max(*cell, now.count() + all);
  return Attempt{.pair = all};
}

Result<Throttle::Attempt> Throttle::admit(std::string_view principal, std::string_view peer,
                                          Millis now) {
  const std::lock_guard lock(mutex_);
  const std::int64_t interval = limits_.principal_interval.count();
  const Cells by_pair = cells(hash(Kind::pair, principal, peer));
  if (is_known(principal, peer, now)) {  // whatever others do, behind the same proxy too
    if (full(by_pair, limits_.principal_burst, interval, now.count())) return too_many_guesses();
    charge(by_pair, interval, now.count());
    return Attempt{.pair = interval};
  }
  const Cells by_peer = cells(hash(Kind::peer, peer, {}));
  if (full(by_peer, limits_.peer_burst, limits_.peer_interval.count(), now.count()))
    return too_many_guesses();
  VARVE_TRY(Attempt attempt,
            admit_stranger(cells(hash(Kind::principal, principal, {})), by_pair, now));
  attempt.peer = limits_.peer_interval.count();
  charge(by_peer, attempt.peer, now.count());
  return attempt;
}

void Throttle::succeeded(std::string_view principal, std::string_view peer, const Attempt& attempt,
                         Millis now) {
  const std::lock_guard lock(mutex_);
  give_back(cells(hash(Kind::principal, principal, {})), attempt.principal);
  give_back(cells(hash(Kind::pair, principal, peer)), attempt.pair);
  give_back(cells(hash(Kind::peer, peer, {})), attempt.peer);
  const std::uint64_t pair = hash(Kind::known, principal, peer);
  known_[pair % known_.size()] = {pair, now.count() + kKnownMillis};
}

}  // namespace varve::auth
