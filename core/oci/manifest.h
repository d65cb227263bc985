// Reading a manifest: what it is and what it refers to. Bytes are never rewritten. Pure; any
// thread.
// Source: OCI image-spec 1.1 manifest.md and index.md; the type-confusion rule of CVE-2021-41190.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/oci/oci.h"

namespace varve::oci {

struct Manifest {
  std::string media_type;              // Content-Type without parameters, else the body's own
  std::vector<Reference> blobs;        // config and layers that must be here: distinct, not foreign
  std::vector<Reference> manifests;    // children of an index: distinct
  std::optional<std::string> subject;  // the digest text `subject` names
  std::string artifact_type;           // its own, else an image's config type; may be empty
};

// type "/" subtype of RFC 9110 tokens, without parameters, of at most limits::kMediaTypeBytesMax.
bool valid_media_type(std::string_view text);

// `content_type` may be empty: then the body's own mediaType holds, else the OCI image manifest's.
//
// The four known types (OCI image manifest and index, Docker manifest and list) follow their rules.
// Any other type is opaque: any bytes may stand there, and only `subject` is read; but a body that
// starts as a JSON object must be one, and must not contradict its media type.
//
// project() reads stored manifests with it, so it must go on accepting what it ever accepted: a
// rule that is new belongs into decide().
//
// Refuses (About::manifest, Errc::invalid): not a JSON object, deeper than limits::kJsonDepthMax,
// duplicate member names, schemaVersion other than 2, mediaType that contradicts content_type (or
// is missing in Docker's two), image and index members mixed, malformed descriptors or annotations,
// more than limits::kManifestReferencesMax references; Errc::too_large above
// limits::kManifestBytesMax. A descriptor whose digest algorithm we cannot check is refused with
// Errc::not_found about About::manifest_blob (the object cannot be here), unless it is a foreign
// layer. null stands for an absent member or an empty array, as writers in Go mean it.
Result<Manifest> parse_manifest(std::string_view body, std::string_view content_type);

// image-spec, descriptor: algorithm ":" encoded. True for digests of ours, and for those of
// algorithms beyond us, which a `subject` may have.
bool valid_digest_text(std::string_view text);

// The annotations of a stored manifest as a JSON object, in their order; empty when there are none.
// What is no string is left out: no client reads it.
Result<std::string> annotations_json(std::string_view body);

// What a person who pushes this should hear, though it is accepted: `data` that is not the content
// its descriptor names. Few and short enough for a header.
std::vector<std::string> manifest_warnings(std::string_view body);

}  // namespace varve::oci
