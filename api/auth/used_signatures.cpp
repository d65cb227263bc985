// The memory of signatures. Any thread.
#include "api/auth/used_signatures.h"

#include <algorithm>

#include "api/auth/swr_signature.h"

namespace varve::auth {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

}  // namespace

Result<void> outlast_second(const std::function<Timestamp()>& clock,
                            const std::function<void(std::chrono::microseconds)>& sleep) {
  constexpr int kTries = 5;  // one is enough for a clock that is not set meanwhile
  Timestamp now = clock();
  const std::int64_t begun = now.micros / kSecond;
  for (int tries = 0; now.micros / kSecond <= begun; now = clock()) {
    if (tries++ == kTries)
      return fail(Errc::unavailable, About::request, "the clock was set back; start again");
    sleep(std::chrono::microseconds(kSecond - now.micros % kSecond));
  }
  return {};
}

// Dates are whole seconds: what is signed in this very second is taken.
UsedSignatures::UsedSignatures(Timestamp began, UsedSignatureLimits limits)
    : limits_(limits), known_from_(began.micros - began.micros % kSecond) {}

void UsedSignatures::forget_expired(Timestamp now) {
  const std::int64_t oldest = now.micros - kSdkClockWindow.count();
  while (!used_.empty() && used_.begin()->first.first < oldest) {
    const auto count = of_key_.find(used_.begin()->second);
    if (--count->second == 0) of_key_.erase(count);
    used_.erase(used_.begin());
  }
  known_from_ = std::max(known_from_, oldest);  // a clock that is set back does not undo it
}

Result<void> UsedSignatures::use(std::string_view access_key, std::string_view mac,
                                 Timestamp signed_at, Timestamp taken_before, Timestamp now) {
  const std::lock_guard lock(mutex_);
  forget_expired(now);
  if (signed_at.micros < known_from_ || signed_at.micros <= taken_before.micros)
    return fail(Errc::unavailable, About::request,
                "whether this signature was used before is not known any more; sign again");
  std::pair key(signed_at.micros, std::string(mac));
  if (used_.contains(key))
    return fail(Errc::unauthorized, About::request,
                "this signature was used before: a change is signed anew each time");
  const auto own = of_key_.find(std::string(access_key));
  if (used_.size() >= limits_.all || (own != of_key_.end() && own->second >= limits_.of_a_key))
    return fail(Errc::overloaded, About::request,
                "too many signed changes in the last minutes; try again later");
  used_.emplace(std::move(key), std::string(access_key));
  ++of_key_[std::string(access_key)];
  return {};
}

std::size_t UsedSignatures::size() const {
  const std::lock_guard lock(mutex_);
  return used_.size();
}

}  // namespace varve::auth
