// Packages in and away. I/O threads; files are read on the pool.
#include <utility>

#include "api/surface/common.h"
#include "api/surface/file_answer.h"
#include "api/surface/pulp_common.h"
#include "api/surface/pulp_create.h"
#include "api/surface/pulp_handlers.h"
#include "core/content/locks.h"
#include "core/oci/query.h"
#include "core/trust/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using pulp::PackageId;
using pulp::PackageRow;

// ---- create ----

// A blob that is here already, by where it can be pulled from.
struct BlobAt {
  RepoName repo;
  Digest digest;
};
Result<BlobAt> parse_blob_at(std::string_view text) {
  const std::size_t at = text.find('@');
  const auto wrong = [] {
    return bad_parameter("file",
                         "this is a repository and the sha256 of a blob in it, like "
                         "team/app@sha256:…");
  };
  if (at == text.npos) return wrong();
  auto repo = RepoName::parse(text.substr(0, at));
  const auto digest = Digest::parse(text.substr(at + 1));
  if (!repo || !digest || digest->algorithm() != DigestAlgorithm::sha256) return wrong();
  return BlobAt{*std::move(repo), *digest};
}

// decide() asks the same again; here nobody is to learn from an error what is in a file that they
// may not read.
Result<void> may_take(const Services& services, const Request& request, const BlobAt& blob) {
  const auto view = services.reader().view();
  VARVE_CHECK(trust::check(*view, request.actor, Right::pull, blob.repo, services.now()));
  VARVE_CHECK(content::check_readable(*view, blob.repo));
  VARVE_TRY(const auto row, oci::find_blob(*view, blob.repo, blob.digest));
  if (row) return {};
  return fail(Errc::not_found, About::blob, "the repository has no such blob",
              blob.digest.to_string());
}

awaitable<Result<NewPackage>> read_from_blob(Services& services, const BlobAt& blob,
                                             const PackageClaims& claims) {
  const auto file = co_await open_blob(services, blob.digest);
  if (!file) co_return std::unexpected(file.error());
  auto work = [&] { return package_in_file(**file, blob.digest, claims); };
  auto package = co_await services.pool.run(work);
  if (package) package->file->from = blob.repo;
  co_return package;
}

awaitable<Response> create_from_blob(Services& services, const Request& request, BlobAt blob,
                                     PackageClaims claims) {
  if (const auto allowed = may_take(services, request, blob); !allowed)
    co_return pulp_problem(services, request, allowed.error());
  const auto hold = co_await hold_blob(services, blob.digest);
  if (!hold) co_return pulp_problem(services, request, hold.error());
  auto package = co_await read_from_blob(services, blob, claims);
  if (!package) co_return pulp_problem(services, request, package.error());
  co_return co_await submit_package(services, request, *std::move(package));
}

struct CreateWish {
  PackageClaims claims;
  std::optional<BlobAt> blob;
};
Result<CreateWish> parse_create(const Request& request, const PulpDocument& document) {
  VARVE_CHECK(present_only(request));
  VARVE_TRY(auto claims, parse_claims(document));
  VARVE_TRY(const auto file, document.optional_text("file"));
  if (!file) return CreateWish{std::move(claims), std::nullopt};
  VARVE_CHECK(parse_more_claims(document, claims));
  VARVE_TRY(auto blob, parse_blob_at(*file));
  return CreateWish{std::move(claims), std::move(blob)};
}

// ---- delete all ----

constexpr std::size_t kDeletedInATurn = 256;

struct Batch {
  std::vector<PackageId> unused;
  std::optional<PackageId> last;
};
Result<Batch> next_unused(const Services& services, const std::optional<PackageId>& after) {
  const auto view = services.reader().view();
  Batch batch;
  const auto visit = [&](const PackageRow& row) -> Result<bool> {
    if (row.repositories == 0) batch.unused.push_back(row.id);
    return true;
  };
  VARVE_TRY(batch.last, pulp::each_package(*view, after, kDeletedInATurn, visit));
  return batch;
}

// One event for each. Somebody else may be quicker with one, or have put it into a repository.
awaitable<Result<Receipt>> delete_unused(Services& services, const Request& request) {
  Receipt newest{EntryIndex{}, 0, services.reader().head().size};
  std::optional<PackageId> after;
  do {
    auto work = [&] { return next_unused(services, after); };
    const auto batch = co_await services.pool.run(work);
    if (!batch) co_return std::unexpected(batch.error());
    for (const PackageId& id : batch->unused) {
      Command command = pulp_command(request, pulp::DeletePackage{id});
      const auto receipt = co_await submit_patiently(services, std::move(command));
      if (receipt) newest = *receipt;
      const bool passed =
          receipt || receipt.error().code == Errc::not_found ||
          (receipt.error().code == Errc::conflict && receipt.error().about == About::package);
      if (!passed) co_return std::unexpected(receipt.error());
    }
    after = batch->last;
  } while (after);
  co_return newest;
}

Result<void> may_clean(const Services& services, const Request& request) {
  VARVE_CHECK(present_only(request));
  if (!services.config.pulp_allow_clean)
    return fail(Errc::unsupported, About::request, "this server does not delete all packages");
  return trust::check(*services.reader().view(), request.actor, Right::administer, services.now());
}

}  // namespace

awaitable<Response> create_package(Services& services, Request& request) {
  const auto document = co_await read_pulp_document(services.pool, request);
  if (!document) co_return pulp_problem(services, request, document.error());
  auto wish = parse_create(request, *document);
  if (!wish) co_return pulp_problem(services, request, wish.error());
  if (wish->blob)
    co_return co_await create_from_blob(services, request, *std::move(wish->blob),
                                        std::move(wish->claims));
  auto package = package_as_claimed(wish->claims);
  if (!package) co_return pulp_problem(services, request, package.error());
  co_return co_await submit_package(services, request, *std::move(package));
}

awaitable<Response> delete_package(Services& services, Request& request) {
  if (const auto now = present_only(request); !now)
    co_return pulp_problem(services, request, now.error());
  const auto id = PackageId::parse(request.params.front());
  if (!id)
    co_return pulp_problem(services, request,
                           PulpSight(services, request).no_package(request.params.front()));
  Command command = pulp_command(request, pulp::DeletePackage{*id});
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return pulp_problem(services, request, receipt.error());
  co_return pulp_done(services, *receipt);
}

awaitable<Response> delete_all_packages(Services& services, Request& request) {
  const auto allowed = may_clean(services, request);
  if (!allowed) {
    Response refused = pulp_problem(services, request, allowed.error());
    if (refused.status == 405) refused.add("Allow", "GET, HEAD, POST, PUT");
    co_return refused;
  }
  const auto receipt = co_await delete_unused(services, request);
  if (!receipt) co_return pulp_problem(services, request, receipt.error());
  co_return pulp_done(services, *receipt);
}

}  // namespace varve::surface
