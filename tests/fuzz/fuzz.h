// What every fuzzer here offers: one function that must come back from any bytes, and aborts (by
// VARVE_ASSERT) when something that must always hold does not. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace varve::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace varve::fuzz
