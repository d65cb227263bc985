// Questions about OCI state, asked of any View: the present, an earlier size, a replayed store.
// Pure; the View's thread rules hold.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "core/oci/oci.h"
#include "core/view.h"

namespace varve::oci {

struct TagRow {
  Digest digest;
  EntryIndex index;    // the event that set the tag to it
  EntryIndex created;  // the event that set the tag first, since it was last deleted
  std::optional<warg::KeyId> author = std::nullopt;  // the key of who signed the first one, if any
};
struct ManifestRow {
  std::uint64_t size;
  std::string media_type;
  EntryIndex index;                                  // the event that put it
  std::optional<warg::KeyId> author = std::nullopt;  // the key of who signed that, if any
};
struct BlobRow {
  std::uint64_t size;
  EntryIndex index;  // the event that linked it
};

Result<std::optional<TagRow>> find_tag(const View& view, const RepoName& repo, const Tag& tag);
Result<std::optional<ManifestRow>> find_manifest(const View& view, const RepoName& repo,
                                                 const Digest& digest);
Result<std::optional<BlobRow>> find_blob(const View& view, const RepoName& repo,
                                         const Digest& digest);
Result<bool> repo_exists(const View& view, const RepoName& repo);

struct TagPage {
  std::vector<std::string> tags;  // ASCII byte order
  bool more = false;
  std::string last;  // where the next page goes on; not in `tags` when they ended with rows_max
};
// Tags after `last` (which need not exist), at most `limit`, looking at `rows_max` rows at most
// (more than 0); with `listed`, those that it has. Errors: not_found when the repository does not
// exist.
class Listed;
Result<TagPage> list_tags(const View& view, const RepoName& repo, std::string_view last,
                          std::size_t limit, std::size_t rows_max = limits::kScanRowsMax,
                          const Listed* listed = nullptr);

// Repositories that push OCI, in byte order: the same rules.
struct RepoPage {
  std::vector<std::string> repos;
  bool more = false;
  std::string last;  // as of tags; then it may be one that the caller may not see
};
// `may_see` is asked of each before it counts.
using MaySee = std::function<Result<bool>(const RepoName& repo)>;
Result<RepoPage> list_repos(const View& view, std::string_view last, std::size_t limit,
                            std::size_t rows_max, const MaySee& may_see);

// The first repository, in byte order, that links the blob and that `may_see` says yes to.
Result<std::optional<RepoName>> find_holder(const View& view, const Digest& digest,
                                            const MaySee& may_see,
                                            std::size_t rows_max = limits::kScanRowsMax);

struct Referrer {
  Digest digest;
  std::uint64_t size;
  std::string media_type;
  std::string artifact_type;  // may be empty
  EntryIndex index;           // the event that made it one
};
struct ReferrerPage {
  // Pages follow the byte order of digests; what is in one comes oldest first, because cosign takes
  // the last of an answer for the newest signature and looks at no other.
  std::vector<Referrer> referrers;
  bool more = false;
  std::optional<Digest> last;  // where the next page goes on
};
struct ReferrerWish {
  std::string_view subject;                      // digest text, of whatever algorithm
  std::vector<std::string_view> artifact_types;  // any of them; none: all
  std::optional<Digest> last;                    // need not exist
  std::size_t limit;
  std::uint64_t body_bytes_max;  // of the referrers together; the first one always fits
  std::size_t rows_max = limits::kScanRowsMax;
  std::function<Result<bool>(const Digest& digest)> may_show = nullptr;  // none: all
};
// Manifests of the repository that name `subject`. None for a repository that does not exist.
Result<ReferrerPage> list_referrers(const View& view, const RepoName& repo,
                                    const ReferrerWish& wish);

struct TagVersion {
  EntryIndex index;
  bool set = true;  // false: deleted
  Digest digest;    // what it was set to, or what it pointed to until it was deleted
};
struct TagHistory {
  std::vector<TagVersion> versions;  // newest first
  bool more = false;
};
// What the tag was by events before `before`.
Result<TagHistory> tag_history(const History& history, const RepoName& repo, const Tag& tag,
                               EntryIndex before, std::size_t limit);

}  // namespace varve::oci
