// Passwords that were right a moment ago, so that a client which sends Basic with each of hundreds
// of requests pays for Argon2id once. Any thread; the clock comes in with each call.
//
// Kept is a keyed hash, never the password, under a key that dies with the process. What is kept
// says which credential it was and which events had made the principal and the credential what they
// were: when either row has another event behind it now, the memory is void. Nothing has to be told
// about events, and nothing can be forgotten to be told.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/base/strong.h"

namespace varve::auth {

struct Verified {
  std::string principal;
  std::string credential;
  EntryIndex principal_set;   // the event behind the principal's row
  EntryIndex credential_set;  // … and behind the credential's
  friend bool operator==(const Verified&, const Verified&) = default;
};

class VerifiedCache {
 public:
  using Millis = std::chrono::milliseconds;  // monotonic
  static constexpr Millis kKept{60'000};
  static constexpr std::size_t kEntriesMax = 4'096;

  VerifiedCache();
  std::optional<Verified> find(std::string_view user, std::string_view secret, Millis now) const;
  void remember(std::string_view user, std::string_view secret, Verified verified, Millis now);
  void forget(std::string_view user, std::string_view secret);
  // One at a time judges a password: true to whoever is the first, until they end(). The others
  // wait for what comes of it, or a client with thirty connections would pay thirty times, and look
  // like somebody who guesses.
  bool begin(std::string_view user, std::string_view secret);
  void end(std::string_view user, std::string_view secret);
  std::size_t size() const;

 private:
  using Key = std::array<unsigned char, 32>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Entry {
    Verified verified;
    Millis until;
  };
  Key key_of(std::string_view user, std::string_view secret) const;
  void make_room(Millis now);

  Key secret_{};
  mutable std::mutex mutex_;
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::unordered_set<Key, KeyHash> judging_;  // at most one a request that is running
};

}  // namespace varve::auth
