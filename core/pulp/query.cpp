// Reading packages and their repositories from the rows.
#include "core/pulp/query.h"

#include <algorithm>
#include <utility>

#include "core/pulp/rows.h"
#include "core/scan.h"

namespace varve::pulp {
namespace {

// The ids at the ends of the keys with this prefix.
Result<std::vector<PackageId>> ids_below(const View& view, Table table, const RowKey& prefix,
                                         std::size_t limit) {
  std::vector<PackageId> ids;
  const auto visit = [&](std::string_view key, const Row&) -> Result<bool> {
    VARVE_TRY(auto id, package_in_key(key, prefix.bytes().size()));
    ids.push_back(std::move(id));
    return ids.size() < limit;
  };
  VARVE_CHECK(scan_checked(view, table, prefix, visit));
  return ids;
}

Result<std::optional<PackageId>> id_in(const std::optional<std::string>& key,
                                       std::size_t prefix_size) {
  if (!key) return std::nullopt;
  VARVE_TRY(auto id, package_in_key(*key, prefix_size));
  return id;
}

// A row of package_nevra.
Result<NamedPackage> named_package(std::string_view rest, const Row& row) {
  const std::size_t end = rest.find('\0');
  if (end == rest.npos || rest.size() < end + 3)
    return fail(Errc::corrupt, About::storage, "a row of names has a malformed key");
  const auto type = Word::parse(rest.substr(0, end));
  const auto value = Word::parse(rest.substr(end + 1, rest.size() - end - 2));
  const auto id = PackageId::parse(row.value);
  if (!type || !value || !id)
    return fail(Errc::corrupt, About::storage, "a row of names is malformed");
  return NamedPackage{*id, {*type, *value}, row.index};
}

}  // namespace

Result<std::optional<PackageRow>> find_package(const View& view, const PackageId& id) {
  VARVE_TRY(const auto row, view.get(Table::package, package_key(id)));
  if (!row) return std::nullopt;
  VARVE_TRY(auto package, package_of_value(id, row->value, row->index));
  return package;
}

Result<PackageRow> need_package(const View& view, const PackageId& id) {
  VARVE_TRY(auto package, find_package(view, id));
  if (package) return *std::move(package);
  return fail(Errc::not_found, About::package, "there is no such package", id.text());
}

Result<PackageEvents> package_events(const History& history, const PackageId& id, EntryIndex before,
                                     std::size_t limit) {
  PackageEvents found;
  const auto visit = [&](const History::Version& version) {
    found.more = found.events.size() == limit;
    if (!found.more) found.events.push_back(version.index);
    return !found.more;
  };
  VARVE_CHECK(history.versions(Table::package, package_key(id), before, visit));
  return found;
}

Result<Called> find_called(const View& view, const Nevra& nevra) {
  VARVE_TRY(const auto row, view.get(Table::package_called, nevra_key(nevra)));
  if (!row) return Called();
  VARVE_TRY(const auto called, CalledSo::of_value(row->value));
  Called found{called.packages(), std::nullopt};
  if (found.packages == 1) {
    VARVE_TRY(found.only, called.only());
  }
  return found;
}

Result<std::vector<NamedPackage>> find_packages(const View& view, const Nevra& nevra,
                                                std::size_t limit) {
  const RowKey prefix = nevra_key(nevra);
  std::vector<NamedPackage> packages;
  const auto visit = [&](std::string_view key, const Row& row) -> Result<bool> {
    VARVE_TRY(auto package, named_package(key.substr(prefix.bytes().size()), row));
    packages.push_back(std::move(package));
    return packages.size() < limit;
  };
  VARVE_CHECK(scan_checked(view, Table::package_nevra, prefix, visit));
  std::ranges::sort(packages, {}, &NamedPackage::created);
  return packages;
}

Result<std::optional<NamedPackage>> find_same(const View& view, const Nevra& nevra,
                                              const Checksum& checksum) {
  VARVE_TRY(const auto row, view.get(Table::package_nevra, checksum_key(nevra, checksum)));
  if (!row) return std::nullopt;
  const auto id = PackageId::parse(row->value);
  if (!id) return fail(Errc::corrupt, About::storage, "a row of names is malformed");
  return NamedPackage{*id, checksum, row->index};
}

Result<std::optional<PackageId>> each_package(const View& view,
                                              const std::optional<PackageId>& after,
                                              std::size_t rows_max, const VisitPackage& visit) {
  const auto look = [&](std::string_view key, const Row& row) -> Result<bool> {
    VARVE_TRY(const auto id, package_in_key(key, 0));
    VARVE_TRY(const auto package, package_of_value(id, row.value, row.index));
    return visit(package);
  };
  const std::string from = after ? package_key(*after).bytes() : std::string();
  VARVE_TRY(const auto last,
            scan_some_checked(view, Table::package, RowKey(), from, rows_max, look));
  return id_in(last, 0);
}

Result<std::vector<PackageId>> packages_with_file_name(const View& view, const Word& filename,
                                                       std::size_t limit) {
  return ids_below(view, Table::package_name, filename_key(filename), limit);
}

Result<std::vector<PackageId>> packages_with_file(const View& view, const Digest& file,
                                                  std::size_t limit) {
  return ids_below(view, Table::package_file, file_key(file), limit);
}

Result<std::vector<RepositoryId>> repositories_of(const View& view, const PackageId& id,
                                                  std::size_t limit) {
  const RowKey prefix = package_key(id);
  std::vector<RepositoryId> repositories;
  const auto visit = [&](std::string_view key, const Row&) -> Result<bool> {
    VARVE_TRY(auto repository, repository_in_key(key, prefix.bytes().size()));
    repositories.push_back(std::move(repository));
    return repositories.size() < limit;
  };
  VARVE_CHECK(scan_checked(view, Table::package_in, prefix, visit));
  return repositories;
}

Result<std::optional<RepositoryRow>> find_repository(const View& view, const RepositoryId& id) {
  VARVE_TRY(const auto row, view.get(Table::rpm_repo, repository_key(id)));
  if (!row) return std::nullopt;
  VARVE_TRY(auto repository, repository_of(id, *row));
  return repository;
}

Result<RepositoryRow> need_repository(const View& view, const RepositoryId& id) {
  VARVE_TRY(auto repository, find_repository(view, id));
  if (repository) return *std::move(repository);
  return fail(Errc::not_found, About::repository, "No repository", id.text());
}

Result<std::vector<RepositoryRow>> list_repositories(const View& view, std::string_view after,
                                                     std::size_t limit) {
  std::vector<RepositoryRow> repositories;
  const std::string from = after.empty() ? std::string() : std::string(after) + '\0';
  const auto visit = [&](std::string_view key, const Row& row) -> Result<bool> {
    VARVE_TRY(const auto id, repository_in_key(key, 0));
    VARVE_TRY(auto repository, repository_of(id, row));
    repositories.push_back(std::move(repository));
    return repositories.size() < limit;
  };
  VARVE_CHECK(scan_some_checked(view, Table::rpm_repo, RowKey(), from, limit, visit));
  return repositories;
}

Result<bool> is_member(const View& view, const RepositoryId& repository, const PackageId& package) {
  VARVE_TRY(const auto since, member_since(view, repository, package));
  return since.has_value();
}

Result<std::optional<EntryIndex>> member_since(const View& view, const RepositoryId& repository,
                                               const PackageId& package) {
  VARVE_TRY(const auto row, view.get(Table::rpm_member, member_key(repository, package)));
  return row ? std::optional(row->index) : std::nullopt;
}

Result<bool> ever_member(const History& history, const RepositoryId& repository,
                         const PackageId& package) {
  bool found = false;
  VARVE_CHECK(history.versions(Table::rpm_member, member_key(repository, package).bytes(),
                               EntryIndex{UINT64_MAX}, [&found](const History::Version&) {
                                 found = true;
                                 return false;
                               }));
  return found;
}

Result<std::optional<PackageId>> each_member(const View& view, const RepositoryId& repository,
                                             const std::optional<PackageId>& after,
                                             std::size_t rows_max, const VisitMember& visit) {
  const RowKey prefix = repository_key(repository);
  const auto look = [&](std::string_view key, const Row&) -> Result<bool> {
    VARVE_TRY(const auto id, package_in_key(key, prefix.bytes().size()));
    return visit(id);
  };
  const std::string from = after ? member_key(repository, *after).bytes() : std::string();
  VARVE_TRY(const auto last,
            scan_some_checked(view, Table::rpm_member, prefix, from, rows_max, look));
  return id_in(last, prefix.bytes().size());
}

}  // namespace varve::pulp
