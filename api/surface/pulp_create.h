// A package about to be created: from what a request says of it, or from its file, which then has
// to agree with what is said. I/O threads; files are read on the pool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/services.h"
#include "api/surface/pulp_json.h"
#include "core/pulp/details.h"
#include "core/pulp/pulp.h"

namespace varve::surface {

// What a request says, each part only where it says it. Names are those of Pulp's document.
struct PackageClaims {
  std::optional<std::string> name;
  std::optional<std::string> version;
  std::optional<std::string> release;
  std::optional<std::string> epoch;
  std::optional<std::string> arch;
  std::optional<std::string> checksum_type;
  std::optional<std::string> checksum;
  std::optional<std::string> filename;
  std::optional<std::string> description;
  std::optional<std::string> buildhost;
  std::optional<std::string> license;
  std::optional<std::string> group;
  std::optional<std::string> vendor;
  std::optional<std::uint64_t> size;
  std::optional<std::vector<std::string>> requires_;
  std::optional<std::vector<std::string>> provides;
};
// Of PUT /packages/: what Pulp documents. Errors: invalid/About::body, naming the parameter.
Result<PackageClaims> parse_claims(const PulpDocument& document);
// And what only a file can be asked about.
Result<void> parse_more_claims(const PulpDocument& document, PackageClaims& claims);
// Of an import: {"type":"rpm","nvrea":[…],"hashtype":…,"pkgname":…,…}.
Result<PackageClaims> parse_import_claims(const PulpDocument& metadata);

struct NewPackage {
  pulp::Nevra nevra;
  pulp::Checksum checksum;
  pulp::Word filename;
  pulp::Details details;
  std::string body;  // encode_details() of them
  std::optional<pulp::File> file = std::nullopt;
};

// Without its file. Errors: invalid/About::body "missing parameter: name".
Result<NewPackage> package_as_claimed(const PackageClaims& claims);

// Everything from the RPM in this blob. Errors: invalid/About::body for what is no sound RPM, and
// for the first claim that is not true of it. Blocks: on the pool.
Result<NewPackage> package_in_file(const BlobFile& bytes, const Digest& digest,
                                   const PackageClaims& claims);

// Makes it and answers 201. Whoever calls keeps the purger off its file.
http::net::awaitable<http::Response> submit_package(Services& services,
                                                    const http::Request& request,
                                                    NewPackage package);

}  // namespace varve::surface
