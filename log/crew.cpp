// Threads that share one loop.
#include "log/crew.h"

#include <algorithm>

namespace varve {
namespace {
// Items are taken in runs, so that the counter is not what the threads fight over.
constexpr std::size_t kRun = 4;
}  // namespace

Crew::Crew(std::size_t threads) {
  for (std::size_t i = 1; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void Crew::take_items(const Work& work, std::size_t count) {
  for (;;) {
    const std::size_t first = next_.fetch_add(kRun);
    if (first >= count) return;
    for (std::size_t i = first; i < std::min(first + kRun, count); ++i) work(i);
  }
}

void Crew::serve() {
  std::size_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || round_ != seen; });
    if (stopping_) return;
    seen = round_;
    if (work_ == nullptr) continue;  // woke too late: the others did it all
    const Work& work = *work_;
    const std::size_t count = count_;
    ++busy_;
    lock.unlock();
    take_items(work, count);
    lock.lock();
    if (--busy_ == 0) finished_.notify_one();
  }
}

void Crew::for_each(std::size_t count, const Work& work, std::size_t inline_below) {
  if (threads_.empty() || count < inline_below) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    work_ = &work;
    count_ = count;
    next_.store(0);
    ++round_;
  }
  wake_.notify_all();
  take_items(work, count);
  std::unique_lock lock(mutex_);
  work_ = nullptr;  // nobody may start on it any more
  finished_.wait(lock, [&] { return busy_ == 0; });
}

}  // namespace varve
