// What an RPM states about its own bytes, and whether it is true. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/rpm/frame.h"
#include "api/rpm/header.h"
#include "core/base/digest.h"

namespace varve::rpm {

// Digests in lower-case hex; empty where nothing is stated.
struct Stated {
  std::optional<std::uint64_t> size;  // of header and payload
  std::string md5;                    // of header and payload
  std::string header_sha1;
  std::string header_sha256;
  std::string payload;            // in payload_algorithm
  std::string payload_algorithm;  // OpenSSL's name for it; empty for one beyond us
};
Stated read_stated(const Header& signature, const Header& header);

// Reads the whole file once; its SHA-256 when everything stated is true.
// Errors: invalid/About::body for what is not, and for an RPM that states no digest of its header
// or of its payload (rpm's own tools refuse those), or has none; those of the source.
Result<Digest> check_bytes(const Source& source, const Frame& frame, const Stated& stated);

}  // namespace varve::rpm
