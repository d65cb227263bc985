// Immutable tags: where a policy says so, what a tag once named it names for ever.
#include <gtest/gtest.h>

#include "tests/support/given.h"

namespace varve {
namespace {

using test::digest;
using test::given;
using test::kHolder;
using test::repo;
using test::resource;
using test::Scenario;
using test::tag;

// release/app holds a tagged and an untagged manifest, under a policy on what lies below release/.
Scenario released(const std::vector<Event>& and_then = {}) {
  return given({content::RepoCreated{"oci", repo("release/app")},
                oci::ManifestPut{digest("m1"), "a/b", repo("release/app"), 2},
                oci::ManifestPut{digest("m2"), "a/b", repo("release/app"), 2},
                oci::TagSet{digest("m1"), std::nullopt, repo("release/app"), tag("1.0")},
                trust::PolicySet{true, resource("release/*")}})
      .given(and_then);
}

oci::PutManifest put(std::string_view content, std::string_view as) {
  return {repo("release/app"), {tag(as)}, digest(content), content.size(), "a/b", {}, {}};
}

TEST(ImmutableTags, DoNotMove) {
  released().when(put("m2", "1.0")).then_refused(Errc::denied, About::tag, "release/app");
  released().when(put("m3", "1.0")).then_refused(Errc::denied, About::tag);
}

TEST(ImmutableTags, CanBeSetToWhatTheyAreAgain) {
  released().when(put("m1", "1.0")).then_nothing();
}

TEST(ImmutableTags, CanBeNew) {
  released()
      .when(put("m2", "2.0"))
      .then({oci::TagSet{digest("m2"), std::nullopt, repo("release/app"), tag("2.0")}});
}

TEST(ImmutableTags, AreNotDeleted) {
  released()
      .when(oci::DeleteTag{repo("release/app"), tag("1.0")})
      .then_refused(Errc::denied, About::tag);
  released()
      .when(oci::DeleteTag{repo("release/app"), tag("2.0")})
      .then_refused(Errc::not_found, About::tag);
}

TEST(ImmutableTags, KeepTheirManifests) {
  released()
      .when(oci::DeleteManifest{repo("release/app"), digest("m1")})
      .then_refused(Errc::denied, About::tag);
  released()
      .when(oci::DeleteManifest{repo("release/app"), digest("m2")})
      .then({oci::ManifestDeleted{digest("m2"), repo("release/app")}});
}

TEST(ImmutableTags, BindWhoeverHoldsTheDirectoryToo) {
  released().when(put("m2", "1.0"), kHolder).then_refused(Errc::denied, About::tag);
}

TEST(ImmutableTags, MoveAgainWhenAMoreSpecificPolicyOrNoneSaysSo) {
  const Event moved = oci::TagSet{digest("m2"), digest("m1"), repo("release/app"), tag("1.0")};
  released({trust::PolicySet{false, resource("release/app")}}).when(put("m2", "1.0")).then({moved});
  released({trust::PolicyRemoved{resource("release/*")}}).when(put("m2", "1.0")).then({moved});
  released({trust::PolicyRemoved{resource("release/*")}, trust::PolicySet{true, resource("*")}})
      .when(put("m2", "1.0"))
      .then_refused(Errc::denied, About::tag);
}

}  // namespace
}  // namespace varve
