// Following the log. What a batch of entries means is gathered first and put into the table when
// all of it could be read: a disk that fails leaves the table as it was.
#include "api/surface/swr_index.h"

#include <algorithm>
#include <concepts>
#include <utility>

#include "core/codec.h"
#include "log/proof/note.h"

namespace varve::surface {

namespace {

// The place in the order of grants that only this one, and what is behind it, comes after: names
// are printable ASCII.
std::string place_before(std::string resource) {
  --resource.back();
  resource.push_back('\x7f');
  return resource;
}

// A principal's grants that cover a repository of the table. Reads on from each page at the next
// resource that could; pages are short where most of one was of no use.
Result<std::vector<trust::Grant>> covering_grants(const SwrTable& table, const View& view,
                                                  const PrincipalName& principal) {
  constexpr std::size_t kShortest = 32;
  constexpr std::size_t kLongest = 1'024;
  std::vector<trust::Grant> all;
  std::size_t length = kShortest;
  for (auto next = table.next_covering({}); next;) {
    VARVE_TRY(auto page, trust::grants_of(view, principal, place_before(*next), length));
    if (page.empty()) break;
    const bool more = page.size() == length;
    next = more ? table.next_covering(page.back().resource.text()) : std::nullopt;
    const std::size_t before = all.size();
    for (trust::Grant& grant : page)
      if (table.covered(grant.resource)) all.push_back(std::move(grant));
    const bool useful = 2 * (all.size() - before) >= page.size();
    length = useful ? std::min(2 * length, kLongest) : kShortest;
  }
  return all;
}

// What is granted on namespaces, and on everything.
std::vector<trust::Grant> on_namespaces(const std::vector<trust::Grant>& grants) {
  std::vector<trust::Grant> wide;
  for (const trust::Grant& grant : grants) {
    const std::string& text = grant.resource.text();
    if (text.ends_with('*') && text.find('/') + 2 >= text.size()) wide.push_back(grant);
    if (grant.resource.is_everything()) wide.push_back(grant);
  }
  return wide;
}

}  // namespace

Result<SwrSight::Grants> SwrSight::grants_of(const SwrTable& table, const View& view,
                                             const PrincipalName& principal) {
  VARVE_TRY(const auto grants, covering_grants(table, view, principal));
  return Grants{table.allowed(grants, Right::pull),
                table.allowed(on_namespaces(grants), Right::push)};
}

SwrSight::Seen SwrSight::seen(const Grants& everybody, const Grants* own, bool sees_all,
                              bool thirdparty) {
  Seen seen{SwrFlags(everybody.pull.size(), 0), everybody.pull};
  for (std::size_t id = 0; id < seen.visible.size(); ++id) {
    const bool owned = own != nullptr && own->pull[id] != 0;
    const bool shared = owned && own->push_beside[id] == 0;
    const bool visible = sees_all || owned || everybody.pull[id] != 0;
    seen.visible[id] = (thirdparty ? shared && !sees_all : visible) ? 1 : 0;
  }
  return seen;
}

namespace {

bool sees_all(const Actor& actor) {
  return actor.auth == Auth::dev || actor.auth == Auth::local;
}

// Whose grants count besides everybody's.
Result<std::optional<PrincipalName>> principal_of(const View& view, const Actor& actor,
                                                  Timestamp now) {
  VARVE_CHECK(trust::check_credential(view, actor, now));
  if (is_anonymous(actor) || sees_all(actor)) return std::nullopt;
  VARVE_TRY(auto name, PrincipalName::parse(actor.id));
  return name;
}

SwrListed gather(const SwrTable& table, Reader reader, const SwrSight::Seen& seen,
                 const SwrRepoWish& wish, std::size_t most) {
  const auto found = table.select(wish, seen.visible, seen.open, most);
  SwrListed listed{std::move(reader), {}, found.total};
  for (const SwrTable::Id id : found.page)
    listed.items.push_back({table.at(id), seen.open[id] != 0});
  return listed;
}

// What entries mean for the table.
class Effects {
 public:
  explicit Effects(const SwrTable& table) : table_(table) {}

