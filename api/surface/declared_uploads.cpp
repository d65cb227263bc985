// The newest uploads that began. Any thread.
#include "api/surface/declared_uploads.h"

#include <utility>

namespace varve::surface {

void DeclaredUploads::remember(const UploadId& id, Declared declared) {
  const std::lock_guard lock(mutex_);
  if (!declared_.insert_or_assign(id, std::move(declared)).second) return;
  order_.push_back(id);
  if (order_.size() <= kMax) return;
  declared_.erase(order_.front());
  order_.pop_front();
}

std::optional<DeclaredUploads::Declared> DeclaredUploads::find(const UploadId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = declared_.find(id);
  return found == declared_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace varve::surface
