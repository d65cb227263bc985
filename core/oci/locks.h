// What may be done with tags and manifests, beside what their repository allows
// (core/content/locks.h). Asked of the newest state, also for reads of an earlier one. Pure; the
// View's thread rules hold.
#pragma once

#include <optional>

#include "core/content/locks.h"
#include "core/oci/oci.h"
#include "core/view.h"

namespace varve::oci {

using content::Attributes;
using content::RepoLocks;

// Their own, whatever the repository's are. Of what is not there: everything is allowed.
Result<Attributes> attributes_of(const View& view, const RepoName& repo, const Tag& tag);
Result<Attributes> attributes_of(const View& view, const RepoName& repo, const Digest& digest);

// May the manifest be read, addressed by the tag if by any? Errors: locked.
Result<void> check_readable(const View& view, const RepoName& repo, const std::optional<Tag>& tag,
                            const Digest& digest);

// May the tag point elsewhere? May it go? Errors: locked.
Result<void> check_movable(const View& view, const RepoLocks& locks, const RepoName& repo,
                           const Tag& tag);
Result<void> check_removable(const View& view, const RepoLocks& locks, const RepoName& repo,
                             const Tag& tag);
// Of the manifest alone, not of the tags that would go with it.
Result<void> check_removable(const View& view, const RepoLocks& locks, const RepoName& repo,
                             const Digest& digest);

// What of a repository stands in listings. One look-up where nothing is hidden. The view must
// outlive it.
class Listed {
 public:
  static Result<Listed> in(const View& view, const RepoName& repo);
  bool everything() const { return locks_.own.list && locks_.inside.list; }
  bool nothing() const { return !locks_.own.list; }
  Result<bool> has(const Tag& tag) const;
  Result<bool> has(const Digest& digest) const;

 private:
  Listed(const View& view, RepoName repo, RepoLocks locks)
      : view_(&view), repo_(std::move(repo)), locks_(locks) {}
  const View* view_;
  RepoName repo_;
  RepoLocks locks_;
};

}  // namespace varve::oci
