// Reading a repository's locks, and the words of a refusal.
#include "core/content/locks.h"

#include "core/content/rows.h"

namespace varve::content {

Result<RepoLocks> locks_of(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto row, view.get(Table::attributes, repo_key(repo)));
  if (!row) return RepoLocks{};
  return repo_locks_of_value(row->value);
}

std::unexpected<Error> locked(About about, const std::string& what, std::string_view attribute) {
  return fail(Errc::locked, about,
              "the operation is disallowed on this registry, repository or image: the " + what +
                  " has " + std::string(attribute) + " false");
}

Result<void> check_readable(const RepoLocks& locks, const RepoName& repo) {
  if (locks.own.read) return {};
  return locked(About::repository, "repository " + repo.text(), "readEnabled");
}

Result<void> check_writable(const RepoLocks& locks, const RepoName& repo) {
  if (locks.own.write) return {};
  return locked(About::repository, "repository " + repo.text(), "writeEnabled");
}

Result<void> check_removable(const Attributes& attributes, About about, const std::string& what) {
  if (!attributes.write) return locked(about, what, "writeEnabled");
  if (!attributes.del) return locked(about, what, "deleteEnabled");
  return {};
}

Result<void> check_removable(const RepoLocks& locks, const RepoName& repo) {
  return check_removable(locks.own, About::repository, "repository " + repo.text());
}

Result<void> check_readable(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto locks, locks_of(view, repo));
  return check_readable(locks, repo);
}

Result<void> check_writable(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto locks, locks_of(view, repo));
  return check_writable(locks, repo);
}

Result<void> check_removable(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto locks, locks_of(view, repo));
  return check_removable(locks, repo);
}

}  // namespace varve::content
