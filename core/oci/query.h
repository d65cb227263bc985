// Questions about OCI state, asked of any View: the present, an earlier size, a replayed store.
// Pure; the View's thread rules hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "core/oci/oci.h"
#include "core/view.h"

namespace varve::oci {

struct TagRow {
  Digest digest;
  EntryIndex index;  // the event that set the tag
};
struct ManifestRow {
  std::uint64_t size;
  std::string media_type;
  EntryIndex index;  // the event that put it
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
// (more than 0). Errors: not_found when the repository does not exist.
Result<TagPage> list_tags(const View& view, const RepoName& repo, std::string_view last,
                          std::size_t limit, std::size_t rows_max = limits::kScanRowsMax);

}  // namespace varve::oci
