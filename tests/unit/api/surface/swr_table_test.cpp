// The table behind SWR's listings: its orders, its filters, and whom grants let in.
#include "api/surface/swr_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace varve::surface {
namespace {

oci::RepoOverview facts(std::string repo, std::uint64_t index, std::uint64_t tags = 0) {
  return {std::move(repo), EntryIndex{index}, EntryIndex{index}, tags};
}
SwrTable small() {
  std::vector<oci::RepoOverview> all{facts("a-b/x", 5, 1), facts("a/x", 3, 2), facts("a/y/z", 4, 2),
                                     facts("b", 1, 7), facts("b/x", 2, 1)};
  return SwrTable::of(std::move(all), TreeSize{10});
}
SwrFlags all_of(const SwrTable& table) {
  return SwrFlags(table.ids(), 1);
}
std::vector<std::string> names(const SwrTable& table, const SwrTable::Found& found) {
  std::vector<std::string> names;
  for (const SwrTable::Id id : found.page) names.push_back(table.at(id).facts.repo);
  return names;
}
std::vector<std::string> in_order(const SwrTable& table, SwrColumn column, bool descending) {
  SwrRepoWish wish;
  wish.column = column;
  wish.descending = descending;
  SwrFlags open(table.ids(), 0);
  for (SwrTable::Id id = 0; id < table.ids(); ++id) open[id] = table.at(id).facts.tags == 2 ? 1 : 0;
  return names(table, table.select(wish, all_of(table), open, 1'000));
}
using Names = std::vector<std::string>;

TEST(SwrTable, HasEveryOrder) {
  const SwrTable table = small();
  EXPECT_EQ(in_order(table, SwrColumn::updated_time, true),
            (Names{"a-b/x", "a/y/z", "a/x", "b/x", "b"}));
  EXPECT_EQ(in_order(table, SwrColumn::updated_time, false),
            (Names{"b", "b/x", "a/x", "a/y/z", "a-b/x"}));
  // Namespaces are compared whole: "_" is that of "b", and "a" comes before "a-b".
  EXPECT_EQ(in_order(table, SwrColumn::name_space, false),
            (Names{"b", "a/x", "a/y/z", "a-b/x", "b/x"}));
  EXPECT_EQ(in_order(table, SwrColumn::name, false), (Names{"b", "a/x", "a-b/x", "b/x", "a/y/z"}));
  EXPECT_EQ(in_order(table, SwrColumn::tag_count, true),
            (Names{"b", "a/y/z", "a/x", "b/x", "a-b/x"}));
  EXPECT_EQ(in_order(table, SwrColumn::is_public, true),
            (Names{"a/y/z", "a/x", "b/x", "a-b/x", "b"}));
  EXPECT_EQ(in_order(table, SwrColumn::is_public, false),
            (Names{"b", "a-b/x", "b/x", "a/x", "a/y/z"}));
}

TEST(SwrTable, PutsPagesNextToEachOtherWithTheirTotal) {
  const SwrTable table = small();
  Names together;
  for (std::uint64_t offset = 0; offset < 8; offset += 2) {
    SwrRepoWish wish;
    wish.page = SwrPage{offset, 2};
    const auto found = table.select(wish, all_of(table), all_of(table), 1'000);
    EXPECT_EQ(found.total, 5U);
    for (std::string& name : names(table, found)) together.push_back(std::move(name));
  }
  EXPECT_EQ(together, in_order(table, SwrColumn::updated_time, true));
  SwrRepoWish far;
  far.page = SwrPage{UINT64_MAX, 1'000};
  EXPECT_TRUE(table.select(far, all_of(table), all_of(table), 1'000).page.empty());
  EXPECT_EQ(table.select({}, all_of(table), all_of(table), 3).page.size(), 3U);
}

TEST(SwrTable, FiltersByPartsOfNamesAndAllOfAWord) {
  const SwrTable table = small();
  const auto found = [&](SwrRepoWish wish) {
    wish.column = SwrColumn::name_space;
    wish.descending = false;
    return names(table, table.select(wish, all_of(table), SwrFlags(table.ids(), 0), 1'000));
  };
  SwrRepoWish wish;
  wish.name_space = "a";
  EXPECT_EQ(found(wish), (Names{"a/x", "a/y/z", "a-b/x"}));
  wish.exact_namespace = true;
  EXPECT_EQ(found(wish), (Names{"a/x", "a/y/z"}));
  wish.name = "z";
  EXPECT_EQ(found(wish), (Names{"a/y/z"}));
  wish = {};
  wish.name_space = "_";
  EXPECT_EQ(found(wish), (Names{"b"}));
  wish = {};
  wish.name = "/";  // what it is called, without its namespace
  EXPECT_EQ(found(wish), (Names{"a/y/z"}));
  wish = {};
  wish.is_public = true;
  EXPECT_EQ(found(wish), Names{});
  wish = {};
  wish.category = content::Category::arm;
  EXPECT_EQ(found(wish), Names{});
}

TEST(SwrTable, LeavesOutWhatIsNotSeenOrHidden) {
  SwrTable table = small();
  SwrRepo hidden{facts("b/x", 2, 1), EntryIndex{9}};
  hidden.facts.hidden = true;
  table.put("b/x", hidden);
  SwrFlags visible = all_of(table);
  visible[*table.find("b")] = 0;
  const auto found = table.select({}, visible, all_of(table), 1'000);
  EXPECT_EQ(found.total, 3U);
  EXPECT_EQ(names(table, found), (Names{"a-b/x", "a/y/z", "a/x"}));
}

trust::Grant grant(std::string_view resource, Rights rights) {
  return {Resource::parse(resource).value(), rights, EntryIndex{}};
}

// The rule itself is trust's; this is it for all repositories at once.
TEST(SwrTable, AllowsWhatTheNarrowestGrantSays) {
  const SwrTable table = small();
  const auto allowed = [&](std::vector<trust::Grant> grants) {
    const SwrFlags flags = table.allowed(std::move(grants), Right::pull);
    Names names;
    for (const auto& fact : table.facts())
      if (flags[*table.find(fact.repo)] != 0) names.push_back(fact.repo);
    return names;
  };
  const Rights pull{Right::pull};
  EXPECT_EQ(allowed({}), Names{});
  EXPECT_EQ(allowed({grant("*", {Right::push})}), Names{});
  EXPECT_EQ(allowed({grant("a/*", pull)}), (Names{"a/x", "a/y/z"}));
  EXPECT_EQ(allowed({grant("a/y/z", pull), grant("b/*", pull)}), (Names{"a/y/z", "b/x"}));
  EXPECT_EQ(allowed({grant("a/x", {}), grant("a/*", pull), grant("*", {})}), (Names{"a/y/z"}));
  EXPECT_EQ(allowed({grant("a/y/*", {}), grant("*", pull), grant("none/*", {})}),
            (Names{"a-b/x", "a/x", "b", "b/x"}));
}

TEST(SwrTable, KeepsItsOrdersWhileRepositoriesComeMoveAndGo) {
  std::mt19937_64 random(7);
  SwrTable table = SwrTable::of({}, TreeSize{0});
  std::map<std::string, oci::RepoOverview> model;
  for (std::uint64_t step = 1; step < 2'000; ++step) {
    const std::string name = std::string(1, static_cast<char>('a' + random() % 4)) + "/r" +
                             std::to_string(random() % 20);
    const bool known = model.contains(name);
    if (random() % 4 == 0) {
      EXPECT_EQ(table.put(name, std::nullopt), known);
      model.erase(name);
    } else {
      model[name] = facts(name, step, random() % 5);
      EXPECT_EQ(table.put(name, SwrRepo{model[name], EntryIndex{step}}), !known);
    }
    if (step % 100 != 0) continue;
    std::vector<oci::RepoOverview> all;
    for (const auto& [text, overview] : model) all.push_back(overview);
    EXPECT_EQ(table.facts(), all);
    EXPECT_EQ(table.count(), all.size());
    const SwrTable fresh = SwrTable::of(all, TreeSize{step});
    for (const SwrColumn column : {SwrColumn::updated_time, SwrColumn::name, SwrColumn::tag_count,
                                   SwrColumn::name_space, SwrColumn::is_public})
      EXPECT_EQ(in_order(table, column, true), in_order(fresh, column, true));
  }
}

TEST(SwrTable, ForgetsWhatWasComputedWhenSomethingHappensMeanwhile) {
  SwrTable table = small();
  SwrRepo computed = table.at(*table.find("a/x"));
  computed.size = 42;
  table.remember(computed);
  EXPECT_EQ(table.at(*table.find("a/x")).size, 42U);
  table.put("a/x", SwrRepo{facts("a/x", 11, 2), EntryIndex{11}});
  table.remember(computed);
  EXPECT_EQ(table.at(*table.find("a/x")).size, std::nullopt);
  table.put("a/x", std::nullopt);
  table.remember(computed);
  EXPECT_EQ(table.find("a/x"), std::nullopt);
}

}  // namespace
}  // namespace varve::surface
