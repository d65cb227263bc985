// The index of SWR's listings follows the log: at any time it says what the rows say.
#include "api/surface/swr_index.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/random_commands.h"

namespace varve::test {
namespace {

using surface::SwrIndex;
using surface::SwrListed;
using surface::SwrRepoWish;

Result<SwrListed> list(SwrIndex& index, LogRig& rig, const Actor& actor = dev_actor(),
                       const SwrRepoWish& wish = {}) {
  return index.list(rig.head, actor, rig.now(), wish);
}

std::vector<std::string> names(const SwrListed& listed) {
  std::vector<std::string> names;
  for (const SwrListed::Item& item : listed.items) names.push_back(item.repo.facts.repo);
  std::ranges::sort(names);
  return names;
}

// What somebody may pull, asked of the rule itself, one by one.
std::vector<std::string> may_pull(const View& view, const Actor& actor, Timestamp now) {
  std::vector<std::string> names;
  for (const auto& facts : must(oci::overviews(view))) {
    const RepoName repo = must(RepoName::parse(facts.repo));
    if (!facts.hidden && trust::check(view, actor, Right::pull, repo, now))
      names.push_back(facts.repo);
  }
  return names;
}

void expect_the_rows(SwrIndex& index, LogRig& rig) {
  const auto listed = must(list(index, rig));
  EXPECT_EQ(index.size(), rig.reader().head().size);
  EXPECT_EQ(listed.reader.head().size, rig.reader().head().size);
  const auto view = rig.reader().view();
  EXPECT_EQ(index.facts(), must(oci::overviews(*view)));
  for (const char* name : {"anonymous", "ann", "bob", "ci"}) {
    for (char digit = '0'; digit < '8'; ++digit) {
      Actor actor{name, Auth::bearer,
                  must(CredentialId::parse("0000000000000000000000000" + std::string(1, digit)))};
      if (actor.id == "anonymous") actor.credential.reset();
      if (!trust::check_credential(*view, actor, rig.now())) {
        EXPECT_EQ(list(index, rig, actor).error().code, Errc::unauthorized);
        continue;
      }
      EXPECT_EQ(names(must(list(index, rig, actor))), may_pull(*view, actor, rig.now())) << name;
    }
  }
}

TEST(SwrIndex, SaysWhatTheRowsSayWhateverHappens) {
  for (std::uint64_t round = 0; round < 6; ++round) {
    SCOPED_TRACE("VARVE_SEED=" + std::to_string(property_seed()));
    LogRig rig;
    rig.open();
    SwrIndex followed;
    RandomCommands commands(property_seed() + round);
    for (int step = 0; step < 240; ++step) {
      const auto receipt = rig.run(commands.next());
      if (!receipt) EXPECT_TRUE(RandomCommands::expected(receipt.error().code));
      if (step % 12 == 0) expect_the_rows(followed, rig);
    }
    expect_the_rows(followed, rig);
    EXPECT_EQ(followed.rebuilt(), 1U);
    SwrIndex fresh;
    must(list(fresh, rig));
    EXPECT_EQ(fresh.facts(), followed.facts());
  }
}

TEST(SwrIndex, CountsAPushWithoutLookingAtTheOtherTags) {
  LogRig rig;
  rig.open();
  must(rig.run(put_manifest("team/app", "v1", 1)));
  SwrIndex index;
  EXPECT_EQ(must(list(index, rig)).items.at(0).repo.facts.tags, 1U);
  must(rig.run(put_manifest("team/app", "v2", 2)));  // a new tag
  must(rig.run(put_manifest("team/app", "v1", 3)));  // one that moves
  const auto listed = must(list(index, rig));
  EXPECT_EQ(listed.items.at(0).repo.facts.tags, 2U);
  EXPECT_EQ(index.facts(), must(oci::overviews(*rig.reader().view())));
  EXPECT_EQ(index.rebuilt(), 1U);
}

// The store keeps everything that was overwritten for as long as somebody holds a state.
TEST(SwrIndex, HoldsNoStateBetweenTwoAnswers) {
  LogRig rig;
  rig.open();
  must(rig.run(put_manifest("team/app", "v1", 1)));
  SwrIndex index;
  must(list(index, rig));
  const std::weak_ptr<const Head> answered = rig.head.get();
  for (std::uint64_t n = 2; n < 5; ++n)  // the ledger itself looks back at what it builds on
    must(rig.run(put_manifest("team/app", "v" + std::to_string(n), n)));
  EXPECT_TRUE(answered.expired());
  EXPECT_EQ(must(list(index, rig)).items.at(0).repo.facts.tags, 4U);
}

TEST(SwrIndex, KeepsWhatWasComputedUntilTheRepositoryChanges) {
  LogRig rig;
  rig.open();
  must(rig.run(put_manifest("team/a", "v1", 1)));
  must(rig.run(put_manifest("team/b", "v1", 1)));
  SwrIndex index;
  auto listed = must(list(index, rig));
  for (auto& item : listed.items) item.repo.size = 7;
  index.remember(listed.items);
  must(rig.run(put_manifest("team/a", "v2", 2)));
  for (const auto& item : must(list(index, rig)).items)
    EXPECT_EQ(item.repo.size.has_value(), item.repo.facts.repo == "team/b");
}

TEST(SwrIndex, ShowsAsAThirdPartyWhatOthersShare) {
  LogRig rig;
  rig.open();
  const PrincipalName ann = must(PrincipalName::parse("ann"));
  const CredentialId id = must(CredentialId::parse("00000000000000000000000001"));
  for (const char* repo : {"mine/a", "theirs/shared", "theirs/secret", "open/a"})
    must(rig.run(put_manifest(repo, "v1", 1)));
  must(rig.run(command_of(trust::CreatePrincipal{ann, trust::PrincipalKind::user})));
  must(rig.run(
      command_of(trust::AddCredential{ann, id, trust::CredentialKind::token, std::nullopt})));
  const auto give = [&](const PrincipalName& who, const char* what, Rights rights) {
    must(rig.run(command_of(trust::SetGrant{who, must(Resource::parse(what)), rights})));
  };
  give(PrincipalName::anonymous(), "*", {});
  give(PrincipalName::anonymous(), "open/*", {Right::pull});
  give(ann, "mine/*", Rights::of_a_repository());
  give(ann, "theirs/shared", {Right::pull});
  SwrIndex index;
  const Actor actor{"ann", Auth::bearer, id};
  SwrRepoWish shared;
  shared.thirdparty = true;
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(must(list(index, rig, actor))), (Names{"mine/a", "open/a", "theirs/shared"}));
  EXPECT_EQ(names(must(list(index, rig, actor, shared))), (Names{"theirs/shared"}));
  EXPECT_EQ(names(must(list(index, rig, dev_actor(), shared))), Names{});
  EXPECT_EQ(names(must(list(index, rig, Actor{}, shared))), Names{});
}

TEST(SwrIndex, OfAnEarlierStateHasTheRightsAndLocksOfNow) {
  LogRig rig;
  rig.open();
  must(rig.run(put_manifest("team/a", "v1", 1)));
  must(rig.run(put_manifest("team/b", "v1", 1)));
  const TreeSize then = rig.reader().head().size;
  must(rig.run(put_manifest("team/c", "v1", 1)));
  must(rig.run(
      command_of(content::SetRepoAttributes{must(RepoName::parse("team/a")), {.list = false}})));
  const Reader reader = rig.reader();
  const auto view = must(reader.view_as_of(then));
  const auto listed = must(SwrIndex::list_as_of(reader, *view, then, dev_actor(), rig.now(), {}));
  EXPECT_EQ(names(listed), (std::vector<std::string>{"team/b"}));
}

// ---- whose grants are read ----

// Counts the grants that are looked at.
class CountingView final : public View {
 public:
  explicit CountingView(const View& view) : view_(view) {}
  Result<std::optional<Row>> get(Table table, std::string_view key) const override {
    return view_.get(table, key);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view after,
                    const Visit& visit) const override {
    return view_.scan(table, prefix, after, [&](std::string_view key, const Row& row) {
      if (table == Table::grant) ++grants;
      return visit(key, row);
    });
  }
  mutable std::size_t grants = 0;

