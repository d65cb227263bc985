// Keys and values of the rows about packages and their repositories: what decide, project and the
// queries share. Inside core only. Any thread.
//
//   package        id                                   members below, each ending with 00, then
//                                                       the details' digest and size u64,
//                                                       repositories u64, then the file's digest,
//                                                       if it is here
//   package_nevra  name, version, release, epoch, arch,
//                  checksum type, checksum              id: set once, when it was created
//   package_called name, version, release, epoch, arch   packages u64, their ids folded
//   package_file   digest, id                           nothing: the way back from a blob
//   package_name   file name, id                        nothing
//   package_in     id, repository                       nothing
//   rpm_repo       repository                           members u64, architecture, 00, name
//   rpm_member     repository, id                       nothing
//
// A package's row and a repository's are written again by every event about them: their versions
// are their histories.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/pulp/query.h"
#include "core/view.h"

namespace varve::pulp {

RowKey package_key(const PackageId& id);
RowKey nevra_key(const Nevra& nevra);  // the beginning of the next
RowKey checksum_key(const Nevra& nevra, const Checksum& checksum);
RowKey file_key(const Digest& file);
RowKey file_key(const Digest& file, const PackageId& id);
RowKey filename_key(const Word& filename);
RowKey filename_key(const Word& filename, const PackageId& id);
RowKey use_key(const PackageId& id, const RepositoryId& repository);
RowKey repository_key(const RepositoryId& repository);
RowKey member_key(const RepositoryId& repository, const PackageId& id);

std::string package_value(const PackageRow& row);
std::string repository_value(const RepositoryRow& row);

// The packages that are called the same. Their ids are folded by exclusive or: of one package alone
// that is its id, and nobody has to look for the one that is left when the others go.
class CalledSo {
 public:
  static Result<CalledSo> of_value(std::string_view value);
  void add(const PackageId& id);
  void remove(const PackageId& id);
  std::uint64_t packages() const { return packages_; }
  Result<PackageId> only() const;  // when there is just one
  std::string value() const;

 private:
  void fold(const PackageId& id);
  std::uint64_t packages_ = 0;
  std::array<char, PackageId::kBytes> folded_{};
};

// Strict: what we would not have written is Errc::corrupt.
Result<RepositoryRow> repository_of(const RepositoryId& id, const Row& row);
// The last part of a key whose earlier parts are `prefix_size` long.
Result<PackageId> package_in_key(std::string_view key, std::size_t prefix_size);
Result<RepositoryId> repository_in_key(std::string_view key, std::size_t prefix_size);

}  // namespace varve::pulp
