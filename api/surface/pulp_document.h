// The package document of Pulp's surface. Pure, but for the rows and bodies it is made of; the
// View's thread rules hold. Source: Pulp 1.1, "Package Resource".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/surface/pulp_common.h"
#include "core/base/json.h"
#include "core/pulp/details.h"

namespace varve::surface {

// Which members of the document an answer has.
class PackageFields {
 public:
  static PackageFields all() { return PackageFields(~0U); }
  // These and "_id", which Pulp's database adds to everything. Names of no member mean nothing.
  static PackageFields of(const std::vector<std::string_view>& names);
  bool has(std::size_t member) const { return (bits_ >> member & 1U) != 0; }  // in their order
  bool needs_details() const;       // and so the body of the package's event
  bool needs_repositories() const;  // and so the rows about them

 private:
  explicit PackageFields(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_;
};

// What one document says.
struct PackageFacts {
  const pulp::PackageRow& row;
  const pulp::Details& details;
  const std::vector<pulp::RepositoryId>& repositories;
  // The earlier state that is told of: there the file is fetched, too.
  std::optional<TreeSize> then = std::nullopt;
};
// `base`: where this server is reached. A package whose file is not here has no download_url.
void write_package(std::string& out, const PackageFacts& facts, std::string_view base,
                   PackageFields fields);

// Where a package's file is fetched from.
std::string file_path(const pulp::PackageRow& row);

// Writes documents as one caller sees them in one state.
class PackageWriter {
 public:
  PackageWriter(const State& state, PulpSight& sight, std::string base, PackageFields fields)
      : state_(state), sight_(sight), base_(std::move(base)), fields_(fields) {}
  Result<void> write(std::string& out, const pulp::PackageRow& row);

 private:
  const State& state_;
  PulpSight& sight_;
  std::string base_;
  PackageFields fields_;
};

}  // namespace varve::surface