 private:
  const View& view_;
};

constexpr const char* kAnn = "ann";

void give(LogRig& rig, const std::string& what, Rights rights) {
  must(rig.run(command_of(
      trust::SetGrant{must(PrincipalName::parse(kAnn)), must(Resource::parse(what)), rights})));
}

void make_ann(LogRig& rig) {
  must(rig.run(command_of(
      trust::CreatePrincipal{must(PrincipalName::parse(kAnn)), trust::PrincipalKind::user})));
}

void expect_what_the_rule_says(const LogRig& rig) {
  const PrincipalName ann = must(PrincipalName::parse(kAnn));
  const auto view = rig.reader().view();
  const auto table = surface::SwrTable::of(must(oci::overviews(*view)), rig.reader().head().size);
  const auto flags = must(surface::SwrSight::grants_of(table, *view, ann));
  for (surface::SwrTable::Id id = 0; id < table.ids(); ++id) {
    const std::string& text = table.at(id).facts.repo;
    const Resource repo(must(RepoName::parse(text)));
    const std::size_t slash = text.find('/');
    const Resource around =
        must(Resource::parse(slash == text.npos ? std::string("*") : text.substr(0, slash) + "/*"));
    EXPECT_EQ(flags.pull[id] != 0, must(trust::own_rights(*view, ann, repo)).has(Right::pull))
        << text;
    EXPECT_EQ(flags.push_beside[id] != 0,
              must(trust::own_rights(*view, ann, around)).has(Right::push))
        << text;
  }
}

TEST(SwrSight, SaysWhatTheRuleSaysOfEachWhateverIsGranted) {
  SCOPED_TRACE("VARVE_SEED=" + std::to_string(property_seed()));
  std::mt19937_64 random(property_seed());
  const auto any = [&](const auto& list) { return std::string(list[random() % std::size(list)]); };
  constexpr std::string_view kParts[] = {"a", "a-b", "a0", "b", "packages", "rpm", "x"};
  const auto name = [&] {
    std::string text = any(kParts);
    for (std::size_t more = random() % 3; more > 0; --more) text += "/" + any(kParts);
    return text;
  };
  constexpr Rights kRights[] = {{}, {Right::pull}, {Right::push}, {Right::pull, Right::push}};
  for (int round = 0; round < 8; ++round) {
    LogRig rig;
    rig.open();
    make_ann(rig);
    // Below packages/ and rpm/ nobody pushes images: grants alone have such names.
    for (int i = 0; i < 16; ++i) (void)rig.run(put_manifest(name(), "v1", 1));
    ASSERT_FALSE(must(oci::overviews(*rig.reader().view())).empty());
    for (int i = 0; i < 120; ++i) {
      const std::uint64_t kind = random() % 8;
      give(rig,
           kind == 0  ? std::string("*")
           : kind < 4 ? name() + "/*"
                      : name(),
           kRights[random() % std::size(kRights)]);
      if (i % 20 == 0) expect_what_the_rule_says(rig);
    }
    expect_what_the_rule_says(rig);
  }
}

TEST(SwrSight, ReadsNoGrantsOfThingsThatAreNoImages) {
  LogRig rig;
  rig.open();
  make_ann(rig);
  for (const char* repo : {"base", "packages-old/image", "team/app", "zoo/app"})
    must(rig.run(put_manifest(repo, "v1", 1)));
  for (int i = 0; i < 600; ++i) {
    give(rig, "packages/" + std::string(1, static_cast<char>('a' + i % 26)) + std::to_string(i),
         {Right::pull});
    give(rig, "rpm/r" + std::to_string(i), {Right::pull});
  }
  for (const char* what : {"packages-old/image", "team/*", "zoo/app"})
    give(rig, what, Rights::of_a_repository());
  const auto view = rig.reader().view();
  const CountingView counting(*view);
  const auto table = surface::SwrTable::of(must(oci::overviews(*view)), TreeSize{1});
  must(surface::SwrSight::grants_of(table, counting, must(PrincipalName::parse(kAnn))));
  EXPECT_LT(counting.grants, 300U);
  EXPECT_GE(counting.grants, 3U);
  expect_what_the_rule_says(rig);
}

TEST(SwrIndex, ReadsGrantsAgainWhenTheyConcernOneOfItsRepositories) {
  LogRig rig;
  rig.open();
  make_ann(rig);
  const PrincipalName ann = must(PrincipalName::parse(kAnn));
  const CredentialId id = must(CredentialId::parse("00000000000000000000000001"));
  must(rig.run(
      command_of(trust::AddCredential{ann, id, trust::CredentialKind::token, std::nullopt})));
  must(rig.run(put_manifest("team/app", "v1", 1)));
  must(rig.run(put_manifest("old/app", "v1", 1)));
  must(rig.run(
      command_of(trust::SetGrant{PrincipalName::anonymous(), Resource::everything(), Rights{}})));
  SwrIndex index;
  const Actor actor{kAnn, Auth::bearer, id};
  using Names = std::vector<std::string>;
  const auto seen = [&] { return names(must(list(index, rig, actor))); };
  EXPECT_EQ(seen(), Names{});
  const std::uint64_t once = index.grants_read();
  for (const char* what : {"packages/other", "rpm/base", "team/other", "other/*"})
    give(rig, what, {Right::pull});
  EXPECT_EQ(seen(), Names{});
  EXPECT_EQ(index.grants_read(), once);
  give(rig, "old/app", {Right::pull});
  EXPECT_EQ(seen(), (Names{"old/app"}));
  EXPECT_EQ(index.grants_read(), once + 1);
  give(rig, "team/*", {Right::pull});
  must(rig.run(command_of(trust::RemoveGrant{ann, must(Resource::parse("old/app"))})));
  EXPECT_EQ(seen(), (Names{"team/app"}));
  EXPECT_EQ(index.grants_read(), once + 2);
  // What was granted before it was there counts from the moment it is.
  must(rig.run(put_manifest("team/other", "v1", 1)));
  EXPECT_EQ(seen(), (Names{"team/app", "team/other"}));
}

}  // namespace
}  // namespace varve::test
