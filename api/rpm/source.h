// The bytes an RPM is read from. A source belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/error.h"

namespace varve::rpm {

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `into` from `at`. Errors: invalid/About::body past the end, unavailable/About::storage.
  virtual Result<void> read(std::uint64_t at, std::span<char> into) const = 0;
};

class MemorySource final : public Source {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}  // which outlive it
  std::uint64_t size() const override { return bytes_.size(); }
  Result<void> read(std::uint64_t at, std::span<char> into) const override;

 private:
  std::string_view bytes_;
};

// An open file, which stays the caller's; its position is neither used nor changed.
class FileSource final : public Source {
 public:
  FileSource(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<void> read(std::uint64_t at, std::span<char> into) const override;

 private:
  int fd_;
  std::uint64_t size_;
};

}  // namespace varve::rpm
