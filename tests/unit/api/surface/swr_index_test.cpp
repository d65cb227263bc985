// The index of SWR's listings follows the log: at any time it says what the rows say.
#include "api/surface/swr_index.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace varve::test
