// Revisions' metadata in memory. A revision never changes, so a cached one is never wrong; what is
// not here is made again. Any thread.
//
// To make one takes a look at every member: of two that want the same, one makes it and the other
// waits, and not more than a few are made at a time, whatever is asked for. One place is for
// repositories as they are now: whoever asks for the past keeps nobody from installing.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "api/surface/repodata.h"

namespace varve::surface {

class RepodataCache {
 public:
  using Made = std::shared_ptr<const Repodata>;
  struct Key {
    std::string repository;
    std::uint64_t revision = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  static constexpr std::size_t kBytesMax = 64 << 20;
  static constexpr std::size_t kMakingMax = 2;

  explicit RepodataCache(std::size_t bytes_max = kBytesMax, std::size_t making_max = kMakingMax)
      : bytes_max_(bytes_max), making_max_(making_max) {}

  enum class Age { newest, earlier };  // of a revision, when it was asked for

  // Null when it is not here.
  Made find(const Key& key);

  // Whoever has a turn makes the revision. It ends with this object, whether put() was called or
  // not: then somebody else may try.
  class Turn {
   public:
    Turn(Turn&& other) noexcept
        : cache_(std::exchange(other.cache_, nullptr)),
          key_(std::move(other.key_)),
          age_(other.age_) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();
    void put(Made made);

   private:
    friend class RepodataCache;
    Turn(RepodataCache* cache, Key key, Age age) : cache_(cache), key_(std::move(key)), age_(age) {}
    RepodataCache* cache_;
    Key key_;
    Age age_;
  };
  // Nothing while somebody makes this one, or too many are being made: ask again soon.
  std::optional<Turn> begin(const Key& key, Age age);

 private:
  struct Kept {
    Key key;
    Made made;
  };
  std::size_t bytes_max_;
  std::size_t making_max_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // the one asked for last is first
  std::size_t bytes_ = 0;
  std::set<Key> making_;
  std::size_t making_earlier_ = 0;
};

}  // namespace varve::surface
