// How often somebody may guess. Any thread; the clock comes in with each call.
//
// Three things are counted: failed logins as one principal, from one peer, and as one principal
// from one peer. Each is a leaky bucket: some at once, then one an interval. An attempt is charged
// before it is judged and given back when it was right, so that a thousand guesses at once do not
// all pass.
//
// Guessers cannot lock the owner out. Whoever has logged in as a principal from a peer of late has
// a bucket of their own there, whatever else that peer is counted for. And while others guess, a
// peer that has not tried this principal lately gets one attempt all the same, and the next one a
// whole burst's time later. What that is worth to somebody with thousands of peers is bounded by
// the peers, and by how many passwords are judged at a time.
//
// Memory is fixed. Buckets are cells of two tables under a keyed hash: names that nobody has cannot
// fill anything, and two keys share a bucket only when they meet in both tables.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace varve::auth {

// Whom an address is counted as: itself, or the /64 it is in, because whoever has one IPv6 address
// has all of those (RFC 6177). IPv4 within IPv6 is IPv4.
std::string peer_of(std::string_view address);

struct ThrottleLimits {
  unsigned principal_burst = 10;
  std::chrono::milliseconds principal_interval{6'000};
  unsigned peer_burst = 50;
  std::chrono::milliseconds peer_interval{1'000};
  std::size_t cells = 1 << 14;  // a table; 8 bytes each
};

class Throttle {
 public:
  using Millis = std::chrono::milliseconds;  // monotonic, from any start

  explicit Throttle(ThrottleLimits limits = {});

  // What an attempt was charged with, in milliseconds.
  struct Attempt {
    std::int64_t principal = 0;
    std::int64_t peer = 0;
    std::int64_t pair = 0;
  };
  // May `peer` try a password of `principal` now? Errors: throttled.
  Result<Attempt> admit(std::string_view principal, std::string_view peer, Millis now);
  // The attempt that was admitted was right: gives it back and remembers the pair.
  void succeeded(std::string_view principal, std::string_view peer, const Attempt& attempt,
                 Millis now);

 private:
  using Cells = std::array<std::int64_t*, 2>;
  enum class Kind : std::uint8_t { principal = 1, peer = 2, pair = 3, known = 4 };
  struct Known {
    std::uint64_t pair = 0;
    std::int64_t until = 0;
  };

  std::uint64_t hash(Kind kind, std::string_view a, std::string_view b) const;
  Cells cells(std::uint64_t hash);
  bool is_known(std::string_view principal, std::string_view peer, Millis now) const;
  Result<Attempt> admit_stranger(Cells by_principal, Cells by_pair, Millis now);

  const ThrottleLimits limits_;
  std::array<unsigned char, 16> key_{};
  std::mutex mutex_;
  std::array<std::vector<std::int64_t>, 2> tables_;  // when each bucket will be empty again
  std::vector<Known> known_;
};

}  // namespace varve::auth
