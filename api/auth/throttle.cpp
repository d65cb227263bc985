// Leaky buckets in fixed memory. Any thread.
#include "api/auth/throttle.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <string>

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

// The bucket that attempts as `principal` from `peer` are counted in.
Throttle::Cells Throttle::account(std::string_view principal, std::string_view peer, Millis now) {
  const std::uint64_t pair = hash(Kind::known, principal, peer);
  const Known& known = known_[pair % known_.size()];
  if (known.pair == pair && known.until > now.count())
    return cells(hash(Kind::pair, principal, peer));
  return cells(hash(Kind::principal, principal, {}));
}

Result<void> Throttle::admit(std::string_view principal, std::string_view peer, Millis now) {
  const std::lock_guard lock(mutex_);
  const Cells by_principal = account(principal, peer, now);
  const Cells by_peer = cells(hash(Kind::peer, peer, {}));
  if (full(by_principal, limits_.principal_burst, limits_.principal_interval.count(),
           now.count()) ||
      full(by_peer, limits_.peer_burst, limits_.peer_interval.count(), now.count()))
    return fail(Errc::throttled, About::request, "too many failed logins; try again later");
  charge(by_principal, limits_.principal_interval.count(), now.count());
  charge(by_peer, limits_.peer_interval.count(), now.count());
  return {};
}

void Throttle::succeeded(std::string_view principal, std::string_view peer, Millis now) {
  const std::lock_guard lock(mutex_);
  give_back(account(principal, peer, now), limits_.principal_interval.count());
  give_back(cells(hash(Kind::peer, peer, {})), limits_.peer_interval.count());
  const std::uint64_t pair = hash(Kind::known, principal, peer);
  known_[pair % known_.size()] = {pair, now.count() + kKnownMillis};
}

}  // namespace varve::auth
