// Files. The thread of main() only.
#include "api/cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>

namespace varve::cli {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<Error> unusable(std::string what, const std::filesystem::path& file) {
  const int error = errno;
  const Errc code = error == ENOENT ? Errc::not_found : Errc::invalid;
  const About about = error == ENOENT ? About::storage : About::request;
  return fail(code, about, std::move(what) + ": " + std::strerror(error), file.string());
}

std::unexpected<Error> not_written(const std::filesystem::path& file) {
  const int error = errno;
  return fail(Errc::internal, About::storage,
              std::string("the file cannot be written: ") + std::strerror(error), file.string());
}

Result<void> write_all(int fd, std::string_view bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return not_written(file);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

// Until the end, or until `take` returns false.
Result<void> each_window(const std::filesystem::path& file,
                         const std::function<bool(std::string_view)>& take) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.valid()) return unusable("the file cannot be opened", file);
  struct stat info{};
  if (::fstat(descriptor.get(), &info) != 0) return unusable("the file cannot be read", file);
  if (S_ISDIR(info.st_mode))
    return fail(Errc::invalid, About::request, "this is a directory, not a file", file.string());
  std::string window(64 << 10, '\0');
  for (;;) {
    const ssize_t n = ::read(descriptor.get(), window.data(), window.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unusable("the file cannot be read", file);
    if (n == 0 || !take(std::string_view(window).substr(0, static_cast<std::size_t>(n)))) return {};
  }
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max) {
  std::string bytes;
  VARVE_CHECK(each_window(file, [&](std::string_view window) {
    bytes += window;
    return bytes.size() <= bytes_max;
  }));
  if (bytes.size() <= bytes_max) return bytes;
  return fail(Errc::too_large, About::request,
              "the file is larger than " + std::to_string(bytes_max) + " bytes", file.string());
}

Result<FileDigests> digest_file(const std::filesystem::path& file) {
  Hasher sha256(DigestAlgorithm::sha256);
  Hasher sha512(DigestAlgorithm::sha512);
  VARVE_CHECK(each_window(file, [&](std::string_view window) {
    sha256.update(window);
    sha512.update(window);
    return true;
  }));
  return FileDigests{sha256.finish(), sha512.finish()};
}

Result<void> write_file(const std::filesystem::path& file, std::string_view bytes, mode_t mode) {
  const std::filesystem::path directory =
      file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::string temporary = file.string() + ".XXXXXX";
  {
    const Descriptor descriptor(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!descriptor.valid()) return not_written(file);
    auto written = write_all(descriptor.get(), bytes, file);
    if (written && (::fchmod(descriptor.get(), mode) != 0 || ::fsync(descriptor.get()) != 0))
      written = not_written(file);
    if (written && ::rename(temporary.c_str(), file.c_str()) != 0) written = not_written(file);
    if (!written) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  const Descriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid() || ::fsync(parent.get()) != 0) return not_written(file);
  return {};
}

}  // namespace varve::cli
