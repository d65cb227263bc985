// Byte strings and their text forms. Bytes travel as std::string / std::string_view. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

std::string hex_encode(std::string_view bytes);                   // lower case
std::optional<std::string> hex_decode(std::string_view text);     // lower case only
std::string base64_encode(std::string_view bytes);                // RFC 4648 §4, padded
std::optional<std::string> base64_decode(std::string_view text);  // strict: padded, canonical

void append_be16(std::string& out, std::uint16_t value);
void append_be32(std::string& out, std::uint32_t value);
void append_be64(std::string& out, std::uint64_t value);
std::uint16_t read_be16(std::string_view bytes);  // the first 2 bytes
std::uint32_t read_be32(std::string_view bytes);  // the first 4 bytes
std::uint64_t read_be64(std::string_view bytes);  // the first 8 bytes

void append_uleb128(std::string& out, std::uint64_t value);  // DWARF's unsigned LEB128

// Decimal without sign, leading zeros or overflow, as C2SP checkpoints and our query strings need.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

bool is_valid_utf8(std::string_view text);

}  // namespace varve
