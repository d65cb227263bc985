// Random commands against a model that knows nothing of events or keys, and random events through
// the codec. The seed is printed; VARVE_SEED repeats a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "core/content/query.h"
#include "core/oci/manifest.h"
#include "core/oci/query.h"
#include "tests/support/given.h"
#include "tests/support/packages_given.h"
#include "tests/support/warg_given.h"

namespace varve {
namespace {

using test::digest;
using test::MemoryRows;
using test::repo;
using test::tag;

// A small world, so that commands meet each other's traces.
class Dice {
 public:
  Dice() {
    const char* given = std::getenv("VARVE_SEED");
    const auto seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "VARVE_SEED=" << seed << "\n";
    ::testing::Test::RecordProperty("seed", std::to_string(seed));
    engine_.seed(seed);
  }
  std::uint64_t below(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(engine_);
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string_view pick(std::initializer_list<std::string_view> from) {
    return *(from.begin() + below(from.size()));
  }
  RepoName any_repo() { return repo(pick({"a", "a/b", "a-b"})); }
  oci::Tag any_tag() { return tag(pick({"t", "t.1", "u"})); }
  std::string_view any_blob() { return pick({"b1", "b22", "b333"}); }

 private:
  std::mt19937_64 engine_;
};

constexpr std::string_view kImage = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";

// The manifests of the small world, with what they refer to spelled out beside their bytes.
struct Known {
  std::string body;
  std::string_view type;
  std::vector<std::string_view> blobs;
  std::vector<const Known*> children;
  std::optional<std::string> subject;
  std::string_view artifact_type;
  Digest id() const { return digest(body); }
};

std::string descriptor(std::string_view bytes) {
  return R"({"mediaType":"c/d","digest":")" + digest(bytes).to_string() + R"(","size":)" +
         std::to_string(bytes.size()) + "}";
}

const std::vector<const Known*>& known() {
  static const Known first{R"({"schemaVersion":2,"config":)" + descriptor("b1") + R"(,"layers":[)" +
                               descriptor("b22") + "]}",
                           kImage,
                           {"b1", "b22"},
                           {},
                           std::nullopt,
                           "c/d"};
  static const Known second{R"({"schemaVersion":2,"artifactType":"s/b","config":)" +
                                descriptor("b1") + R"(,"layers":[],"subject":)" +
                                descriptor(first.body) + "}",
                            kImage,
                            {"b1"},
                            {},
                            first.id().to_string(),
                            "s/b"};
  static const Known index{R"({"schemaVersion":2,"manifests":[)" + descriptor(first.body) + "," +
                               descriptor(second.body) + "]}",
                           kIndex,
                           {},
                           {&first, &second},
                           std::nullopt,
                           ""};
  static const Known empty{
      R"({"schemaVersion":2,"manifests":[],"subject":)" + descriptor("nobody") + "}",
      kIndex,
      {},
      {},
      digest("nobody").to_string(),
      ""};
  static const std::vector<const Known*> all{&first, &second, &index, &empty};
  return all;
}
const Known& known_by(const Digest& id) {
  for (const Known* manifest : known())
    if (manifest->id() == id) return *manifest;
  std::abort();
}

// A registry as one would write it without a log: nested maps, changed in place.
struct Model {
  struct Repo {
    std::map<Digest, std::uint64_t> links;
    std::map<Digest, std::pair<std::uint64_t, std::string>> manifests;
    std::map<std::string, Digest> tags;
    content::Attributes own, inside;
    std::map<std::string, content::Attributes> of_tags;
    std::map<Digest, content::Attributes> of_manifests;
    bool trimmed = false;

