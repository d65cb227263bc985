// C2SP tlog-tiles over HTTP, and what varve adds to it: keys, offline proofs and bodies. I/O
// threads.
//
// Tiles and bundles are served up to the published size, not the committed one. Entries beyond it
// are durable but covered by no signed, anchored checkpoint: a client could not verify them, and a
// cache would keep for a year, as "immutable", leaves that a restore from an older copy may
// replace.
//
// Checkpoints, keys and hash tiles are everybody's. Entries tell of every repository: whoever reads
// them needs read_log, or, for a proof or a body, pull on the repository it is about.
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "api/http/problem.h"
#include "api/services.h"
#include "api/surface/common.h"
#include "api/surface/log_access.h"
#include "api/surface/tlog.h"
#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/codec.h"
#include "core/oci/locks.h"
#include "core/oci/query.h"
#include "core/system/query.h"
#include "core/trust/query.h"
#include "core/warg/query.h"
#include "log/proof/bundle.h"
#include "log/proof/tile.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;
using http::Request;
using http::Response;
using http::net::awaitable;
using Bytes = std::shared_ptr<const std::string>;

constexpr const char* kImmutable = "public, max-age=31536000, immutable";
// What not everybody may read must not be answered by a cache that asks nobody.
constexpr const char* kImmutableForOne = "private, max-age=31536000, immutable";
constexpr const char* kBinary = "application/octet-stream";
constexpr const char* kPlainText = "text/plain; charset=utf-8";
// Half the time between two looks is what a waiter waits too long.
constexpr auto kPollInterval = std::chrono::milliseconds(20);

// Verifiers run in browsers too, on pages of anybody.
Response& allow_every_origin(Response& response) {
  return response.add("Access-Control-Allow-Origin", "*");
}

Response log_problem(const Error& error) {
  Response response = http::problem(error, http::Dialect::plain);
  allow_every_origin(response);
  return response;
}

Response bytes_answer(Bytes bytes, const char* content_type, const char* caching) {
  Response response;
  response.add("Content-Type", content_type).add("Cache-Control", caching);
  allow_every_origin(response);
  response.body = std::move(bytes);
  return response;
}

const char* caching_of_entries(const Services& services, const View& view) {
  const auto everybody = trust::check(view, Actor(), Right::read_log, services.now());
  return everybody ? kImmutable : kImmutableForOne;
}

awaitable<Response> get_checkpoint(Services& services, Request&) {
  const auto head = services.head.get();
  if (!head->checkpoint)
    co_return log_problem(
        Error(Errc::not_found, About::checkpoint, "no checkpoint has been published yet"));
  co_return bytes_answer(head->checkpoint, kPlainText, "no-cache");
}

Result<Bytes> read_full(const Services& services, const Reader& reader, const TilePath& path) {
  auto read = path.entries ? reader.bundle(path.n, kTileWidth)
                           : reader.tile(path.level, path.n, kTileWidth);
  VARVE_TRY(std::string bytes, std::move(read));
  auto shared = std::make_shared<const std::string>(std::move(bytes));
  services.state->tiles.put(path, shared);
  return shared;
}

// A partial tile is a prefix of the tile it grew into, so any width that ever was is served for
// ever.
Result<Bytes> read_tile(const Services& services, const Reader& reader, const TilePath& path) {
  if (path.width > tile_width_at(reader.head().published, path.level, path.n))
    return fail(Errc::not_found, About::entry, "the published tree has no such tile");
  if (path.width == kTileWidth) return read_full(services, reader, path);
  auto read = path.entries ? reader.bundle(path.n, path.width)
                           : reader.tile(path.level, path.n, path.width);
  VARVE_TRY(std::string bytes, std::move(read));
  return std::make_shared<const std::string>(std::move(bytes));
}

// A tile is one row, or the edge in memory; a bundle is up to 256 rows of up to 64 KiB.
awaitable<Result<Bytes>> read_anywhere(Services& services, const TilePath& path) {
  const Reader reader = services.reader();
  auto work = [&] { return read_tile(services, reader, path); };
  if (!path.entries) co_return work();
  co_return co_await services.pool.run(work);
}

