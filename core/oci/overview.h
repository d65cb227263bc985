// What listings of all repositories say of each, and how much a repository's tags reach. Pure; the
// View's thread rules hold. They look at every tag: not for I/O threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/content/content.h"
#include "core/oci/oci.h"
#include "core/view.h"

namespace varve::oci {

struct RepoOverview {
  std::string repo;
  EntryIndex created;
  // The newest event about itself, its locks, what is said of it, its tags, or what was taken from
  // it: a deletion is an update, and this never goes back.
  EntryIndex updated;
  std::uint64_t tags = 0;  // those that stand in listings
  content::Category category = content::Category::other;
  bool hidden = false;      // locked against standing in listings
  bool hides_tags = false;  // some of its tags may be
  friend bool operator==(const RepoOverview&, const RepoOverview&) = default;
};

// Nothing for one that is not there, or is none that images are pushed to.
Result<std::optional<RepoOverview>> overview_of(const View& view, const RepoName& repo);
// The event that made it.
Result<std::optional<EntryIndex>> created_at(const View& view, const RepoName& repo);
// All of them in byte order, by one walk over each of the tables.
Result<std::vector<RepoOverview>> overviews(const View& view);
// Those that are locked against standing in listings.
Result<std::set<std::string>> hidden_repos(const View& view);

// Of the blobs that these manifests need, themselves or through what they list, each once: bytes.
// What is not there counts nothing.
Result<std::uint64_t> reached_bytes(const View& view, const RepoName& repo,
                                    const std::vector<Digest>& manifests);
// The same, and each manifest and blob that is named on the way is taken from `links_left`, however
// often it is: nothing when there are more.
Result<std::optional<std::uint64_t>> reached_bytes(const View& view, const RepoName& repo,
                                                   const std::vector<Digest>& manifests,
                                                   std::size_t& links_left);
// The same of all that its tags point to.
Result<std::uint64_t> tagged_bytes(const View& view, const RepoName& repo);

}  // namespace varve::oci
