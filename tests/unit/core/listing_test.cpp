// Tags and manifests in the order a client asks for, page by page.
#include "core/oci/listing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/given.h"

namespace varve::oci {
namespace {

using test::digest;
using test::given;
using test::repo;
using test::Scenario;
using test::tag;

ManifestPut was_put(std::string_view content) {
  return {digest(content), "a/b", repo("r"), content.size()};
}
TagSet tag_set(std::string_view name, std::string_view content,
               std::optional<std::string_view> before = std::nullopt) {
  std::optional<Digest> previous;
  if (before) previous = digest(*before);
  return {digest(content), previous, repo("r"), tag(name)};
}

// Tags made in the order d b a c, then b moved.
Scenario pushed() {
  return given({content::RepoCreated{"oci", repo("r")}, was_put("m"), was_put("n"),
                tag_set("d", "m"), tag_set("b", "m"), tag_set("a", "n"), tag_set("c", "m"),
                tag_set("b", "n", "m")});
}

struct Ask {
  Order order = Order::name;
  std::size_t limit = 100;
  std::size_t rows_max = 100;
  std::optional<Digest> of = std::nullopt;
  std::string last = {};
};

Result<ListedTags> list(Scenario& scenario, const Ask& ask) {
  const auto listed = Listed::in(scenario.rows(), repo("r")).value();
  return list_tags(scenario.rows(), repo("r"), ask.of, ask.last,
                   {ask.order, ask.limit, ask.rows_max}, listed);
}

// All pages, a bar between them.
std::string pages(Scenario& scenario, Ask ask) {
  std::string words;
  for (int count = 0; count < 100; ++count) {
    const auto page = list(scenario, ask).value();
    for (const ListedTag& item : page.tags) words += item.tag.text();
    if (!page.more) return words;
    words += '|';
    ask.last = page.last;
  }
  ADD_FAILURE() << "pages go round in circles";
  return words;
}

TEST(ListedTags, ComeByNameOrByTheTimeTheyWereLastSet) {
  auto scenario = pushed();
  EXPECT_EQ(pages(scenario, {.order = Order::name}), "abcd");
  EXPECT_EQ(pages(scenario, {.order = Order::oldest_first}), "dacb");
  EXPECT_EQ(pages(scenario, {.order = Order::newest_first}), "bcad");
}

TEST(ListedTags, MeetPageByPage) {
  auto scenario = pushed();
  EXPECT_EQ(pages(scenario, {.order = Order::name, .limit = 3}), "abc|d");
  EXPECT_EQ(pages(scenario, {.order = Order::oldest_first, .limit = 2}), "da|cb");
  EXPECT_EQ(pages(scenario, {.order = Order::newest_first, .limit = 1}), "b|c|a|d");
  EXPECT_EQ(pages(scenario, {.order = Order::name, .limit = 3, .rows_max = 2}), "ab|cd");
}

TEST(ListedTags, ByTimeAreTheFirstOfManyWhateverTheirNames) {
  const std::string made = "qhzaydkmcxbwnjeftgupslviro";
  auto scenario = given({content::RepoCreated{"oci", repo("r")}, was_put("m")});
  for (const char name : made) scenario.given({tag_set(std::string(1, name), "m")});
  const auto in_order = [&](Order order, std::size_t limit) {
    std::string names = pages(scenario, {.order = order, .limit = limit});
    std::erase(names, '|');
    return names;
  };
  for (const std::size_t limit : {1U, 3U, 25U, 26U, 27U}) {
    EXPECT_EQ(in_order(Order::oldest_first, limit), made) << limit;
    EXPECT_EQ(in_order(Order::newest_first, limit), std::string(made.rbegin(), made.rend()));
  }
}

TEST(ListedTags, OfOneManifestAreThoseThatPointToItNow) {
  auto scenario = pushed();
  EXPECT_EQ(pages(scenario, {.of = digest("m")}), "cd");
  EXPECT_EQ(pages(scenario, {.order = Order::newest_first, .limit = 1, .of = digest("n")}), "b|a");
  EXPECT_EQ(pages(scenario, {.of = digest("nobody")}), "");
}

TEST(ListedTags, SayWhenTheyWereMadeAndMoved) {
  auto scenario = pushed();
  const auto page = list(scenario, {}).value();
  ASSERT_EQ(page.tags.size(), 4U);
  const TagRow& moved = page.tags[1].row;
  EXPECT_EQ(moved.created, EntryIndex{4});
  EXPECT_EQ(moved.index, EntryIndex{7});
  EXPECT_EQ(moved.digest, digest("n"));
  EXPECT_EQ(page.tags[0].row.created, page.tags[0].row.index);
}

TEST(ListedTags, LeaveOutWhatIsHidden) {
  auto scenario = pushed();
  scenario.given({TagAttributesSet{{.list = false}, repo("r"), tag("c")}});
  EXPECT_EQ(pages(scenario, {.limit = 1}), "a|b|d");
  EXPECT_EQ(pages(scenario, {.order = Order::newest_first, .limit = 2}), "ba|d");
  EXPECT_EQ(pages(scenario, {.of = digest("m")}), "d");
  // Whoever stopped at it before it was hidden goes on all the same.
  EXPECT_EQ(pages(scenario, {.order = Order::newest_first, .last = "c"}), "ad");
  scenario.given({content::RepoAttributesSet{{.list = false}, repo("r")}});
  EXPECT_EQ(pages(scenario, {}), "");
}

TEST(ListedTags, ByTimeAreRefusedWhenTheyAreTooManyOrTheEndIsGone) {
  auto scenario = pushed();
  auto page = list(scenario, {.order = Order::newest_first, .rows_max = 3});
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().code, Errc::invalid);
  EXPECT_EQ(pages(scenario, {.order = Order::newest_first, .rows_max = 4}), "bcad");
  page = list(scenario, {.order = Order::newest_first, .last = "gone"});
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().code, Errc::invalid);
  EXPECT_EQ(pages(scenario, {.order = Order::name, .last = "aa"}), "bcd");
}

