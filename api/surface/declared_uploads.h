// What Pulp's clients said of an upload when it began: whose it is, its checksum and its size. The
// import holds the file against it. Any thread.
//
// Kept in memory: after a restart, or beyond kMaxOfOne younger ones of the same owner, the client
// says it again, as it does to go on with an upload (POST /services/upload/ with its id).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "log/store/blob_store.h"

namespace varve::surface {

class DeclaredUploads {
 public:
  static constexpr std::size_t kMax = 4'096;
  static constexpr std::size_t kMaxOfOne = 256;  // nobody makes others' be forgotten by themselves
  struct Declared {
    std::string owner;  // the actor's id
    std::string checksum;
    std::uint64_t size;
    friend bool operator==(const Declared&, const Declared&) = default;
  };

  // Forgets the owner's oldest beyond kMaxOfOne, and the oldest of all beyond kMax.
  void remember(const UploadId& id, Declared declared);
  std::optional<Declared> find(const UploadId& id) const;

 private:
  void forget_oldest(std::string_view owner);
  mutable std::mutex mutex_;
  std::map<UploadId, Declared> declared_;
  std::deque<UploadId> order_;
};

}  // namespace varve::surface
