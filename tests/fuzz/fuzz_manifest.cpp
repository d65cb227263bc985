// Any bytes as a manifest. The first line is the Content-Type, the rest the body.
#include <algorithm>

#include "core/base/limits.h"
#include "core/oci/manifest.h"
#include "tests/fuzz/fuzz.h"

namespace {

using varve::oci::Reference;

void check_references(const std::vector<Reference>& references) {
  VARVE_ASSERT(references.size() <= varve::limits::kManifestReferencesMax);
  VARVE_ASSERT(std::is_sorted(references.begin(), references.end()));
  VARVE_ASSERT(std::adjacent_find(references.begin(), references.end()) == references.end());
  for (const Reference& reference : references) VARVE_ASSERT(reference.size < 1ull << 53);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = varve::fuzz::text_of(data, size);
  const std::size_t end = std::min(input.find('\n'), input.size());
  const auto body = input.substr(std::min(end + 1, input.size()));
  const auto manifest = varve::oci::parse_manifest(body, input.substr(0, end));
  if (!manifest) {
    const auto code = manifest.error().code;
    VARVE_ASSERT(code == varve::Errc::invalid || code == varve::Errc::not_found ||
                 code == varve::Errc::too_large);
    return 0;
  }
  VARVE_ASSERT(varve::oci::valid_media_type(manifest->media_type));
  VARVE_ASSERT(manifest->blobs.empty() || manifest->manifests.empty());
  check_references(manifest->blobs);
  check_references(manifest->manifests);
  // The media type it settled on is one under which the same bytes mean the same.
  const auto again = varve::oci::parse_manifest(body, manifest->media_type);
  VARVE_ASSERT(again && again->media_type == manifest->media_type &&
               again->blobs == manifest->blobs && again->manifests == manifest->manifests &&
               again->subject == manifest->subject);
  return 0;
}
