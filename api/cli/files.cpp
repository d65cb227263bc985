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
  VARVE_TRY(FileReader reader, FileReader::open(file));
  for (;;) {
    VARVE_TRY(const std::string window, reader.next());
    if (window.empty() || !take(window)) return {};
  }
}

Result<void> sync_directory_of(const std::filesystem::path& file) {
  const std::filesystem::path directory =
      file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Result<void> synced;
  if (descriptor < 0 || ::fsync(descriptor) != 0) synced = not_written(file);
  if (descriptor >= 0) ::close(descriptor);
  return synced;
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
  VARVE_TRY(NewFile made, NewFile::create(file));
  VARVE_CHECK(made.write(bytes));
  return made.place(mode, NewFile::Existing::replace);
}

// ---- in pieces ----

Result<FileReader> FileReader::open(const std::filesystem::path& file) {
  FileReader reader(file, ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (reader.descriptor_ < 0) return unusable("the file cannot be opened", file);
  struct stat info{};
  if (::fstat(reader.descriptor_, &info) != 0) return unusable("the file cannot be read", file);
  if (S_ISDIR(info.st_mode))
    return fail(Errc::invalid, About::request, "this is a directory, not a file", file.string());
  reader.size_ = static_cast<std::uint64_t>(info.st_size);
  return reader;
}

FileReader::~FileReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileReader::FileReader(FileReader&& other) noexcept
    : file_(std::move(other.file_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

Result<void> FileReader::rewind() {
  if (::lseek(descriptor_, 0, SEEK_SET) == 0) return {};
  return unusable("the file cannot be read again", file_);
}

Result<std::string> FileReader::next() {
  std::string window(64 << 10, '\0');
  for (;;) {
    const ssize_t n = ::read(descriptor_, window.data(), window.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unusable("the file cannot be read", file_);
    window.resize(static_cast<std::size_t>(n));
    return window;
  }
}

Result<NewFile> NewFile::create(std::filesystem::path file) {
  std::string temporary = file.string() + ".XXXXXX";
  const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return not_written(file);
  return NewFile(std::move(file), std::move(temporary), descriptor);
}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

NewFile::NewFile(NewFile&& other) noexcept
    : file_(std::move(other.file_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

Result<void> NewFile::write(std::string_view bytes) {
  return write_all(descriptor_, bytes, file_);
}

Result<void> NewFile::place(mode_t mode, Existing existing) {
  if (::fchmod(descriptor_, mode) != 0 || ::fsync(descriptor_) != 0) return not_written(file_);
  if (existing == Existing::replace) {
    if (::rename(temporary_.c_str(), file_.c_str()) != 0) return not_written(file_);
    ::close(std::exchange(descriptor_, -1));
  } else if (::link(temporary_.c_str(), file_.c_str()) != 0) {
    if (errno != EEXIST) return not_written(file_);
    return fail(Errc::conflict, About::request, "there is a file already", file_.string());
  }
  return sync_directory_of(file_);
}

}  // namespace varve::cli
