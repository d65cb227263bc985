// Warg's checkpoint: the two roots at one length, and the bytes that are hashed and signed. Signing
// and verifying is in log/proof/warg_keys.h. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/digest.h"

namespace varve::warg {

struct Checkpoint {
  std::uint64_t log_length = 0;
  Hash256 log_root{};
  Hash256 map_root{};
  std::uint64_t timestamp = 0;  // seconds since 1970; part of what is signed, not of the id
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// "sha256:…" as Warg's JSON has the roots.
std::string log_root_text(const Checkpoint& checkpoint);
std::string map_root_text(const Checkpoint& checkpoint);

// What checkpoint_id() is the SHA-256 of: two checkpoints of one state have one id.
std::string checkpoint_bytes(const Checkpoint& checkpoint);
Hash256 checkpoint_id(const Checkpoint& checkpoint);
// What is signed, before the prefix that every signature of Warg's has.
std::string timestamped_bytes(const Checkpoint& checkpoint);

}  // namespace varve::warg
