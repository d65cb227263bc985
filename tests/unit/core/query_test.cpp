// Questions about OCI state.
#include "core/oci/query.h"

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
using namespace std::string_literals;

Scenario with_tags(const std::vector<std::string_view>& names) {
  auto scenario =
      given({content::RepoCreated{"oci", repo("r")}, content::RepoCreated{"oci", repo("r-b")},
             TagSet{digest("m"), std::nullopt, repo("r-b"), tag("elsewhere")}});
  for (auto name : names) scenario.given({TagSet{digest("m"), std::nullopt, repo("r"), tag(name)}});
  return scenario;
}

std::vector<std::string> names(std::initializer_list<const char*> list) {
  return {list.begin(), list.end()};
}

TEST(FindRows, SayWhichEventSetThem) {
  auto scenario =
      given({content::RepoCreated{"oci", repo("r")}, content::BlobLinked{digest("b"), repo("r"), 7},
             ManifestPut{digest("m"), "a/b", repo("r"), 9},
             TagSet{digest("m"), std::nullopt, repo("r"), tag("t")}});
  const auto& rows = scenario.rows();
  const auto blob = find_blob(rows, repo("r"), digest("b")).value();
  ASSERT_TRUE(blob.has_value());
  EXPECT_EQ(blob->size, 7U);
  EXPECT_EQ(blob->index.value, 1U);
  const auto manifest = find_manifest(rows, repo("r"), digest("m")).value();
  ASSERT_TRUE(manifest.has_value());
  EXPECT_EQ(manifest->size, 9U);
  EXPECT_EQ(manifest->media_type, "a/b");
  EXPECT_EQ(manifest->index.value, 2U);
  const auto tagged = find_tag(rows, repo("r"), tag("t")).value();
  ASSERT_TRUE(tagged.has_value());
  EXPECT_EQ(tagged->digest, digest("m"));
  EXPECT_EQ(tagged->index.value, 3U);
  EXPECT_TRUE(repo_exists(rows, repo("r")).value());
}

TEST(FindRows, AbsenceIsNotAnErrorButAnUnreadableStoreIs) {
  auto scenario = given({});
  auto& rows = scenario.rows();
  EXPECT_FALSE(find_blob(rows, repo("r"), digest("b")).value().has_value());
  EXPECT_FALSE(find_manifest(rows, repo("r"), digest("b")).value().has_value());
  EXPECT_FALSE(find_tag(rows, repo("r"), tag("t")).value().has_value());
  EXPECT_FALSE(repo_exists(rows, repo("r")).value());
  rows.break_disk();
  EXPECT_FALSE(find_blob(rows, repo("r"), digest("b")).has_value());
  EXPECT_FALSE(find_manifest(rows, repo("r"), digest("b")).has_value());
  EXPECT_FALSE(find_tag(rows, repo("r"), tag("t")).has_value());
  EXPECT_FALSE(repo_exists(rows, repo("r")).has_value());
  EXPECT_EQ(list_tags(rows, repo("r"), "", 10).error().code, Errc::unavailable);
}

TEST(FindRows, DamagedRowsAreReported) {
  auto scenario = given({});
  auto& rows = scenario.rows();
  const std::string held = "r\0"s + digest("x").row();
  rows.put(Table::link, held, "seven b");
  rows.put(Table::manifest, held, "seven b");
  rows.put(Table::tag, "r\0t\0"s, "?");
  EXPECT_EQ(find_blob(rows, repo("r"), digest("x")).error().code, Errc::corrupt);
  EXPECT_EQ(find_manifest(rows, repo("r"), digest("x")).error().code, Errc::corrupt);
  EXPECT_EQ(find_tag(rows, repo("r"), tag("t")).error().code, Errc::corrupt);
}

TEST(ListTags, AreInByteOrderAndOfOneRepository) {
  auto scenario = with_tags({"b", "a", "B", "_", "a-1", "a.1", "10", "9"});
  const auto page = list_tags(scenario.rows(), repo("r"), "", 100).value();
  EXPECT_EQ(page.tags, names({"10", "9", "B", "_", "a", "a-1", "a.1", "b"}));
  EXPECT_FALSE(page.more);
}

TEST(ListTags, PagesMeetWithoutGapOrOverlap) {
  auto scenario = with_tags({"a", "a-1", "a.1", "aa", "b", "c", "d"});
  for (std::size_t limit = 1; limit <= 8; ++limit) {
    std::vector<std::string> all;
    bool more = true;
    while (more) {
      ASSERT_LE(all.size(), 7U) << "pages go round in circles";
      const auto page =
          list_tags(scenario.rows(), repo("r"), all.empty() ? "" : all.back(), limit).value();
      ASSERT_LE(page.tags.size(), limit);
      ASSERT_TRUE(!page.more || page.tags.size() == limit);
      all.insert(all.end(), page.tags.begin(), page.tags.end());
      more = page.more;
    }
    EXPECT_EQ(all, names({"a", "a-1", "a.1", "aa", "b", "c", "d"})) << "limit " << limit;
  }
}

