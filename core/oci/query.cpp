// Reading OCI state from the rows.
#include "core/oci/query.h"

#include <algorithm>
#include <utility>

#include "core/content/query.h"
#include "core/oci/locks.h"
#include "core/oci/rows.h"
#include "core/scan.h"

namespace varve::oci {

Result<std::optional<TagRow>> find_tag(const View& view, const RepoName& repo, const Tag& tag) {
  VARVE_TRY(const auto row, view.get(Table::tag, tag_key(repo, tag)));
  if (!row) return std::nullopt;
  VARVE_TRY(const auto value, tag_of_value(row->value));
  return TagRow{value.digest, row->index, value.created.value_or(row->index), value.author};
}

Result<std::optional<ManifestRow>> find_manifest(const View& view, const RepoName& repo,
                                                 const Digest& digest) {
  VARVE_TRY(const auto row, view.get(Table::manifest, held_key(repo, digest)));
  if (!row) return std::nullopt;
  const std::string_view value = row->value;
  VARVE_TRY(const auto size, content::size_of_value(value.substr(0, 8)));
  const std::size_t end = std::min(value.find('\0', 8), value.size());
  ManifestRow manifest{size, std::string(value.substr(8, end - 8)), row->index};
  if (end == value.size()) return manifest;
  manifest.author = author_of_value(value.substr(end + 1));
  if (manifest.author) return manifest;
  return fail(Errc::corrupt, About::storage, "a stored manifest has an author that is none");
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

namespace {

// A place in the order, right after the name `last`: it comes from a client and may hold anything,
// so this is no key.
std::string after_name(std::string_view last) {
  return last.empty() ? std::string() : std::string(last) + '\0';
}

// Keys that are names end with 00.
std::string last_name(const Places& page) {
  return page.last.empty() ? std::string() : std::string(name_in_key(page.last, 0));
}

Result<bool> is_listed(const Listed* listed, std::string_view name) {
  if (listed == nullptr || listed->everything()) return true;
  VARVE_TRY(const auto tag, Tag::parse(name));
  return listed->has(tag);
}

}  // namespace

Result<TagPage> list_tags(const View& view, const RepoName& repo, std::string_view last,
                          std::size_t limit, std::size_t rows_max, const Listed* listed) {
  VARVE_CHECK(content::need_repo(repo, view));
  const auto keep = [listed](std::string_view key, const Row&) {
    return is_listed(listed, name_in_key(key, 0));
  };
  VARVE_TRY(const auto found, find_places(view,
                                          {Table::tag, content::repo_key(repo).bytes(),
                                           after_name(last), limit, rows_max},
                                          keep));
  TagPage page{{}, found.more, last_name(found)};
  for (const Place& place : found.places) page.tags.emplace_back(name_in_key(place.key, 0));
  return page;
}

Result<RepoPage> list_repos(const View& view, std::string_view last, std::size_t limit,
                            std::size_t rows_max, const MaySee& may_see) {
  const auto keep = [&](std::string_view key, const Row& row) -> Result<bool> {
    if (row.value != "oci") return false;
    VARVE_TRY(const auto repo, RepoName::parse(name_in_key(key, 0)));
    return may_see(repo);
  };
  VARVE_TRY(const auto found,
            find_places(view, {Table::repo, {}, after_name(last), limit, rows_max}, keep));
  RepoPage page{{}, found.more, last_name(found)};
  for (const Place& place : found.places) page.repos.emplace_back(name_in_key(place.key, 0));
  return page;
}

Result<std::optional<RepoName>> find_holder(const View& view, const Digest& digest,
                                            const MaySee& may_see, std::size_t rows_max) {
  const auto keep = [&](std::string_view key, const Row&) -> Result<bool> {
    VARVE_TRY(const auto repo, RepoName::parse(name_in_key(key, 0)));
    return may_see(repo);
  };
  VARVE_TRY(
      const auto found,
      find_places(view, {Table::holder, content::blob_key(digest).bytes(), {}, 1, rows_max}, keep));
  if (found.places.empty()) return std::nullopt;
  return RepoName::parse(name_in_key(found.places.front().key, 0));
}

namespace {

Result<Referrer> referrer_of(std::string_view digest_row, const Row& row) {
  const std::string_view value = row.value;
  VARVE_TRY(const Digest digest, Digest::from_row(digest_row));
  const std::size_t media_type = value.size() < 10 ? 0 : read_be16(value.substr(8));
  if (value.size() < 10 + media_type)
    return fail(Errc::corrupt, About::storage, "the row of a referrer is malformed");
  return Referrer{digest, read_be64(value), std::string(value.substr(10, media_type)),
                  std::string(value.substr(10 + media_type)), row.index};
}

// Fills one page from rows in key order.
class ReferrerCollector {
 public:
  explicit ReferrerCollector(const ReferrerWish& wish) : wish_(wish) {}

  bool visit(std::string_view digest_row, const Row& row) {
    auto referrer = referrer_of(digest_row, row);
    if (!referrer) {
      broken_ = std::unexpected(std::move(referrer).error());
      return false;
    }
    if (!wanted(*referrer)) return true;
    if (wish_.may_show) {
      const auto shown = wish_.may_show(referrer->digest);
      if (!shown) broken_ = std::unexpected(shown.error());
      if (!shown || !*shown) return shown.has_value();
    }
    const bool fits = page_.referrers.empty() || bytes_ + referrer->size <= wish_.body_bytes_max;
    page_.more = page_.referrers.size() == wish_.limit || !fits;
    if (page_.more) return false;
    bytes_ += referrer->size;
    page_.last = referrer->digest;
    page_.referrers.push_back(*std::move(referrer));
    return true;
  }

  Result<ReferrerPage> take() {
    VARVE_CHECK(std::move(broken_));
    std::ranges::stable_sort(page_.referrers, {}, &Referrer::index);
    return std::move(page_);
  }

 private:
  bool wanted(const Referrer& referrer) const {
    return wish_.artifact_types.empty() ||
           std::ranges::find(wish_.artifact_types, referrer.artifact_type) !=
               wish_.artifact_types.end();
  }

  const ReferrerWish& wish_;
  ReferrerPage page_;
  std::uint64_t bytes_ = 0;
  Result<void> broken_;
};

}  // namespace

Result<ReferrerPage> list_referrers(const View& view, const RepoName& repo,
                                    const ReferrerWish& wish) {
  const RowKey prefix = referrer_prefix(repo, wish.subject);
  const std::size_t start = prefix.bytes().size();
  std::string after;
  if (wish.last) after = referrer_key(repo, wish.subject, *wish.last).bytes();
  ReferrerCollector collector(wish);
  VARVE_TRY(const auto cut, view.scan_some(Table::referrer, prefix, after, wish.rows_max,
                                           [&](std::string_view key, const Row& row) {
                                             return collector.visit(key.substr(start), row);
                                           }));
  VARVE_TRY(auto page, collector.take());
  if (cut && !page.more) {
    page.more = true;
    VARVE_TRY(page.last, Digest::from_row(std::string_view(*cut).substr(start)));
  }
  return page;
}

Result<TagHistory> tag_history(const History& history, const RepoName& repo, const Tag& tag,
                               EntryIndex before, std::size_t limit) {
  TagHistory page;
  std::optional<EntryIndex> deleted;  // waits for the older version, which knows what was deleted
  Result<void> broken;
  const auto add = [&](const TagVersion& version) {
    page.more = page.versions.size() == limit;
    if (!page.more) page.versions.push_back(version);
    return !page.more;
  };
  const auto visit = [&](const History::Version& version) {
    if (!version.value) {
      deleted = version.index;
      return true;
    }
    const auto value = tag_of_value(*version.value);
    if (!value) {
      broken = std::unexpected(value.error());
      return false;
    }
    if (const auto gone = std::exchange(deleted, std::nullopt))
      if (!add({*gone, false, value->digest})) return false;
    return add({version.index, true, value->digest});
  };
  VARVE_CHECK(history.versions(Table::tag, tag_key(repo, tag), before, visit));
  VARVE_CHECK(std::move(broken));
  return page;
}

}  // namespace varve::oci
