// Walking over repositories, their tags and what those reach.
#include "core/oci/overview.h"

#include <algorithm>

#include "core/content/query.h"
#include "core/oci/links.h"
#include "core/oci/locks.h"
#include "core/oci/rows.h"
#include "core/scan.h"

namespace varve::oci {
namespace {

constexpr std::string_view kFormat = "oci";

void note(RepoOverview& overview, EntryIndex index) {
  overview.updated = std::max(overview.updated, index);
}

Result<void> note_locks(RepoOverview& overview, const Row& row) {
  VARVE_TRY(const auto locks, content::repo_locks_of_value(row.value));
  overview.hidden = !locks.own.list;
  overview.hides_tags = !locks.inside.list;
  note(overview, row.index);
  return {};
}

Result<bool> is_listed(const View& view, const RepoName& repo, std::string_view tag_text) {
  VARVE_TRY(const auto tag, Tag::parse(tag_text));
  VARVE_TRY(const auto attributes, attributes_of(view, repo, tag));
  return attributes.list;
}

Result<void> count_tags(const View& view, const RepoName& repo, RepoOverview& overview) {
  const RowKey prefix = content::repo_key(repo);
  const auto visit = [&](std::string_view key, const Row& row) -> Result<bool> {
    note(overview, row.index);
    bool listed = true;
    if (overview.hides_tags) {
      VARVE_TRY(listed, is_listed(view, repo, name_in_key(key, prefix.bytes().size())));
    }
    overview.tags += listed ? 1 : 0;
    return true;
  };
  return scan_checked(view, Table::tag, prefix, visit);
}

// The name in front of a key.
std::string_view repo_in(std::string_view key) {
  return key.substr(0, key.find('\0'));
}

// Calls add(overview, row) for each row of a table whose keys begin with a repository's name. Both
// are in the same order, so one walk finds all.
template <class Add>
Result<void> walk(const View& view, Table table, std::vector<RepoOverview>& all, const Add& add) {
  auto at = all.begin();
  const auto visit = [&](std::string_view key, const Row& row) -> Result<bool> {
    const std::string_view repo = repo_in(key);
    while (at != all.end() && at->repo < repo) ++at;
    if (at == all.end()) return false;
    if (at->repo == repo) VARVE_CHECK(add(*at, row));
    return true;
  };
  return scan_checked(view, table, {}, visit);
}

Result<void> recount_where_tags_hide(const View& view, std::vector<RepoOverview>& all) {
  for (RepoOverview& overview : all) {
    if (!overview.hides_tags) continue;
    VARVE_TRY(const auto repo, RepoName::parse(overview.repo));
    overview.tags = 0;
    VARVE_CHECK(count_tags(view, repo, overview));
  }
  return {};
}

}  // namespace

Result<std::optional<RepoOverview>> overview_of(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto row, view.get(Table::repo, content::repo_key(repo)));
  if (!row || row->value != kFormat) return std::nullopt;
  RepoOverview overview{repo.text(), row->index, row->index};
  VARVE_TRY(const auto said, content::description_of(view, repo));
  overview.category = said.category;
  if (said.index) note(overview, *said.index);
  VARVE_TRY(const auto locks, view.get(Table::attributes, content::repo_key(repo)));
  if (locks) VARVE_CHECK(note_locks(overview, *locks));
  VARVE_TRY(const auto trimmed, view.get(Table::repo_trimmed, content::repo_key(repo)));
  if (trimmed) note(overview, trimmed->index);
  VARVE_CHECK(count_tags(view, repo, overview));
  return overview;
}

Result<std::optional<EntryIndex>> created_at(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto row, view.get(Table::repo, content::repo_key(repo)));
  return row && row->value == kFormat ? std::optional(row->index) : std::nullopt;
}

Result<std::vector<RepoOverview>> overviews(const View& view) {
  std::vector<RepoOverview> all;
  VARVE_CHECK(view.scan(Table::repo, {}, {}, [&](std::string_view key, const Row& row) {
    if (row.value == kFormat) all.push_back({std::string(repo_in(key)), row.index, row.index});
    return true;
  }));
  VARVE_CHECK(walk(view, Table::attributes, all, note_locks));
  VARVE_CHECK(walk(view, Table::repo_description, all,
                   [&](RepoOverview& overview, const Row& row) -> Result<void> {
                     VARVE_TRY(const auto said, content::description_in(row));
                     overview.category = said.category;
                     note(overview, row.index);
                     return {};
                   }));
  VARVE_CHECK(walk(view, Table::repo_trimmed, all, [](RepoOverview& overview, const Row& row) {
    note(overview, row.index);
    return Result<void>();
  }));
  VARVE_CHECK(walk(view, Table::tag, all, [](RepoOverview& overview, const Row& row) {
    ++overview.tags;
    note(overview, row.index);
    return Result<void>();
  }));
  VARVE_CHECK(recount_where_tags_hide(view, all));
  return all;
}

Result<std::set<std::string>> hidden_repos(const View& view) {
  std::set<std::string> hidden;
  const auto visit = [&](std::string_view key, const Row& row) -> Result<bool> {
    VARVE_TRY(const auto locks, content::repo_locks_of_value(row.value));
    if (!locks.own.list) hidden.emplace(repo_in(key));
    return true;
  };
  VARVE_CHECK(scan_checked(view, Table::attributes, {}, visit));
  return hidden;
}

Result<std::optional<std::uint64_t>> reached_bytes(const View& view, const RepoName& repo,
                                                   const std::vector<Digest>& manifests,
                                                   std::size_t& links_left) {
  std::set<Digest> seen(manifests.begin(), manifests.end());
  std::vector<Digest> open(seen.begin(), seen.end());
  std::set<Digest> blobs;
  std::uint64_t bytes = 0;
  while (!open.empty()) {
    const Digest manifest = open.back();
    open.pop_back();
    VARVE_TRY(const auto row, view.get(Table::refers, held_key(repo, manifest)));
    if (!row) continue;
    VARVE_TRY(const auto links, links_of_value(row->value));
    const std::size_t named = links.manifests.size() + links.blobs.size();
    if (named > links_left) return std::nullopt;
    links_left -= named;
    for (const Digest& child : links.manifests)
      if (seen.insert(child).second) open.push_back(child);
    for (const Digest& blob : links.blobs) {
      if (!blobs.insert(blob).second) continue;
      VARVE_TRY(const auto size, content::find_size(view, Table::link, held_key(repo, blob)));
      if (size) bytes += size->size;
    }
  }
  return bytes;
}

Result<std::uint64_t> reached_bytes(const View& view, const RepoName& repo,
                                    const std::vector<Digest>& manifests) {
  std::size_t unbounded = SIZE_MAX;
  VARVE_TRY(const auto bytes, reached_bytes(view, repo, manifests, unbounded));
  return bytes.value_or(0);
}

Result<std::uint64_t> tagged_bytes(const View& view, const RepoName& repo) {
  std::vector<Digest> manifests;
  const auto visit = [&](std::string_view, const Row& row) -> Result<bool> {
    VARVE_TRY(const auto tag, tag_of_value(row.value));
    manifests.push_back(tag.digest);
    return true;
  };
  VARVE_CHECK(scan_checked(view, Table::tag, content::repo_key(repo), visit));
  return reached_bytes(view, repo, manifests);
}

}  // namespace varve::oci