awaitable<Response> get_tile(Services& services, Request& request) {
  const auto path = parse_tile_path(request.params.front());
  if (!path)  // a path that is not canonical names nothing
    co_return log_problem(Error(Errc::not_found, About::entry, path.error().what));
  const char* caching = kImmutable;
  if (path->entries) {
    const auto view = services.reader().view();
    if (const auto allowed = may_read_log(services, *view, request); !allowed)
      co_return log_problem(allowed.error());
    caching = caching_of_entries(services, *view);
  }
  // Of cached tiles nothing is asked: only what was published is ever in the cache.
  Bytes cached = path->width == kTileWidth ? services.state->tiles.find(*path) : nullptr;
  if (cached) co_return bytes_answer(std::move(cached), kBinary, caching);
  auto bytes = co_await read_anywhere(services, *path);
  if (!bytes) co_return log_problem(bytes.error());
  co_return bytes_answer(*std::move(bytes), kBinary, caching);
}

// With every event key that ever signed: proofs of entries from before a rotation are for ever.
Result<std::string> key_file(const Reader& reader) {
  VARVE_TRY(const auto named, system::log_keys(*reader.view()));
  VARVE_TRY(const auto keys, parse_trusted_keys(named.lines()));
  return format_trusted_keys(keys);
}

awaitable<Response> get_vkey(Services& services, Request&) {
  auto keys = key_file(services.reader());
  if (!keys) co_return log_problem(keys.error());
  auto bytes = std::make_shared<const std::string>(*std::move(keys));
  co_return bytes_answer(std::move(bytes), kPlainText, "no-cache");
}

Result<std::chrono::seconds> wait_parameter(const Request& request) {
  const auto text = request.query.get("wait");
  if (!text) return std::chrono::seconds(0);
  const auto seconds = parse_decimal(*text);
  constexpr auto kMax = std::chrono::duration_cast<std::chrono::seconds>(limits::kProofWaitMax);
  if (!seconds || *seconds > static_cast<std::uint64_t>(kMax.count()))
    return fail(Errc::invalid, About::request, "wait is a number of seconds, at most 10",
                std::string(text->substr(0, 64)));
  return std::chrono::seconds(*seconds);
}

// One of the requests that wait; false when there are too many already: those hear 503 at once.
class WaitingPlace {
 public:
  explicit WaitingPlace(RunState& state)
      : waiters_(state.proof_waiters), taken_(waiters_.fetch_add(1) < limits::kProofWaitersMax) {}
  WaitingPlace(const WaitingPlace&) = delete;
  WaitingPlace& operator=(const WaitingPlace&) = delete;
  ~WaitingPlace() { waiters_.fetch_sub(1); }
  explicit operator bool() const { return taken_; }

 private:
  std::atomic<std::size_t>& waiters_;
  const bool taken_;
};

// Until a published checkpoint covers the entry, the time is over, or the server drains; answers
// with the newest head either way. A client that leaves is not noticed before its answer is
// written, so the waiters are limited.
awaitable<std::shared_ptr<const Head>> wait_published(Services& services, EntryIndex index,
                                                      std::chrono::seconds patience) {
  auto head = services.head.get();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto executor = co_await http::net::this_coro::executor;
  http::net::steady_timer timer(executor);
  constexpr auto kAsTuple = http::net::as_tuple(http::net::use_awaitable);
  const WaitingPlace place(*services.state);
  const auto waits = [&] {
    return place && head->published <= TreeSize{index.value} && !services.state->draining &&
           std::chrono::steady_clock::now() < deadline;
  };
  while (waits()) {
    timer.expires_after(kPollInterval);
    const auto [error] = co_await timer.async_wait(kAsTuple);
    head = services.head.get();
    if (error) break;
  }
  co_return head;
}

Response beyond(EntryIndex index, TreeSize size) {
  Response response =
      log_problem(Error(Errc::not_found, About::entry,
                        "the log has " + std::to_string(size.value) +
                            " entries; there is no entry " + std::to_string(index.value)));
  response.add("Varve-Tree-Size", std::to_string(size.value));
  return response;
}

Response not_covered(EntryIndex index, TreeSize published) {
  Response response = http::momentary(
      http::json(503, "{\"index\":" + std::to_string(index.value) +
                          ",\"published\":" + std::to_string(published.value) + "}"));
  allow_every_origin(response);
  return response;
}

