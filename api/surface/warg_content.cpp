// What packages release: bytes in, for a record that waits for them, and out. I/O threads; files
// are touched on the pool.
//
// Warg's client shows no credentials with bytes, either way. In, none are needed: only the very
// bytes that an accepted record names are kept. Out, the URL carries leave where not everybody has
// it.
#include <algorithm>
#include <utility>

#include "api/surface/common.h"
#include "api/surface/file_answer.h"
#include "api/surface/receiving.h"
#include "api/surface/warg_common.h"
#include "api/surface/warg_handlers.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using json::Writer;

// WebAssembly addresses 4 GiB: who sends more sends no component, and nobody had to say who they
// are.
constexpr std::uint64_t kContentBytesMax = 4ull << 30;

struct Wanted {
  warg::PackageName package;
  warg::RecordId record;
  Digest digest;
  warg::BodyOfRecord body;
};

// The same question is asked again inside decide(); here it saves a client its upload.
Result<Wanted> find_wanted(const View& view, const Sight& sight, const warg::LogId& log,
                           const warg::RecordId& record, const Digest& digest) {
  VARVE_TRY(const auto row, warg::find_state(view, log, record));
  if (!row) return std::unexpected(sight.missing(view, log, record));
  const auto* sourcing = std::get_if<warg::Sourcing>(&row->state);
  if (sourcing == nullptr)
    return fail(Errc::unsupported, About::record, "the record does not wait for content");
  VARVE_TRY(const auto missing, warg::missing_content(view, log, record));
  if (std::ranges::find(missing, digest) == missing.end())
    return fail(Errc::invalid, About::digest, "the record does not wait for this content",
                digest.to_string());
  return Wanted{sourcing->package, record, digest, sourcing->body};
}

Result<Wanted> parse_wanted(const Services& services, const Request& request) {
  VARVE_TRY(const auto log, warg_id<warg::LogId>(request.params[0]));
  VARVE_TRY(const auto record, warg_id<warg::RecordId>(request.params[1]));
  VARVE_TRY(const auto digest, warg_id<Digest>(request.params[2]));
  return find_wanted(*services.reader().view(), Sight(services, request), log, record, digest);
}

Result<Command> content_command(const Services& services, const Request& request,
                                const Wanted& wanted, std::uint64_t size) {
  VARVE_TRY(auto bytes, services.reader().body(wanted.body.digest));
  if (!bytes)
    return fail(Errc::corrupt, About::body, "a record's bytes are not in the log",
                wanted.record.to_string());
  auto shared = std::make_shared<const std::string>(*std::move(bytes));
  return Command{request.actor,
                 request.id,
                 std::string(warg::kSurface),
                 warg::ReceiveContent{wanted.package, wanted.record, shared, wanted.digest, size},
                 {{wanted.body.digest, shared}}};
}

}  // namespace

awaitable<Response> receive_warg_content(Services& services, Request& request) {
  const auto wanted = parse_wanted(services, request);
  if (!wanted) co_return warg_problem(wanted.error());
  auto upload = co_await open_new_upload(services);
  if (!upload) co_return warg_problem(upload.error());
  Upload& file = **upload;
  auto received =
      co_await append_body(services, *request.body, file, std::nullopt, kContentBytesMax);
  const std::uint64_t size = file.size();
  const auto hold =
      co_await finish_or_remove(services, *std::move(upload), std::move(received), wanted->digest);
  if (!hold) co_return warg_problem(hold.error());
  auto command = content_command(services, request, *wanted, size);
  if (!command) co_return warg_problem(command.error());
  const auto receipt = co_await submit_patiently(services, *std::move(command));
  if (!receipt) co_return warg_problem(receipt.error());
  Response response;
  response.status = 201;
  add_receipt(response, services, *receipt,
              [](const View&) -> Result<std::optional<EntryIndex>> { return std::nullopt; });
  co_return response;
}

// ---- out ----

