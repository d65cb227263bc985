// Small files that must be whole or not there: keys, the anchor. Blocks; any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "log/store/blob_store.h"

namespace varve {

// All of a file; nullopt when there is none. Errors: unavailable when it is there and cannot be
// read.
Result<std::optional<std::string>> read_whole_file(const std::filesystem::path& file, About about);

// Temporary file beside it, sync, rename, directory sync. After an error the outcome is unknown:
// the old content or the new, never a part. `mode` as in open(2).
Result<void> replace_file(const std::filesystem::path& file, std::string_view bytes, unsigned mode,
                          About about, FileSteps* steps = nullptr);

// Makes `directory` and what is missing above it, owner only, every new name synced in its parent.
Result<void> make_directories(const std::filesystem::path& directory);

}  // namespace varve
