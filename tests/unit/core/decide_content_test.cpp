// What may happen to repositories and blobs.
#include <gtest/gtest.h>

#include "tests/support/given.h"

namespace varve::content {
namespace {

using test::digest;
using test::given;
using test::repo;

TEST(LinkBlob, TheFirstPushMakesTheRepositoryTheBlobAndTheLink) {
  given({})
      .when(LinkBlob{repo("a"), digest("x"), 1})
      .then({RepoCreated{"oci", repo("a")}, BlobCommitted{digest("x"), 1},
             BlobLinked{digest("x"), repo("a"), 1}});
}

TEST(LinkBlob, IntoAnExistingRepositoryMakesBlobAndLink) {
  given({RepoCreated{"oci", repo("a")}})
      .when(LinkBlob{repo("a"), digest("x"), 1})
      .then({BlobCommitted{digest("x"), 1}, BlobLinked{digest("x"), repo("a"), 1}});
}

TEST(LinkBlob, ABlobThatIsHereAlreadyIsOnlyLinked) {
  given({RepoCreated{"oci", repo("a")}, BlobCommitted{digest("x"), 1},
         BlobLinked{digest("x"), repo("a"), 1}})
      .when(LinkBlob{repo("b"), digest("x"), 1})
      .then({RepoCreated{"oci", repo("b")}, BlobLinked{digest("x"), repo("b"), 1}});
}

TEST(LinkBlob, ARepeatChangesNothing) {
  given({RepoCreated{"oci", repo("a")}, BlobCommitted{digest("x"), 1},
         BlobLinked{digest("x"), repo("a"), 1}})
      .when(LinkBlob{repo("a"), digest("x"), 1})
      .then_nothing();
}

TEST(LinkBlob, OneDigestWithTwoSizesMeansThatADiskLies) {
  given({BlobCommitted{digest("x"), 1}})
      .when(LinkBlob{repo("a"), digest("x"), 2})
      .then_refused(Errc::corrupt, About::blob, digest("x").to_string());
  given({RepoCreated{"oci", repo("a")}, BlobLinked{digest("x"), repo("a"), 1}})
      .when(LinkBlob{repo("a"), digest("x"), 2})
      .then_refused(Errc::corrupt, About::blob, digest("x").to_string());
}

TEST(LinkBlob, NobodyMayDoItAnonymously) {
  given({})
      .when(LinkBlob{repo("a"), digest("x"), 1}, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(LinkBlob, AnUnreadableStoreIsNotAnEmptyOne) {
  auto scenario = given({});
  scenario.rows().break_disk();
  scenario.when(LinkBlob{repo("a"), digest("x"), 1})
      .then_refused(Errc::unavailable, About::storage);
}

TEST(LinkBlob, ADamagedRowIsReportedNotGuessed) {
  auto scenario = given({});
  scenario.rows().put(Table::blob, RowKey().digest(digest("x")), "short");
  scenario.when(LinkBlob{repo("a"), digest("x"), 1}).then_refused(Errc::corrupt, About::storage);
}

TEST(LinkBlob, ByAMountNeedsTheOtherRepositoryToHoldItStill) {
  const LinkBlob mount{repo("b"), digest("x"), 1, repo("a")};
  auto scenario = given({RepoCreated{"oci", repo("a")}, BlobCommitted{digest("x"), 1}});
  scenario.when(mount).then_refused(Errc::not_found, About::blob, digest("x").to_string());
  scenario.given({BlobLinked{digest("x"), repo("a"), 1}})
      .when(mount)
      .then({RepoCreated{"oci", repo("b")}, BlobLinked{digest("x"), repo("b"), 1}});
  scenario.given({BlobUnlinked{digest("x"), repo("a")}})
      .when(mount)
      .then_refused(Errc::not_found, About::blob);
}

TEST(UnlinkBlob, TakesTheLinkOfOneRepository) {
  given({RepoCreated{"oci", repo("a")}, BlobCommitted{digest("x"), 1},
         BlobLinked{digest("x"), repo("a"), 1}})
      .when(UnlinkBlob{repo("a"), digest("x")})
      .then({BlobUnlinked{digest("x"), repo("a")}});
}

TEST(UnlinkBlob, OfWhatIsNotThere) {
  given({})
      .when(UnlinkBlob{repo("a"), digest("x")})
      .then_refused(Errc::not_found, About::repository, "a");
  given({RepoCreated{"oci", repo("a")}, BlobLinked{digest("x"), repo("b"), 1}})
      .when(UnlinkBlob{repo("a"), digest("x")})
      .then_refused(Errc::not_found, About::blob, digest("x").to_string());
  given({RepoCreated{"oci", repo("a")}, BlobLinked{digest("x"), repo("a"), 1},
         BlobUnlinked{digest("x"), repo("a")}})
      .when(UnlinkBlob{repo("a"), digest("x")})
      .then_refused(Errc::not_found, About::blob);
}

TEST(UnlinkBlob, NobodyMayDoItAnonymously) {
  given({RepoCreated{"oci", repo("a")}, BlobLinked{digest("x"), repo("a"), 1}})
      .when(UnlinkBlob{repo("a"), digest("x")}, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(PurgeBlob, TakesBytesThatNoRepositoryLinks) {
  given({RepoCreated{"oci", repo("a")}, BlobCommitted{digest("x"), 7},
         BlobLinked{digest("x"), repo("a"), 7}, BlobUnlinked{digest("x"), repo("a")}})
      .when(PurgeBlob{digest("x")})
      .then({BlobPurged{digest("x"), 7}});
}

TEST(PurgeBlob, LeavesWhatAnyRepositoryLinks) {
  given({RepoCreated{"oci", repo("a")}, BlobCommitted{digest("x"), 7},
         BlobLinked{digest("x"), repo("a"), 7}, BlobLinked{digest("x"), repo("b"), 7},
         BlobUnlinked{digest("x"), repo("a")}})
      .when(PurgeBlob{digest("x")})
      .then_refused(Errc::conflict, About::blob, digest("x").to_string());
}

TEST(PurgeBlob, OfWhatIsNotHere) {
  given({}).when(PurgeBlob{digest("x")}).then_refused(Errc::not_found, About::blob);
  given({BlobCommitted{digest("x"), 7}, BlobPurged{digest("x"), 7}})
      .when(PurgeBlob{digest("x")})
      .then_refused(Errc::not_found, About::blob);
}

TEST(PurgeBlob, NobodyMayDoItAnonymously) {
  given({BlobCommitted{digest("x"), 7}})
      .when(PurgeBlob{digest("x")}, test::kNobody)
      .then_refused(Errc::unauthorized, About::request);
}

TEST(LinkBlob, AfterAPurgeTheBytesAreCommittedAnew) {
  given({RepoCreated{"oci", repo("a")}, BlobCommitted{digest("x"), 7}, BlobPurged{digest("x"), 7}})
      .when(LinkBlob{repo("a"), digest("x"), 7})
      .then({BlobCommitted{digest("x"), 7}, BlobLinked{digest("x"), repo("a"), 7}});
}

}  // namespace
}  // namespace varve::content
