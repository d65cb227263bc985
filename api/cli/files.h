// Whole files in, whole files out. The thread of main() only.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/error.h"

namespace varve::cli {

// A regular file of at most `bytes_max` bytes. Errors: not_found/storage when there is none; else
// invalid/request, which is what a path that cannot be used is for the person who gave it.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max);

// Temporary file beside it, sync, rename, directory sync: the old file or the new one, never a
// half.
Result<void> write_file(const std::filesystem::path& file, std::string_view bytes, mode_t mode);

// Both digests a registry may know a file by, of a file of any size.
struct FileDigests {
  Digest sha256;
  Digest sha512;
};
Result<FileDigests> digest_file(const std::filesystem::path& file);

}  // namespace varve::cli
