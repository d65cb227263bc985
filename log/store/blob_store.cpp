// What every blob store shares: upload names, and the steps that reach a real disk. Any thread.
#include "log/store/blob_store.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "core/base/bytes.h"

namespace varve {
namespace {

constexpr std::size_t kUploadIdBytes = 16;

}  // namespace

Result<UploadId> UploadId::parse(std::string_view text) {
  // Only what random() makes: anything else was never an upload of ours, and never becomes a path.
  const bool hex = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (text.size() != 2 * kUploadIdBytes || !hex) {
    return fail(Errc::not_found, About::upload, "there is no such upload",
                std::string(text.substr(0, 64)));
  }
  return UploadId(std::string(text));
}

UploadId UploadId::random() {
  // The id is a capability between the requests of one push: it must not be guessable.
  std::string bytes(kUploadIdBytes, '\0');
  VARVE_ASSERT(::getrandom(bytes.data(), bytes.size(), 0) == ssize_t{kUploadIdBytes});
  return UploadId(hex_encode(bytes));
}

ssize_t FileSteps::write(int fd, const char* bytes, std::size_t length, std::uint64_t offset) {
  return ::pwrite(fd, bytes, length, static_cast<off_t>(offset));
}

int FileSteps::sync(int fd) {
  return ::fsync(fd);
}

int FileSteps::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return ::rename(from.c_str(), to.c_str());
}

int FileSteps::sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  const int result = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  errno = error;
  return result;
}

}  // namespace varve
