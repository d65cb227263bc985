// Blobs in: uploads from their POST to the event that links their blob. I/O threads; every step
// that touches the upload's file runs on the pool, one window at a time.
//
// An upload's URL ends in <id><check>: the store's 32 hex digits and 16 more of a hash over the id
// and the repository. So an upload answers 404 under any other repository without a second file
// that would have to survive restarts with it. The check is no secret and needs none: whoever knows
// the id could only finish, elsewhere, bytes they sent themselves.
//
// A client that vanishes leaves what it sent: the upload's size says how far it came, and the next
// PATCH or PUT goes on there.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "api/surface/ranges.h"
#include "api/surface/receiving.h"
#include "core/base/bytes.h"
#include "core/content/locks.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kCheckBytes = 8;

std::string upload_token(const UploadId& id, const RepoName& repo) {
  const Hash256 hash = sha256("varve upload\n", id.text(), repo.text());
  return id.text() + hex_encode(as_view(hash).substr(0, kCheckBytes));
}

std::string upload_path(const UploadId& id, const RepoName& repo) {
  return "/v2/" + repo.text() + "/blobs/uploads/" + upload_token(id, repo);
}

struct Target {
  RepoName repo;
  UploadId id;
};

Result<Target> parse_target(const Request& request) {
  VARVE_TRY(auto repo, writable_repo(request));
  const std::string_view token = request.params[1];
  VARVE_TRY(auto id, UploadId::parse(token.substr(0, kIdDigits)));
  if (token != upload_token(id, repo))
    return fail(Errc::not_found, About::upload, "this repository has no such upload");
  return Target{std::move(repo), std::move(id)};
}

// Where the upload stands. "0-0" for an empty one is what every client expects, though it reads
// like one byte; a PATCH is judged by the real size.
void add_upload_headers(Response& response, const Target& target, std::uint64_t size) {
  response.add("Location", upload_path(target.id, target.repo))
      .add("Range", "0-" + std::to_string(std::max<std::uint64_t>(size, 1) - 1))
      .add("Docker-Upload-UUID", upload_token(target.id, target.repo));
}

Response upload_answer(unsigned status, const Target& target, std::uint64_t size) {
  Response response = oci_answer(status);
  add_upload_headers(response, target, size);
  return response;
}

// A chunk out of order leaves the upload alive, and says where it stands.
Response upload_problem(const Error& error, const Target& target, std::uint64_t size) {
  Response response = oci_problem(error);
  if (error.code == Errc::range) add_upload_headers(response, target, size);
  return response;
}

awaitable<Result<UploadPtr>> open_existing(Services& services, const UploadId& id) {
  auto open = [&services, &id] { return services.blobs.open_upload(id); };
  co_return co_await services.pool.run(open);
}

// The body's declared place, checked against the upload before a byte is read. Without
// Content-Range the body is appended whatever its length.
Result<std::optional<std::uint64_t>> expected_length(const Request& request, std::uint64_t at) {
  const std::string_view header = request.header("content-range");
  if (header.empty()) return std::nullopt;
  const auto chunk = parse_content_range(header);
  if (!chunk)
    return fail(Errc::invalid, About::size, "Content-Range is written <first>-<last>",
                std::string(header.substr(0, 64)));
  if (chunk->first != at)
    return out_of_order("the upload has " + std::to_string(at) + " bytes; the chunk starts at " +
                        std::to_string(chunk->first));
  const auto length = request.body->length();
  if (length && *length != chunk->length())
    return out_of_order("Content-Range and Content-Length name different lengths");
  return chunk->length();
}

// POST ?digest=: the whole blob in one request. Nobody knows the upload's id yet, so what fails is
// removed at once. An empty body whose digest is not the empty blob's is a plain POST by a client
// that adds the digest early: it gets an upload.
awaitable<Response> single_post(Services& services, Request& request, Target target,
                                UploadPtr upload, Digest digest) {
  Result<void> done = co_await append_body(services, *request.body, *upload, std::nullopt);
  const std::uint64_t size = upload->size();
  if (done && size == 0 && digest != Digest::of("", digest.algorithm()))
    co_return upload_answer(202, target, 0);
  const auto hold = co_await finish_or_remove(services, std::move(upload), std::move(done), digest);
  if (!hold) co_return oci_problem(hold.error());
  content::LinkBlob link{target.repo, digest, size};
  co_return co_await link_blob(services, request, std::move(link));
}

