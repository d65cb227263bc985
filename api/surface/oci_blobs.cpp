// Blobs out: HEAD and GET, whole or in part, as of any size; and away, by DELETE. I/O threads; the
// store is asked on the pool, and the bytes go from the file to the socket without being held.
#include <memory>
#include <utility>

#include "api/surface/file_answer.h"
#include "api/surface/oci_common.h"
#include "api/surface/oci_handlers.h"
#include "api/surface/ranges.h"
#include "core/content/locks.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;

Error blob_unknown(const Digest& digest, std::string what) {
  return Error(Errc::not_found, About::blob, std::move(what), digest.to_string());
}

Response unsatisfiable(std::uint64_t total, TreeSize size) {
  const Error error(Errc::range, About::blob,
                    "the blob has " + std::to_string(total) + " bytes; the range asks beyond them");
  Response response = oci_problem(error, size);
  response.add("Content-Range", "bytes */" + std::to_string(total));
  return response;
}

Response blob_answer(const Request& request, const Digest& digest, const oci::BlobRow& row,
                     TreeSize size, std::shared_ptr<const BlobFile> file) {
  const RangeAnswer wanted = wanted_range(request, digest, file->size());
  if (wanted.kind == RangeAnswer::Kind::unsatisfiable) return unsatisfiable(file->size(), size);
  Response response = file_answer(std::move(file), wanted, digest);
  response.add(kContentDigest, digest.to_string());
  add_provenance(response, row.index, size);
  return response;
}

// A client that hears by HEAD that a blob is here does not send it: from then on somebody counts on
// it, and the purger must know before it is said. Only for blobs that are here: leases are few, and
// anybody may ask for any digest.
bool wants_lease(const Services& services, const Request& request, const ReadScope& scope) {
  const bool of_the_past =
      scope.moment_in_path || request.query.get("as_of");  // nobody pushes there
  return request.method == http::Method::head && !of_the_past && services.leases != nullptr;
}

// The blob's row once nobody can take it any more; nothing when it went since it was read. While
// the purger decides about the digest it may be about another repository's link: the answer waits
// for what it says about ours.
http::net::awaitable<Result<std::optional<oci::BlobRow>>> lease(Services& services,
                                                                const RepoName& repo,
                                                                const Digest& digest) {
  if (!services.leases->renew(digest)) {
    const auto hold = co_await hold_blob(services, digest);
    if (!hold) co_return std::unexpected(hold.error());
  }
  co_return oci::find_blob(*services.reader().view(), repo, digest);
}

Result<void> check_readable(const Services& services, const ReadScope& scope,
                            const Digest& digest) {
  VARVE_CHECK(content::check_readable(Newest(services, scope).view(), scope.repo));
  VARVE_TRY(const auto before, view_before_it_went(services, scope, Table::link, digest));
  return before ? content::check_readable(*before, scope.repo) : Result<void>();
}

}  // namespace

// The file is opened for HEAD too: a client that hears "it is here" does not push it, so the answer
// must not rest on the log alone when the bytes are gone.
http::net::awaitable<Response> get_blob(Services& services, Request& request) {
  auto scope = co_await read_scope(services, request);
  if (!scope) co_return std::move(scope).error();
  const TreeSize size = scope->state.size;
  const auto digest = Digest::parse(request.params[1]);
  if (!digest) co_return oci_problem(digest.error(), size);
  const auto readable = check_readable(services, *scope, *digest);
  if (!readable) co_return oci_problem(readable.error(), size);
  auto row = oci::find_blob(*scope->state.view, scope->repo, *digest);
  if (row && *row && wants_lease(services, request, *scope))
    row = co_await lease(services, scope->repo, *digest);
  if (!row) co_return oci_problem(row.error(), size);
  if (!*row) co_return oci_problem(blob_unknown(*digest, "the repository has no such blob"), size);
  if (if_none_match(request, *digest)) co_return not_modified(*digest, (*row)->index, size);
  auto file = co_await open_blob(services, *digest);
  if (!file && file.error().code == Errc::not_found)
    co_return oci_problem(
        blob_unknown(*digest, "the log names this blob, but its bytes are not here"), size);
  if (!file) co_return oci_problem(file.error(), size);
  if ((*file)->size() != (*row)->size)
    co_return oci_problem(Error(Errc::corrupt, About::blob, "the stored blob has the wrong length",
                                digest->to_string()),
                          size);
  co_return blob_answer(request, *digest, **row, size, std::move(*file));
}

http::net::awaitable<Response> delete_blob(Services& services, Request& request) {
  auto repo = writable_repo(request);
  if (!repo) co_return oci_problem(repo.error());
  const auto digest = Digest::parse(request.params[1]);
  if (!digest) co_return oci_problem(digest.error());
  Command command = make_command(request, content::UnlinkBlob{*std::move(repo), *digest});
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return oci_problem(receipt.error());
  co_return deleted(services, *receipt);
}

}  // namespace varve::surface
