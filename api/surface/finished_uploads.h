// Which uploads ended as which blobs, of late. A client whose final PUT got no answer, or a 503,
// sends it again, and the upload is gone by then: what it became is still known here.
//
// It must be remembered, not concluded from the blob's presence: an upload's URL can be made up,
// and whoever knows only a digest must not reach the bytes through a repository of his own. Any
// thread.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "core/base/digest.h"
#include "log/store/blob_store.h"

namespace varve::surface {

class FinishedUploads {
 public:
  static constexpr std::size_t kMax = 4'096;
  struct Blob {
    Digest digest;
    std::uint64_t size;
  };

  void remember(const UploadId& id, const Blob& blob);  // forgets the oldest beyond kMax
  std::optional<Blob> find(const UploadId& id) const;

 private:
  mutable std::mutex mutex_;
  std::map<UploadId, Blob> blobs_;
  std::deque<UploadId> order_;
};

}  // namespace varve::surface
