// The metadata of one revision of a repository, compressed and with its digests: what
// core/pulp/repodata.h writes, made from the rows of that revision. Any thread; it reads the
// details of every member, so not an I/O thread.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "core/pulp/query.h"
#include "core/pulp/repodata.h"
#include "log/reader.h"

namespace varve::surface {

struct Repodata {
  struct File {
    pulp::RepodataEntry entry;
    std::shared_ptr<const std::string> bytes;
  };
  std::array<File, pulp::kRepodataFiles.size()> files;  // in the order of the enumeration
  std::shared_ptr<const std::string> repomd;
  Digest repomd_digest;

  const File& file(pulp::RepodataFile which) const {
    return files[static_cast<std::size_t>(which)];
  }
  std::size_t bytes() const;
};

// The size of the log at which the repository became what it is.
std::uint64_t revision_of(const pulp::RepositoryRow& row);

// "Packages/<sha256>/<file name>", as a URL reference.
std::string package_location(const pulp::PackageRow& row);

// `view` and `row` are of a state in which that revision is the newest one; only members whose file
// is here are listed. The answer depends on nothing else, so that it can be made again years later.
Result<std::shared_ptr<const Repodata>> make_repodata(const Reader& reader, const View& view,
                                                      const pulp::RepositoryRow& row);

}  // namespace varve::surface
