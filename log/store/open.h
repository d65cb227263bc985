// Opens the storage engine that varve is built with: the only place above the engines that knows
// which one it is. Everything but tests and benches of an engine opens its stores here. Any thread.
#pragma once

#include <filesystem>
#include <memory>

#include "log/store/store.h"

namespace varve {

enum class StoreUse : std::uint8_t {
  write,   // the one writer of a store that is there
  create,  // the same, and makes it when there is none
  read,    // a frozen view beside a running or dead writer: takes no lock, writes nothing
  // Fills a fresh store that can be made again: commit_unsynced(), and durable only after flush().
  fill,
};

// Errors, all about storage: conflict when another process (or this one) has it open, not_found
// when there is none and none may be made, corrupt when acknowledged bytes are damaged or missing,
// unavailable when the disk is full.
Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& path, StoreUse use);

}  // namespace varve
