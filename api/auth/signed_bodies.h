// Places for bodies that are read to see whether they were signed: nobody knows yet who sends them,
// and whoever sends slowly holds a place for long. Any thread.
//
// An access key is no secret, so neither its name nor an address alone says who is there. What is
// counted is all of them, those that name one key, and those that name one key from one peer:
// nobody takes all places with one key, nor the places of a key with one machine.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace varve::auth {

struct SignedBodyLimits {
  std::size_t all = 64;
  std::size_t of_a_key = 16;
  std::size_t of_a_key_from_a_peer = 8;
};

class SignedBodies {
 public:
  explicit SignedBodies(SignedBodyLimits limits = {}) : limits_(limits) {}

  // Held for as long as it lives; no longer than the places themselves.
  class Place {
   public:
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class SignedBodies;
    Place(SignedBodies& places, std::string_view access_key, std::string_view peer);
    SignedBodies* places_;
    std::string access_key_;
    std::string peer_;
  };
  // Errors: overloaded.
  Result<Place> take(std::string_view access_key, std::string_view peer);

 private:
  void give_back(std::string_view access_key, std::string_view peer);

  const SignedBodyLimits limits_;
  std::mutex mutex_;
  std::size_t all_ = 0;
  std::map<std::string, std::size_t> taken_;  // by key, and by key and peer; as many as are held
};

}  // namespace varve::auth
