// Reading and keeping what manifests refer to.
#include "core/oci/links.h"

#include "core/base/bytes.h"
#include "core/oci/manifest.h"

namespace varve::oci {
namespace {

std::unexpected<Error> corrupt() {
  return fail(Errc::corrupt, About::storage, "the row of a manifest's references is malformed");
}

std::vector<Digest> digests_of(const std::vector<Reference>& references) {
  std::vector<Digest> digests;
  digests.reserve(references.size());
  for (const Reference& reference : references) {
    // Sorted by digest: the same object stated with two sizes is still one object.
    if (digests.empty() || digests.back() != reference.digest) digests.push_back(reference.digest);
  }
  return digests;
}

// A digest's row says by its first byte how long it is.
Result<Digest> take_digest(std::string_view& rest) {
  const std::size_t bytes = rest.front() == static_cast<char>(DigestAlgorithm::sha512) ? 65 : 33;
  if (rest.size() < bytes) return corrupt();
  VARVE_TRY(const Digest digest, Digest::from_row(rest.substr(0, bytes)));
  rest.remove_prefix(bytes);
  return digest;
}

}  // namespace

Result<Links> links_of(std::string_view body, std::string_view media_type) {
  auto manifest = parse_manifest(body, media_type);
  if (!manifest) {
    const Errc code = manifest.error().code;
    if (code == Errc::invalid || code == Errc::not_found || code == Errc::too_large) return Links{};
    return std::unexpected(std::move(manifest).error());
  }
  return Links{digests_of(manifest->blobs), digests_of(manifest->manifests),
               std::move(manifest->subject), std::move(manifest->artifact_type)};
}

std::string links_value(const Links& links) {
  const std::string_view subject = links.subject ? std::string_view(*links.subject) : "";
  std::string value;
  append_be16(value, static_cast<std::uint16_t>(subject.size()));  // a digest: 256 bytes at most
  value += subject;
  append_be32(value, static_cast<std::uint32_t>(links.blobs.size()));
  for (const Digest& blob : links.blobs) value += blob.row();
  for (const Digest& child : links.manifests) value += child.row();
  return value;
}

Result<Links> links_of_value(std::string_view value) {
  if (value.size() < 2 + 4) return corrupt();
  const std::size_t subject_size = read_be16(value);
  if (value.size() < 2 + subject_size + 4) return corrupt();
  Links links;
  if (subject_size > 0) links.subject = std::string(value.substr(2, subject_size));
  value.remove_prefix(2 + subject_size);
  const std::uint32_t blobs = read_be32(value);
  value.remove_prefix(4);
  while (!value.empty()) {
    VARVE_TRY(const Digest digest, take_digest(value));
    (links.blobs.size() < blobs ? links.blobs : links.manifests).push_back(digest);
  }
  if (links.blobs.size() != blobs) return corrupt();
  return links;
}

}  // namespace varve::oci
