// Reading the locks of tags and manifests.
#include "core/oci/locks.h"

#include "core/oci/rows.h"

namespace varve::oci {
namespace {

std::string words_for(const RepoName& repo, const Tag& tag) {
  return "tag " + repo.text() + ":" + tag.text();
}
std::string words_for(const RepoName& repo, const Digest& digest) {
  return "manifest " + repo.text() + "@" + digest.to_string();
}

template <class Thing>
Result<bool> listed(const View& view, const RepoLocks& locks, const RepoName& repo,
                    const Thing& thing) {
  if (!locks.own.list || locks.inside.list) return locks.own.list;
  VARVE_TRY(const auto attributes, attributes_of(view, repo, thing));
  return attributes.list;
}

}  // namespace

Result<Attributes> attributes_of(const View& view, const RepoName& repo, const Tag& tag) {
  return content::attributes_in(view, Table::tag_attributes, tag_key(repo, tag));
}

Result<Attributes> attributes_of(const View& view, const RepoName& repo, const Digest& digest) {
  return content::attributes_in(view, Table::manifest_attributes, held_key(repo, digest));
}

Result<void> check_readable(const View& view, const RepoName& repo, const std::optional<Tag>& tag,
                            const Digest& digest) {
  VARVE_TRY(const auto locks, content::locks_of(view, repo));
  VARVE_CHECK(content::check_readable(locks, repo));
  if (locks.inside.read) return {};
  if (tag) {
    VARVE_TRY(const auto of_tag, attributes_of(view, repo, *tag));
    if (!of_tag.read) return content::locked(About::tag, words_for(repo, *tag), "readEnabled");
  }
  VARVE_TRY(const auto of_manifest, attributes_of(view, repo, digest));
  if (of_manifest.read) return {};
  return content::locked(About::manifest, words_for(repo, digest), "readEnabled");
}

Result<void> check_movable(const View& view, const RepoLocks& locks, const RepoName& repo,
                           const Tag& tag) {
  if (locks.inside.write) return {};
  VARVE_TRY(const auto attributes, attributes_of(view, repo, tag));
  if (attributes.write) return {};
  return content::locked(About::tag, words_for(repo, tag), "writeEnabled");
}

Result<void> check_removable(const View& view, const RepoLocks& locks, const RepoName& repo,
                             const Tag& tag) {
  if (locks.inside.removable()) return {};
  VARVE_TRY(const auto attributes, attributes_of(view, repo, tag));
  return content::check_removable(attributes, About::tag, words_for(repo, tag));
}

Result<void> check_removable(const View& view, const RepoLocks& locks, const RepoName& repo,
                             const Digest& digest) {
  if (locks.inside.removable()) return {};
  VARVE_TRY(const auto attributes, attributes_of(view, repo, digest));
  return content::check_removable(attributes, About::manifest, words_for(repo, digest));
}

Result<Listed> Listed::in(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto locks, content::locks_of(view, repo));
  return Listed(view, repo, locks);
}

Result<bool> Listed::has(const Tag& tag) const {
  return listed(*view_, locks_, repo_, tag);
}

Result<bool> Listed::has(const Digest& digest) const {
  return listed(*view_, locks_, repo_, digest);
}

}  // namespace varve::oci
