// The memory of what is open. Any thread.
#include "api/surface/open_repositories.h"

namespace varve::surface {

bool OpenRepositories::known(TreeSize size, std::string_view repo) const {
  const std::lock_guard lock(mutex_);
  return size == size_ && names_.contains(repo);
}

// Names that nobody pushed are open too where everything is: strangers can fill this, never grow
// it.
void OpenRepositories::remember(TreeSize size, std::string_view repo) {
  const std::lock_guard lock(mutex_);
  if (size < size_) return;
  if (size > size_ || names_.size() >= kEntriesMax) names_.clear();
  size_ = size;
  names_.emplace(repo);
}

std::size_t OpenRepositories::count() const {
  const std::lock_guard lock(mutex_);
  return names_.size();
}

}  // namespace varve::surface
