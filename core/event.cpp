// What is true of every kind of event.
#include "core/event.h"

#include <type_traits>

namespace varve {
namespace {

// One line an alternative, and none for the rest: whoever adds an event says here whether it
// vouches for bytes. That an event names a digest does not tell: `varve verify FILE` would take a
// file for published because its deletion is.
struct Subject {
  using Found = std::optional<Digest>;
  Found operator()(const system::Genesis&) const { return {}; }
  Found operator()(const system::DevModeEnabled&) const { return {}; }
  Found operator()(const system::EventKeyRotated&) const { return {}; }
  Found operator()(const content::RepoCreated&) const { return {}; }
  Found operator()(const content::BlobCommitted& event) const { return event.digest; }
  Found operator()(const content::BlobLinked& event) const { return event.digest; }
  Found operator()(const oci::ManifestPut& event) const { return event.digest; }
  Found operator()(const oci::ManifestDeleted&) const { return {}; }
  Found operator()(const oci::TagSet& event) const { return event.digest; }
  Found operator()(const oci::TagDeleted&) const { return {}; }
  Found operator()(const trust::PrincipalCreated&) const { return {}; }
  Found operator()(const trust::PrincipalDisabled&) const { return {}; }
  Found operator()(const trust::PrincipalEnabled&) const { return {}; }
  Found operator()(const trust::CredentialAdded&) const { return {}; }
  Found operator()(const trust::CredentialRevoked&) const { return {}; }
  Found operator()(const trust::GrantSet&) const { return {}; }
  Found operator()(const trust::GrantRemoved&) const { return {}; }
  Found operator()(const trust::PolicySet&) const { return {}; }
  Found operator()(const trust::PolicyRemoved&) const { return {}; }
  Found operator()(const content::BlobUnlinked&) const { return {}; }
  Found operator()(const content::BlobPurged&) const { return {}; }
  Found operator()(const content::RepoAttributesSet&) const { return {}; }
  Found operator()(const content::RepoDeleted&) const { return {}; }
  Found operator()(const oci::ManifestAttributesSet&) const { return {}; }
  Found operator()(const oci::TagAttributesSet&) const { return {}; }
  Found operator()(const warg::OperatorRecordAppended& event) const { return event.digest; }
  Found operator()(const warg::RecordSubmitted&) const { return {}; }  // nothing is decided yet
  Found operator()(const warg::RecordPublished& event) const { return event.digest; }
  Found operator()(const warg::RecordRejected&) const { return {}; }
  Found operator()(const warg::ContentReceived& event) const { return event.digest; }
  Found operator()(const warg::CheckpointSigned&) const { return {}; }
  Found operator()(const trust::KeyRegistered&) const { return {}; }
  Found operator()(const trust::KeyRevoked&) const { return {}; }
  Found operator()(const pulp::PackageCreated& event) const {
    return pulp::signed_digest(event.file, event.checksum);
  }
  Found operator()(const pulp::PackageDeleted&) const { return {}; }
  Found operator()(const pulp::RepositoryCreated&) const { return {}; }
  Found operator()(const pulp::RepositoryDeleted&) const { return {}; }
  Found operator()(const pulp::PackageAdded&) const { return {}; }
  Found operator()(const pulp::PackageRemoved&) const { return {}; }
  Found operator()(const content::RepoUpdated&) const { return {}; }
  Found operator()(const content::NamespaceCreated&) const { return {}; }
  Found operator()(const content::NamespaceDeleted&) const { return {}; }
};

}  // namespace

std::string_view type_of(const Event& event) {
  return std::visit([](const auto& e) { return std::decay_t<decltype(e)>::kType; }, event);
}

unsigned version_of(const Event& event) {
  return std::visit(
      [](const auto& e) -> unsigned {
        if constexpr (requires { e.version(); })
          return e.version();
        else
          return e.kVersion;
      },
      event);
}

const trust::Author* author_of(const Event& event) {
  const std::optional<trust::Author>* author = nullptr;
  if (const auto* put = std::get_if<oci::ManifestPut>(&event)) author = &put->author;
  if (const auto* set = std::get_if<oci::TagSet>(&event)) author = &set->author;
  if (const auto* created = std::get_if<pulp::PackageCreated>(&event)) author = &created->author;
  return author != nullptr && *author ? &**author : nullptr;
}

std::optional<Digest> subject_digest(const Event& event) {
  return std::visit(Subject{}, event);
}

std::optional<Digest> removed_digest(const Event& event) {
  if (const auto* set = std::get_if<oci::TagSet>(&event))
    return set->previous == set->digest ? std::nullopt : set->previous;
  if (const auto* tag = std::get_if<oci::TagDeleted>(&event)) return tag->digest;
  if (const auto* manifest = std::get_if<oci::ManifestDeleted>(&event)) return manifest->digest;
  if (const auto* blob = std::get_if<content::BlobUnlinked>(&event)) return blob->digest;
  if (const auto* blob = std::get_if<content::BlobPurged>(&event)) return blob->digest;
  return std::nullopt;
}

}  // namespace varve
