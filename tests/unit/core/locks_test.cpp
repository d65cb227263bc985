// Locks: what nobody can do while they are set, and who can set them.
#include "core/oci/locks.h"

#include <gtest/gtest.h>

#include "core/oci/query.h"
#include "tests/support/given.h"

namespace varve::oci {
namespace {

using content::AttributesChange;
using content::BlobCommitted;
using content::BlobLinked;
using content::DeleteRepo;
using content::LinkBlob;
using content::RepoAttributesSet;
using content::RepoCreated;
using content::SetRepoAttributes;
using content::UnlinkBlob;
using test::credential;
using test::digest;
using test::given;
using test::principal;
using test::repo;
using test::resource;
using test::Scenario;
using test::tag;

constexpr std::string_view kType = "application/vnd.oci.image.manifest.v1+json";
constexpr Attributes kReadOnly{.write = false};
constexpr Attributes kKept{.del = false};
constexpr Attributes kUnreadable{.read = false};
constexpr Attributes kHidden{.list = false};

ManifestPut was_put(std::string_view content) {
  return {digest(content), std::string(kType), repo("a"), content.size()};
}
PutManifest put(std::string_view content, std::vector<Tag> tags = {}) {
  return {repo("a"), std::move(tags), digest(content), content.size(), std::string(kType), {}, {}};
}
TagSet tag_set(std::string_view name, std::string_view content,
               std::optional<std::string_view> before = std::nullopt) {
  std::optional<Digest> previous;
  if (before) previous = digest(*before);
  return {digest(content), previous, repo("a"), tag(name)};
}

// Repository a: manifests m (tagged t) and n (tagged u), and a blob that nothing needs. b is empty.
Scenario pushed(const std::vector<Event>& and_then = {}) {
  return given({RepoCreated{"oci", repo("a")}, RepoCreated{"oci", repo("b")}, was_put("m"),
                was_put("n"), tag_set("t", "m"), tag_set("u", "n"), BlobCommitted{digest("x"), 1},
                BlobLinked{digest("x"), repo("a"), 1}})
      .given(and_then);
}
RepoAttributesSet of_repo(Attributes attributes) {
  return {attributes, repo("a")};
}
TagAttributesSet of_tag(std::string_view name, Attributes attributes) {
  return {attributes, repo("a"), tag(name)};
}
ManifestAttributesSet of_manifest(std::string_view content, Attributes attributes) {
  return {attributes, digest(content), repo("a")};
}

// ---- setting them ----

TEST(Attributes, AreSetOneByOneAndTheRestStays) {
  pushed().when(SetRepoAttributes{repo("a"), {.write = false}}).then({of_repo(kReadOnly)});
  pushed({of_repo(kReadOnly)})
      .when(SetRepoAttributes{repo("a"), {.list = false}})
      .then({of_repo({.list = false, .write = false})});
  pushed({of_tag("t", kKept)})
      .when(SetTagAttributes{repo("a"), tag("t"), {.del = true, .read = false}})
      .then({of_tag("t", kUnreadable)});
  pushed()
      .when(SetManifestAttributes{repo("a"), digest("m"), {.del = false, .write = false}})
      .then({of_manifest("m", {.del = false, .write = false})});
}

TEST(Attributes, ThatAreSoAlreadyAreNoEvent) {
  const AttributesChange all{true, true, true, true};
  pushed().when(SetRepoAttributes{repo("a"), all}).then_nothing();
  pushed().when(SetRepoAttributes{repo("a"), {}}).then_nothing();
  pushed({of_repo(kReadOnly)}).when(SetRepoAttributes{repo("a"), {.write = false}}).then_nothing();
  pushed({of_tag("t", kKept)})
      .when(SetTagAttributes{repo("a"), tag("t"), {.del = false}})
      .then_nothing();
  pushed().when(SetManifestAttributes{repo("a"), digest("m"), all}).then_nothing();
}

TEST(Attributes, OfWhatIsNotThere) {
  given({})
      .when(SetRepoAttributes{repo("a"), {.write = false}})
      .then_refused(Errc::not_found, About::repository, "a");
  given({})
      .when(SetTagAttributes{repo("a"), tag("t"), {.write = false}})
      .then_refused(Errc::not_found, About::repository);
  pushed()
      .when(SetTagAttributes{repo("a"), tag("none"), {.write = false}})
      .then_refused(Errc::not_found, About::tag, "none");
  pushed()
      .when(SetManifestAttributes{repo("a"), digest("none"), {.write = false}})
      .then_refused(Errc::not_found, About::manifest, digest("none").to_string());
  pushed()
      .when(SetManifestAttributes{repo("b"), digest("m"), {.write = false}})
      .then_refused(Errc::not_found, About::manifest);
}

TEST(Attributes, CanAlwaysBeSetBackHoweverMuchIsLocked) {
  const Attributes nothing{false, false, false, false};
  auto scenario = pushed({of_repo(nothing), of_tag("t", nothing), of_manifest("m", nothing)});
  scenario.when(SetTagAttributes{repo("a"), tag("t"), {.write = true}})
      .then({of_tag("t", {false, false, false, true})});
  scenario.when(SetManifestAttributes{repo("a"), digest("m"), {.read = true}})
      .then({of_manifest("m", {false, false, true, false})});
  scenario.when(SetRepoAttributes{repo("a"), {.del = true}})
      .then({of_repo({true, false, false, false})});
}

TEST(Attributes, AreSetByWhoeverMayDeleteAndByNobodyElse) {
  const auto may = [](Rights rights) {
    auto scenario =
        pushed({of_tag("t", kReadOnly), of_manifest("m", kReadOnly), of_repo(kReadOnly)});
    scenario.given({trust::PrincipalCreated{trust::PrincipalKind::user, principal("ann")},
                    trust::CredentialAdded{credential('A'), std::nullopt,
                                           trust::CredentialKind::token, principal("ann")},
                    trust::GrantSet{principal("ann"), resource("a"), rights}});
    const Actor ann{"ann", Auth::basic, credential('A')};
    std::size_t taken = 0;
    for (const Intent& wish :
         {Intent(SetRepoAttributes{repo("a"), {.write = true}}),
          Intent(SetTagAttributes{repo("a"), tag("t"), {.write = true}}),
          Intent(SetManifestAttributes{repo("a"), digest("m"), {.write = true}})}) {
      scenario.when(wish, ann);
      if (scenario.accepted())
        ++taken;
      else
        scenario.then_refused(Errc::denied, About::request);
    }
    return taken;
  };
  EXPECT_EQ(may({Right::pull, Right::push}), 0U) << "a writer must not take off what holds it";
  EXPECT_EQ(may({Right::del}), 3U);
  pushed()
      .when(SetRepoAttributes{repo("a"), {.write = false}}, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

// ---- a repository's ----

TEST(LockedRepository, TakesNothingNew) {
  auto scenario = pushed({of_repo(kReadOnly)});
  scenario.when(put("new")).then_refused(Errc::locked, About::repository);
  scenario.when(put("m", {tag("new")})).then_refused(Errc::locked, About::repository);
  scenario.when(put("m", {tag("u")})).then_refused(Errc::locked, About::repository);
  scenario.when(SetTag{repo("a"), tag("u"), digest("m"), {}})
      .then_refused(Errc::locked, About::repository);
  scenario.when(LinkBlob{repo("a"), digest("y"), 1}).then_refused(Errc::locked, About::repository);
}

TEST(LockedRepository, LosesNothing) {
  for (const Attributes& locked : {kReadOnly, kKept}) {
    auto scenario = pushed({of_repo(locked)});
    scenario.when(DeleteTag{repo("a"), tag("t")}).then_refused(Errc::locked, About::repository);
    scenario.when(DeleteManifest{repo("a"), digest("m")})
        .then_refused(Errc::locked, About::repository);
    scenario.when(UnlinkBlob{repo("a"), digest("x")}).then_refused(Errc::locked, About::repository);
    scenario.when(DeleteRepo{repo("a")}).then_refused(Errc::locked, About::repository);
    scenario.when(UnlinkBlob{repo("a"), digest("x")}, test::kHolder)
        .then_refused(Errc::locked, About::repository);
  }
}

TEST(LockedRepository, ThatOnlyMustNotLoseAnythingStillTakes) {
  auto scenario = pushed({of_repo(kKept)});
  scenario.when(put("m", {tag("u")})).then({tag_set("u", "m", "n")});
  scenario.when(LinkBlob{repo("a"), digest("y"), 1});
  EXPECT_EQ(scenario.decided(), 2U);
}

TEST(LockedRepository, HearsARepeatAsARepeat) {
  auto scenario = pushed({of_repo(kReadOnly)});
  scenario.when(put("m", {tag("t")})).then_nothing();
  scenario.when(LinkBlob{repo("a"), digest("x"), 1}).then_nothing();
}

TEST(LockedRepository, LocksNoOther) {
  auto scenario = pushed({of_repo({false, false, false, false})});
  scenario.when(LinkBlob{repo("b"), digest("x"), 1}).then({BlobLinked{digest("x"), repo("b"), 1}});
  EXPECT_TRUE(content::check_readable(scenario.rows(), repo("b")).has_value());
}

TEST(LockedRepository, GivesNothingByMountsWhenItIsUnreadable) {
  const LinkBlob mount{repo("b"), digest("x"), 1, repo("a")};
  pushed({of_repo(kUnreadable)}).when(mount).then_refused(Errc::not_found, About::blob);
  pushed({of_repo(kReadOnly)}).when(mount).then({BlobLinked{digest("x"), repo("b"), 1}});
}

// ---- a tag's ----

TEST(LockedTag, DoesNotMove) {
  auto scenario = pushed({of_tag("t", kReadOnly)});
  scenario.when(put("n", {tag("t")})).then_refused(Errc::locked, About::tag);
  scenario.when(put("n", {tag("new"), tag("t")})).then_refused(Errc::locked, About::tag);
  scenario.when(SetTag{repo("a"), tag("t"), digest("n"), {}})
      .then_refused(Errc::locked, About::tag);
  scenario.when(put("m", {tag("t")})).then_nothing();
  scenario.when(put("m", {tag("u")})).then({tag_set("u", "m", "n")});
}

TEST(LockedTag, DoesNotGo) {
  for (const Attributes& locked : {kReadOnly, kKept}) {
    auto scenario = pushed({of_tag("t", locked)});
    scenario.when(DeleteTag{repo("a"), tag("t")}).then_refused(Errc::locked, About::tag);
    scenario.when(DeleteManifest{repo("a"), digest("m")}).then_refused(Errc::locked, About::tag);
    scenario.when(DeleteRepo{repo("a")}).then_refused(Errc::locked, About::repository);
    scenario.when(DeleteTag{repo("a"), tag("u")})
        .then({TagDeleted{digest("n"), repo("a"), tag("u")}});
    scenario.when(DeleteManifest{repo("a"), digest("n")})
        .then({ManifestDeleted{digest("n"), repo("a")}});
  }
}

TEST(LockedTag, ThatMustNotGoMayMoveAndKeepsItsLock) {
  auto scenario = pushed({of_tag("t", kKept)});
  scenario.when(put("n", {tag("t")})).then({tag_set("t", "n", "m")});
  scenario.given({tag_set("t", "n", "m")});
  scenario.when(DeleteManifest{repo("a"), digest("n")}).then_refused(Errc::locked, About::tag);
  scenario.when(DeleteManifest{repo("a"), digest("m")})
      .then({ManifestDeleted{digest("m"), repo("a")}});
}

TEST(LockedTag, IsFreeAgainWhenItWasUnlocked) {
  auto scenario = pushed({of_tag("t", kReadOnly), of_tag("t", {})});
  scenario.when(DeleteTag{repo("a"), tag("t")})
      .then({TagDeleted{digest("m"), repo("a"), tag("t")}});
  scenario.when(DeleteRepo{repo("a")}).then({content::RepoDeleted{repo("a")}});
}

// ---- a manifest's ----

TEST(LockedManifest, DoesNotGo) {
  for (const Attributes& locked : {kReadOnly, kKept}) {
    auto scenario = pushed({of_manifest("m", locked)});
    scenario.when(DeleteManifest{repo("a"), digest("m")})
        .then_refused(Errc::locked, About::manifest);
    scenario.when(DeleteRepo{repo("a")}).then_refused(Errc::locked, About::repository);
    scenario.when(DeleteManifest{repo("a"), digest("n")})
        .then({ManifestDeleted{digest("n"), repo("a")}});
    scenario.when(DeleteTag{repo("a"), tag("t")})
        .then({TagDeleted{digest("m"), repo("a"), tag("t")}});
  }
}

TEST(Locks, GoWithWhatTheyWereOf) {
  auto scenario =
      pushed({of_tag("t", kUnreadable), of_tag("u", kHidden), of_manifest("m", kUnreadable)});
  scenario.given(
      {ManifestDeleted{digest("m"), repo("a")}, TagDeleted{digest("n"), repo("a"), tag("u")}});
  scenario.given({was_put("m"), tag_set("t", "m"), tag_set("u", "m")});
  const View& rows = scenario.rows();
  EXPECT_EQ(attributes_of(rows, repo("a"), tag("t")).value(), Attributes{});
  EXPECT_EQ(attributes_of(rows, repo("a"), tag("u")).value(), Attributes{});
  EXPECT_EQ(attributes_of(rows, repo("a"), digest("m")).value(), Attributes{});
}

// ---- reading ----

TEST(Unreadable, IsWhatIsAddressedByALockedName) {
  const auto readable = [](const Scenario& made, std::optional<Tag> by, std::string_view content) {
    auto scenario = made;
    const auto checked = check_readable(scenario.rows(), repo("a"), by, digest(content));
    if (!checked) EXPECT_EQ(checked.error().code, Errc::locked);
    return checked.has_value();
  };
  const auto by_tag = pushed({of_tag("t", kUnreadable)});
  EXPECT_FALSE(readable(by_tag, tag("t"), "m"));
  EXPECT_TRUE(readable(by_tag, std::nullopt, "m"));
  EXPECT_TRUE(readable(by_tag, tag("u"), "n"));
  const auto by_digest = pushed({of_manifest("m", kUnreadable)});
  EXPECT_FALSE(readable(by_digest, tag("t"), "m"));
  EXPECT_FALSE(readable(by_digest, std::nullopt, "m"));
  EXPECT_TRUE(readable(by_digest, std::nullopt, "n"));
  const auto whole = pushed({of_repo(kUnreadable)});
  EXPECT_FALSE(readable(whole, std::nullopt, "n"));
  EXPECT_TRUE(readable(pushed({of_tag("t", kReadOnly)}), tag("t"), "m"));
}

// Counts look-ups: reads ask for locks each time.
class CountingView final : public View {
 public:
  explicit CountingView(const View& view) : view_(view) {}
  Result<std::optional<Row>> get(Table table, std::string_view key) const override {
    ++gets;
    return view_.get(table, key);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view after,
                    const Visit& visit) const override {
    ADD_FAILURE() << "a scan";
    return view_.scan(table, prefix, after, visit);
  }
  mutable int gets = 0;

 private:
  const View& view_;
};

TEST(Locks, CostOneLookUpWhereNothingIsLockedAgainstIt) {
  for (const auto& events : {std::vector<Event>{}, {of_tag("t", kReadOnly), of_repo(kHidden)}}) {
    auto scenario = pushed(events);
    const CountingView view(scenario.rows());
    EXPECT_TRUE(check_readable(view, repo("a"), tag("t"), digest("m")).has_value());
    EXPECT_EQ(view.gets, 1);
  }
}

TEST(Hidden, IsWhatListingsPassOver) {
  const auto listed = [](const Scenario& made) {
    auto scenario = made;
    const auto in = Listed::in(scenario.rows(), repo("a")).value();
    std::string words = in.everything() ? "everything " : in.nothing() ? "nothing " : "";
    for (const char* name : {"t", "u"})
      if (in.has(tag(name)).value()) words += name;
    for (const char* content : {"m", "n"})
      if (in.has(digest(content)).value()) words += content;
    return words;
  };
  EXPECT_EQ(listed(pushed()), "everything tumn");
  EXPECT_EQ(listed(pushed({of_tag("t", kHidden), of_manifest("n", kHidden)})), "um");
  EXPECT_EQ(listed(pushed({of_repo(kHidden)})), "nothing ");
  EXPECT_EQ(listed(pushed({of_tag("t", kReadOnly)})), "everything tumn");
}

TEST(Locks, ADamagedRowIsReportedAndNotTakenForNone) {
  auto scenario = pushed();
  scenario.rows().put(Table::attributes, RowKey().name("a"), "x");
  scenario.when(put("new")).then_refused(Errc::corrupt, About::storage);
  scenario.when(DeleteTag{repo("a"), tag("t")}).then_refused(Errc::corrupt, About::storage);
  auto other = pushed({of_tag("t", kReadOnly)});
  other.rows().put(Table::tag_attributes, RowKey().name("a").name("t"), "");
  other.when(DeleteTag{repo("a"), tag("t")}).then_refused(Errc::corrupt, About::storage);
  other.when(DeleteRepo{repo("a")}).then_refused(Errc::locked, About::repository);
}

// ---- when a tag was made ----

TEST(Tags, KnowSinceWhenTheyAre) {
  auto scenario = pushed();
  const auto row = [&] { return find_tag(scenario.rows(), repo("a"), tag("t")).value().value(); };
  const EntryIndex first = row().index;
  EXPECT_EQ(row().created, first);
  scenario.given({tag_set("t", "n", "m")});
  EXPECT_EQ(row().created, first);
  EXPECT_GT(row().index, first);
  scenario.given({tag_set("t", "m", "n")});
  EXPECT_EQ(row().created, first);
  EXPECT_EQ(row().digest, digest("m"));
  scenario.given({TagDeleted{digest("m"), repo("a"), tag("t")}, tag_set("t", "m")});
  EXPECT_EQ(row().created, row().index);
  EXPECT_GT(row().created, first);
}

}  // namespace
}  // namespace varve::oci
