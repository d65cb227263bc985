// A few threads that share one loop: signatures of a batch, checks of a replay. One caller at a
// time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace varve {

class Crew {
 public:
  // `threads` counts the caller: 1 means that for_each runs everything inline.
  explicit Crew(std::size_t threads);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Calls work(i) for every i in [0, count), in any order, on the crew and the caller; returns when
  // all are done. Fewer than `inline_below` items are not worth waking anybody.
  using Work = std::function<void(std::size_t)>;
  void for_each(std::size_t count, const Work& work, std::size_t inline_below = 8);

 private:
  void serve();
  void take_items(const Work& work, std::size_t count);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable finished_;
  const Work* work_ = nullptr;
  std::size_t count_ = 0;
  std::size_t round_ = 0;
  std::size_t busy_ = 0;
  bool stopping_ = false;
  std::atomic<std::size_t> next_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace varve