Result<std::string> make_proof(const Services& services, const Request& request,
                               const std::shared_ptr<const Head>& head, EntryIndex index) {
  const Reader reader(head);
  VARVE_TRY(auto entry, reader.entry(index));
  VARVE_CHECK(may_read_entry(services, *reader.view(), request, what_entry_is_about(entry)));
  VARVE_TRY(auto hashes, reader.inclusion(index, head->published));
  return format_bundle(ProofBundle{std::move(entry), index, std::move(hashes), *head->checkpoint});
}

awaitable<Response> get_proof(Services& services, Request& request) {
  const auto number = parse_decimal(request.params.front());
  if (!number)
    co_return log_problem(Error(Errc::invalid, About::entry, "an index is a number in decimal"));
  const auto patience = wait_parameter(request);
  if (!patience) co_return log_problem(patience.error());
  const EntryIndex index{*number};
  if (const TreeSize size = services.head.get()->size; *number >= size.value)
    co_return beyond(index, size);
  const auto head = co_await wait_published(services, index, *patience);
  if (*number >= head->published.value) co_return not_covered(index, head->published);
  auto work = [&] { return make_proof(services, request, head, index); };
  auto proof = co_await services.pool.run(work);
  if (!proof) co_return log_problem(proof.error());
  auto bytes = std::make_shared<const std::string>(*std::move(proof));
  Response response = bytes_answer(std::move(bytes), kPlainText, "no-cache");
  response.add("Varve-Index", std::to_string(*number))
      .add("Varve-Tree-Size", std::to_string(head->published.value))
      .add("Access-Control-Expose-Headers", "Varve-Index, Varve-Tree-Size");
  co_return response;
}

// ?repo= names a repository that holds the body, for callers who may read no more than that: what
// is locked against reading there is as good as not there. Whoever may read the log reads it whole.
Result<std::optional<RepoName>> repository_with(const View& view, const Request& request,
                                                const Digest& digest) {
  const auto text = request.query.get("repo");
  if (!text) return std::nullopt;
  VARVE_TRY(auto repo, RepoName::parse(*text));
  VARVE_TRY(const auto manifest, oci::find_manifest(view, repo, digest));
  if (!manifest || !oci::check_readable(view, repo, std::nullopt, digest)) return std::nullopt;
  return repo;
}

// Whether the repository holds the body matters only to who may read no more, and only to them it
// shows: as a refusal like any other.
Result<std::optional<std::string>> read_body(const Services& services, const Request& request,
                                             const Digest& digest) {
  const Reader reader = services.reader();
  const auto view = reader.view();
  VARVE_TRY(const auto repo, repository_with(*view, request, digest));
  VARVE_CHECK(may_read_entry(services, *view, request, repo));
  return reader.body(digest);
}

// Bodies are what people pushed: a browser must not be talked into running one.
awaitable<Response> get_body(Services& services, Request& request) {
  const auto digest = Digest::parse(request.params.front());
  if (!digest) co_return log_problem(digest.error());
  auto work = [&] { return read_body(services, request, *digest); };
  auto body = co_await services.pool.run(work);
  if (!body) co_return log_problem(body.error());
  if (!*body)
    co_return log_problem(
        Error(Errc::not_found, About::body, "no event names these bytes", digest->to_string()));
  auto bytes = std::make_shared<const std::string>(**std::move(body));
  const char* caching = caching_of_entries(services, *services.reader().view());
  Response response = bytes_answer(std::move(bytes), kBinary, caching);
  response.add("X-Content-Type-Options", "nosniff");
  co_return response;
}

constexpr http::Route kRoutes[] = {
    {Method::get, "/log/checkpoint", Effect::none, get_checkpoint},
    {Method::get, "/log/tile/{path...}", Effect::none, get_tile},
    {Method::get, "/log/vkey", Effect::none, get_vkey},
    {Method::get, "/log/proof/{index}", Effect::none, get_proof},
    {Method::get, "/log/body/{digest}", Effect::none, get_body},
};

}  // namespace

http::Surface tlog_surface() {
  return {"tlog", "/log", http::Dialect::plain, kRoutes};
}

}  // namespace varve::surface
