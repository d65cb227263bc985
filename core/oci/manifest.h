// Reading a manifest: what it is and what it refers to. Bytes are never rewritten. Pure; any thread.
// Source: OCI image-spec 1.1 manifest.md and index.md; the type-confusion rule of CVE-2021-41190.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/oci/oci.h"

namespace varve::oci {

struct Manifest {
  std::string media_type;            // Content-Type without parameters, else the body's own
  std::vector<Reference> blobs;      // config and layers that must be here: distinct, not foreign
  std::vector<Reference> manifests;  // children of an index: distinct
  std::optional<std::string> subject;  // the digest text `subject` names
};

// `content_type` may be empty. Refuses (About::manifest, Errc::invalid): not a JSON object, deeper
// than limits::kJsonDepthMax, duplicate member names, schemaVersion other than 2 in the four known
// types, mediaType that contradicts content_type, image and index members mixed, malformed
// descriptors, more than limits::kManifestReferencesMax references; Errc::too_large above
// limits::kManifestBytesMax. A descriptor whose digest algorithm we cannot check is refused with
// About::manifest_blob (the object cannot be here) unless it is a foreign layer.
Result<Manifest> parse_manifest(std::string_view body, std::string_view content_type);

}  // namespace varve::oci
