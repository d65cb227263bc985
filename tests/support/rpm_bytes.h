// RPM files made byte by byte, so that they can say what rpmbuild would never write. One thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace varve::test {

// A header as it stands in a file: magic, counts, index, data.
class HeaderBytes {
 public:
  HeaderBytes& text(std::uint32_t tag, std::string_view value) {
    return put(tag, 6, 1, std::string(value) + '\0');
  }
  HeaderBytes& texts(std::uint32_t tag, const std::vector<std::string>& values,
                     std::uint32_t type = 8) {
    std::string data;
    for (const std::string& value : values) data += value + '\0';
    return put(tag, type, static_cast<std::uint32_t>(values.size()), data);
  }
  HeaderBytes& numbers(std::uint32_t tag, const std::vector<std::uint32_t>& values) {
    std::string data;
    for (const std::uint32_t value : values) append_be32(data, value);
    return put(tag, 4, static_cast<std::uint32_t>(values.size()), data);
  }
  HeaderBytes& shorts(std::uint32_t tag, const std::vector<std::uint16_t>& values) {
    std::string data;
    for (const std::uint16_t value : values) append_be16(data, value);
    return put(tag, 3, static_cast<std::uint32_t>(values.size()), data);
  }
  HeaderBytes& binary(std::uint32_t tag, std::string_view value) {
    return put(tag, 7, static_cast<std::uint32_t>(value.size()), std::string(value));
  }
  HeaderBytes& put(std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::string data) {
    tags_[tag] = {type, count, std::move(data)};
    return *this;
  }
  HeaderBytes& without(std::uint32_t tag) {
    tags_.erase(tag);
    return *this;
  }

  std::string bytes() const {
    std::string index;
    std::string data;
    for (const auto& [tag, value] : tags_) {
      const std::size_t alignment = value.type == 4 ? 4 : value.type == 3 ? 2 : 1;
      while (data.size() % alignment != 0) data += '\0';
      append_be32(index, tag);
      append_be32(index, value.type);
      append_be32(index, static_cast<std::uint32_t>(data.size()));
      append_be32(index, value.count);
      data += value.data;
    }
    std::string out("\x8e\xad\xe8\x01\0\0\0\0", 8);
    append_be32(out, static_cast<std::uint32_t>(tags_.size()));
    append_be32(out, static_cast<std::uint32_t>(data.size()));
    return out + index + data;
  }

 private:
  struct Value {
    std::uint32_t type = 0;
    std::uint32_t count = 0;
    std::string data;
  };
  std::map<std::uint32_t, Value> tags_;
};

inline std::string rpm_lead() {
  std::string lead("\xed\xab\xee\xdb\x03\0\0\0\0\x01", 10);
  lead.resize(78, '\0');
  append_be16(lead, 5);
  lead.resize(96, '\0');
  return lead;
}

inline std::string rpm_file(const std::string& signature, const std::string& header,
                            const std::string& payload) {
  std::string file = rpm_lead() + signature;
  file.resize((file.size() + 7) / 8 * 8, '\0');
  return file + header + payload;
}

inline constexpr std::string_view kRpmPayload = "not looked into";

// A small package: a name, a file, a dependency.
inline HeaderBytes small_header() {
  HeaderBytes header;
  header.text(1000, "small").text(1001, "1.0").text(1002, "1").text(1022, "noarch");
  header.text(1004, "Small").text(1014, "MIT").text(1044, "small-1.0-1.src.rpm");
  header.texts(1049, {"/bin/sh"}).numbers(1048, {1 << 9}).texts(1050, {""});
  header.texts(1117, {"small"}).texts(1118, {"/usr/bin/"}).numbers(1116, {0});
  header.shorts(1030, {0100755}).numbers(1037, {0});
  header.texts(5092, {Digest::of(kRpmPayload).hex()}).numbers(5093, {8});
  return header;
}

// The file of such a header, with a signature header that tells the truth.
inline std::string rpm_of(const HeaderBytes& header, std::string_view payload = kRpmPayload) {
  const std::string bytes = header.bytes();
  HeaderBytes signature;
  signature.text(273, Digest::of(bytes).hex());
  signature.numbers(1000, {static_cast<std::uint32_t>(bytes.size() + payload.size())});
  return rpm_file(signature.bytes(), bytes, std::string(payload));
}

}  // namespace varve::test
