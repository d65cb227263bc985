// Orders that are kept while repositories change. One thread at a time may change a table.
#include "api/surface/swr_table.h"

#include <algorithm>
#include <tuple>

#include "core/content/query.h"

namespace varve::surface {

namespace {

std::size_t slash_in(std::string_view repo) {
  return repo.find('/');
}

}  // namespace

std::string_view SwrRepo::name_space() const {
  const std::size_t slash = slash_in(facts.repo);
  return slash == std::string::npos ? content::kNoNamespace
                                    : std::string_view(facts.repo).substr(0, slash);
}

std::string_view SwrRepo::name() const {
  const std::size_t slash = slash_in(facts.repo);
  return slash == std::string::npos ? std::string_view(facts.repo)
                                    : std::string_view(facts.repo).substr(slash + 1);
}

namespace {

// Every one of them is total: pages follow each other without gaps.
bool text_less(const SwrRepo& a, const SwrRepo& b) {
  return a.facts.repo < b.facts.repo;
}
bool namespace_less(const SwrRepo& a, const SwrRepo& b) {
  return std::tuple(a.name_space(), a.name()) < std::tuple(b.name_space(), b.name());
}
bool name_less(const SwrRepo& a, const SwrRepo& b) {
  return std::tuple(a.name(), a.name_space()) < std::tuple(b.name(), b.name_space());
}
bool tags_less(const SwrRepo& a, const SwrRepo& b) {
  if (a.facts.tags != b.facts.tags) return a.facts.tags < b.facts.tags;
  return namespace_less(a, b);
}
bool updated_less(const SwrRepo& a, const SwrRepo& b) {
  if (a.facts.updated != b.facts.updated) return a.facts.updated < b.facts.updated;
  return text_less(a, b);
}

}  // namespace

const SwrTable::Less SwrTable::kLess[kOrders] = {text_less, namespace_less, name_less, tags_less,
                                                 updated_less};

SwrTable SwrTable::of(std::vector<oci::RepoOverview> all, TreeSize size) {
  SwrTable table;
  // Every event so far is in it, and none of those that come.
  const EntryIndex touched{size.value == 0 ? 0 : size.value - 1};
  table.repos_.reserve(all.size());
  for (oci::RepoOverview& facts : all) table.repos_.push_back({std::move(facts), touched});
  for (std::size_t order = 0; order < kOrders; ++order) {
    std::vector<Id>& ids = table.by_[order];
    for (Id id = 0; id < table.repos_.size(); ++id) ids.push_back(id);
    std::ranges::sort(ids,
                      [&](Id a, Id b) { return kLess[order](table.repos_[a], table.repos_[b]); });
  }
  return table;
}

std::vector<SwrTable::Id>::const_iterator SwrTable::place(std::string_view text) const {
  return std::ranges::lower_bound(
      by_[kText], text, {}, [this](Id id) { return std::string_view(repos_[id].facts.repo); });
}

std::optional<SwrTable::Id> SwrTable::find(std::string_view repo) const {
  const auto found = place(repo);
  if (found == by_[kText].end() || repos_[*found].facts.repo != repo) return std::nullopt;
  return *found;
}

void SwrTable::insert(Order order, Id id) {
  std::vector<Id>& ids = by_[order];
  const auto at = std::ranges::lower_bound(
      ids, id, [&](Id a, Id b) { return kLess[order](repos_[a], repos_[b]); });
  ids.insert(at, id);
}

void SwrTable::erase(Order order, Id id) {
  std::vector<Id>& ids = by_[order];
  const auto at = std::ranges::lower_bound(
      ids, id, [&](Id a, Id b) { return kLess[order](repos_[a], repos_[b]); });
  VARVE_ASSERT(at != ids.end() && *at == id);
  ids.erase(at);
}

bool SwrTable::put(std::string_view repo, std::optional<SwrRepo> now) {
  const auto known = find(repo);
  if (!now) {
    if (!known) return false;
    for (std::size_t order = 0; order < kOrders; ++order) erase(static_cast<Order>(order), *known);
    repos_[*known] = SwrRepo{};
    free_.push_back(*known);
    return true;
  }
  if (known) {
    erase(kTags, *known);
    erase(kUpdated, *known);
    repos_[*known] = *std::move(now);
    insert(kTags, *known);
    insert(kUpdated, *known);
    return false;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<Id>(repos_.size()));
    repos_.emplace_back();
  }
  const Id id = free_.back();
  free_.pop_back();
  repos_[id] = *std::move(now);
  for (std::size_t order = 0; order < kOrders; ++order) insert(static_cast<Order>(order), id);
  return true;
}

