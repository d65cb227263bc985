// Pages of tags and manifests.
#include "core/oci/listing.h"

#include <algorithm>
#include <functional>

#include "core/oci/rows.h"
#include "core/scan.h"

namespace varve::oci {
namespace {

struct Where {
  Table table;
  std::string prefix;
  std::string last;  // as a place's key; empty: from the beginning
};
using Keep = std::function<Result<bool>(std::string_view key)>;

// The event that last made the row where the page before ended, there now or not. Each event sets
// one tag or puts one manifest, so an index is a place.
Result<std::optional<EntryIndex>> end_of_page_before(const View& view, const Where& where,
                                                     const History* history) {
  if (where.last.empty()) return std::nullopt;
  const std::string key = where.prefix + where.last;
  VARVE_TRY(const auto row, view.get(where.table, key));
  std::optional<EntryIndex> index;
  if (row) index = row->index;
  const auto visit = [&index](const History::Version& version) {
    if (version.value) index = version.index;
    return !index;
  };
  if (!index && history != nullptr)
    VARVE_CHECK(history->versions(where.table, key, EntryIndex{UINT64_MAX}, visit));
  if (index) return index;
  return fail(Errc::invalid, About::request,
              "what `last` names was never there, so nothing comes after it in the order of time");
}

// Holds the first places of an order while it is shown all, in any order.
class FirstPlaces {
  auto by_order() const {
    return [this](const Place& a, const Place& b) { return before(a.index, b.index); };
  }

 public:
  FirstPlaces(Order order, std::size_t limit) : order_(order), limit_(limit) {}

  bool before(EntryIndex a, EntryIndex b) const {
    return order_ == Order::oldest_first ? a < b : b < a;
  }
  // Whether it would be among them, as far as is known.
  bool wants(EntryIndex index) const {
    return held_.size() <= limit_ || before(index, held_.front().index);
  }
  void add(Place place) {
    held_.push_back(std::move(place));
    std::ranges::push_heap(held_, by_order());
    if (held_.size() <= limit_ + 1) return;  // one more tells that there is a next page
    std::ranges::pop_heap(held_, by_order());
    held_.pop_back();
  }
  Places take() {
    std::ranges::sort_heap(held_, by_order());
    Places page;
    page.more = held_.size() > limit_;
    if (page.more) held_.pop_back();
    page.places = std::move(held_);
    if (!page.places.empty()) page.last = page.places.back().key;
    return page;
  }

 private:
  Order order_;
  std::size_t limit_;
  std::vector<Place> held_;  // a heap, the last in front
};

Result<Places> by_time(const View& view, const Where& where, const ListWish& wish,
                       const Keep& keep) {
  VARVE_TRY(const auto end, end_of_page_before(view, where, wish.history));
  FirstPlaces first(wish.order, wish.limit);
  const auto take = [&](std::string_view key, const Row& row) -> Result<bool> {
    if ((end && !first.before(*end, row.index)) || !first.wants(row.index)) return false;
    VARVE_TRY(const bool kept, keep(key));
    if (kept) first.add({std::string(key), row.index});
    return false;  // none is a place of the order of names
  };
  VARVE_TRY(const auto seen,
            find_places(view, {where.table, where.prefix, {}, 1, wish.rows_max}, take));
  if (!seen.more) return first.take();
  return fail(Errc::invalid, About::request,
              "this repository holds too much to be ordered by time: more than " +
                  std::to_string(wish.rows_max) + "; leave orderby out");
}

Result<Places> page_of(const View& view, const Where& where, const ListWish& wish,
                       const Keep& keep) {
  if (wish.order != Order::name) return by_time(view, where, wish, keep);
  return find_places(view, {where.table, where.prefix, where.last, wish.limit, wish.rows_max},
                     [&keep](std::string_view key, const Row&) { return keep(key); });
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

namespace {

constexpr Table kCounted[] = {Table::tag, Table::manifest};

}  // namespace

Result<bool> Summariser::go_on(std::size_t rows_max) {
  if (!summary_) {
    VARVE_CHECK(begin());
  }
  while (table_ < std::size(kCounted) && rows_max > 0) {
    auto& count = kCounted[table_] == Table::tag ? summary_->tags : summary_->manifests;
    const std::uint64_t before = count;
    const auto visit = [&](std::string_view, const Row& row) {
      ++count;
      summary_->updated = std::max(summary_->updated, row.index);
      return true;
    };
    VARVE_TRY(auto cut,
              view_.scan_some(kCounted[table_], content::repo_key(repo_), after_, rows_max, visit));
    after_ = cut ? *std::move(cut) : std::string();
    if (!after_.empty()) return false;
    ++table_;
    rows_max -= std::min<std::size_t>(rows_max, count - before);
  }
  return table_ == std::size(kCounted);
}

Result<void> Summariser::begin() {
  VARVE_TRY(const auto made, view_.get(Table::repo, content::repo_key(repo_)));
  if (!made)
    return fail(Errc::not_found, About::repository, "there is no such repository", repo_.text());
  summary_ = RepoSummary{made->index, made->index};
  for (const Table table : {Table::attributes, Table::repo_description, Table::repo_trimmed}) {
    VARVE_TRY(const auto row, view_.get(table, content::repo_key(repo_)));
    if (row) summary_->updated = std::max(summary_->updated, row->index);
  }
  return {};
}

Result<Contents> contents_of(const View& view, const RepoName& repo) {
  Contents contents;
  const RowKey prefix = content::repo_key(repo);
  const std::size_t start = prefix.bytes().size();
  VARVE_CHECK(view.scan(Table::tag, prefix, {}, [&](std::string_view key, const Row&) {
    contents.tags.emplace_back(name_in_key(key, start));
    return true;
  }));
  const auto add = [&](std::string_view key, const Row&) -> Result<bool> {
    VARVE_TRY(const auto digest, Digest::from_row(key.substr(start)));
    contents.manifests.push_back(digest);
    return true;
  };
  VARVE_CHECK(scan_checked(view, Table::manifest, prefix, add));
  return contents;
}

}  // namespace varve::oci
