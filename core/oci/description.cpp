// Reading what is worth telling from manifests and configs. What is malformed is left out.
#include "core/oci/description.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/oci/manifest.h"

namespace varve::oci {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kWordBytesMax = 64;  // of an architecture or operating system
constexpr std::uint64_t kSizeMax = (std::uint64_t{1} << 53) - 1;  // what JSON can state

std::string text_in(const object& parent, std::string_view name, std::size_t bytes_max) {
  std::string_view text;
  if (parent.at_key(name).get(text) != simdjson::SUCCESS || text.size() > bytes_max) return {};
  return is_valid_utf8(text) ? std::string(text) : std::string();
}

std::uint64_t size_in(const object& descriptor) {
  std::uint64_t size = 0;
  if (descriptor.at_key("size").get(size) != simdjson::SUCCESS) return 0;
  return std::min(size, kSizeMax);
}

// Sizes of layers that live elsewhere are only claimed: their sum must not leave JSON's numbers.
void add_size(const object& descriptor, Description& description) {
  description.image_size = std::min(description.image_size + size_in(descriptor), kSizeMax);
}

Platform platform_in(const object& parent) {
  return {text_in(parent, "architecture", kWordBytesMax), text_in(parent, "os", kWordBytesMax)};
}

// `visit` sees each object of the array, if it is one.
template <class Visit>
void each(const object& root, std::string_view name, const Visit& visit) {
  simdjson::dom::array items;
  if (root.at_key(name).get(items) != simdjson::SUCCESS) return;
  for (const element item : items) {
    object members;
    if (item.get(members) == simdjson::SUCCESS) visit(members);
  }
}

void read_config(const object& root, Description& description) {
  object config;
  if (root.at_key("config").get(config) != simdjson::SUCCESS) return;
  description.config_media_type = text_in(config, "mediaType", limits::kMediaTypeBytesMax);
  add_size(config, description);
  if (const auto digest = Digest::parse(text_in(config, "digest", 256)))
    description.config = Reference{*digest, size_in(config)};
}

void read_child(const object& descriptor, Description& description) {
  if (description.children.size() >= limits::kManifestReferencesMax) return;
  Child child{text_in(descriptor, "digest", 256), {}};
  if (!valid_digest_text(child.digest)) return;
  object platform;
  if (descriptor.at_key("platform").get(platform) == simdjson::SUCCESS)
    child.platform = platform_in(platform);
  description.children.push_back(std::move(child));
  add_size(descriptor, description);
}

// Calls read(root) when the text is a JSON object.
template <class Read>
void read_object(std::string_view text, const Read& read) {
  simdjson::dom::parser parser;
  const auto document = json::parse_strict(parser, text, About::body, limits::kJsonDepthMax);
  object root;
  if (document && document->get(root) == simdjson::SUCCESS) read(root);
}

}  // namespace

Description describe(std::string_view body) {
  Description description;
  read_object(body, [&](const object& root) {
    read_config(root, description);
    each(root, "layers", [&](const object& layer) { add_size(layer, description); });
    each(root, "manifests", [&](const object& child) { read_child(child, description); });
  });
  if (description.image_size == 0) description.image_size = body.size();
  return description;
}

Platform platform_of(std::string_view config) {
  Platform platform;
  read_object(config, [&platform](const object& root) { platform = platform_in(root); });
  return platform;
}

}  // namespace varve::oci
