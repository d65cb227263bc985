// What events about packages do to the derived tables.
#include "core/pulp/query.h"
#include "core/pulp/rows.h"
#include "core/pulp/rules.h"

namespace varve::pulp {
namespace {

// Writes the package's row again: what it is in changed, and this event was about it.
Result<void> count_repositories(const PackageId& id, bool added, const View& before,
                                Changes& changes) {
  VARVE_TRY(auto package, find_package(before, id));
  if (!package) return {};
  if (added) ++package->repositories;
  if (!added && package->repositories > 0) --package->repositories;
  changes.put(Table::package, package_key(id), package_value(*package));
  return {};
}

// Writes the repository's row again: what is in it changed.
Result<void> count_members(const RepositoryId& id, bool added, const View& before,
                           Changes& changes) {
  VARVE_TRY(auto repository, find_repository(before, id));
  if (!repository) return {};
  if (added) ++repository->members;
  if (!added && repository->members > 0) --repository->members;
  changes.put(Table::rpm_repo, repository_key(id), repository_value(*repository));
  return {};
}

Result<CalledSo> called_so(const View& view, const RowKey& key) {
  VARVE_TRY(const auto row, view.get(Table::package_called, key));
  if (!row) return CalledSo();
  return CalledSo::of_value(row->value);
}

Result<void> add_to_called(const PackageCreated& event, const View& before, Changes& changes) {
  const RowKey key = nevra_key(event.nevra);
  VARVE_TRY(auto called, called_so(before, key));
  called.add(event.package);
  changes.put(Table::package_called, key, called.value());
  return {};
}

Result<void> remove_from_called(const PackageRow& package, const View& before, Changes& changes) {
  const RowKey key = nevra_key(package.nevra);
  VARVE_TRY(auto called, called_so(before, key));
  if (called.packages() <= 1) {
    changes.erase(Table::package_called, key);
    return {};
  }
  called.remove(package.id);
  changes.put(Table::package_called, key, called.value());
  return {};
}

}  // namespace

Result<void> project(const PackageCreated& event, std::string_view, const View& before,
                     Changes& changes) {
  const PackageRow row{event.package,
                       event.nevra,
                       event.checksum,
                       event.filename,
                       event.digest,
                       event.size,
                       event.file,
                       0,
                       {}};
  changes.put(Table::package, package_key(event.package), package_value(row));
  changes.put(Table::package_nevra, checksum_key(event.nevra, event.checksum),
              event.package.text());
  changes.put(Table::package_name, filename_key(event.filename, event.package), {});
  if (event.file) changes.put(Table::package_file, file_key(*event.file, event.package), {});
  return add_to_called(event, before, changes);
}

Result<void> project(const PackageDeleted& event, const View& before, Changes& changes) {
  VARVE_TRY(const auto package, find_package(before, event.package));
  if (!package) return {};
  changes.erase(Table::package, package_key(event.package));
  changes.erase(Table::package_nevra, checksum_key(package->nevra, package->checksum));
  changes.erase(Table::package_name, filename_key(package->filename, event.package));
  if (package->file) changes.erase(Table::package_file, file_key(*package->file, event.package));
  return remove_from_called(*package, before, changes);
}

Result<void> project(const RepositoryCreated& event, const View&, Changes& changes) {
  changes.put(Table::rpm_repo, repository_key(event.repository),
              repository_value({event.repository, event.name, event.arch, 0, {}}));
  return {};
}

Result<void> project(const RepositoryDeleted& event, const View& before, Changes& changes) {
  std::vector<PackageId> members;
  const auto collect = [&members](const PackageId& id) -> Result<bool> {
    members.push_back(id);
    return true;
  };
  VARVE_CHECK(each_member(before, event.repository, std::nullopt, SIZE_MAX, collect));
  for (const PackageId& id : members) {
    changes.erase(Table::rpm_member, member_key(event.repository, id));
    changes.erase(Table::package_in, use_key(id, event.repository));
    VARVE_CHECK(count_repositories(id, false, before, changes));
  }
  changes.erase(Table::rpm_repo, repository_key(event.repository));
  return {};
}

Result<void> project(const PackageAdded& event, const View& before, Changes& changes) {
  changes.put(Table::rpm_member, member_key(event.repository, event.package), {});
  changes.put(Table::package_in, use_key(event.package, event.repository), {});
  VARVE_CHECK(count_repositories(event.package, true, before, changes));
  return count_members(event.repository, true, before, changes);
}

Result<void> project(const PackageRemoved& event, const View& before, Changes& changes) {
  changes.erase(Table::rpm_member, member_key(event.repository, event.package));
  changes.erase(Table::package_in, use_key(event.package, event.repository));
  VARVE_CHECK(count_repositories(event.package, false, before, changes));
  return count_members(event.repository, false, before, changes);
}

}  // namespace varve::pulp
