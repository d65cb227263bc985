// Who counts on which blob without the log knowing it yet: a client was told that the bytes are
// here, or is just about to link them. In memory, bounded; any thread.
//
// The purger closes a digest before it asks the ledger, and finds it closed to it while anybody
// counts on it. A restart forgets everything, so nothing is purged before one lease has passed.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/base/digest.h"

namespace varve {

class Leases {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;

  explicit Leases(std::chrono::milliseconds lease, Now now = &Clock::now);

  // Before a client is told that the bytes are here. False while they are being purged: then it is
  // told that they are not, and sends them again.
  bool renew(const Digest& digest);

  // While it lives, somebody is about to link the blob. A lease follows it.
  class Hold {
   public:
    Hold(Hold&& other) noexcept;
    Hold& operator=(Hold&&) = delete;
    ~Hold();

   private:
    friend class Leases;
    Hold(Leases& leases, std::string key) : leases_(&leases), key_(std::move(key)) {}
    Leases* leases_;
    std::string key_;
  };
  // Nothing while the blob is being purged, which takes no longer than a batch: ask again.
  std::optional<Hold> hold(const Digest& digest);

  // For the purger: while it lives, nobody can start to count on the blob.
  class Closed {
   public:
    Closed(Closed&& other) noexcept;
    Closed& operator=(Closed&&) = delete;
    ~Closed();

   private:
    friend class Leases;
    Closed(Leases& leases, std::string key) : leases_(&leases), key_(std::move(key)) {}
    Leases* leases_;
    std::string key_;
  };
  // Nothing while somebody counts on the blob.
  std::optional<Closed> close(const Digest& digest);
  // Could it be closed now? Changes nothing.
  bool is_free(const Digest& digest) const;

 private:
  struct Entry {
    Clock::time_point until;
    std::size_t holds = 0;
    bool closed = false;
  };
  bool is_free_at(const Entry* entry, Clock::time_point now) const;
  Entry& entry_of(std::string key);  // with the mutex held
  void make_room();                  // with the mutex held

  const std::chrono::milliseconds lease_;
  const Now now_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;  // by Digest::row()
  Clock::time_point all_until_;                     // every blob there is has a lease until then
};

}  // namespace varve