void SwrTable::remember(const SwrRepo& computed) {
  const auto id = find(computed.facts.repo);
  if (!id || repos_[*id].touched != computed.touched || repos_[*id].facts != computed.facts) return;
  repos_[*id] = computed;
}

std::span<const SwrTable::Id> SwrTable::below(const Resource& resource) const {
  const std::string_view text = resource.text();
  if (resource.is_everything()) return by_[kText];
  if (!text.ends_with('*')) {
    const auto at = place(text);
    const bool here = at != by_[kText].end() && repos_[*at].facts.repo == text;
    return {at, here ? 1U : 0U};
  }
  // "team/" and all that begins with it: up to "team0", since '0' follows '/'.
  const std::string first(text.substr(0, text.size() - 1));
  const std::string after = first.substr(0, first.size() - 1) + '0';
  return {place(first), place(after)};
}

bool SwrTable::covered(const Resource& resource) const {
  return !below(resource).empty();
}

// What covers a repository comes before it, and nothing that does not cover it comes in between
// but other repositories and what covers those: so the next repository tells.
std::optional<std::string> SwrTable::next_covering(std::string_view text) const {
  const auto next = std::ranges::upper_bound(
      by_[kText], text, {}, [this](Id id) { return std::string_view(repos_[id].facts.repo); });
  if (next == by_[kText].end()) return std::nullopt;
  std::string first = repos_[*next].facts.repo;
  const auto repo = RepoName::parse(first);
  if (!repo) return first;
  for (std::string& wider : Resource(*repo).and_wider())
    if (wider > text && wider < first) first = std::move(wider);
  return first;
}

void SwrTable::fill(SwrFlags& flags, const Resource& resource, bool value) const {
  for (const Id id : below(resource)) flags[id] = value ? 1 : 0;
}

SwrFlags SwrTable::allowed(std::vector<trust::Grant> grants, Right right) const {
  const auto width = [](const trust::Grant& grant) {
    const bool exact = !grant.resource.text().ends_with('*');
    return std::tuple(exact, grant.resource.text().size());
  };
  std::ranges::sort(grants, [&](const auto& a, const auto& b) { return width(a) < width(b); });
  SwrFlags flags(repos_.size(), 0);
  for (const trust::Grant& grant : grants) fill(flags, grant.resource, grant.rights.has(right));
  return flags;
}

namespace {

bool matches(const SwrRepo& repo, const SwrRepoWish& wish) {
  const std::string_view name_space = repo.name_space();
  if (wish.exact_namespace ? name_space != wish.name_space
                           : name_space.find(wish.name_space) == name_space.npos)
    return false;
  if (repo.name().find(wish.name) == std::string_view::npos) return false;
  return !wish.category || repo.facts.category == *wish.category;
}

}  // namespace

SwrTable::Found SwrTable::select(const SwrRepoWish& wish, const SwrFlags& visible,
                                 const SwrFlags& open, std::size_t most) const {
  const std::uint64_t offset = wish.page ? wish.page->offset : 0;
  const std::uint64_t limit = wish.page ? wish.page->limit : most;
  Found found;
  if (!wish.images) return found;
  const auto take = [&](Id id) {
    const SwrRepo& repo = repos_[id];
    if (visible[id] == 0 || repo.facts.hidden || !matches(repo, wish)) return;
    if (wish.is_public && *wish.is_public != (open[id] != 0)) return;
    if (found.total >= offset && found.page.size() < limit) found.page.push_back(id);
    ++found.total;
  };
  const auto pass = [&](Order order, const auto& wanted) {
    const std::vector<Id>& ids = by_[order];
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const Id id = ids[wish.descending ? ids.size() - 1 - i : i];
      if (wanted(id)) take(id);
    }
  };
  const auto any = [](Id) { return true; };
  switch (wish.column) {
    case SwrColumn::updated_time:
      pass(kUpdated, any);
      break;
    case SwrColumn::name:
      pass(kName, any);
      break;
    case SwrColumn::tag_count:
      pass(kTags, any);
      break;
    case SwrColumn::name_space:
      pass(kNamespace, any);
      break;
    case SwrColumn::is_public:
      for (const bool first : {true, false})
        pass(kNamespace, [&](Id id) { return (open[id] != 0) == (first == wish.descending); });
      break;
  }
  return found;
}

std::vector<oci::RepoOverview> SwrTable::facts() const {
  std::vector<oci::RepoOverview> all;
  for (const Id id : by_[kText]) all.push_back(repos_[id].facts);
  return all;
}

}  // namespace varve::surface