TEST(ListedManifests, ComeByDigestOrByTheTimeTheyWerePut) {
  auto scenario = given({content::RepoCreated{"oci", repo("r")}});
  std::vector<Digest> put;
  for (const std::string content : {"one", "two", "three", "four", "five"}) {
    scenario.given({was_put(content)});
    put.push_back(digest(content));
  }
  const auto listed = Listed::in(scenario.rows(), repo("r")).value();
  const auto all = [&](Order order, std::size_t limit) {
    std::vector<Digest> found;
    std::optional<Digest> last;
    for (bool more = true; more && found.size() < 100;) {
      const auto page =
          list_manifests(scenario.rows(), repo("r"), last, {order, limit, 100}, listed).value();
      for (const ListedManifest& item : page.manifests) found.push_back(item.digest);
      last = page.last;
      more = page.more;
    }
    return found;
  };
  for (const std::size_t limit : {1U, 2U, 5U, 50U}) {
    EXPECT_EQ(all(Order::oldest_first, limit), put);
    EXPECT_EQ(all(Order::newest_first, limit), std::vector<Digest>(put.rbegin(), put.rend()));
    auto sorted = put;
    std::ranges::sort(sorted, std::less<>(), &Digest::row);
    EXPECT_EQ(all(Order::name, limit), sorted);
  }
}

TEST(RepoSummary, CountsAndKnowsTheNewestChange) {
  auto scenario = pushed();
  const auto summarise = [&](std::string_view name) -> Result<RepoSummary> {
    Summariser summariser(scenario.rows(), repo(name));
    VARVE_TRY(const bool complete, summariser.go_on());
    EXPECT_TRUE(complete);
    return summariser.summary();
  };
  auto summary = summarise("r").value();
  EXPECT_EQ(summary.created, EntryIndex{0});
  EXPECT_EQ(summary.updated, EntryIndex{7});
  EXPECT_EQ(summary.tags, 4U);
  EXPECT_EQ(summary.manifests, 2U);
  scenario.given({content::RepoAttributesSet{{.write = false}, repo("r")}});
  EXPECT_EQ(summarise("r").value().updated, EntryIndex{8});
  scenario.given({content::RepoUpdated{content::Category::lang, "text", repo("r")}});
  EXPECT_EQ(summarise("r").value().updated, EntryIndex{9});
  scenario.given({ManifestDeleted{digest("gone"), repo("r")}});
  EXPECT_EQ(summarise("r").value().updated, EntryIndex{10}) << "a deletion is an update";
  EXPECT_EQ(summarise("q").error().code, Errc::not_found);
}

TEST(RepoSummary, ComesToTheSameInStepsOfAnySize) {
  auto scenario = pushed();
  for (const std::size_t rows : {1U, 2U, 3U, 4U, 5U, 6U, 7U}) {
    Summariser summariser(scenario.rows(), repo("r"));
    std::size_t steps = 1;
    while (!summariser.go_on(rows).value()) ASSERT_LT(++steps, 10U);
    EXPECT_EQ(summariser.summary().tags, 4U) << rows;
    EXPECT_EQ(summariser.summary().manifests, 2U) << rows;
    EXPECT_EQ(summariser.summary().updated, EntryIndex{7}) << rows;
    if (rows == 1) EXPECT_GE(steps, 6U) << "a step looks at one row";
  }
}

TEST(Contents, AreTheTagsAndManifestsOfOneRepository) {
  auto scenario = pushed();
  scenario.given(
      {content::RepoCreated{"oci", repo("r/s")}, ManifestPut{digest("o"), "a/b", repo("r/s"), 1}});
  const auto contents = contents_of(scenario.rows(), repo("r")).value();
  EXPECT_EQ(contents.tags, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(contents.manifests.size(), 2U);
  EXPECT_EQ(contents_of(scenario.rows(), repo("r/s")).value().manifests,
            std::vector<Digest>{digest("o")});
}

}  // namespace
}  // namespace varve::oci
