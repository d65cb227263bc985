// Questions about repositories and what can still be reached, asked of any View. Pure; the View's
// thread rules hold.
#pragma once

#include <functional>
#include <optional>

#include "core/content/content.h"
#include "core/view.h"

namespace varve::content {

// Errors: not_found when the repository does not exist.
Result<void> need_repo(const RepoName& repo, const View& view);

// Where repositories stand that are below none: no namespace of anybody's is called so.
inline constexpr std::string_view kNoNamespace = "_";
// "team" of "team/app".
std::string_view namespace_of(const RepoName& repo);
// The event that made it, if somebody did.
Result<std::optional<EntryIndex>> find_namespace(const View& view, const NamespaceName& name_space);
// Somebody made it, or something is in it. Never "_".
Result<bool> namespace_is_there(const View& view, std::string_view name);
// What it is known by, to everybody and for ever: the first event that made a namespace, or a
// repository in one, of this name ("_" too), whether anything of it is still there or not. Errors:
// corrupt when there never was one.
Result<EntryIndex> namespace_id(const View& view, std::string_view name);
// Is anything in it?
Result<bool> holds_repos(const View& view, const NamespaceName& name_space);

struct RepoDescription {
  Category category = Category::other;
  std::string text = {};
  std::optional<EntryIndex> index = std::nullopt;  // the event that said so; none: nobody did
};
Result<RepoDescription> description_of(const View& view, const RepoName& repo);
// Of a row of Table::repo_description.
Result<RepoDescription> description_in(const Row& row);

// These walk over every link or blob: for the purger, not for requests.

struct HeldBlob {
  RepoName repo;
  Digest digest;
  std::uint64_t size;
  EntryIndex index;  // the event that linked it
};
// Links whose blob no manifest of the repository needs, until `visit` returns false.
Result<void> each_unneeded_link(const View& view, const std::function<bool(HeldBlob)>& visit);

struct KnownBlob {
  Digest digest;
  std::uint64_t size;
  EntryIndex index;  // the event that committed it
};
// Blobs that no repository links and that are of no package, until `visit` returns false.
Result<void> each_unlinked_blob(const View& view, const std::function<bool(KnownBlob)>& visit);

// What is not needed, or not linked, now: was it ever in the state after `since` entries or a later
// one?
Result<bool> was_needed_since(const History& history, const HeldBlob& link, TreeSize since);
Result<bool> was_linked_since(const History& history, const KnownBlob& blob, TreeSize since);

// The event that took a manifest (Table::manifest) or a link (Table::link) from the repository, if
// it was there once and is not any more.
Result<std::optional<EntryIndex>> gone_at(const History& history, Table table, const RepoName& repo,
                                          const Digest& digest);

// The event that purged the bytes last, if they were here once.
Result<std::optional<EntryIndex>> purged_at(const History& history, const Digest& digest);

// Are the bytes here, as far as the log is concerned?
Result<bool> is_known(const View& view, const Digest& digest);

}  // namespace varve::content
