// Protobuf fields, written and read. Pure; any thread.
#include "core/warg/wire.h"

#include <limits>

#include "core/base/bytes.h"
#include "core/warg/names.h"

namespace varve::warg {

void append_number_field(std::string& out, std::uint32_t field, std::uint64_t value) {
  append_uleb128(out, field << 3 | kWireVarint);
  append_uleb128(out, value);
}

void append_bytes_field(std::string& out, std::uint32_t field, std::string_view bytes) {
  append_uleb128(out, field << 3 | kWireBytes);
  append_string(out, bytes);
}

std::optional<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  failed_ = true;
  return std::nullopt;
}

std::optional<WireReader::Field> WireReader::next() {
  if (failed_ || rest_.empty()) return std::nullopt;
  const auto tag = varint();
  const auto value = tag ? varint() : std::nullopt;
  if (!value || *tag > std::numeric_limits<std::uint32_t>::max()) {
    failed_ = true;
    return std::nullopt;
  }
  Field field{
      static_cast<std::uint32_t>(*tag >> 3), static_cast<std::uint32_t>(*tag & 7), *value, {}};
  if (field.type == kWireVarint) return field;
  if (field.type != kWireBytes || field.value > rest_.size()) {
    failed_ = true;
    return std::nullopt;
  }
  field.bytes = rest_.substr(0, static_cast<std::size_t>(field.value));
  rest_.remove_prefix(field.bytes.size());
  return field;
}

}  // namespace varve::warg
