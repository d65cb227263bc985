// What a stored manifest refers to: read once from its body when the event that put it is
// projected, and kept as a row, because the event that deletes it names no body. Inside core only.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.h"

namespace varve::oci {

struct Links {
  std::vector<Digest> blobs;           // config and layers that must be there
  std::vector<Digest> manifests;       // children of an index
  std::optional<std::string> subject;  // digest text, of whatever algorithm
  std::string artifact_type;           // not part of the row
  bool empty() const { return blobs.empty() && manifests.empty() && !subject; }
};

// Total: bytes that are no manifest refer to nothing. Errors only when there is no memory to tell.
Result<Links> links_of(std::string_view body, std::string_view media_type);

// The row: length and text of the subject, number of blobs, then blobs and manifests.
std::string links_value(const Links& links);
Result<Links> links_of_value(std::string_view value);  // Errc::corrupt

}  // namespace varve::oci