    content::Attributes of(const oci::Tag& tag) const {
      const auto found = of_tags.find(tag.text());
      return found == of_tags.end() ? content::Attributes{} : found->second;
    }
    void lost_inside(const content::Attributes& now) {
      inside = {inside.del && now.del, inside.list && now.list, inside.read && now.read,
                inside.write && now.write};
    }
    // May each of these come to point to the digest?
    bool may_set(const std::vector<oci::Tag>& wanted, const Digest& to) const {
      return std::ranges::all_of(wanted, [&](const oci::Tag& tag) {
        const auto at = tags.find(tag.text());
        return at == tags.end() || at->second == to || of(tag).write;
      });
    }
    bool points_all(const std::vector<oci::Tag>& wanted, const Digest& to) const {
      return std::ranges::all_of(wanted, [&](const oci::Tag& tag) {
        const auto at = tags.find(tag.text());
        return at != tags.end() && at->second == to;
      });
    }
    // Under a type nobody knows, a manifest refers to nothing but its subject.
    bool needs_blob(const Digest& wanted) const {
      return std::ranges::any_of(manifests, [&](const auto& m) {
        const Known& manifest = known_by(m.first);
        return m.second.second == manifest.type &&
               std::ranges::any_of(manifest.blobs, [&](auto b) { return digest(b) == wanted; });
      });
    }
    bool needs_manifest(const Digest& wanted) const {
      return std::ranges::any_of(manifests, [&](const auto& m) {
        const Known& manifest = known_by(m.first);
        return m.second.second == manifest.type &&
               std::ranges::any_of(manifest.children, [&](auto* c) { return c->id() == wanted; });
      });
    }
  };
  std::map<Digest, std::uint64_t> blobs;
  std::map<std::string, Repo> repos;
  std::set<std::string> namespaces;  // that there ever were

  bool apply(const content::LinkBlob& c) {
    if (c.from) {
      const auto from = repos.find(c.from->text());
      if (from == repos.end() || !from->second.links.contains(c.digest)) return false;
      if (!from->second.own.read) return false;
    }
    const auto to = repos.find(c.repo.text());
    if (to != repos.end() && !to->second.own.write && !to->second.links.contains(c.digest))
      return false;
    blobs[c.digest] = c.size;
    repos[c.repo.text()].links[c.digest] = c.size;
    namespaces.emplace(content::namespace_of(c.repo));
    return true;
  }
  bool apply(const content::UnlinkBlob& c) {
    const auto at = repos.find(c.repo.text());
    if (at == repos.end() || at->second.needs_blob(c.digest)) return false;
    if (!at->second.own.removable()) return false;
    return at->second.links.erase(c.digest) == 1;
  }
  bool apply(const oci::PutManifest& c) {
    const auto at = repos.find(c.repo.text());
    const Repo none;
    const Repo& before = at == repos.end() ? none : at->second;
    for (const auto& blob : c.blobs) {
      const auto link = before.links.find(blob.digest);
      if (link == before.links.end() || link->second != blob.size) return false;
    }
    for (const auto& child : c.manifests) {
      const auto manifest = before.manifests.find(child.digest);
      if (manifest == before.manifests.end() || manifest->second.first != child.size) return false;
    }
    const auto same = before.manifests.find(c.digest);
    if (same != before.manifests.end() && same->second.second != c.media_type) return false;
    const bool repeat = same != before.manifests.end() && before.points_all(c.tags, c.digest);
    if ((!before.own.write && !repeat) || !before.may_set(c.tags, c.digest)) return false;
    Repo& now = repos[c.repo.text()];
    namespaces.emplace(content::namespace_of(c.repo));
    now.manifests[c.digest] = {c.size, c.media_type};
    for (const oci::Tag& t : c.tags) now.tags.insert_or_assign(t.text(), c.digest);
    return true;
  }
  bool apply(const oci::SetTag& c) {
    const auto at = repos.find(c.repo.text());
    if (at == repos.end() || !at->second.manifests.contains(c.digest)) return false;
    const bool repeat = at->second.points_all({c.tag}, c.digest);
    if ((!at->second.own.write && !repeat) || !at->second.may_set({c.tag}, c.digest)) return false;
    at->second.tags.insert_or_assign(c.tag.text(), c.digest);
    return true;
  }
  bool apply(const oci::DeleteTag& c) {
    const auto at = repos.find(c.repo.text());
    if (at == repos.end() || !at->second.own.removable() || !at->second.of(c.tag).removable())
      return false;
    at->second.of_tags.erase(c.tag.text());
    if (at->second.tags.erase(c.tag.text()) == 0) return false;
    at->second.trimmed = true;
    return true;
  }
  bool apply(const oci::DeleteManifest& c) {
    const auto at = repos.find(c.repo.text());
    if (at == repos.end() || at->second.needs_manifest(c.digest)) return false;
    Repo& r = at->second;
    const auto own = r.of_manifests.find(c.digest);
    if (!r.own.removable() || (own != r.of_manifests.end() && !own->second.removable()))
      return false;
    for (const auto& [name, points_to] : r.tags)
      if (points_to == c.digest && !r.of(tag(name)).removable()) return false;
    if (r.manifests.erase(c.digest) == 0) return false;
    r.trimmed = true;
    r.of_manifests.erase(c.digest);
    std::erase_if(r.of_tags, [&](const auto& t) { return r.tags.at(t.first) == c.digest; });
    std::erase_if(r.tags, [&](const auto& t) { return t.second == c.digest; });
    return true;
  }
  bool apply(const content::SetRepoAttributes& c) {
    const auto at = repos.find(c.repo.text());
    if (at == repos.end()) return false;
    at->second.own = c.change.applied_to(at->second.own);
    return true;
  }
  bool apply(const oci::SetTagAttributes& c) {
    const auto at = repos.find(c.repo.text());
    if (at == repos.end() || !at->second.tags.contains(c.tag.text())) return false;
    auto& mine = at->second.of_tags[c.tag.text()];
    mine = c.change.applied_to(mine);
    at->second.lost_inside(mine);
    return true;
  }
  bool apply(const oci::SetManifestAttributes& c) {
    const auto at = repos.find(c.repo.text());
    if (at == repos.end() || !at->second.manifests.contains(c.digest)) return false;
    auto& mine = at->second.of_manifests[c.digest];
    mine = c.change.applied_to(mine);
    at->second.lost_inside(mine);
    return true;
  }
  bool apply(const content::DeleteRepo& c) {
    const auto at = repos.find(c.repo.text());
    if (at == repos.end() || !at->second.own.removable()) return false;
    const auto locked = [](const auto& held) { return !held.second.removable(); };
    if (std::ranges::any_of(at->second.of_tags, locked)) return false;
    if (std::ranges::any_of(at->second.of_manifests, locked)) return false;
    repos.erase(at);
    return true;
  }
  template <class Other>
  bool apply(const Other&) {
    ADD_FAILURE() << "the dice do not make this command";
    return false;
  }

