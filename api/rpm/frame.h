// Where the parts of an RPM file are, found and bounded before librpm sees any of them. Any thread.
//
// Source: RPM's file format v3 and v4: a lead of 96 bytes, a signature header padded to 8, a
// header, the payload to the end. A header is 8 bytes of magic, the number of its index entries,
// the size of its data, the entries of 16 bytes each, and the data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "api/rpm/source.h"

namespace varve::rpm {

// A header's index and data. The largest of real distributions are a tenth of it.
inline constexpr std::size_t kHeaderBytesMax = 32 << 20;
// librpm's own maximum.
inline constexpr std::size_t kHeaderEntriesMax = 65'535;
// Strings of one tag: librpm makes a pointer of each.
inline constexpr std::size_t kHeaderStringsMax = 500'000;

struct Frame {
  // Each from the two counts on, as librpm imports it.
  std::string signature;
  std::string header;
  std::uint64_t header_start = 0;  // where the magic before `header` is
  std::uint64_t header_end = 0;    // where the payload begins
  std::uint64_t size = 0;          // of the file
};

// Errors: invalid/About::body; too_large for a header beyond the maxima; unavailable.
Result<Frame> read_frame(const Source& source);

}  // namespace varve::rpm