namespace {

std::string file_name(const Digest& digest) {
  std::string name = digest.to_string();
  std::ranges::replace(name, ':', '-');
  return name;
}

std::optional<Digest> digest_of_file(std::string_view name) {
  constexpr std::string_view kAlgorithm = "sha256-";
  if (!name.starts_with(kAlgorithm)) return std::nullopt;
  const auto digest = Digest::parse("sha256:" + std::string(name.substr(kAlgorithm.size())));
  return digest ? std::optional(*digest) : std::nullopt;
}

// Its size, when the caller may have it.
Result<std::optional<std::uint64_t>> visible_content(const Services& services,
                                                     const Request& request, const View& view,
                                                     const Digest& digest) {
  VARVE_TRY(auto size, warg::find_content(view, digest));
  if (!size) return size;
  VARVE_TRY(const bool seen, Sight(services, request).sees_content(view, digest));
  return seen ? size : std::nullopt;
}

Result<bool> open_to_all(const Services& services, const View& view, const Digest& digest) {
  const Request nobody;
  return Sight(services, nobody).sees_content(view, digest);
}

Result<std::string> sources_json(const Services& services, const Request& request, const View& view,
                                 const Digest& digest) {
  VARVE_TRY(const auto size, visible_content(services, request, view, digest));
  if (!size)
    return fail(Errc::not_found, About::blob, "there is no such content", digest.to_string());
  std::string url = server_url(services, request) + "/content/" + file_name(digest);
  VARVE_TRY(const bool open, open_to_all(services, view, digest));
  if (!open) url += "?ticket=" + services.state->tickets.issue(digest, services.now());
  const std::string name = digest.to_string();
  std::string text;
  Writer out(text);
  out.begin_object().key("contentSources").begin_object().key(name).begin_array();
  out.begin_object().key("acceptRanges").boolean(true).key("size").number(*size);
  out.key("type").string("httpGet").key("url").string(url).end_object();
  out.end_array().end_object().end_object();
  return text;
}

Response empty(unsigned status) {
  Response response;
  response.status = status;
  return response;
}

Result<bool> may_fetch(const Services& services, const Request& request, const Digest& digest) {
  const auto ticket = request.query.get("ticket");
  if (ticket && services.state->tickets.admits(*ticket, digest, services.now())) return true;
  VARVE_TRY(const auto size, visible_content(services, request, *services.reader().view(), digest));
  return size.has_value();
}

}  // namespace

awaitable<Response> get_warg_content_sources(Services& services, Request& request) {
  const auto digest = warg_id<Digest>(request.params.front());
  if (!digest) co_return warg_problem(digest.error());
  const auto state = co_await warg_state(services, request);
  if (!state) co_return warg_problem(state.error());
  auto sources = sources_json(services, request, *state->view, *digest);
  if (!sources) co_return warg_problem(sources.error());
  co_return http::json(200, *std::move(sources));
}

awaitable<Response> get_warg_content(Services& services, Request& request) {
  const auto digest = digest_of_file(request.params.front());
  if (!digest) co_return empty(404);
  const auto allowed = may_fetch(services, request, *digest);
  if (!allowed) co_return warg_problem(allowed.error());
  if (!*allowed) co_return empty(404);
  if (if_none_match(request, *digest))
    co_return std::move(empty(304).add("ETag", etag_of(*digest)));
  auto file = co_await open_blob(services, *digest);
  if (!file && file.error().code == Errc::not_found) co_return empty(404);
  if (!file) co_return warg_problem(file.error());
  const std::uint64_t size = (*file)->size();
  const RangeAnswer wanted = wanted_range(request, *digest, size);
  if (wanted.kind == RangeAnswer::Kind::unsatisfiable)
    co_return std::move(empty(416).add("Content-Range", "bytes */" + std::to_string(size)));
  Response response = file_answer(*std::move(file), wanted, *digest);
  // Anybody's bytes: no browser is to take them for a page of this registry.
  response.add("X-Content-Type-Options", "nosniff");
  co_return response;
}

}  // namespace varve::surface
