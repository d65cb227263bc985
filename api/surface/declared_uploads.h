// What Pulp's clients said of an upload when it began: whose it is, its checksum and its size. The
// import holds the file against it. Any thread.
//
// Kept in memory: after a restart, beyond kMaxOfOne younger ones of the same owner, or beyond kMax
// of everybody's, the client says it again, as it does to go on with an upload
// (POST /services/upload/ with its id).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

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

  // The newest then, known before or not. Forgets the owner's oldest beyond kMaxOfOne, and the
  // oldest of all beyond kMax.
  void remember(const UploadId& id, Declared declared);
  std::optional<Declared> find(const UploadId& id) const;

 private:
  struct Kept {
    Declared declared;
    std::uint64_t turn;
  };
  void forget(UploadId id);

  mutable std::mutex mutex_;
  std::uint64_t next_turn_ = 0;
  std::map<UploadId, Kept> uploads_;
  std::map<std::uint64_t, UploadId> by_turn_;
  std::map<std::string, std::set<std::uint64_t>> turns_of_;  // by owner
};

}  // namespace varve::surface
