// The little of protobuf's wire format that proof bundles need, hand-written: their bytes must be
// exactly those of Warg's own servers, and exactly one spelling is accepted. Inside core only.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve::warg {

inline constexpr std::uint32_t kWireVarint = 0;
inline constexpr std::uint32_t kWireBytes = 2;

void append_number_field(std::string& out, std::uint32_t field, std::uint64_t value);
void append_bytes_field(std::string& out, std::uint32_t field, std::string_view bytes);

// Takes fields off the front of a message. After failed() nothing it said counts.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  struct Field {
    std::uint32_t number = 0;
    std::uint32_t type = 0;
    std::uint64_t value = 0;  // of a varint
    std::string_view bytes;   // of what has a length
  };
  // Nothing at the end, and when the bytes are no field of these two types.
  std::optional<Field> next();
  // A number without its tag, as packed lists hold them.
  std::optional<std::uint64_t> varint();
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace varve::warg
