// The bytes of every (type, v) ever written, as they stand in tests/golden/events. They were made
// by another JSON library; a signed entry must read and write the same for ever.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/given.h"
#include "tests/support/packages_given.h"
#include "tests/support/warg_given.h"

namespace varve {
namespace {

using test::credential;
using test::digest;
using test::package;
using test::principal;
using test::repo;
using test::resource;
using test::tag;
using test::warg_key;
using test::warg_signature;

trust::Author author() {
  return {warg_key('k').id, warg_key('k').text, warg_signature(),
          "varve-author-v1\nregistry.example\n"
          "PUT application/vnd.oci.image.manifest.v1+json library/alpine:3.20\n"
          "05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f\n"};
}

// One event of every alternative in its first shape, in the order of Event, as the files have them.
std::vector<Event> first_shapes() {
  const warg::RecordId record = warg::package_record_id("record");
  const warg::SignatureText p256 =
      warg::SignatureText::parse(
          "ecdsa-p256:MEUCIHTsATQt0t41xs0ZvkSCRP4nyYhfP0y821lsYgWat9BHAiEA76AITKq/"
          "cH8JcK1Un9o1WrUro0D501lFszR/xkj4ZyU=")
          .value();
  const std::string old_key = "registry.example/events+a1b2c3d4+AQID";
  return {
      system::Genesis{old_key, "sha256", "registry.example+0badcafe+BQYH", "registry.example"},
      system::DevModeEnabled{},
      system::EventKeyRotated{"registry.example/events+11223344+CQoL", old_key},
      content::RepoCreated{"oci", repo("library/alpine")},
      content::BlobCommitted{digest("layer"), 5},
      content::BlobLinked{Digest::of("layer", DigestAlgorithm::sha512), repo("library/alpine"),
                          9'007'199'254'740'991},
      oci::ManifestPut{digest("manifest"), "application/vnd.oci.image.manifest.v1+json",
                       repo("library/alpine"), 8},
      oci::ManifestDeleted{digest("manifest"), repo("library/alpine")},
      oci::TagSet{digest("manifest"), digest("before"), repo("library/alpine"), tag("3.20")},
      oci::TagDeleted{digest("manifest"), repo("library/alpine"), tag("3.20")},
      trust::PrincipalCreated{trust::PrincipalKind::service, principal("ci-prod")},
      trust::PrincipalDisabled{principal("ci-prod"), "left the company \xe2\x80\x93 \"soon\""},
      trust::PrincipalEnabled{principal("ci-prod")},
      trust::CredentialAdded{credential('A'), Timestamp{1'798'761'600'000'000},
                             trust::CredentialKind::token, principal("ci-prod")},
      trust::CredentialRevoked{credential('A'), principal("ci-prod"), "replaced"},
      trust::GrantSet{principal("ci-prod"), resource("library/*"), Rights::of_a_repository()},
      trust::GrantRemoved{principal("ci-prod"), resource("library/alpine")},
      trust::PolicySet{true, resource("*")},
      trust::PolicyRemoved{resource("library/*")},
      content::BlobUnlinked{digest("layer"), repo("library/alpine")},
      content::BlobPurged{digest("layer"), 5},
      content::RepoAttributesSet{{true, false, true, false}, repo("library/alpine")},
      content::RepoDeleted{repo("library/alpine")},
      oci::ManifestAttributesSet{
          {false, true, true, false}, digest("manifest"), repo("library/alpine")},
      oci::TagAttributesSet{{true, true, false, true}, repo("library/alpine"), tag("3.20")},
      warg::OperatorRecordAppended{digest("record"), warg_key('k').id,
                                   warg::operator_record_id("record"), 0, p256, 6},
      warg::RecordSubmitted{digest("record"), Timestamp{1'795'368'011'123'456}, warg_key('k').id,
                            package("test:hello"), record, warg_signature(), 6},
      warg::RecordPublished{digest("record"), warg_key('k').id, package("test:hello"), record,
                            9'007'199'254'740'991, warg_signature(), 6},
      warg::RecordRejected{package("test:hello"),
                           "the package record was invalid: a second \"init\" entry was found",
                           record},
      warg::ContentReceived{digest("layer"), package("test:hello"), record, 5},
      warg::CheckpointSigned{warg_key('k').id, 2, digest("log"), digest("map"), p256,
                             1'795'281'611},
      trust::KeyRegistered{warg_key('k').id, principal("ci-prod"), warg_key('k').text},
      trust::KeyRevoked{warg_key('k').id, principal("ci-prod"), "lost"},
      pulp::PackageCreated{std::nullopt, test::sha256("rpm"), digest("details"), std::nullopt,
                           test::word("libstdc++-12.2.0-14.x86_64.rpm"), test::nevra("libstdc++"),
                           test::package_id(1), 7},
      pulp::PackageDeleted{test::nevra("libstdc++"), test::package_id(1)},
      pulp::RepositoryCreated{"x86_64", "Gr\u00fcne \"B\u00e4ume\"", test::rpm_repo("el9-base")},
      pulp::RepositoryDeleted{test::rpm_repo("el9-base")},
      pulp::PackageAdded{test::package_id(1), test::rpm_repo("el9-base")},
      pulp::PackageRemoved{test::package_id(1), test::rpm_repo("el9-base")},
      content::RepoUpdated{content::Category::linux_system, "An \"apk\" base\n\xe2\x80\x93 small",
                           repo("library/alpine")},
      content::NamespaceCreated{test::name_space("library")},
      content::NamespaceDeleted{test::name_space("library")},
  };
}

// With all that it can say.
pulp::PackageCreated whole_package() {
  return {author(),
          test::sha256("rpm"),
          digest("details"),
          digest("rpm"),
          test::word("libstdc++-12.2.0-14.x86_64.rpm"),
          test::nevra("libstdc++"),
          test::package_id(1),
          7};
}

// In the order in which they came to be, since their files carry indices: what came to have further
// shapes stands behind what there was then.
std::vector<Event> samples() {
  constexpr std::size_t kThenThere = 33;
  auto all = first_shapes();
  const std::vector<Event> further{
      oci::ManifestPut{digest("manifest"), "application/vnd.oci.image.manifest.v1+json",
                       repo("library/alpine"), 8, author()},
      oci::TagSet{digest("manifest"), digest("before"), repo("library/alpine"), tag("3.20"),
                  author()},
      trust::PolicySet{true, resource("*"), true}};
  all.insert(all.begin() + kThenThere, further.begin(), further.end());
  return all;
}

bool is_about_accounts(const Event& event) {
  for (const std::string_view family : {"principal.", "credential.", "key.", "grant.", "policy."})
    if (type_of(event).starts_with(family)) return true;
  return false;
}

Envelope envelope_of(std::size_t i, const Event& event) {
  const bool local = type_of(event).starts_with("log.");
  const bool account = is_about_accounts(event);
  Envelope envelope;
  envelope.index = EntryIndex{184'466 + i};
  envelope.at = Timestamp{1'795'281'611'123'456};
  envelope.actor = {"ci-prod", local ? Auth::local : Auth::dev};
  if (account) envelope.actor = {"root", Auth::basic, credential('B')};
  envelope.request = "01JD7Q2V3W4X5Y6Z7A8B9C0D1E";
  const bool warg = type_of(event).starts_with("warg.");
  const bool pulp = type_of(event).starts_with("pulp.");
  envelope.surface = local ? "local" : account ? "admin" : warg ? "warg" : pulp ? "pulp" : "oci";
  envelope.batch_position = 0;
  envelope.batch_count = 2;
  return envelope;
}

const std::filesystem::path kDirectory = std::filesystem::path(VARVE_GOLDEN_DIR) / "events";

std::string file_of(const Event& event) {
  return std::string(type_of(event)) + ".v" + std::to_string(version_of(event)) + ".json";
}

std::string read_file(const std::string& name) {
  std::ifstream in(kDirectory / name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(GoldenEvents, CoverEveryAlternativeAndEveryFile) {
  const auto first = first_shapes();
  ASSERT_EQ(first.size(), std::variant_size_v<Event>);
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].index(), i);
  std::vector<std::string> expected;
  for (const Event& event : samples()) expected.push_back(file_of(event));
  std::vector<std::string> there;
  for (const auto& file : std::filesystem::directory_iterator(kDirectory))
    if (file.is_regular_file()) there.push_back(file.path().filename().string());
  std::sort(expected.begin(), expected.end());
  std::sort(there.begin(), there.end());
  EXPECT_EQ(there, expected);
}

TEST(GoldenEvents, AreWrittenByteForByte) {
  const auto events = samples();
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_EQ(encode_entry_text(envelope_of(i, events[i]), events[i]),
              read_file(file_of(events[i])));
}

TEST(GoldenEvents, APackageWithItsFileAndItsAuthorIsOfTheSameVersion) {
  const std::string text = read_file("whole/pulp.package.created.v1.json");
  const Event event = whole_package();
  const auto entry = decode_entry_text(text);
  ASSERT_TRUE(entry.has_value()) << entry.error().what;
  EXPECT_EQ(entry->event, event);
  EXPECT_EQ(encode_entry_text(entry->envelope, event), text);
}

TEST(GoldenEvents, HaveEveryVersionThatThereIs) {
  std::map<std::string_view, unsigned> newest;
  for (const Event& event : samples())
    newest[type_of(event)] = std::max(newest[type_of(event)], version_of(event));
  for (const Event& event : samples())
    EXPECT_EQ(newest[type_of(event)], std::visit([](const auto& e) { return e.kVersion; }, event))
        << type_of(event);
}

TEST(GoldenEvents, AreReadWithNothingLost) {
  const auto events = samples();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto entry = decode_entry_text(read_file(file_of(events[i])));
    ASSERT_TRUE(entry.has_value()) << file_of(events[i]) << ": " << entry.error().what;
    EXPECT_EQ(*entry, (Entry{envelope_of(i, events[i]), events[i]})) << file_of(events[i]);
  }
}

}  // namespace
}  // namespace varve
