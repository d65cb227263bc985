// Manifests in and out. I/O threads; a manifest is the only body that is held whole, and one above
// kInlineBytesMax is read, hashed and parsed on the pool, because 4 MiB take longer than an I/O
// thread may.
#include <memory>
#include <optional>
#include <utility>

#include "api/surface/author.h"
#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/oci/locks.h"
#include "core/oci/manifest.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kInlineBytesMax = 64 << 10;

struct Found {
  std::optional<oci::Tag> tag;  // by which it was addressed
  Digest digest;
  oci::ManifestRow row;
  EntryIndex index;  // what was addressed was set by this event: the tag's, or the manifest's own
};

Error manifest_unknown(std::string_view reference) {
  return Error(Errc::not_found, About::manifest, "the repository has no such manifest",
               std::string(reference));
}

// What does not parse as a tag cannot be one: it is not there (404), while a malformed digest is a
// mistake in the request (400). The conformance suite asks for the first.
Result<Found> find(const ReadScope& scope, std::string_view text) {
  auto reference = parse_reference(text);
  if (!reference && reference.error().about == About::tag)
    return std::unexpected(manifest_unknown(text));
  if (!reference) return std::unexpected(std::move(reference).error());
  const View& view = *scope.state.view;
  std::optional<EntryIndex> index;
  std::optional<Digest> digest = reference->digest;
  if (reference->tag) {
    VARVE_TRY(const auto tag, oci::find_tag(view, scope.repo, *reference->tag));
    if (!tag) return std::unexpected(manifest_unknown(text));
    digest = tag->digest;
    index = tag->index;
  }
  VARVE_TRY(auto row, oci::find_manifest(view, scope.repo, *digest));
  if (!row) return std::unexpected(manifest_unknown(text));
  const EntryIndex set_by = index.value_or(row->index);
  return Found{std::move(reference->tag), *digest, *std::move(row), set_by};
}

Result<std::string> stored_bytes(const ReadScope& scope, const Found& found) {
  VARVE_TRY(auto bytes, scope.state.reader.body(found.digest));
  if (!bytes || bytes->size() != found.row.size)
    return fail(Errc::corrupt, About::manifest, "the stored manifest is missing or short",
                found.digest.to_string());
  return *std::move(bytes);
}

awaitable<Result<std::string>> stored_bytes_anywhere(Services& services, const ReadScope& scope,
                                                     const Found& found) {
  auto work = [&] { return stored_bytes(scope, found); };
  if (found.row.size <= kInlineBytesMax) co_return work();
  co_return co_await services.pool.run(work);
}

struct Prepared {
  Digest digest;
  Hash256 sha256;  // of the same bytes, whatever names them
  oci::Manifest manifest;
  std::vector<std::string> warnings;
};

// By digest, the bytes must hash to it in its own algorithm; by tag, SHA-256 names them.
Result<Prepared> prepare(const Reference& reference, std::string_view bytes,
                         std::string_view content_type) {
  const auto algorithm = reference.digest ? reference.digest->algorithm() : DigestAlgorithm::sha256;
  Digest digest = Digest::of(bytes, algorithm);
  if (reference.digest && digest != *reference.digest)
    return fail(Errc::invalid, About::digest, "the body does not hash to the digest in the path",
                digest.to_string());
  VARVE_TRY(auto manifest, oci::parse_manifest(bytes, content_type));
  const Hash256 hash =
      algorithm == DigestAlgorithm::sha256 ? hash_from(digest.raw()) : sha256(bytes);
  return Prepared{digest, hash, std::move(manifest), oci::manifest_warnings(bytes)};
}

awaitable<Result<Prepared>> prepare_anywhere(Services& services, const Reference& reference,
                                             std::string_view bytes,
                                             std::string_view content_type) {
  auto work = [&] { return prepare(reference, bytes, content_type); };
  if (bytes.size() <= kInlineBytesMax) co_return work();
  co_return co_await services.pool.run(work);
}

awaitable<Result<std::string>> read_manifest(Request& request) {
  auto bytes = co_await http::read_all(*request.body, limits::kManifestBytesMax);
  if (!bytes && bytes.error().code == Errc::too_large)
    co_return fail(Errc::too_large, About::manifest, "a manifest has at most 4 MiB");
  co_return bytes;
}

// `by_parameter`: the tags came as parameters of a PUT by digest, and each accepted one is named.
Response put_answer(const Services& services, const oci::PutManifest& put, bool by_parameter,
                    const std::optional<std::string>& subject, const Receipt& receipt) {
  Response response = oci_answer(201);
  response.add("Location", "/v2/" + put.repo.text() + "/manifests/" + put.digest.to_string())
      .add(kContentDigest, put.digest.to_string());
  if (subject) response.add("OCI-Subject", *subject);
  if (by_parameter)
    for (const oci::Tag& tag : put.tags) response.add("OCI-Tag", tag.text());
  add_receipt(response, services, receipt,
              [&put](const View& view) -> Result<std::optional<EntryIndex>> {
                if (!put.tags.empty()) {
                  VARVE_TRY(const auto tag, oci::find_tag(view, put.repo, put.tags.back()));
                  return tag ? std::optional(tag->index) : std::nullopt;
                }
                VARVE_TRY(const auto row, oci::find_manifest(view, put.repo, put.digest));
                return row ? std::optional(row->index) : std::nullopt;
              });
  return response;
}

