// Names for requests: 48 bits of milliseconds and 80 random bits in Crockford's base 32, so that
// they sort by time. Not a secret. Any thread; ids of one thread ascend.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace varve::http {

std::string ulid();                  // "01JD6F3A0000000000000000ZZ": 26 characters
void assign_ulid(std::string& out);  // the same without a new string

// The text of 48 bits of time and 80 bits (16 high, 64 low) of anything.
void format_ulid(std::string& out, std::uint64_t millis, std::uint16_t high, std::uint64_t low);

}  // namespace varve::http
