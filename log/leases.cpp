// Leases, holds and what is closed to both. Any thread.
#include "log/leases.h"

#include <utility>

#include "core/base/limits.h"

namespace varve {

Leases::Leases(std::chrono::milliseconds lease, Now now)
    : lease_(lease), now_(std::move(now)), all_until_(now_() + lease_) {}

// What does not fit is not forgotten: for one lease, everything counts as leased.
void Leases::make_room() {
  if (entries_.size() < limits::kLeasesMax) return;
  std::erase_if(entries_, [now = now_()](const auto& item) {
    const Entry& entry = item.second;
    return entry.until <= now && entry.holds == 0 && !entry.closed;
  });
  if (entries_.size() < limits::kLeasesMax) return;
  all_until_ = now_() + lease_;
  std::erase_if(entries_,
                [](const auto& item) { return item.second.holds == 0 && !item.second.closed; });
}

Leases::Entry& Leases::entry_of(std::string key) {
  if (const auto found = entries_.find(key); found != entries_.end()) return found->second;
  make_room();
  return entries_[std::move(key)];
}

bool Leases::renew(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entry_of(digest.row());
  if (entry.closed) return false;
  entry.until = now_() + lease_;
  return true;
}

std::optional<Leases::Hold> Leases::hold(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  std::string key = digest.row();
  Entry& entry = entry_of(key);
  if (entry.closed) return std::nullopt;
  ++entry.holds;
  return Hold(*this, std::move(key));
}

bool Leases::is_free_at(const Entry* entry, Clock::time_point now) const {
  if (now < all_until_) return false;
  return entry == nullptr || (!entry->closed && entry->holds == 0 && entry->until <= now);
}

bool Leases::is_free(const Digest& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(digest.row());
  return is_free_at(found == entries_.end() ? nullptr : &found->second, now_());
}

std::optional<Leases::Closed> Leases::close(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto now = now_();
  if (!is_free_at(nullptr, now)) return std::nullopt;
  std::string key = digest.row();
  Entry& entry = entry_of(key);
  if (!is_free_at(&entry, now)) return std::nullopt;
  entry.closed = true;
  return Closed(*this, std::move(key));
}

Leases::Hold::Hold(Hold&& other) noexcept
    : leases_(std::exchange(other.leases_, nullptr)), key_(std::move(other.key_)) {}

Leases::Hold::~Hold() {
  if (leases_ == nullptr) return;
  const std::lock_guard lock(leases_->mutex_);
  Entry& entry = leases_->entries_.at(key_);
  --entry.holds;
  entry.until = leases_->now_() + leases_->lease_;
}

Leases::Closed::Closed(Closed&& other) noexcept
    : leases_(std::exchange(other.leases_, nullptr)), key_(std::move(other.key_)) {}

Leases::Closed::~Closed() {
  if (leases_ == nullptr) return;
  const std::lock_guard lock(leases_->mutex_);
  leases_->entries_.erase(key_);
}

}  // namespace varve
