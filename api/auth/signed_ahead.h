// How far ahead of our clock signatures of changes were dated when they were taken, by access key,
// in a file: the one thing about used signatures that must outlive the process. Any thread; note()
// and the constructor block.
//
// A server that starts again has forgotten which signatures were used, and so takes only those that
// are dated after it began (used_signatures.h). One that was dated later than it was used would
// come true then. It is refused too, as everything is that this key dated up to there; other keys,
// and clients whose clocks are not ahead, do not notice.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/time.h"

namespace varve::auth {

// Changes are not taken that are dated further ahead.
inline constexpr std::chrono::microseconds kSdkAheadMax{std::chrono::seconds(60)};

class SignedAhead {
 public:
  // Reads what the server before left. What cannot be read may have said anything: then every key
  // may have dated as far ahead as is taken at all. No file: nothing is kept.
  SignedAhead(std::filesystem::path file, Timestamp began);

  // The newest date that a server before this one may have taken of the key; zero: none.
  Timestamp taken_before(std::string_view access_key) const;
  // True: it is noted already that this key dates as far ahead as that.
  bool is_noted(std::string_view access_key, Timestamp signed_at) const;
  // On disk when this returns. Errors: unavailable.
  Result<void> note(std::string_view access_key, Timestamp signed_at, Timestamp now);

 private:
  using Dates = std::map<std::string, std::int64_t, std::less<>>;
  void read(Timestamp began);

  const std::filesystem::path file_;
  Dates before_;                 // of the servers before
  std::int64_t all_before_ = 0;  // of every key
  mutable std::mutex mutex_;     // held for moments
  std::mutex writing_;           // one at a time writes the file
  Dates noted_;                  // what the file says
};

}  // namespace varve::auth
