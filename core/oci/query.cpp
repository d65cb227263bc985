// Reading OCI state from the rows.
#include "core/oci/query.h"

#include <algorithm>
#include <utility>

#include "core/oci/locks.h"
#include "core/oci/rows.h"

namespace varve::oci {

Result<std::optional<TagRow>> find_tag(const View& view, const RepoName& repo, const Tag& tag) {
  VARVE_TRY(const auto row, view.get(Table::tag, tag_key(repo, tag)));
  if (!row) return std::nullopt;
  VARVE_TRY(const auto value, tag_of_value(row->value));
  return TagRow{value.digest, row->index, value.created.value_or(row->index)};
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

namespace {

// A place in the order, right after the name `last`: it comes from a client and may hold anything,
// so this is no key.
std::string after_name(std::string_view prefix, std::string_view last) {
  std::string after;
  if (!last.empty()) after.append(prefix).append(last).push_back('\0');
  return after;
}

Result<bool> is_listed(const Listed* listed, std::string_view name) {
  if (listed == nullptr || listed->everything()) return true;
  VARVE_TRY(const auto tag, Tag::parse(name));
  return listed->has(tag);
}

}  // namespace

Result<TagPage> list_tags(const View& view, const RepoName& repo, std::string_view last,
                          std::size_t limit, std::size_t rows_max, const Listed* listed) {
  VARVE_TRY(const bool there, repo_exists(view, repo));
  if (!there)
    return fail(Errc::not_found, About::repository, "there is no such repository", repo.text());
  const RowKey prefix = content::repo_key(repo);
  const std::string after = after_name(prefix, last);
  TagPage page;
  Result<void> asked;
  const auto visit = [&](std::string_view key, const Row&) {
    const std::string_view name = name_in_key(key, prefix.bytes().size());
    const Result<bool> has = is_listed(listed, name);
    if (!has) asked = std::unexpected(has.error());
    if (!has || !*has) return has.has_value();
    page.more = page.tags.size() == limit;
    if (!page.more) page.tags.emplace_back(name);
    return !page.more;
  };
  VARVE_TRY(const auto cut, view.scan_some(Table::tag, prefix, after, rows_max, visit));
  VARVE_CHECK(std::move(asked));
  if (!page.tags.empty()) page.last = page.tags.back();
  if (cut && !page.more) {
    page.more = true;
    page.last = name_in_key(*cut, prefix.bytes().size());
  }
  return page;
}

Result<RepoPage> list_repos(const View& view, std::string_view last, std::size_t limit,
                            std::size_t rows_max, const MaySee& may_see) {
  RepoPage page;
  Result<void> asked;
  const auto visit = [&](std::string_view key, const Row& row) {
    if (row.value != "oci") return true;
    const auto repo = RepoName::parse(name_in_key(key, 0));
    const Result<bool> seen = repo ? may_see(*repo) : std::unexpected(repo.error());
    if (!seen) asked = std::unexpected(seen.error());
    if (!seen || !*seen) return seen.has_value();
    page.more = page.repos.size() == limit;
    if (!page.more) page.repos.push_back(repo->text());
    return !page.more;
  };
  VARVE_TRY(const auto cut, view.scan_some(Table::repo, {}, after_name({}, last), rows_max, visit));
  VARVE_CHECK(std::move(asked));
  if (!page.repos.empty()) page.last = page.repos.back();
  if (cut && !page.more) {
    page.more = true;
    page.last = name_in_key(*cut, 0);
  }
  return page;
}

Result<std::optional<RepoName>> find_holder(const View& view, const Digest& digest,
                                            const MaySee& may_see, std::size_t rows_max) {
  std::optional<RepoName> found;
  Result<void> asked;
  const RowKey prefix = content::blob_key(digest);
  const auto visit = [&](std::string_view key, const Row&) {
    auto repo = RepoName::parse(name_in_key(key, prefix.bytes().size()));
    const Result<bool> seen = repo ? may_see(*repo) : std::unexpected(repo.error());
    if (!seen) asked = std::unexpected(seen.error());
    if (seen && *seen) found = *std::move(repo);
    return seen.has_value() && !found;
  };
  VARVE_CHECK(view.scan_some(Table::holder, prefix, {}, rows_max, visit));
  VARVE_CHECK(std::move(asked));
  return found;
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
