// The newest uploads that began. Any thread.
#include "api/surface/declared_uploads.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace varve::surface {

void DeclaredUploads::remember(const UploadId& id, Declared declared) {
  const std::lock_guard lock(mutex_);
  const std::string owner = declared.owner;
  if (!declared_.insert_or_assign(id, std::move(declared)).second) return;
  order_.push_back(id);
  forget_oldest(owner);
  if (order_.size() <= kMax) return;
  declared_.erase(order_.front());
  order_.pop_front();
}

void DeclaredUploads::forget_oldest(std::string_view owner) {
  const auto is_theirs = [&](const UploadId& id) { return declared_.at(id).owner == owner; };
  if (std::ranges::count_if(order_, is_theirs) <= static_cast<std::ptrdiff_t>(kMaxOfOne)) return;
  const auto oldest = std::ranges::find_if(order_, is_theirs);
  declared_.erase(*oldest);
  order_.erase(oldest);
}

std::optional<DeclaredUploads::Declared> DeclaredUploads::find(const UploadId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = declared_.find(id);
  return found == declared_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace varve::surface
