// Files in, in Pulp's three steps: an upload, its bytes, and the package that they become. I/O
// threads; every step that touches a file runs on the pool.
//
// The upload's file survives a restart. What was said when it began does not, and is said again to
// go on: whose it is, how long, with which checksum. An import holds the file against that (its
// size and its SHA-256 before the store takes it), and what is said besides against the RPM itself.
#include <algorithm>
#include <utility>

#include "api/surface/common.h"
#include "api/surface/file_answer.h"
#include "api/surface/pulp_checksum.h"
#include "api/surface/pulp_common.h"
#include "api/surface/pulp_create.h"
#include "api/surface/pulp_handlers.h"
#include "api/surface/receiving.h"
#include "core/trust/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

// ---- ids ---- (the store's hex digits, written as the UUID that Pulp's clients expect)

constexpr std::size_t kHyphens[] = {8, 13, 18, 23};

std::string uuid_of(const UploadId& id) {
  std::string text = id.text();
  for (const std::size_t at : kHyphens) text.insert(at, 1, '-');
  return text;
}

Error no_upload() {
  return Error(Errc::not_found, About::upload, "there is no such upload");
}

Result<UploadId> parse_upload(std::string_view uuid) {
  std::string hex(uuid);
  std::erase(hex, '-');
  const auto id = UploadId::parse(hex);
  if (!id || uuid_of(*id) != uuid) return std::unexpected(no_upload());
  return *id;
}

// ---- the first step ----

// Nobody leaves bytes here that no package of theirs can be made of. decide() asks for the very
// package.
Result<void> may_create(const Services& services, const Request& request) {
  VARVE_CHECK(present_only(request));
  const auto any = pulp::PackageId::from_random(std::string(16, '\0'));
  return trust::check(*services.reader().view(), request.actor, Right::push, pulp::resource_of(any),
                      services.now());
}

struct StartWish {
  std::string checksum;
  std::uint64_t size = 0;
  std::optional<UploadId> id;  // to go on with
};
Result<StartWish> parse_start(const PulpDocument& document) {
  StartWish wish;
  VARVE_CHECK(document.text("name"));
  VARVE_TRY(wish.checksum, document.text("checksum"));
  if (!checksum_type(wish.checksum))
    return bad_parameter("checksum",
                         "this is the file's MD5, SHA-1, SHA-224, SHA-256, SHA-384 or "
                         "SHA-512 in lower-case hex");
  VARVE_TRY(const auto size, document.optional_number("size"));
  if (!size) return missing_parameter("size");
  wish.size = *size;
  VARVE_TRY(const auto id, document.optional_text("id"));
  if (id) {
    VARVE_TRY(wish.id, parse_upload(*id));
  }
  return wish;
}

constexpr std::size_t kHoldersMax = 64;

// The file, if it is here already as that of a package which the caller sees: whoever merely knows
// its checksum is not told.
Result<std::optional<Digest>> file_that_is_here(const Services& services, const Request& request,
                                                const StartWish& wish) {
  const auto digest = Digest::parse("sha256:" + wish.checksum);
  if (!digest) return std::nullopt;
  PulpSight sight(services, request);
  VARVE_TRY(const auto holders, pulp::packages_with_file(sight.newest(), *digest, kHoldersMax));
  for (const pulp::PackageId& holder : holders) {
    VARVE_TRY(const bool seen, sight.sees(sight.newest(), holder));
    if (!seen) continue;
    const auto file = services.blobs.open(*digest);
    return file && (*file)->size() == wish.size ? std::optional(*digest) : std::nullopt;
  }
  return std::nullopt;
}

constexpr std::string_view kComplete = "-1";

Response started(const UploadId& id, std::string_view offset) {
  return http::json(200, R"({"id":")" + uuid_of(id) + R"(","offset":)" + std::string(offset) + "}");
}

DeclaredUploads::Declared declared_by(const Request& request, const StartWish& wish) {
  return {request.actor.id, wish.checksum, wish.size};
}

using Declared = DeclaredUploads::Declared;

// What was said of it, where that is known. Somebody else's is not there; one that nobody here
// remembers is whoever's who knows its id.
Result<std::optional<Declared>> find_declared(const Services& services, const Request& request,
                                              const UploadId& id) {
  auto declared = services.state->declared_uploads.find(id);
  if (declared && declared->owner != request.actor.id) return std::unexpected(no_upload());
  return declared;
}

