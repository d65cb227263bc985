// The bytes of Warg's checkpoint. Pure; any thread.
#include "core/warg/checkpoint.h"

#include "core/base/bytes.h"
#include "core/warg/names.h"

namespace varve::warg {
namespace {

std::string state_bytes(std::string_view prefix, const Checkpoint& checkpoint) {
  std::string bytes(prefix);
  append_uleb128(bytes, checkpoint.log_length);
  append_string(bytes, log_root_text(checkpoint));
  append_string(bytes, map_root_text(checkpoint));
  return bytes;
}

}  // namespace

std::string log_root_text(const Checkpoint& checkpoint) {
  return hash_text(checkpoint.log_root);
}

std::string map_root_text(const Checkpoint& checkpoint) {
  return hash_text(checkpoint.map_root);
}

std::string checkpoint_bytes(const Checkpoint& checkpoint) {
  return state_bytes("WARG-CHECKPOINT-V0", checkpoint);
}

Hash256 checkpoint_id(const Checkpoint& checkpoint) {
  return sha256(checkpoint_bytes(checkpoint));
}

std::string timestamped_bytes(const Checkpoint& checkpoint) {
  std::string bytes = state_bytes("WARG-TIMESTAMPED-CHECKPOINT-V0", checkpoint);
  append_uleb128(bytes, checkpoint.timestamp);
  return bytes;
}

}  // namespace varve::warg
