// Few revisions are large, and many are few: a list does.
#include "api/surface/repodata_cache.h"

#include <algorithm>

namespace varve::surface {

RepodataCache::Made RepodataCache::find(const Key& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(kept_, key, &Kept::key);
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return found->made;
}

std::optional<RepodataCache::Turn> RepodataCache::begin(const Key& key, Age age) {
  const std::scoped_lock lock(mutex_);
  const bool earlier = age == Age::earlier;
  if (making_.size() >= making_max_ || (earlier && making_earlier_ + 1 >= making_max_))
    return std::nullopt;
  if (!making_.insert(key).second) return std::nullopt;
  if (earlier) ++making_earlier_;
  return Turn(this, key, age);
}

RepodataCache::Turn::~Turn() {
  if (cache_ == nullptr) return;
  const std::scoped_lock lock(cache_->mutex_);
  cache_->making_.erase(key_);
  if (age_ == Age::earlier) --cache_->making_earlier_;
}

// The newest stays even when it alone is larger than the bound: its files are asked for next.
void RepodataCache::Turn::put(Made made) {
  const std::scoped_lock lock(cache_->mutex_);
  if (std::ranges::find(cache_->kept_, key_, &Kept::key) != cache_->kept_.end()) return;
  cache_->bytes_ += made->bytes();
  cache_->kept_.push_front({key_, std::move(made)});
  while (cache_->bytes_ > cache_->bytes_max_ && cache_->kept_.size() > 1) {
    cache_->bytes_ -= cache_->kept_.back().made->bytes();
    cache_->kept_.pop_back();
  }
}

}  // namespace varve::surface
