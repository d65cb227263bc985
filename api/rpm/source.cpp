// Reading without a position, so that a file that others stream is not disturbed.
#include "api/rpm/source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace varve::rpm {
namespace {

std::unexpected<Error> ended() {
  return fail(Errc::invalid, About::body, "the RPM is shorter than it says");
}

}  // namespace

Result<void> MemorySource::read(std::uint64_t at, std::span<char> into) const {
  if (at > bytes_.size() || into.size() > bytes_.size() - at) return ended();
  std::ranges::copy(bytes_.substr(at, into.size()), into.begin());
  return {};
}

Result<void> FileSource::read(std::uint64_t at, std::span<char> into) const {
  while (!into.empty()) {
    const ssize_t count = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(Errc::unavailable, About::storage,
                  "the RPM cannot be read: " + std::generic_category().message(errno));
    if (count == 0) return ended();
    into = into.subspan(static_cast<std::size_t>(count));
    at += static_cast<std::uint64_t>(count);
  }
  return {};
}

}  // namespace varve::rpm
