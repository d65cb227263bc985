// What may be done with repositories, and with what is in them. Asked of the newest state, also for
// reads of an earlier one. Pure; the View's thread rules hold.
//
// Nearly every repository has no lock, and every request asks: so one row of a repository says
// whether there is anything to look for in it.
#pragma once

#include <string>

#include "core/content/content.h"
#include "core/view.h"

namespace varve::content {

struct RepoLocks {
  Attributes own;  // of the repository, and so of everything in it
  // Where this is false, something in it was locked so once: look there. It may not be any more;
  // until the repository is deleted, nobody counts.
  Attributes inside;
  friend bool operator==(const RepoLocks&, const RepoLocks&) = default;
};
Result<RepoLocks> locks_of(const View& view, const RepoName& repo);

// "repository team/app", "tag team/app:v1": what a refusal names.
std::unexpected<Error> locked(About about, const std::string& what, std::string_view attribute);

// Errors (all of them): locked.
Result<void> check_readable(const RepoLocks& locks, const RepoName& repo);
Result<void> check_writable(const RepoLocks& locks, const RepoName& repo);
Result<void> check_removable(const Attributes& attributes, About about, const std::string& what);
Result<void> check_removable(const RepoLocks& locks, const RepoName& repo);

// The same where nothing else about the locks is asked.
Result<void> check_readable(const View& view, const RepoName& repo);
Result<void> check_writable(const View& view, const RepoName& repo);
Result<void> check_removable(const View& view, const RepoName& repo);

}  // namespace varve::content