// The tag in the path, or those in the query of a PUT by digest (distribution-spec after 1.1.1).
Result<std::vector<oci::Tag>> wanted_tags(const Request& request, const Reference& reference) {
  const auto asked = request.query.all("tag");
  std::vector<oci::Tag> tags;
  if (reference.tag && !asked.empty())
    return fail(Errc::invalid, About::tag, "only a manifest put by its digest takes ?tag=");
  if (asked.size() > limits::kTagsPutMax)
    return fail(Errc::too_large, About::tag,
                "one request sets at most " + std::to_string(limits::kTagsPutMax) + " tags");
  if (reference.tag) tags.push_back(*reference.tag);
  for (const std::string_view text : asked) {
    VARVE_TRY(auto tag, oci::Tag::parse(text));
    tags.push_back(std::move(tag));
  }
  return tags;
}

// What an author signs for this request: its path's tag or digest, and these bytes.
trust::AuthorStatement statement_of(const Services& services, const oci::PutManifest& put,
                                    const Reference& reference, const Hash256& body) {
  return {services.log_key.name(), std::string(trust::kPut), put.media_type,
          reference.tag ? oci::signed_resource(put.repo, *reference.tag)
                        : oci::signed_resource(put.repo, put.digest),
          body};
}

// Tags that come as parameters stand in no statement: an author signs for the path.
Result<void> add_author(const Services& services, const Request& request,
                        const Reference& reference, const Hash256& body, oci::PutManifest& put) {
  if (!claims_author(request)) return {};
  if (!reference.tag && !put.tags.empty())
    return fail(Errc::invalid, About::signature,
                "an author signs for one tag in the path: put the manifest under each by itself");
  VARVE_TRY(put.author, author_of(services, request, statement_of(services, put, reference, body)));
  return {};
}

// RFC 7234 §5.5: 299 is a warning that stays with the answer.
void add_warnings(Response& response, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    std::string value = "299 - ";
    json::append_quoted(value, warning);
    response.add("Warning", std::move(value));
  }
}

}  // namespace

namespace {

Result<void> check_readable(const Services& services, const ReadScope& scope, const Found& found) {
  const Newest newest(services, scope);
  VARVE_CHECK(oci::check_readable(newest.view(), scope.repo, found.tag, found.digest));
  VARVE_TRY(const auto before, view_before_it_went(services, scope, Table::manifest, found.digest));
  if (!before) return {};
  return oci::check_readable(*before, scope.repo, std::nullopt, found.digest);
}

}  // namespace

awaitable<Response> get_manifest(Services& services, Request& request) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const TreeSize size = scope->state.size;
  const auto found = find(*scope, request.params[1]);
  if (!found) co_return oci_problem(found.error(), size);
  const auto readable = check_readable(services, *scope, *found);
  if (!readable) co_return oci_problem(readable.error(), size);
  if (if_none_match(request, found->digest))
    co_return not_modified(found->digest, found->index, size);
  Response response = oci_answer(200);
  response.add("Content-Type", found->row.media_type)
      .add(kContentDigest, found->digest.to_string())
      .add("ETag", etag_of(found->digest));
  add_provenance(response, found->index, size);
  if (request.method == http::Method::head) {
    response.content_length = found->row.size;
    co_return response;
  }
  auto bytes = co_await stored_bytes_anywhere(services, *scope, *found);
  if (!bytes) co_return oci_problem(bytes.error(), size);
  response.body = *std::move(bytes);
  // Whoever reads an earlier state looks into it; whoever pulls reads the present.
  if (services.downloads != nullptr && scope->state.present) services.downloads->count(scope->repo);
  co_return response;
}

awaitable<Response> put_manifest(Services& services, Request& request) {
  auto repo = writable_repo(request);
  if (!repo) co_return oci_problem(repo.error());
  auto reference = parse_reference(request.params[1]);
  if (!reference) co_return oci_problem(reference.error());
  auto tags = wanted_tags(request, *reference);
  if (!tags) co_return oci_problem(tags.error());
  auto bytes = co_await read_manifest(request);
  if (!bytes) co_return oci_problem(bytes.error());
  auto prepared =
      co_await prepare_anywhere(services, *reference, *bytes, request.header("content-type"));
  if (!prepared) co_return oci_problem(prepared.error());
  oci::Manifest& manifest = prepared->manifest;
  const std::optional<std::string> subject = std::move(manifest.subject);
  oci::PutManifest put{*std::move(repo),
                       *std::move(tags),
                       prepared->digest,
                       bytes->size(),
                       std::move(manifest.media_type),
                       std::move(manifest.blobs),
                       std::move(manifest.manifests),
                       preconditions(request)};
  const auto authored = add_author(services, request, *reference, prepared->sha256, put);
  if (!authored) co_return oci_problem(authored.error());
  std::vector<Body> bodies{
      Body{prepared->digest, std::make_shared<const std::string>(*std::move(bytes))}};
  Command command = make_command(request, put, std::move(bodies));
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return oci_problem(receipt.error());
  Response response = put_answer(services, put, !reference->tag, subject, *receipt);
  add_warnings(response, prepared->warnings);
  co_return response;
}

// By tag the tag goes and the manifest stays; by digest the manifest goes with all its tags.
awaitable<Response> delete_manifest(Services& services, Request& request) {
  auto repo = writable_repo(request);
  if (!repo) co_return oci_problem(repo.error());
  auto reference = parse_reference(request.params[1]);
  if (!reference && reference.error().about == About::tag)
    co_return oci_problem(manifest_unknown(request.params[1]));
  if (!reference) co_return oci_problem(reference.error());
  Intent intent = reference->tag
                      ? Intent(oci::DeleteTag{*std::move(repo), *std::move(reference->tag),
                                              preconditions(request)})
                      : Intent(oci::DeleteManifest{*std::move(repo), *reference->digest,
                                                   preconditions(request)});
  Command command = make_command(request, std::move(intent));
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return oci_problem(receipt.error());
  co_return deleted(services, *receipt);
}

}  // namespace varve::surface
