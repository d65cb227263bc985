// Pages of tags and manifests.
#include "core/oci/listing.h"

#include <algorithm>
#include <functional>

#include "core/oci/rows.h"

namespace varve::oci {
namespace {

// A row by what its key has behind the prefix.
struct Place {
  std::string key;
  EntryIndex index;
};
struct Places {
  std::vector<Place> places;
  bool more = false;
  std::string last;
};
struct Where {
  Table table;
  std::string prefix;
  std::string last;  // as `key`; empty: from the beginning
};
using Keep = std::function<Result<bool>(std::string_view key)>;

Result<Places> by_name(const View& view, const Where& where, const ListWish& wish,
                       const Keep& keep) {
  Places page;
  Result<void> asked;
  const std::string after = where.last.empty() ? "" : where.prefix + where.last;
  const auto visit = [&](std::string_view full, const Row& row) {
    const std::string_view key = full.substr(where.prefix.size());
    const auto kept = keep(key);
    if (!kept) asked = std::unexpected(kept.error());
    if (!kept || !*kept) return kept.has_value();
    page.more = page.places.size() == wish.limit;
    if (!page.more) page.places.push_back({std::string(key), row.index});
    return !page.more;
  };
  VARVE_TRY(const auto cut, view.scan_some(where.table, where.prefix, after, wish.rows_max, visit));
  VARVE_CHECK(std::move(asked));
  if (!page.places.empty()) page.last = page.places.back().key;
  if (cut && !page.more) {
    page.more = true;
    page.last = cut->substr(where.prefix.size());
  }
  return page;
}

Result<std::vector<Place>> all_of(const View& view, const Where& where, std::size_t rows_max) {
  std::vector<Place> all;
  const auto visit = [&](std::string_view full, const Row& row) {
    all.push_back({std::string(full.substr(where.prefix.size())), row.index});
    return true;
  };
  VARVE_TRY(const auto cut, view.scan_some(where.table, where.prefix, {}, rows_max, visit));
  if (!cut) return all;
  return fail(Errc::invalid, About::request,
              "this repository holds too much to be ordered by time: more than " +
                  std::to_string(rows_max) + "; leave orderby out");
}

// The event that last made the row, there now or not.
Result<std::optional<EntryIndex>> made_by(const History* history, const Where& where) {
  std::optional<EntryIndex> index;
  const auto visit = [&index](const History::Version& version) {
    if (version.value) index = version.index;
    return !index;
  };
  if (history != nullptr)
    VARVE_CHECK(
        history->versions(where.table, where.prefix + where.last, EntryIndex{UINT64_MAX}, visit));
  return index;
}

// Where the page before ended. Each event sets one tag or puts one manifest, so an index is a
// place.
Result<std::vector<Place>::const_iterator> go_on(const std::vector<Place>& sorted,
                                                 const Where& where, const ListWish& wish) {
  if (where.last.empty()) return sorted.begin();
  const auto found = std::ranges::find(sorted, where.last, &Place::key);
  if (found != sorted.end()) return found + 1;
  VARVE_TRY(const auto index, made_by(wish.history, where));
  if (!index)
    return fail(
        Errc::invalid, About::request,
        "what `last` names was never there, so nothing comes after it in the order of time");
  return std::ranges::find_if(sorted, [&](const Place& place) {
    return wish.order == Order::oldest_first ? place.index > *index : place.index < *index;
  });
}

Result<Places> by_time(const View& view, const Where& where, const ListWish& wish,
                       const Keep& keep) {
  VARVE_TRY(auto all, all_of(view, where, wish.rows_max));
  if (wish.order == Order::oldest_first)
    std::ranges::sort(all, std::less<>(), &Place::index);
  else
    std::ranges::sort(all, std::greater<>(), &Place::index);
  VARVE_TRY(auto at, go_on(all, where, wish));
  Places page;
  for (; at != all.end(); ++at) {
    VARVE_TRY(const bool kept, keep(at->key));
    if (!kept) continue;
    page.more = page.places.size() == wish.limit;
    if (page.more) break;
    page.places.push_back(*at);
    page.last = at->key;
  }
  return page;
}

Result<Places> page_of(const View& view, const Where& where, const ListWish& wish,
                       const Keep& keep) {
  return wish.order == Order::name ? by_name(view, where, wish, keep)
                                   : by_time(view, where, wish, keep);
}

// Keys of tags end with 00.
Result<Tag> tag_in(std::string_view key) {
  return Tag::parse(key.substr(0, key.size() - 1));
}

}  // namespace

Result<ListedTags> list_tags(const View& view, const RepoName& repo,
                             const std::optional<Digest>& of, const std::string& last,
                             const ListWish& wish, const Listed& listed) {
  const RowKey prefix = of ? held_key(repo, *of) : content::repo_key(repo);
  const Where where{of ? Table::tag_of : Table::tag, prefix.bytes(),
                    last.empty() ? last : last + '\0'};
  const auto keep = [&](std::string_view key) -> Result<bool> {
    VARVE_TRY(const auto tag, tag_in(key));
    return listed.has(tag);
  };
  VARVE_TRY(auto page, page_of(view, where, wish, keep));
  ListedTags tags{{}, page.more, page.last.substr(0, page.last.find('\0'))};
  for (const Place& place : page.places) {
    VARVE_TRY(auto tag, tag_in(place.key));
    VARVE_TRY(const auto row, find_tag(view, repo, tag));
    if (!row) return fail(Errc::corrupt, About::storage, "a tag has one row of two", tag.text());
    tags.tags.push_back({std::move(tag), *row});
  }
  return tags;
}

Result<ListedManifests> list_manifests(const View& view, const RepoName& repo,
                                       const std::optional<Digest>& last, const ListWish& wish,
                                       const Listed& listed) {
  const Where where{Table::manifest, content::repo_key(repo).bytes(), last ? last->row() : ""};
  const auto keep = [&](std::string_view key) -> Result<bool> {
    VARVE_TRY(const auto digest, Digest::from_row(key));
    return listed.has(digest);
  };
  VARVE_TRY(const auto page, page_of(view, where, wish, keep));
  ListedManifests manifests;
  manifests.more = page.more;
  if (!page.last.empty()) {
    VARVE_TRY(manifests.last, Digest::from_row(page.last));
  }
  for (const Place& place : page.places) {
    VARVE_TRY(const auto digest, Digest::from_row(place.key));
    VARVE_TRY(auto row, find_manifest(view, repo, digest));
    if (!row)
      return fail(Errc::corrupt, About::storage, "a manifest's row went away in one snapshot",
                  digest.to_string());
    manifests.manifests.push_back({digest, *std::move(row)});
  }
  return manifests;
}

Result<RepoSummary> summarise(const View& view, const RepoName& repo) {
  VARVE_TRY(const auto made, view.get(Table::repo, content::repo_key(repo)));
  if (!made)
    return fail(Errc::not_found, About::repository, "there is no such repository", repo.text());
  RepoSummary summary{made->index, made->index};
  const auto count = [&](Table table, std::uint64_t& rows) {
    return view.scan(table, content::repo_key(repo), {}, [&](std::string_view, const Row& row) {
      ++rows;
      summary.updated = std::max(summary.updated, row.index);
      return true;
    });
  };
  VARVE_CHECK(count(Table::tag, summary.tags));
  VARVE_CHECK(count(Table::manifest, summary.manifests));
  VARVE_TRY(const auto locks, view.get(Table::attributes, content::repo_key(repo)));
  if (locks) summary.updated = std::max(summary.updated, locks->index);
  return summary;
}

Result<Contents> contents_of(const View& view, const RepoName& repo) {
  Contents contents;
  const RowKey prefix = content::repo_key(repo);
  const std::size_t start = prefix.bytes().size();
  VARVE_CHECK(view.scan(Table::tag, prefix, {}, [&](std::string_view key, const Row&) {
    contents.tags.emplace_back(name_in_key(key, start));
    return true;
  }));
  Result<void> broken;
  VARVE_CHECK(view.scan(Table::manifest, prefix, {}, [&](std::string_view key, const Row&) {
    const auto digest = Digest::from_row(key.substr(start));
    if (digest) contents.manifests.push_back(*digest);
    if (!digest) broken = std::unexpected(digest.error());
    return digest.has_value();
  }));
  VARVE_CHECK(std::move(broken));
  return contents;
}

}  // namespace varve::oci
