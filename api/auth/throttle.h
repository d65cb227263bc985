// How often somebody may guess. Any thread; the clock comes in with each call.
//
// Two things are counted: failed logins as one principal, and failed logins from one peer. Each is
// a leaky bucket: some at once, then one an interval. An attempt is charged before it is judged and
// given back when it was right, so that a thousand guesses at once do not all pass. Whoever has
// logged in as a principal from a peer before has a bucket of their own there: a stranger who
// guesses cannot lock the owner out from where the owner works.
//
// Memory is fixed. Buckets are cells of two tables under a keyed hash: names that nobody has cannot
// fill anything, and two keys share a bucket only when they meet in both tables.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace varve::auth {

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

  // May `peer` try a password of `principal` now? Charges it. Errors: throttled.
  Result<void> admit(std::string_view principal, std::string_view peer, Millis now);
  // The attempt that was admitted was right: gives it back and remembers the pair.
  void succeeded(std::string_view principal, std::string_view peer, Millis now);

 private:
  using Cells = std::array<std::int64_t*, 2>;
  enum class Kind : std::uint8_t { principal = 1, peer = 2, pair = 3, known = 4 };
  struct Known {
    std::uint64_t pair = 0;
    std::int64_t until = 0;
  };

  std::uint64_t hash(Kind kind, std::string_view a, std::string_view b) const;
  Cells cells(std::uint64_t hash);
  Cells account(std::string_view principal, std::string_view peer, Millis now);

  const ThrottleLimits limits_;
  std::array<unsigned char, 16> key_{};
  std::mutex mutex_;
  std::array<std::vector<std::int64_t>, 2> tables_;  // when each bucket will be empty again
  std::vector<Known> known_;
};

}  // namespace varve::auth