  void add(EntryIndex index, const Event& event) {
    if (const auto* set = std::get_if<oci::TagSet>(&event)) return tag_set(index, *set);
    std::visit([&](const auto& e) { other(index, e); }, event);
  }

  // Looks again where an entry does not say all.
  Result<void> read(const View& view) {
    for (const auto& [text, index] : doubtful_) {
      VARVE_TRY(const auto repo, RepoName::parse(text));
      VARVE_TRY(auto facts, oci::overview_of(view, repo));
      std::optional<SwrRepo>& now = changed_[text];
      now.reset();
      if (facts) now = SwrRepo{*std::move(facts), index};
    }
    return {};
  }

  // True when a repository came or went.
  bool apply(SwrTable& table) {
    bool names = false;
    for (auto& [repo, now] : changed_)
      if (table.put(repo, std::move(now))) names = true;
    return names;
  }
  // Whose grants changed, and on what.
  using Granted = std::pair<std::string, Resource>;
  const std::vector<Granted>& granted() const { return granted_; }

 private:
  // Nearly every entry of a busy registry is one of these. What it says is enough where the tag is
  // in plain sight; counting a large repository's tags for each push would not do.
  void tag_set(EntryIndex index, const oci::TagSet& set) {
    const std::string& text = set.repo.text();
    const auto id = table_.find(text);
    const auto known = changed_.find(text);
    const bool here = known != changed_.end() || id.has_value();
    if (!here || doubtful_.contains(text) || (id && table_.at(*id).facts.hides_tags))
      return doubt(index, text);
    SwrRepo now = known != changed_.end() ? *known->second : table_.at(*id);
    if (!set.previous) ++now.facts.tags;
    now.facts.updated = index;
    now.touched = index;
    now.size.reset();
    now.updated_at.reset();
    changed_.insert_or_assign(text, std::move(now));
  }
  void doubt(EntryIndex index, const std::string& repo) { doubtful_.insert_or_assign(repo, index); }

  // An event that somebody adds and that names a repository is looked into, unless it says here
  // that it changes nothing a listing shows.
  template <class E>
  void other(EntryIndex index, const E& event) {
    if constexpr (std::same_as<E, trust::GrantSet> || std::same_as<E, trust::GrantRemoved>)
      granted_.emplace_back(event.principal.text(), event.resource);
    else if constexpr (std::same_as<E, content::BlobLinked> ||
                       std::same_as<E, content::BlobUnlinked> || std::same_as<E, oci::ManifestPut>)
      return;
    else if constexpr (requires { RepoName(event.repo); })
      doubt(index, event.repo.text());
  }

