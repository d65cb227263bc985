// The newest uploads that began. Any thread.
#include "api/surface/declared_uploads.h"

#include <utility>

namespace varve::surface {

void DeclaredUploads::remember(const UploadId& id, Declared declared) {
  const std::lock_guard lock(mutex_);
  forget(id);
  const std::uint64_t turn = next_turn_++;
  auto& own = turns_of_[declared.owner];
  own.insert(turn);
  by_turn_.emplace(turn, id);
  uploads_.emplace(id, Kept{std::move(declared), turn});
  if (own.size() > kMaxOfOne) forget(by_turn_.at(*own.begin()));
  if (uploads_.size() > kMax) forget(by_turn_.begin()->second);
}

void DeclaredUploads::forget(UploadId id) {
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return;
  const auto own = turns_of_.find(found->second.declared.owner);
  own->second.erase(found->second.turn);
  if (own->second.empty()) turns_of_.erase(own);
  by_turn_.erase(found->second.turn);
  uploads_.erase(found);
}

std::optional<DeclaredUploads::Declared> DeclaredUploads::find(const UploadId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  return found == uploads_.end() ? std::nullopt : std::optional(found->second.declared);
}

}  // namespace varve::surface
