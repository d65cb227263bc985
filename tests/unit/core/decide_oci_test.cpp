// What may happen to manifests and tags.
#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "tests/support/given.h"

namespace varve::oci {
namespace {

using content::BlobCommitted;
using content::BlobLinked;
using content::RepoCreated;
using test::digest;
using test::given;
using test::repo;
using test::tag;

constexpr std::string_view kType = "application/vnd.oci.image.manifest.v1+json";

PutManifest put(std::string_view content, std::optional<Tag> to = std::nullopt) {
  std::vector<Tag> tags;
  if (to) tags.push_back(*std::move(to));
  return {repo("a"), std::move(tags), digest(content), content.size(), std::string(kType), {}, {}};
}
TagSet tag_set(std::string_view name, std::string_view content,
               std::optional<std::string_view> before = std::nullopt) {
  std::optional<Digest> previous;
  if (before) previous = digest(*before);
  return {digest(content), previous, repo("a"), tag(name)};
}
std::string image_with(std::string_view blob) {
  const std::string descriptor = R"({"mediaType":"a/b","digest":")" + digest(blob).to_string() +
                                 R"(","size":)" + std::to_string(blob.size()) + "}";
  return R"({"schemaVersion":2,"config":)" + descriptor + R"(,"layers":[]})";
}
std::string index_with(std::string_view child) {
  return R"({"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":")" +
         digest(child).to_string() + R"(","size":)" + std::to_string(child.size()) + "}]}";
}
Match match(std::initializer_list<std::string_view> contents) {
  Match match;
  for (auto content : contents) match.digests.push_back(digest(content));
  return match;
}
const Match kAnything{true, {}};
ManifestPut was_put(std::string_view content) {
  return {digest(content), std::string(kType), repo("a"), content.size()};
}
const RepoCreated kRepo{"oci", repo("a")};

TEST(PutManifest, TheFirstPushMakesTheRepository) {
  given({}).when(put("m")).then({kRepo, was_put("m")});
}

TEST(PutManifest, WithATagSetsIt) {
  given({kRepo})
      .when(put("m", tag("t")))
      .then({was_put("m"), TagSet{digest("m"), std::nullopt, repo("a"), tag("t")}});
}

TEST(PutManifest, MovingATagSaysWhereItPointedBefore) {
  given({kRepo, was_put("m"), TagSet{digest("m"), std::nullopt, repo("a"), tag("t")}})
      .when(put("n", tag("t")))
      .then({was_put("n"), TagSet{digest("n"), digest("m"), repo("a"), tag("t")}});
}

TEST(PutManifest, ASecondTagOnKnownBytesIsOnlyATag) {
  given({kRepo, was_put("m"), TagSet{digest("m"), std::nullopt, repo("a"), tag("t")}})
      .when(put("m", tag("u")))
      .then({TagSet{digest("m"), std::nullopt, repo("a"), tag("u")}});
}

TEST(PutManifest, ARepeatChangesNothing) {
  given({kRepo, was_put("m"), TagSet{digest("m"), std::nullopt, repo("a"), tag("t")}})
      .when(put("m", tag("t")))
      .then_nothing();
  given({kRepo, was_put("m")}).when(put("m")).then_nothing();
}

TEST(PutManifest, AnotherRepositoryDoesNotCount) {
  PutManifest command = put("m");
  command.repo = repo("b");
  given({kRepo, was_put("m")})
      .when(command)
      .then({RepoCreated{"oci", repo("b")},
             ManifestPut{digest("m"), std::string(kType), repo("b"), 1}});
}

TEST(PutManifest, NeedsItsBlobsInTheSameRepository) {
  PutManifest command = put("m");
  command.blobs = {{digest("layer"), 5}};
  given({kRepo, BlobCommitted{digest("layer"), 5}, BlobLinked{digest("layer"), repo("b"), 5}})
      .when(command)
      .then_refused(Errc::not_found, About::manifest_blob, digest("layer").to_string());
  given({kRepo, BlobCommitted{digest("layer"), 5}, BlobLinked{digest("layer"), repo("a"), 5}})
      .when(command)
      .then({was_put("m")});
}

TEST(PutManifest, MustStateTheSizeOfItsBlobs) {
  PutManifest command = put("m");
  command.blobs = {{digest("layer"), 6}};
  given({kRepo, BlobLinked{digest("layer"), repo("a"), 5}})
      .when(command)
      .then_refused(Errc::invalid, About::manifest, digest("layer").to_string());
}

