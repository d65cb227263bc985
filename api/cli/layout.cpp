// Reading index.json and the files that it leads to.
#include "api/cli/layout.h"

#include <algorithm>

#include "api/cli/files.h"
#include "core/base/json.h"
#include "core/base/limits.h"

namespace varve::cli {
namespace {

using simdjson::dom::element;

constexpr std::size_t kLayoutFileBytesMax = 4 << 10;
constexpr std::string_view kNameAnnotation = "org.opencontainers.image.ref.name";

std::unexpected<Error> bad(std::string why, std::string detail = {}) {
  return fail(Errc::invalid, About::manifest, std::move(why), std::move(detail));
}

std::string text_in(const element& object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

Result<Described> described(const element& item) {
  std::uint64_t size = 0;
  if (item["size"].get(size) != simdjson::SUCCESS) return bad("a descriptor states no size");
  VARVE_TRY(const auto digest, Digest::parse(text_in(item, "digest")));
  element annotations;
  std::string name;
  if (item["annotations"].get(annotations) == simdjson::SUCCESS)
    name = text_in(annotations, kNameAnnotation);
  return Described{digest, size, text_in(item, "mediaType"), std::move(name)};
}

}  // namespace

Result<std::vector<Described>> described_in(std::string_view json) {
  simdjson::dom::parser parser;
  VARVE_TRY(const auto root,
            json::parse_strict(parser, json, About::manifest, limits::kJsonDepthMax));
  std::vector<Described> all;
  simdjson::dom::array items;
  if (root["manifests"].get(items) != simdjson::SUCCESS) return all;
  for (const element item : items) {
    VARVE_TRY(auto one, described(item));
    all.push_back(std::move(one));
  }
  return all;
}

Result<Layout> Layout::open(std::filesystem::path directory) {
  Layout layout(std::move(directory));
  VARVE_CHECK(read_file(layout.directory_ / "oci-layout", kLayoutFileBytesMax));
  VARVE_TRY(const auto index,
            read_file(layout.directory_ / "index.json", limits::kManifestBytesMax));
  VARVE_TRY(layout.images_, described_in(index));
  return layout;
}

Result<Described> Layout::find(const std::optional<Digest>& digest, const std::string& name) const {
  const auto fits = [&](const Described& image) {
    return digest ? image.digest == *digest : image.name == name;
  };
  const auto found = std::ranges::find_if(images_, fits);
  if (found != images_.end()) return *found;
  if (!digest && images_.size() == 1) return images_.front();
  std::string names;
  for (const Described& image : images_)
    names +=
        (names.empty() ? "" : ", ") + (image.name.empty() ? image.digest.to_string() : image.name);
  return fail(Errc::not_found, About::manifest,
              "the layout has no such image, but " + std::to_string(images_.size()) + " others",
              names);
}

std::filesystem::path Layout::path_of(const Digest& digest) const {
  const std::string text = digest.to_string();
  const std::size_t colon = text.find(':');
  return directory_ / "blobs" / text.substr(0, colon) / text.substr(colon + 1);
}

Result<std::string> Layout::manifest(const Described& described) const {
  VARVE_TRY(auto bytes, read_file(path_of(described.digest), limits::kManifestBytesMax));
  if (bytes.size() == described.size &&
      Digest::of(bytes, described.digest.algorithm()) == described.digest)
    return bytes;
  return fail(Errc::corrupt, About::manifest, "a manifest of the layout is not what names it",
              described.digest.to_string());
}

}  // namespace varve::cli
