// Memory that a virtual machine touches for the first time costs its host a fault a page, and what
// is free goes back to the host within seconds: a copy into page cache ran at 330 MB/s before it
// was touched and at 3,800 MB/s after. That is no property of what is measured, so benches that
// move many bytes touch the memory right before, for both sides.
#pragma once

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cstddef>

namespace varve::bench {

// Touches what is free, up to `bytes_max`, and gives it back. Which pages the kernel takes next
// nobody knows: a little more than what will be needed is not enough.
inline void warm_memory(std::size_t bytes_max = std::size_t{16} << 30) {
  constexpr std::size_t kPage = 4'096;
  constexpr std::size_t kLeft = std::size_t{1} << 30;  // for everybody else
  struct sysinfo info{};
  if (::sysinfo(&info) != 0) return;
  const std::size_t free = info.freeram * info.mem_unit;
  if (free <= kLeft) return;
  const std::size_t bytes = std::min(bytes_max, free - kLeft);
  void* mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return;
  auto* memory = static_cast<volatile char*>(mapped);
  for (std::size_t at = 0; at < bytes; at += kPage) memory[at] = 1;
  ::munmap(mapped, bytes);
}

}  // namespace varve::bench