TEST(PutManifest, AnIndexNeedsItsChildrenInTheSameRepository) {
  PutManifest command = put("index");
  command.manifests = {{digest("m"), 1}};
  given({kRepo}).when(command).then_refused(Errc::not_found, About::manifest_blob,
                                            digest("m").to_string());
  given({kRepo, BlobLinked{digest("m"), repo("a"), 1}})
      .when(command)
      .then_refused(Errc::not_found, About::manifest_blob);
  given({kRepo, was_put("m")}).when(command).then({was_put("index")});
  command.manifests = {{digest("m"), 2}};
  given({kRepo, was_put("m")}).when(command).then_refused(Errc::invalid, About::manifest);
}

TEST(PutManifest, ADeletedChildIsMissing) {
  PutManifest command = put("index");
  command.manifests = {{digest("m"), 1}};
  given({kRepo, was_put("m"), ManifestDeleted{digest("m"), repo("a")}})
      .when(command)
      .then_refused(Errc::not_found, About::manifest_blob);
}

TEST(PutManifest, WhatADigestMeansDoesNotChange) {
  PutManifest command = put("m");
  command.media_type = "application/vnd.oci.image.index.v1+json";
  given({kRepo, was_put("m")}).when(command).then_refused(Errc::invalid, About::manifest);
  given({kRepo, was_put("m"), ManifestDeleted{digest("m"), repo("a")}})
      .when(command)
      .then({ManifestPut{digest("m"), command.media_type, repo("a"), 1}});
}

TEST(PutManifest, OneDigestWithTwoSizesMeansThatADiskLies) {
  PutManifest command = put("m");
  command.size = 2;
  given({kRepo, was_put("m")}).when(command).then_refused(Errc::corrupt, About::manifest);
}

TEST(PutManifest, RefusesAMediaTypeThatAnEntryCouldNotCarry) {
  for (std::string_view bad : {"", "text", "a/b\xff", "a/b; c=d", "a/b\n"}) {
    PutManifest command = put("m");
    command.media_type = bad;
    given({}).when(command).then_refused(Errc::invalid, About::manifest);
  }
}

TEST(PutManifest, NobodyMayDoItAnonymously) {
  given({}).when(put("m"), test::kNobody).then_refused(Errc::unauthorized, About::request);
}

TEST(PutManifest, AnonymousCallersLearnNothingAboutWhatIsHere) {
  PutManifest command = put("m");
  command.blobs = {{digest("secret"), 5}};
  given({}).when(command, test::kNobody).then_refused(Errc::unauthorized, About::request);
}

TEST(PutManifest, SetsEachTagOfItsListOnce) {
  PutManifest command = put("m");
  command.tags = {tag("b"), tag("a"), tag("b"), tag("c")};
  given({kRepo, was_put("n"), tag_set("b", "n"), was_put("m"), tag_set("c", "m")})
      .when(command)
      .then({tag_set("a", "m"), tag_set("b", "m", "n")});
}

TEST(PutManifest, SetsABoundedNumberOfTags) {
  PutManifest command = put("m");
  for (std::size_t i = 0; i < limits::kTagsPutMax; ++i)
    command.tags.push_back(tag("t" + std::to_string(i)));
  EXPECT_EQ(events_max(Intent(command)), limits::kTagsPutMax + 2);
  given({}).when(command);
  command.tags.push_back(tag("one-more"));
  given({}).when(command).then_refused(Errc::too_large, About::tag);
  EXPECT_EQ(events_max(Intent(command)), limits::kTagsPutMax + 2);
}

