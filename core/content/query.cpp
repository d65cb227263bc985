// Looks for a repository, and walks over the links and blobs there are.
#include "core/content/query.h"

#include "core/content/rows.h"
#include "core/scan.h"

namespace varve::content {
namespace {

Result<bool> is_first_component(const View& view, std::string_view name) {
  return has_rows(view, Table::repo, std::string(name) + "/");
}

}  // namespace

Result<void> need_repo(const RepoName& repo, const View& view) {
  VARVE_TRY(const bool there, repo_is_there(view, repo));
  if (there) return {};
  return fail(Errc::not_found, About::repository, "there is no such repository", repo.text());
}

std::string_view namespace_of(const RepoName& repo) {
  const std::string_view text = repo.text();
  const std::size_t slash = text.find('/');
  return slash == text.npos ? kNoNamespace : text.substr(0, slash);
}

Result<std::optional<EntryIndex>> find_namespace(const View& view,
                                                 const NamespaceName& name_space) {
  VARVE_TRY(const auto row, view.get(Table::name_space, namespace_key(name_space)));
  return row ? std::optional(row->index) : std::nullopt;
}

Result<bool> namespace_is_there(const View& view, std::string_view name) {
  if (const auto parsed = NamespaceName::parse(name)) {
    VARVE_TRY(const auto made, find_namespace(view, *parsed));
    if (made) return true;
  }
  return is_first_component(view, name);
}

Result<EntryIndex> namespace_id(const View& view, std::string_view name) {
  VARVE_TRY(const auto row, view.get(Table::namespace_first, namespace_first_key(name)));
  if (row) return row->index;
  return fail(Errc::corrupt, About::storage, "no row says which event first made a namespace",
              std::string(name));
}

Result<bool> holds_repos(const View& view, const NamespaceName& name_space) {
  return is_first_component(view, name_space.text());
}

Result<RepoDescription> description_in(const Row& row) {
  const std::size_t number =
      row.value.empty() ? 256U : static_cast<unsigned char>(row.value.front());
  if (number > static_cast<std::size_t>(Category::arm))
    return fail(Errc::corrupt, About::storage, "a repository's description has no known category");
  return RepoDescription{static_cast<Category>(number), row.value.substr(1), row.index};
}

Result<RepoDescription> description_of(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto row, view.get(Table::repo_description, repo_key(repo)));
  return row ? description_in(*row) : RepoDescription{};
}

namespace {

Result<HeldBlob> held_blob(std::string_view key, const Row& row) {
  const std::size_t end = key.find('\0');
  VARVE_TRY(auto repo, RepoName::parse(key.substr(0, end)));
  VARVE_TRY(auto digest, Digest::from_row(key.substr(end + 1)));
  VARVE_TRY(const auto size, size_of_value(row.value));
  return HeldBlob{std::move(repo), digest, size, row.index};
}

}  // namespace

Result<void> each_unneeded_link(const View& view, const std::function<bool(HeldBlob)>& visit) {
  return scan_checked(
      view, Table::link, {}, [&](std::string_view key, const Row& row) -> Result<bool> {
        VARVE_TRY(auto link, held_blob(key, row));
        VARVE_TRY(const auto user, find_user(view, Table::blob_in, link.repo, link.digest));
        return user || visit(std::move(link));
      });
}

Result<void> each_unlinked_blob(const View& view, const std::function<bool(KnownBlob)>& visit) {
  return scan_checked(view, Table::blob, {},
                      [&](std::string_view key, const Row& row) -> Result<bool> {
                        VARVE_TRY(const auto digest, Digest::from_row(key));
                        VARVE_TRY(const auto size, size_of_value(row.value));
                        VARVE_TRY(const bool held, is_held(view, digest));
                        return held || visit({digest, size, row.index});
                      });
}

// Needed by nothing at both ends, it was needed in between exactly when a row came and went. The
// state after `since` entries is where somebody looked, so their rows are older than that.
Result<bool> was_needed_since(const History& history, const HeldBlob& link, TreeSize since) {
  if (link.index.value >= since.value) return true;
  return history.changed_since(Table::blob_in, held_key(link.repo, link.digest), since);
}

Result<bool> was_linked_since(const History& history, const KnownBlob& blob, TreeSize since) {
  if (blob.index.value >= since.value) return true;
  VARVE_TRY(const bool file,
            history.changed_since(Table::package_file, blob_key(blob.digest), since));
  if (file) return true;
  return history.changed_since(Table::holder, blob_key(blob.digest), since);
}

Result<std::optional<EntryIndex>> gone_at(const History& history, Table table, const RepoName& repo,
                                          const Digest& digest) {
  std::optional<EntryIndex> gone;
  const auto visit = [&gone](const History::Version& newest) {
    if (!newest.value) gone = newest.index;
    return false;
  };
  VARVE_CHECK(
      history.versions(table, held_key(repo, digest).bytes(), EntryIndex{UINT64_MAX}, visit));
  return gone;
}

Result<std::optional<EntryIndex>> purged_at(const History& history, const Digest& digest) {
  std::optional<EntryIndex> purged;
  const auto visit = [&purged](const History::Version& newest) {
    if (!newest.value) purged = newest.index;
    return false;
  };
  VARVE_CHECK(
      history.versions(Table::blob, blob_key(digest).bytes(), EntryIndex{UINT64_MAX}, visit));
  return purged;
}

Result<bool> is_known(const View& view, const Digest& digest) {
  VARVE_TRY(const auto row, view.get(Table::blob, blob_key(digest)));
  return row.has_value();
}

}  // namespace varve::content
