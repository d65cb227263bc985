// Everything that can have happened. A new kind of event is one more alternative here; the compiler
// then points at every place that must know it.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "core/content/content.h"
#include "core/oci/oci.h"
#include "core/pulp/pulp.h"
#include "core/system/system.h"
#include "core/trust/trust.h"
#include "core/warg/warg.h"

namespace varve {

using Event = std::variant<
    system::Genesis, system::DevModeEnabled, system::EventKeyRotated, content::RepoCreated,
    content::BlobCommitted, content::BlobLinked, oci::ManifestPut, oci::ManifestDeleted,
    oci::TagSet, oci::TagDeleted, trust::PrincipalCreated, trust::PrincipalDisabled,
    trust::PrincipalEnabled, trust::CredentialAdded, trust::CredentialRevoked, trust::GrantSet,
    trust::GrantRemoved, trust::PolicySet, trust::PolicyRemoved, content::BlobUnlinked,
    content::BlobPurged, content::RepoAttributesSet, content::RepoDeleted,
    oci::ManifestAttributesSet, oci::TagAttributesSet, warg::OperatorRecordAppended,
    warg::RecordSubmitted, warg::RecordPublished, warg::RecordRejected, warg::ContentReceived,
    warg::CheckpointSigned, trust::KeyRegistered, trust::KeyRevoked, pulp::PackageCreated,
    pulp::PackageDeleted, pulp::RepositoryCreated, pulp::RepositoryDeleted, pulp::PackageAdded,
    pulp::PackageRemoved, content::RepoUpdated, content::NamespaceCreated,
    content::NamespaceDeleted>;

// "oci.tag.set"
std::string_view type_of(const Event& event);

// The version of its shape: the lowest that can say what it says, so that who reads only that one
// misses nothing it could have known.
unsigned version_of(const Event& event);

// What an author signed, where an event carries it; whether it is true is for log/proof/author.h.
const trust::Author* author_of(const Event& event);

// What the event puts, or points to: the bytes it vouches for. None for an event that only removes.
std::optional<Digest> subject_digest(const Event& event);
// What is no longer there, or no longer pointed to, because of the event.
std::optional<Digest> removed_digest(const Event& event);

}  // namespace varve
