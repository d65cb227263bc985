// An RPM file as varve knows it. Any thread; it reads the whole file, so not an I/O thread.
#pragma once

#include <filesystem>
#include <string>

#include "api/rpm/facts.h"
#include "api/rpm/source.h"
#include "core/base/digest.h"
#include "core/pulp/details.h"

namespace varve::rpm {

struct Package {
  Nevra nevra;
  Digest digest;           // SHA-256 of the file
  std::uint64_t size = 0;  // of the file
  pulp::Details details;   // encode_details() takes them
  std::string body;        // and this is what it made of them
};

// What the RPM says, after everything it states about its own bytes was found to be true.
// Errors: invalid/About::body with a sentence about what is wrong; too_large/About::body;
// not_found and unavailable/About::storage for a file that cannot be opened or read.
Result<Package> read_rpm(const Source& source);
Result<Package> read_rpm(int fd);  // a regular file, which stays open; its position is left alone
Result<Package> read_rpm(const std::filesystem::path& path);

}  // namespace varve::rpm
