// Signatures of requests that changed something, each good for once: whoever overhears one must not
// repeat what it did. Any thread; the clock comes in with each call.
//
// The rule: a signature is remembered for as long as its date would be accepted. What is not
// remembered any more, or is dated before this memory began, is refused instead of believed: a
// restart does not make old signatures new. What is dated ahead of our clock, by kSdkAheadMax at
// most, is noted on disk before it is taken (signed_ahead.h), so that the next memory refuses it,
// and what its key dated before it, too. And a memory that is full takes no more, rather than
// forget. One gap is left: where a clock was set back and the server then restarted, signatures
// dated after the log's newest entry, of requests that made none (an upload that was begun), are
// good again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/base/time.h"

namespace varve::auth {

// Dates are whole seconds, and a memory takes what is dated with the second in which it begins. So
// that the one before it cannot have taken that, this returns when `clock` shows a later second
// than now; `sleep` lets time pass. Errors: unavailable, the clock was set back meanwhile.
Result<void> outlast_second(const std::function<Timestamp()>& clock,
                            const std::function<void(std::chrono::microseconds)>& sleep);

struct UsedSignatureLimits {
  std::size_t all = 1 << 18;  // some 40 MB when it is full
  // One access key's cannot keep others from working.
  std::size_t of_a_key = 1 << 16;
};

class UsedSignatures {
 public:
  explicit UsedSignatures(Timestamp began, UsedSignatureLimits limits = {});

  // The signature was found right, and `signed_at` is within the window; memories before this one
  // may have taken what the key dated up to `taken_before`. Errors: unauthorized (it was used),
  // overloaded (there is no room), unavailable (that cannot be told).
  Result<void> use(std::string_view access_key, std::string_view mac, Timestamp signed_at,
                   Timestamp taken_before, Timestamp now);
  std::size_t size() const;

 private:
  void forget_expired(Timestamp now);

  const UsedSignatureLimits limits_;
  mutable std::mutex mutex_;
  // By date and MAC: the date is signed, so the same MAC never comes with another one.
  std::map<std::pair<std::int64_t, std::string>, std::string> used_;
  std::unordered_map<std::string, std::size_t> of_key_;
  std::int64_t known_from_;  // signatures of this time and later are all remembered
};

}  // namespace varve::auth
