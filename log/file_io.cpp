// Small files, whole or not there.
#include "log/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace varve {
namespace fs = std::filesystem;
namespace {

std::unexpected<Error> failed(const fs::path& file, About about, Errc code, const char* step) {
  return fail(code, about, std::string("a file could not be ") + step + ": " + std::strerror(errno),
              file.filename().string());
}

bool write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Closes without losing the errno of what failed before.
void close_quietly(int fd) {
  const int error = errno;
  ::close(fd);
  errno = error;
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

Result<std::optional<std::string>> read_whole_file(const fs::path& file, About about) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return failed(file, about, Errc::unavailable, "opened");
  std::string bytes;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      close_quietly(fd);
      return failed(file, about, Errc::unavailable, "read");
    }
    if (n == 0) break;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return bytes;
}

Result<void> replace_file(const fs::path& file, std::string_view bytes, unsigned mode, About about,
                          FileSteps* steps) {
  FileSteps real;
  if (steps == nullptr) steps = &real;
  fs::path temporary = file;
  temporary += ".new";
  const int fd =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return failed(file, about, Errc::unknown, "created");
  const bool written = write_fully(fd, bytes);
  const bool synced = written && steps->sync(fd) == 0;
  close_quietly(fd);
  if (!synced) return failed(file, about, Errc::unknown, written ? "synced" : "written");
  if (steps->rename(temporary, file) != 0)
    return failed(file, about, Errc::unknown, "renamed into place");
  if (steps->sync_directory(parent_of(file)) != 0)
    return failed(file, about, Errc::unknown, "made durable in its directory");
  return {};
}

Result<void> make_directories(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return {};
  const fs::path parent = parent_of(directory);
  if (parent != directory) VARVE_CHECK(make_directories(parent));
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return failed(directory, About::storage, Errc::unavailable, "made (a directory)");
  if (FileSteps().sync_directory(parent) != 0)
    return failed(directory, About::storage, Errc::unavailable, "made durable (a directory)");
  return {};
}

}  // namespace varve