// With another checksum or another size it is another file.
Result<void> check_the_same(const Services& services, const Request& request,
                            const StartWish& wish) {
  VARVE_TRY(const auto declared, find_declared(services, request, *wish.id));
  if (!declared) return {};
  if (declared->checksum != wish.checksum)
    return bad_parameter("checksum", "this upload began with another one");
  if (declared->size != wish.size)
    return bad_parameter("size", "this upload began with another one");
  return {};
}

awaitable<Response> go_on(Services& services, const Request& request, const StartWish& wish) {
  const UploadId& id = *wish.id;
  if (const auto same = check_the_same(services, request, wish); !same)
    co_return pulp_problem(services, request, same.error());
  auto work = [&services, &id] { return services.blobs.upload_size(id); };
  const auto size = co_await services.pool.run(work);
  if (!size && !services.state->finished_uploads.find(id))
    co_return pulp_problem(services, request, no_upload());
  services.state->declared_uploads.remember(id, declared_by(request, wish));
  if (!size || *size == wish.size) co_return started(id, kComplete);
  co_return started(id, std::to_string(*size));
}

awaitable<Result<std::unique_ptr<Upload>>> open_upload(Services& services, const UploadId& id) {
  auto open = [&services, &id] { return services.blobs.open_upload(id); };
  auto upload = co_await services.pool.run(open);
  if (!upload && upload.error().code == Errc::not_found) co_return std::unexpected(no_upload());
  co_return upload;
}

// ---- the last step ----

Error differs(std::string_view name, const std::string& said, const std::string& found) {
  return bad_parameter(name, "the upload began with \"" + said.substr(0, 200) +
                                 "\", its bytes have \"" + found + "\"")
      .error();
}

Result<void> check_size(const Declared& declared, std::uint64_t size) {
  if (size == declared.size) return {};
  return std::unexpected(differs("size", std::to_string(declared.size), std::to_string(size)));
}

// What can be told before the bytes are read again.
Result<void> check_sha256(const Declared& declared, const Digest& digest) {
  if (checksum_type(declared.checksum) != "sha256" || digest.hex() == declared.checksum) return {};
  return std::unexpected(differs("checksum", declared.checksum, digest.hex()));
}

// Whatever algorithm it is of.
Result<void> check_checksum(const Declared& declared, const BlobFile& bytes, const Digest& digest) {
  VARVE_CHECK(check_sha256(declared, digest));
  const auto type = checksum_type(declared.checksum);
  VARVE_ASSERT(type.has_value());
  if (*type == "sha256") return {};
  VARVE_TRY(const std::string found, checksum_of(bytes, *type));
  if (found == declared.checksum) return {};
  return std::unexpected(differs("checksum", declared.checksum, found));
}

struct Placed {
  Digest digest;
  std::optional<Leases::Hold> hold;
};

// The store says what an upload is when it is not what was named; nothing is all zeroes.
Result<Digest> digest_of(Upload& upload) {
  const Digest nothing(DigestAlgorithm::sha256, std::string(32, '\0'));
  const auto finished = upload.finish(nothing);
  if (finished || finished.error().about != About::digest)
    return finished ? fail(Errc::internal, About::upload, "an upload has the digest of nothing")
                    : std::unexpected(finished.error());
  return Digest::parse(finished.error().detail);
}

// Its bytes as a blob, which the purger leaves alone while the hold lasts. An import that was
// refused, or whose answer got lost, is asked for again: what its upload became is remembered.
awaitable<Result<Placed>> place(Services& services, const UploadId& id, const Declared& declared) {
  auto upload = co_await open_upload(services, id);
  if (!upload) {
    const auto known = services.state->finished_uploads.find(id);
    if (upload.error().code != Errc::not_found || !known) co_return std::unexpected(upload.error());
    auto hold = co_await hold_blob(services, known->digest);
    if (!hold) co_return std::unexpected(hold.error());
    co_return Placed{known->digest, *std::move(hold)};
  }
  // Before it is a blob: what is too short is gone on with.
  if (const auto whole = check_size(declared, (*upload)->size()); !whole)
    co_return std::unexpected(whole.error());
  auto hash = [&upload] { return digest_of(**upload); };
  const auto digest = co_await services.pool.run(hash);
  if (!digest) co_return std::unexpected(digest.error());
  if (const auto right = check_sha256(declared, *digest); !right) {
    // It has all its bytes, and they are others: it can become nothing.
    auto drop = [&services, &upload, &id] {
      upload->reset();
      return services.blobs.cancel_upload(id);
    };
    (void)co_await services.pool.run(drop);
    co_return std::unexpected(right.error());
  }
  auto hold = co_await hold_blob(services, *digest);
  if (!hold) co_return std::unexpected(hold.error());
  const std::uint64_t size = (*upload)->size();
  const auto finished = co_await finish_as_blob(services, **upload, *digest, size);
  if (!finished) co_return std::unexpected(finished.error());
  upload->reset();
  services.state->finished_uploads.remember(id, {*digest, size});
  co_return Placed{*digest, *std::move(hold)};
}