// Repositories a mount without a source looks at: it saves an upload, and is worth no long search.
constexpr std::size_t kHoldersMax = 256;

// Where a mount takes the blob from: `from` if it links the blob, or, when the client names none,
// any repository that does. Either way only one the caller may pull from: else a mount would be a
// way to it, and its answer would tell that somebody has these bytes.
struct Sources {
  std::optional<RepoName> repo;
  // The client named one and may pull from it; what its token is made for may not. One that it did
  // not name is not told to a token that was kept from it.
  bool beyond = false;
};

Result<Sources> mount_sources(const Services& services, const Request& request, const View& view,
                              const Digest& digest) {
  Sources sources;
  const auto may = [&](const RepoName& repo) -> Result<bool> {
    if (!content::check_readable(view, repo)) return false;
    return may_pull(services, request, view, repo);
  };
  const auto from = request.query.get("from");
  if (!from) {
    VARVE_TRY(sources.repo, oci::find_holder(view, digest, may, kHoldersMax));
    return sources;
  }
  VARVE_TRY(auto repo, RepoName::parse(*from));
  VARVE_TRY(const bool allowed, may(repo));
  if (allowed) {
    sources.repo = std::move(repo);
  } else if (request.actor.limit && content::check_readable(view, repo)) {
    VARVE_TRY(sources.beyond, may_find(services, request, view, repo));
  }
  return sources;
}

struct Mount {
  std::optional<content::LinkBlob> link;
  bool beyond = false;  // a token for pulling from the source too is needed first
};

// Whatever is wrong with a mount (a malformed digest, a repository that does not exist, bytes that
// are not here) is answered by an ordinary upload.
Mount find_mount(const Services& services, const Request& request, const RepoName& to,
                 std::string_view mount) {
  const auto digest = Digest::parse(mount);
  if (!digest) return {};
  const auto view = services.reader().view();
  auto sources = mount_sources(services, request, *view, *digest);
  if (!sources) return {};
  if (!sources->repo) return {std::nullopt, sources->beyond};
  const auto row = oci::find_blob(*view, *sources->repo, *digest);
  if (!row || !*row || !services.blobs.open(*digest)) return {};
  return {content::LinkBlob{to, *digest, (*row)->size, *std::move(sources->repo)}, false};
}

// The challenge asks for both, so that the client's next token mounts.
Response needs_wider_token() {
  return oci_problem(Error(Errc::unauthorized, About::request,
                           "the token was not made for pulling what is to be mounted"));
}

awaitable<Mount> wanted_mount(Services& services, const Request& request, const RepoName& to) {
  const auto mount = request.query.get("mount");
  if (!mount) co_return Mount{};
  auto work = [&] { return find_mount(services, request, to, *mount); };
  co_return co_await services.pool.run(work);
}

// distribution-spec after 1.1.1: an algorithm we cannot check is refused before bytes are sent. One
// we can needs nothing: finish() hashes again when it is not the one hashed on the way.
Result<void> check_algorithm(const Request& request) {
  const auto name = request.query.get("digest-algorithm");
  if (!name || *name == "sha256" || *name == "sha512") return {};
  return fail(Errc::invalid, About::digest, "digests are sha256 or sha512",
              std::string(name->substr(0, 64)));
}

Result<std::optional<Digest>> digest_parameter(const Request& request) {
  const auto text = request.query.get("digest");
  if (!text) return std::nullopt;
  VARVE_TRY(const Digest digest, Digest::parse(*text));
  return digest;
}

}  // namespace

awaitable<Response> start_upload(Services& services, Request& request) {
  auto repo = writable_repo(request);
  if (!repo) co_return oci_problem(repo.error());
  const auto algorithm = check_algorithm(request);
  if (!algorithm) co_return oci_problem(algorithm.error());
  const auto digest = digest_parameter(request);
  if (!digest) co_return oci_problem(digest.error());
  // decide() says so too, after all the bytes.
  const auto writable = content::check_writable(*services.reader().view(), *repo);
  if (!writable) co_return oci_problem(writable.error());
  auto mount = co_await wanted_mount(services, request, *repo);
  if (mount.beyond) co_return needs_wider_token();
  if (mount.link) {
    const auto hold = co_await hold_blob(services, mount.link->digest);
    if (!hold) co_return oci_problem(hold.error());
    Response mounted = co_await link_blob(services, request, *std::move(mount.link));
    if (mounted.status != 404) co_return mounted;  // else the source lost it in the meantime
  }
  auto upload = co_await open_new_upload(services);
  if (!upload) co_return oci_problem(upload.error());
  Target target{*std::move(repo), (*upload)->id()};
  if (!*digest) co_return upload_answer(202, target, 0);
  co_return co_await single_post(services, request, std::move(target), *std::move(upload),
                                 **digest);
}

