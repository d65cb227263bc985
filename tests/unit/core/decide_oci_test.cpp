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
  return {repo("a"), std::move(to), digest(content), content.size(), std::string(kType), {}, {}};
}
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
