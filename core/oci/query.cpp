// Reading OCI state from the rows.
#include "core/oci/query.h"

#include "core/oci/rows.h"

namespace varve::oci {

Result<std::optional<TagRow>> find_tag(const View& view, const RepoName& repo, const Tag& tag) {
  VARVE_TRY(const auto row, view.get(Table::tag, tag_key(repo, tag)));
  if (!row) return std::nullopt;
  VARVE_TRY(const auto digest, Digest::from_row(row->value));
  return TagRow{digest, row->index};
}

Result<std::optional<ManifestRow>> find_manifest(const View& view, const RepoName& repo,
                                                 const Digest& digest) {
  VARVE_TRY(auto row, view.get(Table::manifest, held_key(repo, digest)));
  if (!row) return std::nullopt;
  VARVE_TRY(const auto size, content::size_of_value(std::string_view(row->value).substr(0, 8)));
  return ManifestRow{size, row->value.substr(8), row->index};
}

Result<std::optional<BlobRow>> find_blob(const View& view, const RepoName& repo,
                                         const Digest& digest) {
  VARVE_TRY(const auto row, content::find_size(view, Table::link, held_key(repo, digest)));
  if (!row) return std::nullopt;
  return BlobRow{row->size, row->index};
}

Result<bool> repo_exists(const View& view, const RepoName& repo) {
  return content::repo_is_there(view, repo);
}

Result<TagPage> list_tags(const View& view, const RepoName& repo, std::string_view last,
                          std::size_t limit, std::size_t rows_max) {
  VARVE_TRY(const bool there, repo_exists(view, repo));
  if (!there)
    return fail(Errc::not_found, About::repository, "there is no such repository", repo.text());
  const RowKey prefix = content::repo_key(repo);
  // `last` comes from a client and may hold anything, so this is a place in the order, not a key.
  std::string after;
  if (!last.empty()) after.append(prefix.bytes()).append(last).push_back('\0');
  TagPage page;
  const auto visit = [&](std::string_view key, const Row&) {
    page.more = page.tags.size() == limit;
    if (!page.more) page.tags.emplace_back(tag_in_key(key, prefix.bytes().size()));
    return !page.more;
  };
  VARVE_TRY(const auto cut, view.scan_some(Table::tag, prefix, after, rows_max, visit));
  if (!page.tags.empty()) page.last = page.tags.back();
  if (cut && !page.more) {
    page.more = true;
    page.last = tag_in_key(*cut, prefix.bytes().size());
  }
  return page;
}

}  // namespace varve::oci
