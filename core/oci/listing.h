// A repository's tags and manifests page by page, by name or by time, and what it holds in all: for
// clients that look after repositories rather than pull from them. Pure; the View's thread rules
// hold. They look at more rows than a page has: not for I/O threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "core/oci/locks.h"
#include "core/oci/query.h"

namespace varve::oci {

// Times are those of the events that set the tags and put the manifests: the log's order.
enum class Order : std::uint8_t { name, oldest_first, newest_first };

struct ListWish {
  Order order = Order::name;
  std::size_t limit = 0;
  std::size_t rows_max = limits::kScanRowsMax;  // by time, a repository may hold no more
  // By time: where something stood that is gone by now. Azure's CLI deletes the tags of a page and
  // then asks for those after its last one.
  const History* history = nullptr;
};

struct ListedTag {
  Tag tag;
  TagRow row;
};
struct ListedTags {
  std::vector<ListedTag> tags;
  bool more = false;
  std::string last;  // where the next page goes on; not among `tags` when they ended with rows_max
};
// Tags after `last`, which need not exist when they are ordered by name; with `of`, those that
// point to it. Only what `listed` has. Errors: invalid when they are too many to be ordered by
// time, or when `last` was never there to go on from.
Result<ListedTags> list_tags(const View& view, const RepoName& repo,
                             const std::optional<Digest>& of, const std::string& last,
                             const ListWish& wish, const Listed& listed);

struct ListedManifest {
  Digest digest;
  ManifestRow row;
};
struct ListedManifests {
  std::vector<ListedManifest> manifests;
  bool more = false;
  std::optional<Digest> last;
};
Result<ListedManifests> list_manifests(const View& view, const RepoName& repo,
                                       const std::optional<Digest>& last, const ListWish& wish,
                                       const Listed& listed);

struct RepoSummary {
  EntryIndex created;
  EntryIndex updated;  // the newest event about anything that is there, or was taken from it
  std::uint64_t tags = 0;
  std::uint64_t manifests = 0;
};
// Makes one in steps, since a repository may hold millions of rows. The view must outlive it.
class Summariser {
 public:
  Summariser(const View& view, RepoName repo) : view_(view), repo_(std::move(repo)) {}
  // Looks at some `rows_max` rows; true when that was all. Errors: not_found when the repository
  // does not exist.
  Result<bool> go_on(std::size_t rows_max = limits::kScanRowsMax);
  const RepoSummary& summary() const { return *summary_; }  // complete when go_on() said true

 private:
  Result<void> begin();

  const View& view_;
  RepoName repo_;
  std::optional<RepoSummary> summary_;
  std::size_t table_ = 0;
  std::string after_;
};

// What goes when the repository is deleted.
struct Contents {
  std::vector<Digest> manifests;
  std::vector<std::string> tags;
};
Result<Contents> contents_of(const View& view, const RepoName& repo);

}  // namespace varve::oci
