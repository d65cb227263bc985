// Reading and writing the documents of /acr/v1. On the pool.
#include "api/surface/acr_json.h"

#include "api/auth/challenge.h"
#include "core/base/limits.h"
#include "core/content/query.h"
#include "core/oci/description.h"
#include "core/oci/locks.h"

namespace varve::surface {
namespace {

using content::Attributes;
using json::Writer;

void write_attributes(Writer& out, const Attributes& attributes) {
  out.key("changeableAttributes").begin_object();
  out.key("deleteEnabled").boolean(attributes.del);
  out.key("listEnabled").boolean(attributes.list);
  out.key("readEnabled").boolean(attributes.read);
  out.key("writeEnabled").boolean(attributes.write);
  out.end_object();
}

Result<std::string> time_of(const AcrContext& context, EntryIndex index) {
  VARVE_TRY(const auto envelope, context.state.reader.envelope(index));
  return envelope.at.to_string();
}

std::unexpected<Error> no_such(About about, std::string_view what, std::string name) {
  return fail(Errc::not_found, about, "there is no such " + std::string(what), std::move(name));
}

Result<void> write_tag(Writer& out, const AcrContext& context, const oci::ListedTag& tag) {
  const View& view = *context.state.view;
  VARVE_TRY(const auto attributes, oci::attributes_of(view, context.repo, tag.tag));
  VARVE_TRY(const auto updated, time_of(context, tag.row.index));
  std::string created = updated;
  if (tag.row.created != tag.row.index) {
    VARVE_TRY(created, time_of(context, tag.row.created));
  }
  out.begin_object();
  write_attributes(out, attributes);
  out.key("createdTime").string(created);
  out.key("digest").string(tag.row.digest.to_string());
  out.key("lastUpdateTime").string(updated);
  out.key("name").string(tag.tag.text());
  out.key("signed").boolean(false);
  out.end_object();
  return {};
}

// A config that was purged, or is long, says nothing here.
oci::Platform platform_in(const AcrContext& context, const oci::Description& description) {
  const auto& config = description.config;
  if (!config || config->size > limits::kAcrConfigBytesMax) return {};
  const auto linked = oci::find_blob(*context.state.view, context.repo, config->digest);
  if (!linked || !*linked) return {};
  const auto file = context.services.blobs.open(config->digest);
  if (!file || (*file)->size() != config->size) return {};
  std::string bytes(config->size, '\0');
  const auto read = (*file)->read(0, bytes.size(), bytes.data());
  return read ? oci::platform_of(bytes) : oci::Platform();
}

void write_platform(Writer& out, const oci::Platform& platform) {
  if (!platform.architecture.empty()) out.key("architecture").string(platform.architecture);
}

void write_children(Writer& out, const oci::Description& description) {
  if (description.children.empty()) return;
  out.key("references").begin_array();
  for (const oci::Child& child : description.children) {
    out.begin_object();
    write_platform(out, child.platform);
    out.key("digest").string(child.digest);
    if (!child.platform.os.empty()) out.key("os").string(child.platform.os);
    out.end_object();
  }
  out.end_array();
}

Result<void> write_tags_of(Writer& out, const AcrContext& context, const oci::Listed& listed,
                           const Digest& digest) {
  const View& view = *context.state.view;
  const oci::ListWish wish{.limit = limits::kAcrTagsOfManifestMax};
  VARVE_TRY(const auto found, oci::list_tags(view, context.repo, digest, {}, wish, listed));
  out.key("tags").begin_array();
  for (const oci::ListedTag& tag : found.tags) out.string(tag.tag.text());
  out.end_array();
  return {};
}

Result<void> write_manifest(Writer& out, const AcrContext& context, const oci::Listed& listed,
                            const oci::ListedManifest& manifest) {
  const View& view = *context.state.view;
  VARVE_TRY(const auto attributes, oci::attributes_of(view, context.repo, manifest.digest));
  VARVE_TRY(const auto put, time_of(context, manifest.row.index));
  VARVE_TRY(const auto body, context.state.reader.body(manifest.digest));
  const oci::Description description = oci::describe(body ? *body : "");
  const oci::Platform platform = platform_in(context, description);
  out.begin_object();
  write_platform(out, platform);
  write_attributes(out, attributes);
  if (!description.config_media_type.empty())
    out.key("configMediaType").string(description.config_media_type);
  out.key("createdTime").string(put);
  out.key("digest").string(manifest.digest.to_string());
  out.key("imageSize").number(description.image_size);
  out.key("lastUpdateTime").string(put);
  out.key("mediaType").string(manifest.row.media_type);
  if (!platform.os.empty()) out.key("os").string(platform.os);
  write_children(out, description);
  VARVE_CHECK(write_tags_of(out, context, listed, manifest.digest));
  out.end_object();
  return {};
}

// Members stand in the order of their names.
void begin(Writer& out, const AcrContext& context) {
  out.begin_object().key("imageName").string(context.repo.text());
}

}  // namespace

std::string registry_of(const Services& services, const http::Request& request) {
  const std::string url = auth::base_url(services.config.external_url, request.secure,
                                         request.header("host"), services.log_key.name());
  const std::size_t scheme = url.find("://");
  return scheme == url.npos ? url : url.substr(scheme + 3);
}

namespace {

Result<AcrDocument> write_repository(const AcrContext& context, const oci::RepoSummary& summary) {
  VARVE_TRY(const auto locks, content::locks_of(*context.state.view, context.repo));
  VARVE_TRY(const auto created, time_of(context, summary.created));
  VARVE_TRY(const auto updated, time_of(context, summary.updated));
  std::string text;
  Writer out(text);
  out.begin_object();
  write_attributes(out, locks.own);
  out.key("createdTime").string(created);
  out.key("imageName").string(context.repo.text());
  out.key("lastUpdateTime").string(updated);
  out.key("manifestCount").number(summary.manifests);
  out.key("registry").string(context.registry);
  out.key("tagCount").number(summary.tags);
  out.end_object();
  return AcrDocument{std::move(text), summary.updated};
}

}  // namespace

http::net::awaitable<Result<AcrDocument>> acr_repository(const AcrContext& context) {
  oci::Summariser summariser(*context.state.view, context.repo);
  auto step = [&] { return summariser.go_on(context.services.scan_rows_max); };
  for (bool complete = false; !complete;) {
    const auto done = co_await context.services.pool.run(step);
    if (!done) co_return std::unexpected(done.error());
    complete = *done;
  }
  auto write = [&] { return write_repository(context, summariser.summary()); };
  co_return co_await context.services.pool.run(write);
}

Result<AcrDocument> acr_tag(const AcrContext& context, const oci::Tag& tag) {
  VARVE_CHECK(content::need_repo(context.repo, *context.state.view));
  VARVE_TRY(const auto row, oci::find_tag(*context.state.view, context.repo, tag));
  if (!row) return no_such(About::tag, "tag", tag.text());
  std::string text;
  Writer out(text);
  begin(out, context);
  out.key("registry").string(context.registry).key("tag");
  VARVE_CHECK(write_tag(out, context, {tag, *row}));
  out.end_object();
  return AcrDocument{std::move(text), row->index};
}

Result<AcrDocument> acr_manifest(const AcrContext& context, const Digest& digest) {
  VARVE_CHECK(content::need_repo(context.repo, *context.state.view));
  VARVE_TRY(auto row, oci::find_manifest(*context.state.view, context.repo, digest));
  if (!row) return no_such(About::manifest, "manifest", digest.to_string());
  const EntryIndex index = row->index;
  const auto newest = context.services.reader().view();
  VARVE_TRY(const auto listed, oci::Listed::in(*newest, context.repo));
  std::string text;
  Writer out(text);
  begin(out, context);
  out.key("manifest");
  VARVE_CHECK(write_manifest(out, context, listed, {digest, *std::move(row)}));
  out.key("registry").string(context.registry).end_object();
  return AcrDocument{std::move(text), index};
}

Result<std::string> acr_tags(const AcrContext& context, const std::vector<oci::ListedTag>& tags) {
  std::string text;
  Writer out(text);
  begin(out, context);
  out.key("registry").string(context.registry).key("tags").begin_array();
  for (const oci::ListedTag& tag : tags) VARVE_CHECK(write_tag(out, context, tag));
  out.end_array().end_object();
  return text;
}

Result<std::string> acr_manifests(const AcrContext& context, const oci::Listed& listed,
                                  const std::vector<oci::ListedManifest>& manifests) {
  std::string text;
  Writer out(text);
  begin(out, context);
  out.key("manifests").begin_array();
  for (const oci::ListedManifest& manifest : manifests)
    VARVE_CHECK(write_manifest(out, context, listed, manifest));
  out.end_array().key("registry").string(context.registry).end_object();
  return text;
}

}  // namespace varve::surface
