// Questions about packages and their repositories, asked of any View. Pure; the View's thread rules
// hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pulp/pulp.h"
#include "core/view.h"

namespace varve::pulp {

struct PackageRow {
  PackageId id;
  Nevra nevra;
  Checksum checksum;
  Word filename;
  Digest details;
  std::uint64_t details_size;
  std::optional<Digest> file;
  std::uint64_t repositories;  // how many it is in
  EntryIndex index;  // the newest event about the package: made, added to a repository, removed
};
Result<std::optional<PackageRow>> find_package(const View& view, const PackageId& id);
Result<PackageRow> need_package(const View& view, const PackageId& id);  // not_found/About::package
// Of a version of the package's row, for whoever walks over its history.
Result<PackageRow> package_of_value(const PackageId& id, std::string_view value, EntryIndex index);

// The events about the package, newest first: what made it, what put it into repositories and took
// it out, and what deleted it.
struct PackageEvents {
  std::vector<EntryIndex> events;
  bool more = false;
};
Result<PackageEvents> package_events(const History& history, const PackageId& id, EntryIndex before,
                                     std::size_t limit);

// How many are called so, and which one it is when there is just one.
struct Called {
  std::uint64_t packages = 0;
  std::optional<PackageId> only;
};
Result<Called> find_called(const View& view, const Nevra& nevra);
// Those that are called so, the earliest first; of more than `limit`, the first in the order of
// their checksums.
struct NamedPackage {
  PackageId id;
  Checksum checksum;
  EntryIndex created;
};
Result<std::vector<NamedPackage>> find_packages(const View& view, const Nevra& nevra,
                                                std::size_t limit);
// The one with this checksum.
Result<std::optional<NamedPackage>> find_same(const View& view, const Nevra& nevra,
                                              const Checksum& checksum);

// All packages, in the order of their ids, from behind `after`. `visit` says whether to go on. The
// id of the last row looked at when `rows_max` ended it.
using VisitPackage = std::function<Result<bool>(const PackageRow& row)>;
Result<std::optional<PackageId>> each_package(const View& view,
                                              const std::optional<PackageId>& after,
                                              std::size_t rows_max, const VisitPackage& visit);
// Those with this file name, in the order of their ids.
Result<std::vector<PackageId>> packages_with_file_name(const View& view, const Word& filename,
                                                       std::size_t limit);
// Those whose bytes these are.
Result<std::vector<PackageId>> packages_with_file(const View& view, const Digest& file,
                                                  std::size_t limit);
Result<std::vector<RepositoryId>> repositories_of(const View& view, const PackageId& id,
                                                  std::size_t limit);

struct RepositoryRow {
  RepositoryId id;
  std::string name;
  std::string arch;
  std::uint64_t members;
  EntryIndex index;  // the newest event about the repository: what is in it has not changed since
};
Result<std::optional<RepositoryRow>> find_repository(const View& view, const RepositoryId& id);
Result<RepositoryRow> need_repository(const View& view,
                                      const RepositoryId& id);  // not_found/About::repository
// From behind `after`, at most `limit`.
Result<std::vector<RepositoryRow>> list_repositories(const View& view, std::string_view after,
                                                     std::size_t limit);
Result<bool> is_member(const View& view, const RepositoryId& repository, const PackageId& package);
// The event that made it one.
Result<std::optional<EntryIndex>> member_since(const View& view, const RepositoryId& repository,
                                               const PackageId& package);
// Is it one, or was it ever?
Result<bool> ever_member(const History& history, const RepositoryId& repository,
                         const PackageId& package);
// Its members in the order of their ids, from behind `after`. The last row looked at when
// `rows_max` ended it.
using VisitMember = std::function<Result<bool>(const PackageId& package)>;
Result<std::optional<PackageId>> each_member(const View& view, const RepositoryId& repository,
                                             const std::optional<PackageId>& after,
                                             std::size_t rows_max, const VisitMember& visit);

}  // namespace varve::pulp