Result<Declared> need_declared(const Services& services, const Request& request,
                               const UploadId& id) {
  VARVE_TRY(auto declared, find_declared(services, request, id));
  if (declared) return *std::move(declared);
  return fail(Errc::not_found, About::upload,
              "what this upload is to be is not known any more: POST /services/upload/ with its id "
              "says it again");
}

struct ImportWish {
  UploadId upload;
  PackageClaims claims;
};
Result<ImportWish> parse_import(const PulpDocument& document) {
  VARVE_TRY(const auto uuid, document.text("uploadid"));
  VARVE_TRY(auto id, parse_upload(uuid));
  VARVE_TRY(const auto metadata, document.optional_object("metadata"));
  ImportWish wish{std::move(id), {}};
  if (metadata) {
    VARVE_TRY(wish.claims, parse_import_claims(*metadata));
  }
  return wish;
}

awaitable<Result<NewPackage>> read_package(Services& services, const Digest& digest,
                                           const Declared& declared, const PackageClaims& claims) {
  const auto file = co_await open_blob(services, digest);
  if (!file) co_return std::unexpected(file.error());
  auto work = [&]() -> Result<NewPackage> {
    VARVE_CHECK(check_size(declared, (*file)->size()));
    VARVE_CHECK(check_checksum(declared, **file, digest));
    return package_in_file(**file, digest, claims);
  };
  co_return co_await services.pool.run(work);
}

}  // namespace

awaitable<Response> start_pulp_upload(Services& services, Request& request) {
  if (const auto allowed = may_create(services, request); !allowed)
    co_return pulp_problem(services, request, allowed.error());
  const auto document = co_await read_pulp_document(services.pool, request);
  if (!document) co_return pulp_problem(services, request, document.error());
  const auto wish = parse_start(*document);
  if (!wish) co_return pulp_problem(services, request, wish.error());
  if (wish->id) co_return co_await go_on(services, request, *wish);
  auto look = [&] { return file_that_is_here(services, request, *wish); };
  const auto here = co_await services.pool.run(look);
  if (!here) co_return pulp_problem(services, request, here.error());
  if (*here) {
    const UploadId id = UploadId::random();
    services.state->declared_uploads.remember(id, declared_by(request, *wish));
    services.state->finished_uploads.remember(id, {**here, wish->size});
    co_return started(id, kComplete);
  }
  const auto upload = co_await open_new_upload(services);
  if (!upload) co_return pulp_problem(services, request, upload.error());
  services.state->declared_uploads.remember((*upload)->id(), declared_by(request, *wish));
  co_return started((*upload)->id(), "0");
}

awaitable<Response> append_pulp_upload(Services& services, Request& request) {
  if (const auto allowed = may_create(services, request); !allowed)
    co_return pulp_problem(services, request, allowed.error());
  const auto id = parse_upload(request.params.front());
  if (!id) co_return pulp_problem(services, request, id.error());
  const auto declared = need_declared(services, request, *id);
  if (!declared) co_return pulp_problem(services, request, declared.error());
  const auto upload = co_await open_upload(services, *id);
  if (!upload) co_return pulp_problem(services, request, upload.error());
  const std::uint64_t left = declared->size - std::min(declared->size, (*upload)->size());
  const auto appended = co_await append_body(services, *request.body, **upload, std::nullopt, left);
  if (!appended) co_return pulp_problem(services, request, appended.error());
  co_return http::json(200, "true");
}

awaitable<Response> import_pulp_upload(Services& services, Request& request) {
  if (const auto allowed = may_create(services, request); !allowed)
    co_return pulp_problem(services, request, allowed.error());
  const auto document = co_await read_pulp_document(services.pool, request);
  if (!document) co_return pulp_problem(services, request, document.error());
  const auto wish = parse_import(*document);
  if (!wish) co_return pulp_problem(services, request, wish.error());
  const auto declared = need_declared(services, request, wish->upload);
  if (!declared) co_return pulp_problem(services, request, declared.error());
  const auto placed = co_await place(services, wish->upload, *declared);
  if (!placed) co_return pulp_problem(services, request, placed.error());
  auto package = co_await read_package(services, placed->digest, *declared, wish->claims);
  if (!package) co_return pulp_problem(services, request, package.error());
  co_return co_await submit_package(services, request, *std::move(package));
}

}  // namespace varve::surface
