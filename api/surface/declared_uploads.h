// What Pulp's clients said of an upload when it began: whose it is, its checksum and its size. The
// import holds the file against it. Any thread.
//
// Kept in memory: after a restart, or beyond kMax younger ones, the client says it again, as it
// does to go on with an upload (POST /services/upload/ with its id).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "log/store/blob_store.h"

namespace varve::surface {

class DeclaredUploads {
 public:
  static constexpr std::size_t kMax = 4'096;
  struct Declared {
    std::string owner;  // the actor's id
    std::string checksum;
    std::uint64_t size;
    friend bool operator==(const Declared&, const Declared&) = default;
  };

  void remember(const UploadId& id, Declared declared);  // forgets the oldest beyond kMax
  std::optional<Declared> find(const UploadId& id) const;

 private:
  mutable std::mutex mutex_;
  std::map<UploadId, Declared> declared_;
  std::deque<UploadId> order_;
};

}  // namespace varve::surface
