// The newest uploads that ended. Any thread.
#include "api/surface/finished_uploads.h"

namespace varve::surface {

void FinishedUploads::remember(const UploadId& id, const Blob& blob) {
  const std::lock_guard lock(mutex_);
  if (!blobs_.insert_or_assign(id, blob).second) return;
  order_.push_back(id);
  if (order_.size() <= kMax) return;
  blobs_.erase(order_.front());
  order_.pop_front();
}

std::optional<FinishedUploads::Blob> FinishedUploads::find(const UploadId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = blobs_.find(id);
  return found == blobs_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace varve::surface