  // The rows this state must have, spelled out by hand.
  std::map<MemoryRows::Key, std::string> rows() const {
    std::map<MemoryRows::Key, std::string> rows;
    for (const auto& [d, size] : blobs) rows[{Table::blob, d.row()}] = be64(size);
    for (const auto& name : namespaces) rows[{Table::namespace_first, name + '\0'}] = "";
    for (const auto& [name, r] : repos) {
      const std::string prefix = name + '\0';
      rows[{Table::repo, prefix}] = "oci";
      if (r.trimmed) rows[{Table::repo_trimmed, prefix}] = "";
      for (const auto& [d, size] : r.links) {
        rows[{Table::link, prefix + d.row()}] = be64(size);
        rows[{Table::holder, d.row() + prefix}] = "";
      }
      for (const auto& [d, m] : r.manifests) {
        rows[{Table::manifest, prefix + d.row()}] = be64(m.first) + m.second;
        add_references(rows, prefix, d, m.second);
      }
      for (const auto& [t, d] : r.tags) {
        rows[{Table::tag, prefix + t + '\0'}] = d.row();
        rows[{Table::tag_of, prefix + d.row() + t + '\0'}] = "";
      }
      const content::Attributes everything;
      if (r.own != everything || r.inside != everything)
        rows[{Table::attributes, prefix}] = {bits(r.own), bits(r.inside)};
      for (const auto& [d, a] : r.of_manifests)
        if (a != everything) rows[{Table::manifest_attributes, prefix + d.row()}] = bits(a);
      for (const auto& [t, a] : r.of_tags)
        if (a != everything) rows[{Table::tag_attributes, prefix + t + '\0'}] = bits(a);
    }
    return rows;
  }
  static char bits(const content::Attributes& a) {
    return static_cast<char>(a.del + 2 * a.list + 4 * a.read + 8 * a.write);
  }
  static void add_references(std::map<MemoryRows::Key, std::string>& rows,
                             const std::string& prefix, const Digest& id, const std::string& type) {
    const Known& manifest = known_by(id);
    const bool opaque = type != manifest.type;
    std::set<std::string> used, children;
    if (!opaque) {
      for (auto blob : manifest.blobs) used.insert(digest(blob).row());
      for (const Known* child : manifest.children) children.insert(child->id().row());
    }
    std::string refers;
    const std::string subject = manifest.subject.value_or("");
    refers += '\0';
    refers += static_cast<char>(subject.size());
    refers += subject + std::string(3, '\0') + static_cast<char>(used.size());
    for (const auto& blob : used) {
      rows[{Table::blob_in, prefix + blob + id.row()}] = "";
      refers += blob;
    }
    for (const auto& child : children) {
      rows[{Table::child_in, prefix + child + id.row()}] = "";
      refers += child;
    }
    if (manifest.subject)
      rows[{Table::referrer, prefix + subject + '\0' + id.row()}] =
          be64(manifest.body.size()) + '\0' + static_cast<char>(type.size()) + type +
          std::string(manifest.artifact_type);
    if (manifest.subject || !used.empty() || !children.empty())
      rows[{Table::refers, prefix + id.row()}] = refers;
  }
  static std::string be64(std::uint64_t value) {
    std::string out(8, '\0');
    for (std::size_t i = 8; i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 255);
    return out;
  }
};

const Known& any_known(Dice& dice) {
  return *known()[dice.below(known().size())];
}

oci::PutManifest any_put(Dice& dice) {
  const Known& manifest = any_known(dice);
  const std::string type(dice.one_in(20) ? "x/y" : manifest.type);
  auto parsed = oci::parse_manifest(manifest.body, type).value();
  oci::PutManifest put{dice.any_repo(),
                       {},
                       manifest.id(),
                       manifest.body.size(),
                       type,
                       std::move(parsed.blobs),
                       std::move(parsed.manifests)};
  for (std::uint64_t n = dice.below(4); n > 0; --n) put.tags.push_back(dice.any_tag());
  for (auto* references : {&put.blobs, &put.manifests})
    for (auto& reference : *references)
      if (dice.one_in(20)) ++reference.size;
  return put;
}

content::AttributesChange any_change(Dice& dice) {
  content::AttributesChange change;
  for (auto* flag : {&change.del, &change.list, &change.read, &change.write})
    if (dice.one_in(2)) *flag = !dice.one_in(3);
  return change;
}

Intent any_intent(Dice& dice) {
  switch (dice.below(18)) {
    case 0:
    case 1:
    case 2: {
      const auto blob = dice.any_blob();
      content::LinkBlob link{dice.any_repo(), digest(blob), blob.size()};
      if (dice.one_in(4)) link.from = dice.any_repo();
      return link;
    }
    case 3:
      return oci::DeleteTag{dice.any_repo(), dice.any_tag()};
    case 4:
      return oci::DeleteManifest{dice.any_repo(), any_known(dice).id()};
    case 5:
      return content::UnlinkBlob{dice.any_repo(), digest(dice.any_blob())};
    case 6:
      return oci::SetTag{dice.any_repo(), dice.any_tag(), any_known(dice).id(), {}};
    case 7:
      return content::SetRepoAttributes{dice.any_repo(), any_change(dice)};
    case 8:
    case 9:
      return oci::SetTagAttributes{dice.any_repo(), dice.any_tag(), any_change(dice)};
    case 10:
      return oci::SetManifestAttributes{dice.any_repo(), any_known(dice).id(), any_change(dice)};
    case 11:
      if (dice.one_in(3)) return content::DeleteRepo{dice.any_repo()};
      return any_put(dice);
    default:
      return any_put(dice);
  }
}

// When each tag was made, by the events alone.
class Births {
 public:
  void note(const Event& event, EntryIndex index) {
    const auto* set = std::get_if<oci::TagSet>(&event);
    if (set != nullptr && !set->previous) born_[{set->repo.text(), set->tag.text()}] = index;
  }
  void expect_in(const MemoryRows& rows, const Model& model) const {
    for (const auto& [name, r] : model.repos)
      for (const auto& [t, d] : r.tags)
        EXPECT_EQ(oci::find_tag(rows, repo(name), tag(t)).value()->created, born_.at({name, t}));
  }

