// The connections of one I/O thread and their deadlines. That thread only.
#include "api/http/loop.h"

#include "api/http/wire.h"
#include "core/base/error.h"
#include "core/base/limits.h"

namespace varve::http {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWarmWindows = 8;
// Long enough for a client on a slow line to read our last answer, short enough to hold no socket.
constexpr auto kClosingMax = 3s;

}  // namespace

Connection::Connection(Loop& loop) : loop_(loop), next_(loop.first_), since_(loop.now()) {
  if (next_ != nullptr) next_->previous_ = this;
  loop.first_ = this;
  ++loop.size_;
}

Connection::~Connection() {
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (loop_.first_ == this) loop_.first_ = next_;
  --loop_.size_;
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  since_ = loop_.now();
}

void Connection::flowed(std::size_t bytes) {
  flow_.bytes += bytes;
  flow_.waited += loop_.now() - since_;
}

bool Connection::too_slow(Time now) const {
  const auto waited = flow_.waited + (now - since_);
  if (waited <= limits::kBodyStallMax) return false;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited).count();
  return flow_.bytes < static_cast<std::uint64_t>(seconds) * limits::kBodyRateMinBytes;
}

bool Connection::overdue(Time now) const {
  const auto waited = now - since_;
  switch (phase_) {
    case Phase::opening:
      return waited > limits::kHeaderDeadline;
    case Phase::idle:
      return waited > limits::kIdleMax;
    case Phase::head:
      return waited > limits::kHeaderDeadline;
    case Phase::handling:
      return false;
    case Phase::flowing:
      return waited > limits::kBodyStallMax || too_slow(now);
    case Phase::closing:
      return waited > kClosingMax;
  }
  return true;
}

Loop::~Loop() {
  VARVE_ASSERT(first_ == nullptr);
}

void Loop::tick(Time now, std::int64_t unix_seconds) {
  now_ = now;
  if (unix_seconds != unix_seconds_) {
    unix_seconds_ = unix_seconds;
    date_ = date_line(unix_seconds);
  }
  for (Connection* at = first_; at != nullptr; at = at->next_) {
    if (at->overdue(now)) at->cut();
  }
}

void Loop::drain() {
  draining_ = true;
  for (Connection* at = first_; at != nullptr; at = at->next_) {
    if (at->idle() || at->phase_ == Connection::Phase::opening) at->cut();
  }
}

void Loop::cut_all() {
  for (Connection* at = first_; at != nullptr; at = at->next_) at->cut();
}

Window Loop::take_window() {
  Window window;
  window.loop_ = this;
  window.size_ =
      memory_.take(limits::kBodyWindowBytes) ? limits::kBodyWindowBytes : kSmallWindowBytes;
  if (window.size_ == limits::kBodyWindowBytes && !windows_.empty()) {
    window.bytes_ = std::move(windows_.back());
    windows_.pop_back();
  } else {
    window.bytes_ = std::make_unique_for_overwrite<char[]>(window.size_);
  }
  return window;
}

void Loop::give_window(std::unique_ptr<char[]> bytes) {
  memory_.give(limits::kBodyWindowBytes);
  if (windows_.size() < kWarmWindows) windows_.push_back(std::move(bytes));
}

void Window::reset() {
  if (bytes_ && size_ == limits::kBodyWindowBytes) loop_->give_window(std::move(bytes_));
  bytes_.reset();
  size_ = 0;
}

MemoryBudget& process_memory() {
  static MemoryBudget memory(limits::kBodiesBytesMax);
  return memory;
}

}  // namespace varve::http