  const SwrTable& table_;
  std::map<std::string, std::optional<SwrRepo>> changed_;
  std::map<std::string, EntryIndex> doubtful_;
  std::vector<Granted> granted_;
};

Result<void> read_entries(const Reader& reader, TreeSize from, Effects& effects) {
  Result<void> outcome;
  const auto visit = [&](EntryIndex index, std::string_view bytes) {
    const auto note = parse_note(bytes);
    const auto entry = note ? decode_entry_text(note->text) : std::unexpected(note.error());
    if (entry)
      effects.add(index, entry->event);
    else
      outcome = std::unexpected(entry.error());
    return entry.has_value();
  };
  VARVE_CHECK(reader.entries(next_index(from), next_index(reader.head().size), visit));
  return outcome;
}

// Reading more entries than this takes longer than walking over the rows once.
constexpr std::uint64_t kEntriesMax = 50'000;

}  // namespace

Result<void> SwrIndex::rebuild(const Reader& reader) {
  const auto view = reader.view();
  VARVE_TRY(auto all, oci::overviews(*view));
  table_ = SwrTable::of(std::move(all), reader.head().size);
  size_ = reader.head().size;
  ++rebuilt_;
  grants_.clear();
  return {};
}

Result<void> SwrIndex::bring_to(const Reader& reader) {
  const TreeSize from = size_;
  if (from >= reader.head().size) return {};
  if (from.value == 0 || reader.head().size.value - from.value > kEntriesMax)
    return rebuild(reader);
  Effects effects(table_);
  const auto read = read_entries(reader, from, effects);
  if (!read && read.error().code == Errc::unsupported) return rebuild(reader);
  VARVE_CHECK(read);
  VARVE_CHECK(effects.read(*reader.view()));
  if (effects.apply(table_)) grants_.clear();
  for (const auto& [principal, resource] : effects.granted())
    if (table_.covered(resource)) grants_.erase(principal);
  size_ = reader.head().size;
  return {};
}

Result<SwrIndex::Grants> SwrIndex::grants_for(const View& view, const PrincipalName& principal) {
  if (const auto known = grants_.find(principal.text()); known != grants_.end())
    return known->second;
  VARVE_TRY(auto grants, SwrSight::grants_of(table_, view, principal));
  ++grants_read_;
  auto kept = std::make_shared<const SwrSight::Grants>(std::move(grants));
  if (grants_.size() >= grants_kept_) grants_.clear();
  grants_.emplace(principal.text(), kept);
  return kept;
}

Result<SwrListed> SwrIndex::list(const HeadCell& head, const Actor& actor, Timestamp now,
                                 const SwrRepoWish& wish, std::size_t most) {
  const std::lock_guard lock(mutex_);
  const Reader reader(head.get());  // no older than the one before: taken under the lock
  VARVE_CHECK(bring_to(reader));
  const auto view = reader.view();
  VARVE_TRY(const auto me, principal_of(*view, actor, now));
  VARVE_TRY(const auto everybody, grants_for(*view, PrincipalName::anonymous()));
  Grants own;
  if (me) {
    VARVE_TRY(own, grants_for(*view, *me));
  }
  const auto seen = SwrSight::seen(*everybody, own.get(), sees_all(actor), wish.thirdparty);
  return gather(table_, reader, seen, wish, most);
}

Result<SwrListed> SwrIndex::list_as_of(const Reader& reader, const View& then, TreeSize size,
                                       const Actor& actor, Timestamp now, const SwrRepoWish& wish,
                                       std::size_t most) {
  const auto newest = reader.view();
  VARVE_TRY(const auto me, principal_of(*newest, actor, now));
  VARVE_TRY(auto all, oci::overviews(then));
  VARVE_TRY(const auto locked, oci::hidden_repos(*newest));
  for (oci::RepoOverview& facts : all) facts.hidden = locked.contains(facts.repo);
  const SwrTable table = SwrTable::of(std::move(all), size);
  VARVE_TRY(const auto everybody, SwrSight::grants_of(table, *newest, PrincipalName::anonymous()));
  std::optional<SwrSight::Grants> own;
  if (me) {
    VARVE_TRY(own, SwrSight::grants_of(table, *newest, *me));
  }
  auto seen = SwrSight::seen(everybody, own ? &*own : nullptr, sees_all(actor), wish.thirdparty);
  // Who sees it is of now; whether it was open is a fact of then, as all that the listing says.
  VARVE_TRY(auto opened, SwrSight::grants_of(table, then, PrincipalName::anonymous()));
  seen.open = std::move(opened.pull);
  return gather(table, reader, seen, wish, most);
}

void SwrIndex::remember(const std::vector<SwrListed::Item>& items) {
  const std::lock_guard lock(mutex_);
  for (const SwrListed::Item& item : items) table_.remember(item.repo);
}

std::vector<oci::RepoOverview> SwrIndex::facts() const {
  const std::lock_guard lock(mutex_);
  return table_.facts();
}

TreeSize SwrIndex::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

std::uint64_t SwrIndex::rebuilt() const {
  const std::lock_guard lock(mutex_);
  return rebuilt_;
}

std::uint64_t SwrIndex::grants_read() const {
  const std::lock_guard lock(mutex_);
  return grants_read_;
}

}  // namespace varve::surface
