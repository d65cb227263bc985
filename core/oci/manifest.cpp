// The manifest parser: simdjson's DOM through its error codes, nothing rewritten.
#include "core/oci/manifest.h"

#include <algorithm>
#include <array>

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/limits.h"

namespace varve::oci {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::uint64_t kSizeMax = (std::uint64_t{1} << 53) - 1;  // what an entry can state

enum class Shape : std::uint8_t { image, index };

struct KnownType {
  std::string_view media_type;
  Shape shape;
  bool own_media_type_required;  // Docker's formats have always named themselves
};
constexpr std::string_view kDockerImage = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::array<KnownType, 4> kKnownTypes = {{
    {"application/vnd.oci.image.manifest.v1+json", Shape::image, false},
    {"application/vnd.oci.image.index.v1+json", Shape::index, false},
    {kDockerImage, Shape::image, true},
    {"application/vnd.docker.distribution.manifest.list.v2+json", Shape::index, true},
}};

// Docker's first format. Its digests are over less than its bytes, and Docker itself dropped it.
bool is_schema_1(std::string_view media_type) {
  return media_type == "application/vnd.docker.distribution.manifest.v1+json" ||
         media_type == "application/vnd.docker.distribution.manifest.v1+prettyjws";
}

const KnownType* known_type(std::string_view media_type) {
  for (const KnownType& type : kKnownTypes)
    if (type.media_type == media_type) return &type;
  return nullptr;
}

std::unexpected<Error> bad(std::string what, std::string_view detail = {}) {
  return fail(Errc::invalid, About::manifest, std::move(what), std::string(detail.substr(0, 256)));
}

// A member that is absent or null: writers in Go emit null for an empty slice or pointer.
std::optional<element> member(const object& parent, std::string_view name) {
  element found;
  if (parent.at_key(name).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return found;
}

std::optional<std::string_view> as_string(const std::optional<element>& value) {
  std::string_view text;
  if (!value || value->get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

// image-spec, descriptor: algorithm ":" encoded, whether or not we know the algorithm.
bool digest_grammar(std::string_view text) {
  const auto lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size() || text.size() > 256)
    return false;
  bool after_separator = true;
  for (char c : text.substr(0, colon)) {
    const bool separator = c == '+' || c == '.' || c == '_' || c == '-';
    if (separator ? after_separator : !lower(c)) return false;
    after_separator = separator;
  }
  for (char c : text.substr(colon + 1))
    if (!lower(c) && !(c >= 'A' && c <= 'Z') && c != '=' && c != '_' && c != '-') return false;
  return !after_separator;
}

bool is_foreign_layer(std::string_view media_type) {
  return media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar" ||
         media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" ||
         media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar");
}

struct Descriptor {
  std::string_view media_type;
  std::string_view digest;
  std::uint64_t size = 0;
};

Result<Descriptor> read_descriptor(const element& value, std::string_view where) {
  const std::string in(where);
  object members;
  if (value.get(members) != simdjson::SUCCESS) return bad(in + " is not a descriptor object");
  const auto media_type = as_string(member(members, "mediaType"));
  if (!media_type) return bad(in + " has no mediaType");
  const auto digest = as_string(member(members, "digest"));
  if (!digest) return bad(in + " has no digest");
  if (!valid_digest_text(*digest)) return bad(in + " has a malformed digest", *digest);
  std::uint64_t size = 0;
  if (members.at_key("size").get(size) != simdjson::SUCCESS || size > kSizeMax)
    return bad(in + " has no size, or not a whole number of bytes", *digest);
  return Descriptor{*media_type, *digest, size};
}

Result<void> add_reference(const element& value, std::string_view where,
                           std::vector<Reference>& references) {
  VARVE_TRY(const auto descriptor, read_descriptor(value, where));
  auto digest = Digest::parse(descriptor.digest);
  if (!digest)
    return fail(Errc::not_found, About::manifest_blob,
                std::string(where) + " has a digest this registry cannot check",
                std::string(descriptor.digest));
  references.push_back({*digest, descriptor.size});
  return {};
}

// `visit` sees each item of the array `name`, which must be there.
template <class Visit>
Result<void> each(const object& root, std::string_view name, Visit visit) {
  element value;
  if (root.at_key(name).get(value) != simdjson::SUCCESS)
    return bad("the manifest has no " + std::string(name));
  if (value.is_null()) return {};
  simdjson::dom::array items;
  if (value.get(items) != simdjson::SUCCESS) return bad(std::string(name) + " is not an array");
  for (const element item : items) VARVE_CHECK(visit(item));
  return {};
}

// Distinct, and few enough to look up on the ledger's thread.
Result<void> settle(std::vector<Reference>& references) {
  std::sort(references.begin(), references.end());
  references.erase(std::unique(references.begin(), references.end()), references.end());
  if (references.size() > limits::kManifestReferencesMax)
    return bad("a manifest refers to at most " + std::to_string(limits::kManifestReferencesMax) +
               " objects, this one to " + std::to_string(references.size()));
  return {};
}

Result<void> read_image(const object& root, Manifest& manifest) {
  if (member(root, "manifests")) return bad("an image manifest must not have manifests");
  const auto config = member(root, "config");
  if (!config) return bad("the manifest has no config");
  VARVE_CHECK(add_reference(*config, "config", manifest.blobs));
  VARVE_CHECK(each(root, "layers", [&](const element& layer) -> Result<void> {
    VARVE_TRY(const auto descriptor, read_descriptor(layer, "a layer"));
    if (is_foreign_layer(descriptor.media_type)) return {};  // lives elsewhere, never pushed
    return add_reference(layer, "a layer", manifest.blobs);
  }));
  return settle(manifest.blobs);
}

Result<void> read_index(const object& root, Manifest& manifest) {
  if (member(root, "config") || member(root, "layers"))
    return bad("an index must not have config or layers");
  VARVE_CHECK(each(root, "manifests", [&](const element& child) {
    return add_reference(child, "a child manifest", manifest.manifests);
  }));
  return settle(manifest.manifests);
}

// image-spec: annotations are a map of string to string; clients written in Go fail on anything
// else, and referrers listings copy them.
Result<void> check_annotations(const object& root) {
  const auto annotations = member(root, "annotations");
  if (!annotations) return {};
  object map;
  if (annotations->get(map) != simdjson::SUCCESS) return bad("annotations is not an object");
  for (const auto field : map)
    if (!field.value.is_string()) return bad("an annotation is not a string", field.key);
  return {};
}

// What the manifest says it is, for listings of referrers. RFC 6838 bounds media types: what is
// longer is none.
std::string artifact_type_of(const object& root) {
  auto type = as_string(member(root, "artifactType"));
  if (const auto config = member(root, "config"); (!type || type->empty()) && config) {
    object members;
    if (config->get(members) == simdjson::SUCCESS) type = as_string(member(members, "mediaType"));
  }
  if (!type || type->size() > limits::kMediaTypeBytesMax) return {};
  return std::string(*type);
}

Result<void> read_known(const object& root, const KnownType& type, Manifest& manifest) {
  std::uint64_t version = 0;
  if (root.at_key("schemaVersion").get(version) != simdjson::SUCCESS || version != 2)
    return bad(version == 1 ? "schema 1 is unsupported" : "schemaVersion must be 2");
  const auto own_type = member(root, "mediaType");
  if (own_type ? !own_type->is_string() : type.own_media_type_required)
    return bad("mediaType must be a string");
  VARVE_CHECK(check_annotations(root));
  VARVE_CHECK(type.shape == Shape::image ? read_image(root, manifest) : read_index(root, manifest));
  if (const auto subject = member(root, "subject")) {
    VARVE_TRY(const auto descriptor, read_descriptor(*subject, "subject"));
    manifest.subject = std::string(descriptor.digest);
  }
  return {};
}

// A type we do not know may mean anything by `subject`: taken when it looks like one.
void read_opaque(const object& root, Manifest& manifest) {
  const auto subject = member(root, "subject");
  if (!subject) return;
  const auto descriptor = read_descriptor(*subject, "subject");
  if (descriptor) manifest.subject = std::string(descriptor->digest);
}

// Clients generated from Azure's document of 2019 say Docker's type of whatever they send: there,
// and only there, a body that names a type we know is what it says it is.
bool says_docker_of_anything(std::string_view content_type, std::string_view own_type) {
  return content_type == kDockerImage && known_type(own_type) != nullptr;
}

Result<void> read_json(std::string_view body, Manifest& manifest) {
  simdjson::dom::parser parser;
  VARVE_TRY(const element document,
            json::parse_strict(parser, body, About::manifest, limits::kJsonDepthMax));
  object root;
  if (document.get(root) != simdjson::SUCCESS) return bad("a manifest is a JSON object");
  const auto own_type = as_string(member(root, "mediaType"));
  if (manifest.media_type.empty())
    manifest.media_type = std::string(own_type.value_or(kKnownTypes[0].media_type));
  if (own_type && says_docker_of_anything(manifest.media_type, *own_type))
    manifest.media_type = std::string(*own_type);
  if (own_type && *own_type != manifest.media_type)
    return bad("mediaType and Content-Type contradict each other", *own_type);
  if (!valid_media_type(manifest.media_type))
    return bad("the media type is malformed", manifest.media_type);
  manifest.artifact_type = artifact_type_of(root);
  if (const KnownType* type = known_type(manifest.media_type))
    return read_known(root, *type, manifest);
  read_opaque(root, manifest);
  return {};
}

// RFC 9110 §8.3.1: the type, without its parameters.
std::string_view without_parameters(std::string_view content_type) {
  constexpr std::string_view kBlank = " \t";
  content_type = content_type.substr(0, content_type.find(';'));
  const std::size_t start = content_type.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return {};
  return content_type.substr(start, content_type.find_last_not_of(kBlank) - start + 1);
}

bool starts_as_object(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '{';
}

}  // namespace

// A sha256 or sha512 digest that does not parse is a typing mistake; other algorithms may be right
// and yet beyond us.
bool valid_digest_text(std::string_view text) {
  const bool ours = text.starts_with("sha256:") || text.starts_with("sha512:");
  return ours ? Digest::parse(text).has_value() : digest_grammar(text);
}

namespace {

// Calls read(root) when the body is a JSON object.
template <class Read>
Result<void> read_object(std::string_view body, const Read& read) {
  if (!starts_as_object(body)) return {};
  simdjson::dom::parser parser;
  const auto document = json::parse_strict(parser, body, About::manifest, limits::kJsonDepthMax);
  if (!document && document.error().code != Errc::invalid) return std::unexpected(document.error());
  object root;
  if (document && document->get(root) == simdjson::SUCCESS) read(root);
  return {};
}

constexpr std::size_t kWarningsMax = 8;

void warn_about_data(const element& value, std::vector<std::string>& warnings) {
  object members;
  if (value.get(members) != simdjson::SUCCESS || warnings.size() == kWarningsMax) return;
  const auto data = as_string(member(members, "data"));
  const auto text = as_string(member(members, "digest"));
  if (!data || !text) return;
  const auto digest = Digest::parse(*text);
  const auto content = base64_decode(*data);
  if (!digest || (content && Digest::of(*content, digest->algorithm()) == *digest)) return;
  warnings.push_back("the data of descriptor " + digest->to_string() + " is not its content");
}

}  // namespace

Result<std::string> annotations_json(std::string_view body) {
  std::string out;
  VARVE_CHECK(read_object(body, [&out](const object& root) {
    const auto annotations = member(root, "annotations");
    object map;
    if (!annotations || annotations->get(map) != simdjson::SUCCESS) return;
    out += '{';
    for (const auto field : map) {
      std::string_view value;
      if (field.value.get(value) != simdjson::SUCCESS) continue;
      if (out.size() > 1) out += ',';
      json::append_quoted(out, field.key);
      out += ':';
      json::append_quoted(out, value);
    }
    out += '}';
  }));
  return out;
}

// image-spec: `data` SHOULD be verified by whoever uses it, so it is no reason to refuse.
std::vector<std::string> manifest_warnings(std::string_view body) {
  std::vector<std::string> warnings;
  if (body.find("\"data\"") == std::string_view::npos) return warnings;
  static_cast<void>(read_object(body, [&warnings](const object& root) {
    for (const std::string_view one : {"config", "subject"})
      if (const auto descriptor = member(root, one)) warn_about_data(*descriptor, warnings);
    for (const std::string_view many : {"layers", "manifests"}) {
      simdjson::dom::array items;
      if (root.at_key(many).get(items) != simdjson::SUCCESS) continue;
      for (const element item : items) warn_about_data(item, warnings);
    }
  }));
  return warnings;
}

bool valid_media_type(std::string_view text) {
  if (text.size() > limits::kMediaTypeBytesMax) return false;
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  std::size_t slash = std::string_view::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool token = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kMarks.find(c) != std::string_view::npos;
    if (c == '/' && slash == std::string_view::npos)
      slash = i;
    else if (!token)
      return false;
  }
  return slash != std::string_view::npos && slash > 0 && slash + 1 < text.size();
}

Result<Manifest> parse_manifest(std::string_view body, std::string_view content_type) {
  if (body.size() > limits::kManifestBytesMax)
    return fail(Errc::too_large, About::manifest,
                "a manifest has at most " + std::to_string(limits::kManifestBytesMax) + " bytes");
  if (body.empty()) return bad("the manifest is empty");
  Manifest manifest;
  manifest.media_type = std::string(without_parameters(content_type));
  if (!manifest.media_type.empty() && !valid_media_type(manifest.media_type))
    return bad("the Content-Type is malformed", manifest.media_type);
  if (is_schema_1(manifest.media_type)) return bad("schema 1 is unsupported", manifest.media_type);
  const bool opaque = !manifest.media_type.empty() && !known_type(manifest.media_type);
  if (opaque && !starts_as_object(body)) return manifest;
  VARVE_CHECK(read_json(body, manifest));
  if (is_schema_1(manifest.media_type)) return bad("schema 1 is unsupported", manifest.media_type);
  return manifest;
}

}  // namespace varve::oci
