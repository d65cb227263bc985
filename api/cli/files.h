// Whole files in, whole files out, at once or in pieces. The thread of main() only.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/digest.h"
#include "core/base/error.h"

namespace varve::cli {

// A regular file of at most `bytes_max` bytes. Errors: not_found/storage when there is none; else
// invalid/request, which is what a path that cannot be used is for the person who gave it.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max);

// Temporary file beside it, sync, rename, directory sync: the old file or the new one, never a
// half.
Result<void> write_file(const std::filesystem::path& file, std::string_view bytes, mode_t mode);

// A file that is read in pieces from its start.
class FileReader {
 public:
  static Result<FileReader> open(const std::filesystem::path& file);  // errors: as read_file
  ~FileReader();
  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&&) = delete;
  std::uint64_t size() const { return size_; }  // when it was opened
  Result<void> rewind();
  Result<std::string> next();  // empty at the end

 private:
  FileReader(std::filesystem::path file, int descriptor)
      : file_(std::move(file)), descriptor_(descriptor) {}
  std::filesystem::path file_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

// A file that appears whole or not at all: written beside its place, synced, and put there at the
// end. What was not put there is gone with this object.
class NewFile {
 public:
  static Result<NewFile> create(std::filesystem::path file);
  ~NewFile();
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  Result<void> write(std::string_view bytes);
  // `keep`: what is there already stays, and this is Errc::conflict.
  enum class Existing : std::uint8_t { replace, keep };
  Result<void> place(mode_t mode, Existing existing);

 private:
  NewFile(std::filesystem::path file, std::string temporary, int descriptor)
      : file_(std::move(file)), temporary_(std::move(temporary)), descriptor_(descriptor) {}
  std::filesystem::path file_;
  std::string temporary_;
  int descriptor_;
};

// Both digests a registry may know a file by, of a file of any size.
struct FileDigests {
  Digest sha256;
  Digest sha512;
};
Result<FileDigests> digest_file(const std::filesystem::path& file);

}  // namespace varve::cli