// Every row: what stands under the tag, the conditions, and whether they hold.
TEST(Preconditions, AreAboutWhatTheTagPointsToWhenTheEventIsDecided) {
  struct Row {
    const char* what;
    std::optional<std::string_view> now;
    std::optional<Match> if_match, if_none_match;
    bool holds;
  };
  const Row rows[] = {
      {"none", "m", {}, {}, true},
      {"If-Match, the same", "m", match({"m"}), {}, true},
      {"If-Match, one of several", "m", match({"x", "m"}), {}, true},
      {"If-Match, another", "m", match({"x"}), {}, false},
      {"If-Match, what is no digest", "m", match({}), {}, false},
      {"If-Match, absent", {}, match({"m"}), {}, false},
      {"If-Match: *", "m", kAnything, {}, true},
      {"If-Match: *, absent", {}, kAnything, {}, false},
      {"If-None-Match: *", "m", {}, kAnything, false},
      {"If-None-Match: *, absent", {}, {}, kAnything, true},
      {"If-None-Match, the same", "m", {}, match({"m"}), false},
      {"If-None-Match, another", "m", {}, match({"x"}), true},
      {"both, one fails", "m", match({"m"}), kAnything, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    auto scenario = given({kRepo, was_put("m"), was_put("n")});
    if (row.now) scenario.given({tag_set("t", *row.now)});
    const std::string now = row.now ? digest(*row.now).to_string() : "absent";
    PutManifest command = put("n", tag("t"));
    command.conditions = {row.if_match, row.if_none_match};
    scenario.when(command);
    if (row.holds)
      scenario.then({tag_set("t", "n", row.now)});
    else
      scenario.then_refused(Errc::precondition, About::manifest, now);
    scenario.when(SetTag{repo("a"), tag("t"), digest("n"), command.conditions});
    if (row.holds)
      scenario.then({tag_set("t", "n", row.now)});
    else
      scenario.then_refused(Errc::precondition, About::manifest, now);
    scenario.when(DeleteTag{repo("a"), tag("t"), command.conditions});
    if (!row.holds)
      scenario.then_refused(Errc::precondition, About::manifest, now);
    else if (row.now)
      scenario.then({TagDeleted{digest("m"), repo("a"), tag("t")}});
    else
      scenario.then_refused(Errc::not_found, About::tag);
  }
}

TEST(Preconditions, OfAManifestPutOrDeletedByItsDigestAreAboutIt) {
  PutManifest command = put("m");
  command.conditions.if_none_match = kAnything;
  given({}).when(command).then({kRepo, was_put("m")});
  given({kRepo, was_put("m")}).when(command).then_refused(Errc::precondition, About::manifest);
  command.conditions = {match({"m"}), {}};
  given({kRepo}).when(command).then_refused(Errc::precondition, About::manifest, "absent");
  given({kRepo, was_put("m")})
      .when(DeleteManifest{repo("a"), digest("m"), {kAnything, {}}})
      .then({ManifestDeleted{digest("m"), repo("a")}});
  given({kRepo})
      .when(DeleteManifest{repo("a"), digest("m"), {kAnything, {}}})
      .then_refused(Errc::precondition, About::manifest, "absent");
}

TEST(Preconditions, HoldForEachTagOrNothingHappens) {
  PutManifest command = put("m");
  command.tags = {tag("new"), tag("old")};
  command.conditions.if_none_match = kAnything;
  given({kRepo, was_put("n"), tag_set("old", "n")})
      .when(command)
      .then_refused(Errc::precondition, About::manifest, digest("n").to_string());
}

TEST(SetTag, PointsATagToAManifestThatIsThere) {
  const SetTag command{repo("a"), tag("t"), digest("m"), {}};
  given({}).when(command).then_refused(Errc::not_found, About::repository);
  given({kRepo}).when(command).then_refused(Errc::not_found, About::manifest);
  given({kRepo, was_put("m")}).when(command).then({tag_set("t", "m")});
  given({kRepo, was_put("m"), was_put("n"), tag_set("t", "n")})
      .when(command)
      .then({tag_set("t", "m", "n")});
  given({kRepo, was_put("m"), tag_set("t", "m")}).when(command).then_nothing();
  given({kRepo, was_put("m"), ManifestDeleted{digest("m"), repo("a")}})
      .when(command)
      .then_refused(Errc::not_found, About::manifest, digest("m").to_string());
  given({kRepo, was_put("m")})
      .when(command, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(UnlinkBlob, IsRefusedWhileAManifestOfTheRepositoryRefersToIt) {
  const std::string image = image_with("layer");
  const ManifestPut put_image{digest(image), std::string(kType), repo("a"), image.size()};
  auto scenario = given({kRepo, BlobLinked{digest("layer"), repo("a"), 5},
                         RepoCreated{"oci", repo("b")}, BlobLinked{digest("layer"), repo("b"), 5}});
  scenario.given_with_body(put_image, image);
  scenario.when(content::UnlinkBlob{repo("a"), digest("layer")})
      .then_refused(Errc::unsupported, About::blob, digest(image).to_string());
  scenario.when(content::UnlinkBlob{repo("b"), digest("layer")})
      .then({content::BlobUnlinked{digest("layer"), repo("b")}});
  scenario.given({ManifestDeleted{digest(image), repo("a")}})
      .when(content::UnlinkBlob{repo("a"), digest("layer")})
      .then({content::BlobUnlinked{digest("layer"), repo("a")}});
}

TEST(DeleteManifest, IsRefusedWhileAnIndexOfTheRepositoryRefersToIt) {
  const std::string index = index_with("m");
  auto scenario = given({kRepo, was_put("m")});
  scenario.given_with_body(ManifestPut{digest(index), "application/vnd.oci.image.index.v1+json",
                                       repo("a"), index.size()},
                           index);
  scenario.when(DeleteManifest{repo("a"), digest("m")})
      .then_refused(Errc::unsupported, About::manifest, digest(index).to_string());
  scenario.given({ManifestDeleted{digest(index), repo("a")}})
      .when(DeleteManifest{repo("a"), digest("m")})
      .then({ManifestDeleted{digest("m"), repo("a")}});
}

TEST(DeleteTag, SaysWhereItPointed) {
  given({kRepo, was_put("m"), TagSet{digest("m"), std::nullopt, repo("a"), tag("t")}})
      .when(DeleteTag{repo("a"), tag("t")})
      .then({TagDeleted{digest("m"), repo("a"), tag("t")}});
}

TEST(DeleteTag, OfWhatIsNotThere) {
  given({})
      .when(DeleteTag{repo("a"), tag("t")})
      .then_refused(Errc::not_found, About::repository, "a");
  given({kRepo})
      .when(DeleteTag{repo("a"), tag("t")})
      .then_refused(Errc::not_found, About::tag, "t");
  given({kRepo, was_put("m"), TagSet{digest("m"), std::nullopt, repo("a"), tag("t")},
         TagDeleted{digest("m"), repo("a"), tag("t")}})
      .when(DeleteTag{repo("a"), tag("t")})
      .then_refused(Errc::not_found, About::tag);
}

TEST(DeleteTag, NobodyMayDoItAnonymously) {
  given({kRepo})
      .when(DeleteTag{repo("a"), tag("t")}, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(DeleteTag, ADamagedRowIsReportedNotGuessed) {
  auto scenario = given({kRepo});
  scenario.rows().put(Table::tag, RowKey().name("a").name("t"), "nonsense");
  scenario.when(DeleteTag{repo("a"), tag("t")}).then_refused(Errc::corrupt, About::digest);
}

TEST(DeleteManifest, IsOneEventHoweverManyTagsGo) {
  given({kRepo, was_put("m"), TagSet{digest("m"), std::nullopt, repo("a"), tag("t")},
         TagSet{digest("m"), std::nullopt, repo("a"), tag("u")}})
      .when(DeleteManifest{repo("a"), digest("m")})
      .then({ManifestDeleted{digest("m"), repo("a")}});
}

TEST(DeleteManifest, IsRefusedWhenMoreTagsWouldGoThanOneBatchMayHold) {
  std::vector<Event> events = {content::RepoCreated{"oci", repo("a")},
                               ManifestPut{digest("m"), "application/x", repo("a"), 1}};
  for (std::size_t i = 0; i < limits::kTagsDeletedAtOnceMax; ++i)
    events.emplace_back(TagSet{digest("m"), std::nullopt, repo("a"), tag("t" + std::to_string(i))});
  given(events)
      .when(DeleteManifest{repo("a"), digest("m")})
      .then({ManifestDeleted{digest("m"), repo("a")}});
  events.emplace_back(TagSet{digest("m"), std::nullopt, repo("a"), tag("one-more")});
  given(events)
      .when(DeleteManifest{repo("a"), digest("m")})
      .then_refused(Errc::too_large, About::manifest, digest("m").to_string());
}

TEST(DeleteManifest, OfWhatIsNotThere) {
  given({})
      .when(DeleteManifest{repo("a"), digest("m")})
      .then_refused(Errc::not_found, About::repository);
  given({kRepo})
      .when(DeleteManifest{repo("a"), digest("m")})
      .then_refused(Errc::not_found, About::manifest, digest("m").to_string());
}

TEST(DeleteManifest, NobodyMayDoItAnonymously) {
  given({kRepo, was_put("m")})
      .when(DeleteManifest{repo("a"), digest("m")}, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

}  // namespace
}  // namespace varve::oci