awaitable<Response> append_upload(Services& services, Request& request) {
  const auto target = parse_target(request);
  if (!target) co_return oci_problem(target.error());
  const auto upload = co_await open_existing(services, target->id);
  if (!upload) co_return oci_problem(upload.error());
  const auto length = expected_length(request, (*upload)->size());
  if (!length) co_return upload_problem(length.error(), *target, (*upload)->size());
  const auto appended = co_await append_body(services, *request.body, **upload, *length);
  if (!appended) co_return upload_problem(appended.error(), *target, (*upload)->size());
  co_return upload_answer(202, *target, (*upload)->size());
}

// The final PUT again, of an upload that has become this blob already. The answer to the first one
// was lost, or the ledger had no room for it.
awaitable<Response> finish_again(Services& services, const Request& request, const Target& target,
                                 const Digest& digest, const Error& unknown) {
  const auto blob = services.state->finished_uploads.find(target.id);
  if (!blob || blob->digest != digest) co_return oci_problem(unknown);
  const auto hold = co_await hold_blob(services, digest);
  if (!hold) co_return oci_problem(hold.error());
  // It may have been purged since: what nothing linked for a while goes.
  auto look = [&services, &digest, size = blob->size] {
    const auto file = services.blobs.open(digest);
    return file && (*file)->size() == size;
  };
  const bool here = co_await services.pool.run(look);
  if (!here) co_return oci_problem(unknown);
  content::LinkBlob link{target.repo, digest, blob->size};
  co_return co_await link_blob(services, request, std::move(link));
}

// A PUT without a digest is refused before the upload is touched, and one with a wrong digest
// leaves it as it was before: either can be sent again.
awaitable<Response> finish_upload(Services& services, Request& request) {
  const auto target = parse_target(request);
  if (!target) co_return oci_problem(target.error());
  const auto digest = digest_parameter(request);
  if (!digest) co_return oci_problem(digest.error());
  if (!*digest)
    co_return oci_problem(
        Error(Errc::invalid, About::digest, "the final PUT names the blob: ?digest=<digest>"));
  auto upload = co_await open_existing(services, target->id);
  if (!upload && upload.error().code == Errc::not_found)
    co_return co_await finish_again(services, request, *target, **digest, upload.error());
  if (!upload) co_return oci_problem(upload.error());
  const std::uint64_t before = (*upload)->size();
  const auto length = expected_length(request, before);
  if (!length) co_return upload_problem(length.error(), *target, before);
  const auto appended = co_await append_body(services, *request.body, **upload, *length);
  if (!appended) co_return upload_problem(appended.error(), *target, (*upload)->size());
  const std::uint64_t size = (*upload)->size();
  const auto hold = co_await hold_blob(services, **digest);
  if (!hold) co_return oci_problem(hold.error());
  const auto finished = co_await finish_as_blob(services, **upload, **digest, before);
  if (!finished) co_return oci_problem(finished.error());
  upload->reset();
  services.state->finished_uploads.remember(target->id, {**digest, size});
  content::LinkBlob link{target->repo, **digest, size};
  co_return co_await link_blob(services, request, std::move(link));
}

awaitable<Response> upload_status(Services& services, Request& request) {
  const auto target = parse_target(request);
  if (!target) co_return oci_problem(target.error());
  auto work = [&services, &target] { return services.blobs.upload_size(target->id); };
  const Result<std::uint64_t> size = co_await services.pool.run(work);
  if (!size) co_return oci_problem(size.error());
  co_return upload_answer(204, *target, *size);
}

awaitable<Response> cancel_upload(Services& services, Request& request) {
  const auto target = parse_target(request);
  if (!target) co_return oci_problem(target.error());
  const Result<void> done = co_await remove_upload(services, target->id);
  if (!done) co_return oci_problem(done.error());
  co_return oci_answer(204);
}

}  // namespace varve::surface
