// The file of a package, whole or in part. I/O threads; the store is asked on the pool.
#include <utility>

#include "api/surface/common.h"
#include "api/surface/file_answer.h"
#include "api/surface/pulp_common.h"
#include "api/surface/pulp_handlers.h"
#include "core/content/query.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using pulp::PackageRow;

Result<PackageRow> package_with_file(const Services& services, const Request& request,
                                     const State& state) {
  PulpSight sight(services, request);
  const std::string_view id = request.params.front();
  VARVE_TRY(auto row, sight.package(*state.view, id));
  const bool named = request.params.size() < 2 || request.params[1] == row.filename.text();
  if (named && row.file) return row;
  return fail(Errc::not_found, About::blob, "the package has no such file here", row.id.text());
}

// A package that is there keeps its file; of one that was, the bytes may be gone.
Error missing_file(const Services& services, const State& state, const Digest& digest) {
  const Error absent(Errc::not_found, About::blob,
                     "the log names this file, but its bytes are not here", digest.to_string());
  if (state.present) return absent;
  const Reader reader = services.reader();
  const auto history = reader.history(reader.head().size);
  if (!history) return history.error();
  const auto event = content::purged_at(**history, digest);
  if (!event) return event.error();
  if (!*event) return absent;
  return Error(Errc::gone, About::blob,
               "the file was purged by event " + std::to_string((*event)->value),
               digest.to_string());
}

Response empty(unsigned status) {
  Response response;
  response.status = status;
  return response;
}

}  // namespace

awaitable<Response> get_package_file(Services& services, Request& request) {
  const auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  const auto row = package_with_file(services, request, *state);
  if (!row) co_return pulp_problem(services, request, row.error(), state->size);
  const Digest& digest = *row->file;
  if (if_none_match(request, digest)) {
    Response same = empty(304);
    same.add("ETag", etag_of(digest));
    add_provenance(same, row->index, state->size);
    co_return same;
  }
  auto file = co_await open_blob(services, digest);
  if (!file && file.error().code == Errc::not_found)
    co_return pulp_problem(services, request, missing_file(services, *state, digest), state->size);
  if (!file) co_return pulp_problem(services, request, file.error(), state->size);
  const std::uint64_t size = (*file)->size();
  const RangeAnswer wanted = wanted_range(request, digest, size);
  if (wanted.kind == RangeAnswer::Kind::unsatisfiable) {
    Response none = pulp_problem(services, request,
                                 Error(Errc::range, About::blob, "the file has no such range"));
    co_return std::move(none.add("Content-Range", "bytes */" + std::to_string(size)));
  }
  Response response = file_answer(*std::move(file), wanted, digest);
  add_provenance(response, row->index, state->size);
  // Anybody's bytes: no browser is to take them for a page of this registry.
  response.add("X-Content-Type-Options", "nosniff");
  co_return response;
}

}  // namespace varve::surface