TEST(ListTags, LastNeedNotExistNorBeATag) {
  auto scenario = with_tags({"a", "b", "c"});
  const auto after = [&](std::string_view last) {
    return list_tags(scenario.rows(), repo("r"), last, 10).value().tags;
  };
  EXPECT_EQ(after("aa"), names({"b", "c"}));
  EXPECT_EQ(after("c"), names({}));
  EXPECT_EQ(after("zzz"), names({}));
  EXPECT_EQ(after("!"), names({"a", "b", "c"}));
  EXPECT_EQ(after("a\0b"s), names({"b", "c"}));
  EXPECT_EQ(after("\0"s), names({"a", "b", "c"}));
  EXPECT_EQ(after("\xff"), names({}));
  EXPECT_EQ(after(std::string(100'000, 'b')), names({"c"}));
}

TEST(ListTags, ALimitOfNothingOnlySaysWhetherThereIsMore) {
  auto scenario = with_tags({"a"});
  const auto page = list_tags(scenario.rows(), repo("r"), "", 0).value();
  EXPECT_TRUE(page.tags.empty());
  EXPECT_TRUE(page.more);
  EXPECT_FALSE(list_tags(scenario.rows(), repo("r"), "a", 0).value().more);
}

TEST(ListTags, AnEmptyRepositoryIsNotAMissingOne) {
  auto scenario = with_tags({});
  EXPECT_TRUE(list_tags(scenario.rows(), repo("r"), "", 10).value().tags.empty());
  const auto missing = list_tags(scenario.rows(), repo("nowhere"), "", 10);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_EQ(missing.error().about, About::repository);
}

const MaySee kEverybody = [](const RepoName&) { return true; };

TEST(ListRepos, AreInByteOrderPageByPage) {
  auto scenario = given({});
  for (auto name : {"b", "a/b", "a", "a-b", "a.b"})
    scenario.given({content::RepoCreated{"oci", repo(name)}});
  scenario.given({content::RepoCreated{"other", repo("a0")}});
  const auto after = [&](std::string_view last, std::size_t limit) {
    return list_repos(scenario.rows(), last, limit, 100, kEverybody).value();
  };
  EXPECT_EQ(after("", 10).repos, names({"a", "a-b", "a.b", "a/b", "b"}));
  EXPECT_FALSE(after("", 5).more);
  EXPECT_TRUE(after("", 4).more);
  EXPECT_EQ(after("", 4).last, "a/b");
  EXPECT_EQ(after("a.b", 1).repos, names({"a/b"}));
  EXPECT_EQ(after("a.c", 10).repos, names({"a/b", "b"})) << "last need not exist";
  EXPECT_EQ(after("zzz", 10).repos, names({}));
}

TEST(ListRepos, LookAtABoundedNumberOfRowsAndTellNothingOfTheRest) {
  auto scenario = given({});
  for (auto name : {"a", "b", "c", "d"}) scenario.given({content::RepoCreated{"oci", repo(name)}});
  const MaySee only_d = [](const RepoName& repo) { return repo.text() == "d"; };
  auto page = list_repos(scenario.rows(), "", 10, 2, only_d).value();
  EXPECT_EQ(page.repos, names({}));
  EXPECT_TRUE(page.more);
  page = list_repos(scenario.rows(), page.last, 10, 2, only_d).value();
  EXPECT_EQ(page.repos, names({"d"}));
  EXPECT_FALSE(page.more);
}

TEST(ListRepos, AnUnreadableRightIsNotARefusal) {
  auto scenario = given({content::RepoCreated{"oci", repo("a")}});
  const MaySee broken = [](const RepoName&) -> Result<bool> {
    return fail(Errc::unavailable, About::storage, "the disk is gone");
  };
  EXPECT_EQ(list_repos(scenario.rows(), "", 10, 10, broken).error().code, Errc::unavailable);
  scenario.given({content::BlobLinked{digest("x"), repo("a"), 1}});
  EXPECT_EQ(find_holder(scenario.rows(), digest("x"), broken).error().code, Errc::unavailable);
}

TEST(FindHolder, IsTheFirstRepositoryThatMayBeSeen) {
  auto scenario = given({content::BlobLinked{digest("x"), repo("b"), 1},
                         content::BlobLinked{digest("x"), repo("a"), 1},
                         content::BlobLinked{digest("y"), repo("c"), 1}});
  const auto holder = [&](std::string_view content, const MaySee& may) -> std::string {
    const auto found = find_holder(scenario.rows(), digest(content), may).value();
    return found ? found->text() : "nobody";
  };
  EXPECT_EQ(holder("x", kEverybody), "a");
  EXPECT_EQ(holder("x", [](const RepoName& repo) { return repo.text() != "a"; }), "b");
  EXPECT_EQ(holder("x", [](const RepoName&) { return false; }), "nobody");
  EXPECT_EQ(holder("z", kEverybody), "nobody");
  scenario.given({content::BlobUnlinked{digest("x"), repo("a")}});
  EXPECT_EQ(holder("x", kEverybody), "b");
}

// An index that names a subject, as pushed.
Digest refer(Scenario& scenario, const std::string& subject, const std::string& artifact_type,
             std::string_view note) {
  const std::string body = R"({"schemaVersion":2,"artifactType":")" + artifact_type +
                           R"(","manifests":[],"subject":{"mediaType":"a/b","digest":")" + subject +
                           R"(","size":1},"annotations":{"n":")" + std::string(note) + "\"}}";
  scenario.given_with_body(
      ManifestPut{digest(body), "application/vnd.oci.image.index.v1+json", repo("r"), body.size()},
      body);
  return digest(body);
}

ReferrerWish all_of(std::string_view subject) {
  return {subject, {}, std::nullopt, 100, 1 << 20};
}

TEST(ListReferrers, AreThoseOfOneSubjectInOneRepository) {
  auto scenario = given({});
  const std::string subject = digest("subject").to_string();
  const std::string odd = "blake3:" + std::string(64, '0');
  const Digest one = refer(scenario, subject, "a/one", "1");
  refer(scenario, digest("other").to_string(), "a/one", "2");
  const Digest beyond_us = refer(scenario, odd, "a/two", "3");
  auto page = list_referrers(scenario.rows(), repo("r"), all_of(subject)).value();
  ASSERT_EQ(page.referrers.size(), 1U);
  EXPECT_EQ(page.referrers[0].digest, one);
  EXPECT_EQ(page.referrers[0].media_type, "application/vnd.oci.image.index.v1+json");
  EXPECT_EQ(page.referrers[0].artifact_type, "a/one");
  EXPECT_GT(page.referrers[0].size, 100U);
  page = list_referrers(scenario.rows(), repo("r"), all_of(odd)).value();
  ASSERT_EQ(page.referrers.size(), 1U);
  EXPECT_EQ(page.referrers[0].digest, beyond_us);
  EXPECT_TRUE(
      list_referrers(scenario.rows(), repo("q"), all_of(subject)).value().referrers.empty());
  scenario.given({ManifestDeleted{one, repo("r")}});
  EXPECT_TRUE(
      list_referrers(scenario.rows(), repo("r"), all_of(subject)).value().referrers.empty());
}

TEST(ListReferrers, PagesMeetWhateverCutsThem) {
  auto scenario = given({});
  const std::string subject = digest("subject").to_string();
  std::vector<Digest> odd, all;
  for (int i = 0; i < 12; ++i) {
    const Digest made =
        refer(scenario, subject, i % 3 == 0 ? "a/odd" : "a/even", std::to_string(i + 100));
    all.push_back(made);
    if (i % 3 == 0) odd.push_back(made);
  }
  const auto sorted = [](std::vector<Digest> digests) {
    std::ranges::sort(digests);
    return digests;
  };
  const auto collect = [&](ReferrerWish wish) {
    std::vector<Digest> found;
    for (int pages = 0; pages < 100; ++pages) {
      const auto page = list_referrers(scenario.rows(), repo("r"), wish).value();
      for (const Referrer& referrer : page.referrers) found.push_back(referrer.digest);
      if (!page.more) return found;
      wish.last = page.last;
    }
    ADD_FAILURE() << "pages go round in circles";
    return found;
  };
  for (const std::size_t limit : {1U, 5U, 12U, 100U}) {
    ReferrerWish wish = all_of(subject);
    wish.limit = limit;
    EXPECT_EQ(sorted(collect(wish)), sorted(all));
    wish.artifact_types = {"a/odd"};
    EXPECT_EQ(sorted(collect(wish)), sorted(odd));
    wish.artifact_types = {"a/odd", "a/even"};
    EXPECT_EQ(sorted(collect(wish)), sorted(all));
    wish.rows_max = 2;
    wish.artifact_types = {"a/odd"};
    EXPECT_EQ(sorted(collect(wish)), sorted(odd));
    wish.body_bytes_max = 1;  // even one is too many: it comes alone
    EXPECT_EQ(sorted(collect(wish)), sorted(odd));
  }
}

TEST(ListReferrers, OfOnePageComeOldestFirst) {
  auto scenario = given({});
  const std::string subject = digest("subject").to_string();
  std::vector<Digest> pushed, listed;
  for (int i = 0; i < 12; ++i) pushed.push_back(refer(scenario, subject, "a/b", std::to_string(i)));
  ASSERT_FALSE(std::ranges::is_sorted(pushed)) << "or this would show nothing";
  const auto page = list_referrers(scenario.rows(), repo("r"), all_of(subject)).value();
  for (const Referrer& referrer : page.referrers) listed.push_back(referrer.digest);
  EXPECT_EQ(listed, pushed);
}

TEST(ListReferrers, OfAHundredThousandAPageHoldsFewAndLooksAtFew) {
  auto scenario = given({});
  const std::string subject = digest("subject").to_string();
  const std::string value = "\0\0\0\0\0\0\0\x63\0\x03"s + "a/b" + "c/d";
  for (int i = 0; i < 100'000; ++i)
    scenario.rows().put(Table::referrer, "r\0"s + subject + "\0"s + digest(std::to_string(i)).row(),
                        value);
  ReferrerWish wish = all_of(subject);
  wish.limit = limits::kReferrersPageMax;
  wish.body_bytes_max = limits::kReferrersBodyBytesMax;
  auto page = list_referrers(scenario.rows(), repo("r"), wish).value();
  EXPECT_EQ(page.referrers.size(), limits::kReferrersPageMax);
  EXPECT_TRUE(page.more);
  wish.artifact_types = {"none/of-these"};
  page = list_referrers(scenario.rows(), repo("r"), wish).value();
  EXPECT_TRUE(page.referrers.empty());
  EXPECT_TRUE(page.more) << "only some of the rows were looked at";
  EXPECT_TRUE(page.last.has_value());
}

TEST(ListReferrers, ADamagedRowIsReported) {
  auto scenario = given({});
  const std::string subject = digest("subject").to_string();
  const std::string key = "r\0"s + subject + "\0"s + digest("m").row();
  for (const std::string& bad : {""s, "12345678"s,
                                 "12345678\0\x05"
                                 "a/b"s}) {
    scenario.rows().put(Table::referrer, key, bad);
    const auto page = list_referrers(scenario.rows(), repo("r"), all_of(subject));
    ASSERT_FALSE(page.has_value());
    EXPECT_EQ(page.error().code, Errc::corrupt);
  }
}

// Versions of one row, newest first, as a store of the past would give them.
class FakeHistory final : public History {
 public:
  explicit FakeHistory(std::vector<Version> versions) : versions_(std::move(versions)) {}
  Result<void> versions(Table table, std::string_view key, EntryIndex before,
                        const Visit& visit) const override {
    EXPECT_EQ(table, Table::tag);
    EXPECT_EQ(key, "r\0t\0"s);
    for (const Version& version : versions_)
      if (version.index < before && !visit(version)) break;
    return {};
  }
  Result<bool> changed_since(Table, std::string_view, TreeSize) const override {
    return fail(Errc::unsupported, About::storage, "nobody asks here");
  }

 private:
  std::vector<Version> versions_;
};

std::string in_words(const TagHistory& history) {
  std::string words;
  for (const TagVersion& version : history.versions)
    words += std::to_string(version.index.value) + (version.set ? " set " : " deleted ") +
             (version.digest == digest("m") ? "m, " : "n, ");
  return words + (history.more ? "more" : "end");
}

TEST(TagHistory, IsNewestFirstAndKnowsWhatWasDeleted) {
  const FakeHistory history({{EntryIndex{9}, digest("m").row()},
                             {EntryIndex{7}, std::nullopt},
                             {EntryIndex{5}, digest("n").row()},
                             {EntryIndex{2}, digest("m").row()}});
  const auto ask = [&](std::uint64_t before, std::size_t limit) {
    return in_words(tag_history(history, repo("r"), tag("t"), EntryIndex{before}, limit).value());
  };
  EXPECT_EQ(ask(100, 10), "9 set m, 7 deleted n, 5 set n, 2 set m, end");
  EXPECT_EQ(ask(100, 4), "9 set m, 7 deleted n, 5 set n, 2 set m, end");
  EXPECT_EQ(ask(100, 2), "9 set m, 7 deleted n, more");
  EXPECT_EQ(ask(100, 1), "9 set m, more");
  EXPECT_EQ(ask(9, 1), "7 deleted n, more");
  EXPECT_EQ(ask(7, 1), "5 set n, more");
  EXPECT_EQ(ask(5, 1), "2 set m, end");
  EXPECT_EQ(ask(2, 1), "end");
  EXPECT_EQ(ask(100, 0), "more");
}

TEST(TagHistory, ADamagedVersionIsReported) {
  const FakeHistory history({{EntryIndex{9}, "nonsense"}});
  EXPECT_EQ(tag_history(history, repo("r"), tag("t"), EntryIndex{10}, 10).error().code,
            Errc::corrupt);
}

}  // namespace
}  // namespace varve::oci
