// Rules about packages and their repositories. Pure; any thread, as the View allows.
#include <algorithm>

#include "core/base/bytes.h"
#include "core/content/rows.h"
#include "core/content/rules.h"
#include "core/pulp/query.h"
#include "core/pulp/rules.h"
#include "core/system/query.h"

namespace varve::pulp {
namespace {

using Events = std::vector<Event>;
using trust::Asker;

// RPM's epoch is a 32-bit number.
Result<void> check_epoch(const Word& epoch) {
  const auto number = parse_decimal(epoch.text());
  if (number && *number <= UINT32_MAX) return {};
  return fail(Errc::invalid, About::name, "an epoch is a number of at most 32 bits", epoch.text());
}

// Not the file name: it says nothing about what the package is. Source: Pulp's documentation, and
// the uniqueness of packages in Pulp 3.
// Which one it is, is for whoever may see it.
Result<void> check_new(const CreatePackage& command, const Asker& asker, const View& view) {
  VARVE_TRY(const auto same, find_same(view, command.nevra, command.checksum));
  if (!same) return {};
  const bool seen =
      trust::check(view, asker.actor, Right::pull, resource_of(same->id), asker.now).has_value();
  return fail(Errc::conflict, About::package,
              "there is a package with this name, version, release, epoch, architecture and "
              "checksum already",
              seen ? same->id.text() : std::string());
}

// What the blob was offered on may be gone by now.
Result<void> check_source(const File& file, const View& view) {
  if (!file.from) return {};
  VARVE_TRY(const auto link,
            content::find_size(view, Table::link, content::held_key(*file.from, file.digest)));
  if (link && link->size == file.size) return {};
  return fail(Errc::not_found, About::blob, "the repository has no such blob",
              file.digest.to_string());
}

std::unexpected<Error> not_signed(const CreatePackage& command, std::string why) {
  return fail(Errc::denied, About::signature, std::move(why), command.nevra.to_string());
}

// What the author signed is compared once more with what is about to be written.
Result<void> check_author(const CreatePackage& command, const PackageCreated& event,
                          const Asker& asker, const View& view) {
  const RepoName resource = resource_of(command.package);
  if (!event.author) {
    VARVE_TRY(const auto policy, trust::policy_for(view, resource));
    if (!policy.require_author_sig) return {};
    return not_signed(command, "a policy wants the signature of an author on every package");
  }
  VARVE_TRY(const auto statement, trust::AuthorStatement::parse(event.author->statement));
  VARVE_TRY(const std::string origin, system::origin(view));
  if (!is_about(statement, origin, event))
    return not_signed(command, "the author's signature is over something else");
  return trust::check_signer(view, event.author->key_id, resource, asker);
}

// Pulp's own side effect: who created a package may read and delete it. Of whom nothing is known,
// nothing can be granted.
void grant_to_creator(const Asker& asker, const PackageId& package, Events& events) {
  const auto creator = PrincipalName::parse(asker.actor.id);
  if (!asker.actor.credential || !creator) return;
  events.emplace_back(
      trust::GrantSet{*creator, Resource(resource_of(package)), Rights::of_a_repository()});
}

// Named twice is named.
Result<std::vector<PackageId>> each_once(std::vector<PackageId> packages) {
  if (packages.size() > kPackagesListedMax)
    return fail(Errc::too_large, About::package,
                "one request names at most " + std::to_string(kPackagesListedMax) + " packages");
  std::ranges::sort(packages);
  packages.erase(std::ranges::unique(packages).begin(), packages.end());
  return packages;
}

bool is_one_line(std::string_view text) {
  return text.size() <= kTextBytesMax && is_valid_utf8(text) &&
         std::ranges::none_of(
             text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

Result<Events> decide(const CreatePackage& command, const Asker& asker, const View& view) {
  VARVE_CHECK(check_epoch(command.nevra.epoch));
  VARVE_TRY(const auto taken, find_package(view, command.package));
  if (taken) return fail(Errc::internal, About::package, "an id was made twice");
  VARVE_CHECK(check_new(command, asker, view));
  PackageCreated created{std::nullopt,     command.checksum, command.details, std::nullopt,
                         command.filename, command.nevra,    command.package, command.details_size};
  Events events;
  if (command.file) {
    VARVE_CHECK(check_source(*command.file, view));
    VARVE_CHECK(content::ensure_committed(command.file->digest, command.file->size, view, events));
    created.file = command.file->digest;
  }
  if (command.author) created.author = **command.author;
  VARVE_CHECK(check_author(command, created, asker, view));
  events.emplace_back(std::move(created));
  grant_to_creator(asker, command.package, events);
  return events;
}

Result<Events> decide(const DeletePackage& command, const View& view) {
  VARVE_TRY(auto package, need_package(view, command.package));
  if (package.repositories > 0)
    return fail(Errc::conflict, About::package,
                "package [" + command.package.text() + "] has references, delete not permitted");
  return Events{PackageDeleted{std::move(package.nevra), command.package}};
}

Result<Events> decide(const CreateRepository& command, const View& view) {
  if (!is_one_line(command.name) || !is_one_line(command.arch))
    return fail(Errc::invalid, About::repository,
                "a repository's name and architecture are one line of at most " +
                    std::to_string(kTextBytesMax) + " bytes each");
  if (is_reserved(command.repository))
    return fail(Errc::invalid, About::repository, "a repository's id is neither manage nor asof.",
                command.repository.text());
  VARVE_TRY(const auto there, find_repository(view, command.repository));
  if (there)
    return fail(Errc::conflict, About::repository, "there is a repository with this id already",
                command.repository.text());
  return Events{RepositoryCreated{command.arch, command.name, command.repository}};
}

Result<Events> decide(const DeleteRepository& command, const View& view) {
  VARVE_TRY(const auto repository, need_repository(view, command.repository));
  if (repository.members > kMembersDeletedMax)
    return fail(Errc::too_large, About::repository,
                "the repository has more than " + std::to_string(kMembersDeletedMax) +
                    " packages; remove some of them first",
                command.repository.text());
  return Events{RepositoryDeleted{command.repository}};
}

// A package that the caller may not pull is not there: putting it into a repository of one's own
// would show it.
Result<Events> decide(const AddPackages& command, const Asker& asker, const View& view) {
  VARVE_CHECK(need_repository(view, command.repository));
  VARVE_TRY(const auto packages, each_once(command.packages));
  Events events;
  for (const PackageId& id : packages) {
    VARVE_CHECK(need_package(view, id));
    if (!trust::check(view, asker.actor, Right::pull, resource_of(id), asker.now))
      return fail(Errc::not_found, About::package, "there is no such package", id.text());
    VARVE_TRY(const bool member, is_member(view, command.repository, id));
    if (!member) events.emplace_back(PackageAdded{id, command.repository});
  }
  return events;
}

Result<Events> decide(const RemovePackages& command, const View& view) {
  VARVE_CHECK(need_repository(view, command.repository));
  VARVE_TRY(const auto packages, each_once(command.packages));
  Events events;
  for (const PackageId& id : packages) {
    VARVE_TRY(const bool member, is_member(view, command.repository, id));
    if (member) events.emplace_back(PackageRemoved{id, command.repository});
  }
  return events;
}

}  // namespace varve::pulp
