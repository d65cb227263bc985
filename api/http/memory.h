// How much memory all connections together may keep bodies in. Any thread.
#pragma once

#include <atomic>
#include <cstddef>

namespace varve::http {

class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // False, and nothing is taken, when it would be too much.
  bool take(std::size_t bytes) {
    const std::size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    const bool fits = before <= bytes_max_ && bytes <= bytes_max_ - before;
    if (!fits) give(bytes);
    return fits;
  }
  void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_ = 0;
};

// That of the process: limits::kBodiesBytesMax.
MemoryBudget& process_memory();

}  // namespace varve::http
