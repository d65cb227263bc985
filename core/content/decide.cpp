// Rules about repositories and blobs. Pure; any thread, as the View allows.
#include "core/base/limits.h"
#include "core/content/locks.h"
#include "core/content/rows.h"
#include "core/content/rules.h"
#include "core/scan.h"
#include "core/trust/rules.h"

namespace varve::content {
namespace {

// One digest cannot have two sizes: either a stored row or the blob store lies.
Result<bool> is_there(const View& view, Table table, const RowKey& key, const Digest& digest,
                      std::uint64_t size) {
  VARVE_TRY(const auto row, find_size(view, table, key));
  if (row && row->size != size)
    return fail(Errc::corrupt, About::blob,
                "a blob is recorded with " + std::to_string(row->size) +
                    " bytes and offered with " + std::to_string(size),
                digest.to_string());
  return row.has_value();
}
Result<bool> is_linked(const View& view, const RepoName& repo, const LinkBlob& command) {
  return is_there(view, Table::link, held_key(repo, command.digest), command.digest, command.size);
}

Result<void> check_of_images(std::string_view first, std::string_view name, About about) {
  if (!stands_for_packages(first)) return {};
  return fail(Errc::invalid, about, "names that begin with packages/ or rpm/ stand for packages",
              std::string(name));
}
Result<void> check_of_images(const RepoName& repo) {
  const std::string_view name = repo.text();
  const std::size_t slash = name.find('/');
  return slash == name.npos ? Result<void>()
                            : check_of_images(name.substr(0, slash), name, About::name);
}

}  // namespace

Result<void> ensure_repo(const RepoName& repo, const View& view, std::vector<Event>& events) {
  VARVE_TRY(const bool there, repo_is_there(view, repo));
  if (there) return {};
  VARVE_CHECK(check_of_images(repo));
  events.emplace_back(RepoCreated{"oci", repo});
  return {};
}

Result<void> ensure_committed(const Digest& digest, std::uint64_t size, const View& view,
                              std::vector<Event>& events) {
  VARVE_TRY(const bool there, is_there(view, Table::blob, blob_key(digest), digest, size));
  if (!there) events.emplace_back(BlobCommitted{digest, size});
  return {};
}

namespace {

// What the mount was offered on may be gone by now, and with it the right to reach the bytes.
Result<void> check_source(const LinkBlob& command, const View& view) {
  if (!command.from) return {};
  VARVE_TRY(const bool linked, is_linked(view, *command.from, command));
  if (!linked)
    return fail(Errc::not_found, About::blob, "the other repository no longer has this blob",
                command.digest.to_string());
  // Not `locked`: a mount that cannot be done is an upload instead.
  VARVE_TRY(const auto locks, locks_of(view, *command.from));
  if (locks.own.read) return {};
  return fail(Errc::not_found, About::blob, "the other repository is locked against reading",
              command.digest.to_string());
}

}  // namespace

Result<std::vector<Event>> decide(const LinkBlob& command, const View& view) {
  VARVE_CHECK(check_source(command, view));
  std::vector<Event> events;
  VARVE_CHECK(ensure_repo(command.repo, view, events));
  VARVE_CHECK(ensure_committed(command.digest, command.size, view, events));
  VARVE_TRY(const bool linked, is_linked(view, command.repo, command));
  if (!linked) events.emplace_back(BlobLinked{command.digest, command.repo, command.size});
  if (!events.empty()) VARVE_CHECK(check_writable(view, command.repo));
  return events;
}

// A manifest without its layers is what users of registries lose images to: whoever wants the blob
// gone deletes the manifest first.
Result<std::vector<Event>> decide(const UnlinkBlob& command, const View& view) {
  VARVE_CHECK(need_repo(command.repo, view));
  VARVE_TRY(const auto link, find_size(view, Table::link, held_key(command.repo, command.digest)));
  if (!link)
    return fail(Errc::not_found, About::blob, "the repository has no such blob",
                command.digest.to_string());
  VARVE_CHECK(check_removable(view, command.repo));
  VARVE_TRY(const auto user, find_user(view, Table::blob_in, command.repo, command.digest));
  if (user)
    return fail(Errc::unsupported, About::blob,
                "a manifest of this repository refers to the blob; delete it first",
                user->to_string());
  return std::vector<Event>{BlobUnlinked{command.digest, command.repo}};
}

// Whether anybody counts on the bytes without linking them is the purger's to know; here the log
// decides between it and whoever links them at the same moment.
Result<std::vector<Event>> decide(const PurgeBlob& command, const View& view) {
  VARVE_TRY(const auto blob, find_size(view, Table::blob, blob_key(command.digest)));
  if (!blob)
    return fail(Errc::not_found, About::blob, "there is no such blob", command.digest.to_string());
  VARVE_TRY(const bool held, is_held(view, command.digest));
  if (held)
    return fail(Errc::conflict, About::blob, "a repository links the blob, or a package needs it",
                command.digest.to_string());
  return std::vector<Event>{BlobPurged{command.digest, blob->size}};
}

Result<std::vector<Event>> decide(const SetRepoAttributes& command, const View& view) {
  VARVE_CHECK(need_repo(command.repo, view));
  VARVE_TRY(const auto locks, locks_of(view, command.repo));
  const Attributes after = command.change.applied_to(locks.own);
  if (after == locks.own) return std::vector<Event>{};
  return std::vector<Event>{RepoAttributesSet{after, command.repo}};
}

namespace {

std::string words_for(Table table, const RepoName& repo, std::string_view key) {
  const std::size_t name = repo.text().size() + 1;
  if (table == Table::tag_attributes)
    return "tag " + repo.text() + ":" + std::string(name_in_key(key, name));
  const auto digest = Digest::from_row(key.substr(name));
  return "manifest " + repo.text() + "@" + (digest ? digest->to_string() : "?");
}

Result<void> check_nothing_locked(const DeleteRepo& command, const View& view) {
  VARVE_TRY(const auto locks, locks_of(view, command.repo));
  VARVE_CHECK(check_removable(locks, command.repo));
  if (locks.inside.removable()) return {};
  for (const Table table : {Table::manifest_attributes, Table::tag_attributes}) {
    const auto visit = [&](std::string_view key, const Row& row) -> Result<bool> {
      const Attributes attributes = attributes_of_byte(row.value.empty() ? '\0' : row.value[0]);
      VARVE_CHECK(
          check_removable(attributes, About::repository, words_for(table, command.repo, key)));
      return true;
    };
    VARVE_CHECK(scan_checked(view, table, repo_key(command.repo), visit));
  }
  return {};
}

// project() removes everything in one batch, so there must be a bound.
Result<void> check_size(const DeleteRepo& command, const View& view) {
  std::size_t rows = 0;
  for (const Table table : kTablesOfARepo)
    VARVE_CHECK(view.scan(table, repo_key(command.repo), {}, [&](std::string_view, const Row&) {
      rows += table == Table::link ? 2 : 1;
      return rows <= limits::kRepoRowsDeletedMax;
    }));
  if (rows <= limits::kRepoRowsDeletedMax) return {};
  return fail(Errc::too_large, About::repository,
              "the repository is too large to be deleted at once; delete manifests of it first, "
              "and blobs that no manifest needs",
              command.repo.text());
}

Result<void> check_tags_may_go(const DeleteRepo& command, const View& view) {
  VARVE_TRY(const bool tagged, has_rows(view, Table::tag, repo_key(command.repo)));
  return tagged ? trust::check_tags_may_move(view, command.repo) : Result<void>();
}

}  // namespace

Result<std::vector<Event>> decide(const DeleteRepo& command, const View& view) {
  VARVE_CHECK(need_repo(command.repo, view));
  VARVE_CHECK(check_size(command, view));  // first: the others look at rows too
  VARVE_CHECK(check_nothing_locked(command, view));
  VARVE_CHECK(check_tags_may_go(command, view));
  return std::vector<Event>{RepoDeleted{command.repo}};
}

// ---- namespaces, and what is said about repositories ----

namespace {

std::unexpected<Error> no_namespace(std::string_view name) {
  return fail(Errc::not_found, About::name_space, "there is no such namespace", std::string(name));
}

// Repositories below none need none.
Result<void> need_namespace(const RepoName& repo, const View& view) {
  const std::string_view text = namespace_of(repo);
  if (text == kNoNamespace) return {};
  VARVE_TRY(const bool there, namespace_is_there(view, text));
  return there ? Result<void>() : no_namespace(text);
}

Result<void> check_description(std::string_view text) {
  if (text.size() <= limits::kDescriptionBytesMax && trust::is_plain_text(text, true)) return {};
  return fail(Errc::invalid, About::request,
              "a description is text of at most " + std::to_string(limits::kDescriptionBytesMax) +
                  " bytes of UTF-8");
}

Result<void> add_opening(const RepoName& repo, std::optional<bool> open, const trust::Asker& asker,
                         const View& view, std::vector<Event>& events) {
  if (!open) return {};
  VARVE_TRY(const auto grants, trust::open_or_close(repo, *open, asker, view));
  events.insert(events.end(), grants.begin(), grants.end());
  return {};
}

}  // namespace

Result<std::vector<Event>> decide(const CreateNamespace& command, const View& view) {
  VARVE_TRY(const bool there, namespace_is_there(view, command.name_space.text()));
  if (there)
    return fail(Errc::conflict, About::name_space, "this namespace is here already",
                command.name_space.text());
  const std::string& name = command.name_space.text();
  VARVE_CHECK(check_of_images(name, name, About::name_space));
  return std::vector<Event>{NamespaceCreated{command.name_space}};
}

Result<std::vector<Event>> decide(const DeleteNamespace& command, const View& view) {
  VARVE_TRY(const bool holds, holds_repos(view, command.name_space));
  if (holds)
    return fail(Errc::unsupported, About::name_space,
                "repositories are in this namespace; delete them first", command.name_space.text());
  VARVE_TRY(const auto made, find_namespace(view, command.name_space));
  if (!made) return no_namespace(command.name_space.text());
  return std::vector<Event>{NamespaceDeleted{command.name_space}};
}

Result<std::vector<Event>> decide(const CreateRepo& command, const trust::Asker& asker,
                                  const View& view) {
  VARVE_CHECK(check_description(command.description));
  VARVE_CHECK(need_namespace(command.repo, view));
  VARVE_TRY(const bool there, repo_is_there(view, command.repo));
  if (there)
    return fail(Errc::conflict, About::repository, "this repository is here already",
                command.repo.text());
  VARVE_CHECK(check_of_images(command.repo));
  std::vector<Event> events{RepoCreated{"oci", command.repo}};
  RepoUpdated said{std::nullopt, std::nullopt, command.repo};
  if (command.category != Category::other) said.category = command.category;
  if (!command.description.empty()) said.description = command.description;
  if (said.category || said.description) events.emplace_back(std::move(said));
  VARVE_CHECK(add_opening(command.repo, command.open, asker, view, events));
  return events;
}

Result<std::vector<Event>> decide(const UpdateRepo& command, const trust::Asker& asker,
                                  const View& view) {
  VARVE_CHECK(check_description(command.description.value_or("")));
  VARVE_CHECK(need_repo(command.repo, view));
  VARVE_TRY(const auto before, description_of(view, command.repo));
  RepoUpdated said{command.category, command.description, command.repo};
  if (said.category == before.category) said.category.reset();
  if (said.description == before.text) said.description.reset();
  std::vector<Event> events;
  if (said.category || said.description) {
    VARVE_CHECK(check_writable(view, command.repo));
    events.emplace_back(std::move(said));
  }
  VARVE_CHECK(add_opening(command.repo, command.open, asker, view, events));
  return events;
}

}  // namespace varve::content
