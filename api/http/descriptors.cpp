// Sharing descriptors out. Any thread.
#include "api/http/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "core/base/limits.h"

namespace varve::http {
namespace {

constexpr std::uint64_t kOthers =
    limits::kStoreFilesMax + limits::kIdleUploadsMax + limits::kOtherFilesMax;
constexpr std::uint64_t kPerConnection = 2;

}  // namespace

Result<std::uint64_t> raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return fail(Errc::unavailable, About::request, "the limit of open files cannot be read",
                std::generic_category().message(errno));
  rlimit wanted = limit;
  wanted.rlim_cur = limit.rlim_max;
  // A hard limit above what the kernel grants now is refused; the soft one still holds then.
  return ::setrlimit(RLIMIT_NOFILE, &wanted) == 0 ? wanted.rlim_cur : limit.rlim_cur;
}

Result<std::size_t> connections_within(std::uint64_t descriptors) {
  constexpr std::uint64_t kNeeded = kOthers + kPerConnection * limits::kConnectionsMin;
  if (descriptors < kNeeded)
    return fail(Errc::unavailable, About::request,
                "this process may open " + std::to_string(descriptors) +
                    " files; a registry needs at least " + std::to_string(kNeeded));
  const std::uint64_t left = (descriptors - kOthers) / kPerConnection;
  return static_cast<std::size_t>(std::min<std::uint64_t>(left, limits::kConnectionsMax));
}

}  // namespace varve::http