 private:
  std::map<std::pair<std::string, std::string>, EntryIndex> born_;
};

// The model knows no indices: without when moved tags were made.
std::map<MemoryRows::Key, std::string> without_births(std::map<MemoryRows::Key, std::string> rows) {
  for (auto& [key, value] : rows)
    if (key.first == Table::tag) value.resize(33);
  return rows;
}

TEST(DecideAndProject, AgreeWithAModelThatKnowsNoEvents) {
  Dice dice;
  std::size_t accepted = 0, refused = 0, locked = 0;
  for (int world = 0; world < 20; ++world) {
    Model model;
    MemoryRows rows;
    Births births;
    for (int step = 0; step < 120; ++step) {
      const Command command{test::kDeveloper, "r", "test", any_intent(dice), {}};
      const auto before = rows.values();
      const auto events = decide(command, rows);
      const bool allowed =
          std::visit([&](const auto& c) { return model.apply(c); }, command.intent);
      ASSERT_EQ(events.has_value(), allowed) << (events ? "" : events.error().what);
      ++(allowed ? accepted : refused);
      if (!events && events.error().code == Errc::locked) ++locked;
      if (events)
        for (const Event& event : *events) {
          const auto named = body_of(event);
          births.note(event, rows.next());
          ASSERT_TRUE(rows.apply(event, named ? known_by(named->digest).body : "").has_value());
        }
      ASSERT_EQ(without_births(rows.values()), model.rows());
      births.expect_in(rows, model);
      ASSERT_EQ(!events || events->empty(), rows.values() == before) << "an event without effect";
      if (!events || std::holds_alternative<oci::DeleteTag>(command.intent) ||
          std::holds_alternative<content::UnlinkBlob>(command.intent) ||
          std::holds_alternative<content::DeleteRepo>(command.intent) ||
          std::holds_alternative<oci::DeleteManifest>(command.intent))
        continue;
      ASSERT_TRUE(decide(command, rows).value().empty()) << "a repeat is not idempotent";
    }
  }
  EXPECT_GT(accepted, 200U);
  EXPECT_GT(refused, 200U);
  EXPECT_GT(locked, 50U);
}

std::string any_text(Dice& dice) {
  std::string text;
  for (std::uint64_t n = dice.below(12); n > 0; --n)
    text +=
        dice.pick({"a", "\"", "\\", "\n", std::string_view("\0", 1), "\x1f", "ü", "漢", "😀", "/"});
  return text;
}
Digest any_digest(Dice& dice) {
  const auto algorithm = dice.one_in(3) ? DigestAlgorithm::sha512 : DigestAlgorithm::sha256;
  return Digest::of(std::to_string(dice.below(1'000'000)), algorithm);
}
std::uint64_t any_size(Dice& dice) {
  return dice.below(std::uint64_t{1} << (dice.below(53) + 1));
}

Timestamp any_time(Dice& dice) {
  return Timestamp{static_cast<std::int64_t>(dice.below(253'402'300'800'000'000))};
}
PrincipalName any_principal(Dice& dice) {
  return test::principal(dice.pick({"admin", "ci.1", "anonymous"}));
}
Resource any_resource(Dice& dice) {
  return test::resource(dice.pick({"*", "a/*", "a", "a/b-c/*"}));
}
CredentialId any_credential(Dice& dice) {
  return test::credential(dice.pick({"A", "B", "C"}).front());
}
content::Attributes any_attributes(Dice& dice) {
  return {dice.one_in(2), dice.one_in(2), dice.one_in(2), dice.one_in(2)};
}
template <class T, class... Others>
T any_of(Dice& dice, T one, Others... others) {
  const T all[] = {one, others...};
  return all[dice.below(std::size(all))];
}

template <class Id>
Id any_id(Dice& dice) {
  return Id(sha256(std::to_string(dice.below(1'000'000))));
}
warg::SignatureText any_signature(Dice& dice) {
  return test::warg_signature(dice.pick({"a", "b"}).front());
}
warg::PublicKeyText any_key(Dice& dice) {
  return test::warg_key(dice.pick({"a", "b"}).front()).text;
}
std::optional<trust::Author> any_author(Dice& dice) {
  if (dice.one_in(2)) return std::nullopt;
  return trust::Author{any_id<warg::KeyId>(dice), any_key(dice), any_signature(dice),
                       any_text(dice)};
}
warg::PackageName any_package(Dice& dice) {
  return test::package(dice.pick({"a:b", "my-team:tool-x"}));
}
Event any_warg_event(Dice& dice) {
  const auto key = any_id<warg::KeyId>(dice);
  const auto record = any_id<warg::RecordId>(dice);
  switch (dice.below(6)) {
    case 0:
      return warg::OperatorRecordAppended{
          any_digest(dice), key, record, any_size(dice), any_signature(dice), any_size(dice)};
    case 1:
      return warg::RecordSubmitted{any_digest(dice),  any_time(dice), key,
                                   any_package(dice), record,         any_signature(dice),
                                   any_size(dice)};
    case 2:
      return warg::RecordPublished{
          any_digest(dice),    key,           any_package(dice), record, any_size(dice),
          any_signature(dice), any_size(dice)};
    case 3:
      return warg::RecordRejected{any_package(dice), any_text(dice), record};
    case 4:
      return warg::ContentReceived{any_digest(dice), any_package(dice), record, any_size(dice)};
    default:
      return warg::CheckpointSigned{
          key,           any_size(dice), any_digest(dice), any_digest(dice), any_signature(dice),
          any_size(dice)};
  }
}

pulp::Word any_word(Dice& dice) {
  return test::word(dice.pick({"a", "libstdc++", "~1.0^2"}));
}
pulp::Nevra any_nevra(Dice& dice) {
  return {any_word(dice), any_word(dice), any_word(dice), any_word(dice), any_word(dice)};
}
Event any_pulp_event(Dice& dice) {
  const auto package = test::package_id(static_cast<unsigned>(dice.below(1'000)));
  const auto repository = test::rpm_repo(dice.pick({"el9", "a-b.c"}));
  switch (dice.below(6)) {
    case 0: {
      std::optional<Digest> file;
      if (dice.one_in(2)) file = any_digest(dice);
      return pulp::PackageCreated{any_author(dice), {any_word(dice), any_word(dice)},
                                  any_digest(dice), file,
                                  any_word(dice),   any_nevra(dice),
                                  package,          any_size(dice)};
    }
    case 1:
      return pulp::PackageDeleted{any_nevra(dice), package};
    case 2:
      return pulp::RepositoryCreated{any_text(dice), any_text(dice), repository};
    case 3:
      return pulp::RepositoryDeleted{repository};
    case 4:
      return pulp::PackageAdded{package, repository};
    default:
      return pulp::PackageRemoved{package, repository};
  }
}

Event any_event(Dice& dice) {
  switch (dice.below(std::variant_size_v<Event>)) {
    case 0:
      return system::Genesis{any_text(dice), any_text(dice), any_text(dice), any_text(dice)};
    case 1:
      return system::DevModeEnabled{};
    case 2:
      return system::EventKeyRotated{any_text(dice), any_text(dice)};
    case 3:
      return content::RepoCreated{any_text(dice), dice.any_repo()};
    case 4:
      return content::BlobCommitted{any_digest(dice), any_size(dice)};
    case 5:
      return content::BlobLinked{any_digest(dice), dice.any_repo(), any_size(dice)};
    case 6:
      return oci::ManifestPut{any_digest(dice), any_text(dice), dice.any_repo(), any_size(dice),
                              any_author(dice)};
    case 7:
      return oci::ManifestDeleted{any_digest(dice), dice.any_repo()};
    case 8: {
      std::optional<Digest> previous;
      if (dice.one_in(2)) previous = any_digest(dice);
      return oci::TagSet{any_digest(dice), previous, dice.any_repo(), dice.any_tag(),
                         any_author(dice)};
    }
    case 9:
      return oci::TagDeleted{any_digest(dice), dice.any_repo(), dice.any_tag()};
    case 10:
      return trust::PrincipalCreated{
          any_of(dice, trust::PrincipalKind::user, trust::PrincipalKind::anonymous),
          any_principal(dice)};
    case 11:
      return trust::PrincipalDisabled{any_principal(dice), any_text(dice)};
    case 12:
      return trust::PrincipalEnabled{any_principal(dice)};
    case 13: {
      std::optional<Timestamp> expires;
      if (dice.one_in(2)) expires = any_time(dice);
      return trust::CredentialAdded{
          any_credential(dice), expires,
          any_of(dice, trust::CredentialKind::password, trust::CredentialKind::token,
                 trust::CredentialKind::x509, trust::CredentialKind::aksk),
          any_principal(dice)};
    }
    case 14:
      return trust::CredentialRevoked{any_credential(dice), any_principal(dice), any_text(dice)};
    case 15:
      return trust::GrantSet{any_principal(dice), any_resource(dice),
                             *Rights::from_bits(static_cast<std::uint8_t>(dice.below(32)))};
    case 16:
      return trust::GrantRemoved{any_principal(dice), any_resource(dice)};
    case 17:
      return trust::PolicySet{dice.one_in(2), any_resource(dice),
                              dice.one_in(2) ? std::optional(dice.one_in(2)) : std::nullopt};
    case 18:
      return trust::PolicyRemoved{any_resource(dice)};
    case 19:
      return content::BlobUnlinked{any_digest(dice), dice.any_repo()};
    case 20:
      return content::BlobPurged{any_digest(dice), any_size(dice)};
    case 21:
      return content::RepoAttributesSet{any_attributes(dice), dice.any_repo()};
    case 22:
      return content::RepoDeleted{dice.any_repo()};
    case 23:
      return oci::ManifestAttributesSet{any_attributes(dice), any_digest(dice), dice.any_repo()};
    case 24:
      return oci::TagAttributesSet{any_attributes(dice), dice.any_repo(), dice.any_tag()};
    case 25:
      return trust::KeyRegistered{any_id<warg::KeyId>(dice), any_principal(dice), any_key(dice)};
    case 26:
      return trust::KeyRevoked{any_id<warg::KeyId>(dice), any_principal(dice), any_text(dice)};
    case 27:
      return content::RepoUpdated{
          dice.one_in(2)
              ? std::optional(any_of(dice, content::Category::arm, content::Category::linux_system))
              : std::nullopt,
          dice.one_in(2) ? std::optional(any_text(dice)) : std::nullopt, dice.any_repo()};
    case 28:
      return content::NamespaceCreated{test::name_space(dice.pick({"a", "team"}))};
    case 29:
      return content::NamespaceDeleted{test::name_space(dice.pick({"a", "team"}))};
    default:
      return dice.one_in(2) ? any_warg_event(dice) : any_pulp_event(dice);
  }
}

Envelope any_envelope(Dice& dice) {
  Envelope envelope;
  envelope.index = EntryIndex{any_size(dice)};
  envelope.at = any_time(dice);
  envelope.actor = {std::string(dice.pick({"a", "ci-prod", "x.y_z"})),
                    dice.one_in(2) ? Auth::dev : Auth::local};
  if (dice.one_in(3)) envelope.actor.credential = any_credential(dice);
  envelope.request = dice.pick({"01JD7Q2V3W4X5Y6Z7A8B9C0D1E", "r", "\"\\"});
  envelope.surface = dice.pick({"oci", "local"});
  envelope.batch_count = static_cast<std::uint32_t>(dice.below(256) + 1);
  envelope.batch_position = static_cast<std::uint32_t>(dice.below(envelope.batch_count));
  return envelope;
}

TEST(Codec, EveryEntryComesBackAndWritesTheSameBytesAgain) {
  Dice dice;
  std::set<std::size_t> kinds;
  for (int i = 0; i < 5'000; ++i) {
    const Entry entry{any_envelope(dice), any_event(dice)};
    kinds.insert(entry.event.index());
    const std::string text = encode_entry_text(entry.envelope, entry.event);
    const auto back = decode_entry_text(text);
    ASSERT_TRUE(back.has_value()) << text << back.error().what;
    ASSERT_EQ(*back, entry) << text;
    ASSERT_EQ(encode_entry_text(back->envelope, back->event), text);
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Event>);
}

TEST(Codec, DamagedEntriesAreRefusedOrAreTheSameEntryToEveryReader) {
  Dice dice;
  std::size_t refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string text = encode_entry_text(any_envelope(dice), any_event(dice));
    text[dice.below(text.size())] = static_cast<char>(dice.below(256));
    const auto entry = decode_entry_text(text);
    if (!entry) {
      EXPECT_TRUE(entry.error().code == Errc::corrupt || entry.error().code == Errc::unsupported);
      EXPECT_EQ(entry.error().about, About::entry);
      ++refused;
      continue;
    }
    const auto again = decode_entry_text(encode_entry_text(entry->envelope, entry->event));
    ASSERT_TRUE(again.has_value());
    ASSERT_EQ(*again, *entry);
  }
  EXPECT_GT(refused, 1'000U);
}

}  // namespace
}  // namespace varve
