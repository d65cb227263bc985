// What everybody may ask of Warg's log: checkpoints, names, the ledger. I/O threads; what is long
// is read on the pool.
#include <algorithm>
#include <utility>

#include "api/surface/common.h"
#include "api/surface/warg_common.h"
#include "api/surface/warg_handlers.h"
#include "core/base/bytes.h"
#include "log/proof/warg_keys.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using json::Writer;

constexpr std::string_view kPackedRows = "application/vnd.warg.ledger.packed";

std::string checkpoint_json(const warg::CheckpointSigned& checkpoint) {
  std::string text;
  Writer out(text);
  out.begin_object().key("contents").begin_object();
  out.key("logLength").number(checkpoint.log_length);
  out.key("logRoot").string(checkpoint.log_root.to_string());
  out.key("mapRoot").string(checkpoint.map_root.to_string());
  out.key("timestamp").number(checkpoint.timestamp);
  out.end_object();
  out.key("keyId").string(checkpoint.key_id.to_string());
  out.key("signature").string(checkpoint.signature.text());
  out.end_object();
  return text;
}

Result<warg::CheckpointRow> need_newest(const View& view) {
  VARVE_TRY(auto row, warg::newest_checkpoint(view));
  if (row) return *std::move(row);
  return fail(Errc::not_found, About::checkpoint, "Warg's log has not begun", "0");
}

}  // namespace

awaitable<Response> get_warg_checkpoint(Services& services, Request& request) {
  const auto state = co_await warg_state(services, request);
  if (!state) co_return warg_problem(state.error());
  const auto row = need_newest(*state->view);
  if (!row) co_return warg_problem(row.error());
  Response response = http::json(200, checkpoint_json(row->checkpoint));
  add_provenance(response, row->index, state->size);
  co_return response;
}

// ---- verify/checkpoint ----

namespace {

Result<warg::SignedCheckpoint> parse_checkpoint(const WargDocument& document) {
  VARVE_TRY(const auto contents, document.object("contents"));
  warg::Checkpoint checkpoint;
  VARVE_TRY(checkpoint.log_length, contents.number("logLength"));
  VARVE_TRY(checkpoint.timestamp, contents.number("timestamp"));
  VARVE_TRY(const auto log_root, contents.text("logRoot"));
  VARVE_TRY(const auto map_root, contents.text("mapRoot"));
  VARVE_TRY(const auto log_id, warg_id<warg::LogId>(log_root, "contents.logRoot"));
  VARVE_TRY(const auto map_id, warg_id<warg::LogId>(map_root, "contents.mapRoot"));
  checkpoint.log_root = log_id.hash();
  checkpoint.map_root = map_id.hash();
  VARVE_TRY(const auto key_text, document.text("keyId"));
  VARVE_TRY(const auto key, warg_id<warg::KeyId>(key_text, "keyId"));
  VARVE_TRY(const auto signature_text, document.text("signature"));
  VARVE_TRY(auto signature, warg_id<warg::SignatureText>(signature_text, "signature"));
  return warg::SignedCheckpoint{checkpoint, key, std::move(signature)};
}

bool same_roots(const warg::CheckpointSigned& stored, const warg::Checkpoint& shown) {
  return stored.log_root.to_string() == warg::log_root_text(shown) &&
         stored.map_root.to_string() == warg::map_root_text(shown);
}

// By a key that may sign checkpoints; over exactly these contents. That key and signature are those
// of a checkpoint of ours is not enough: the contents beside them may be anything.
Result<bool> good_signature(const View& view, const warg::SignedCheckpoint& shown) {
  VARVE_TRY(const auto key, warg::LogRows(view, warg::operator_log_id()).key(shown.key));
  if (!key || !key->permissions.has(warg::OperatorPermission::commit)) return false;
  VARVE_TRY(const auto public_key, warg::PublicKey::parse(key->text.text()));
  return warg::verify_checkpoint(shown, public_key).has_value();
}

// Who may sign is asked of the state in which the checkpoint was signed: a key that was given up
// since signed well before.
Result<std::string> judge(const Reader& reader, const View& view,
                          const warg::SignedCheckpoint& shown) {
  VARVE_TRY(const auto stored, warg::find_checkpoint(view, shown.contents.log_length));
  const bool known = stored && same_roots(stored->checkpoint, shown.contents);
  std::unique_ptr<View> then;
  if (known) {
    VARVE_TRY(then, reader.view_as_of(TreeSize{stored->index.value + 1}));
  }
  VARVE_TRY(const bool good, good_signature(then ? *then : view, shown));
  std::string text;
  Writer out(text);
  out.begin_object();
  out.key("checkpoint").string(known ? "verified" : "invalid");
  out.key("signature").string(good ? "verified" : "invalid");
  out.end_object();
  return text;
}

}  // namespace

awaitable<Response> verify_warg_checkpoint(Services& services, Request& request) {
  const auto asked = co_await read_question(services, request, parse_checkpoint);
  if (!asked) co_return warg_problem(asked.error());
  const auto verdict = judge(asked->state.reader, *asked->state.view, asked->wish);
  if (!verdict) co_return warg_problem(verdict.error());
  co_return http::json(200, *verdict);
}

// ---- fetch/names ----

namespace {

// The reference's server answers about the first thousand and says nothing of the others.
Result<std::string> names_json(const View& view, const Sight& sight,
                               const std::vector<std::string>& texts) {
  std::vector<warg::LogId> logs;
  for (const std::string& text : texts) {
    if (logs.size() == limits::kWargNamesMax) break;
    VARVE_TRY(const auto log, warg_id<warg::LogId>(text, "packages"));
    logs.push_back(log);
  }
  std::ranges::sort(logs);
  const auto repeated = std::ranges::unique(logs);
  logs.erase(repeated.begin(), repeated.end());
  std::string text;
  Writer out(text);
  out.begin_object().key("packages").begin_object();
  std::vector<std::string> keys;  // the writer looks back at the last one
  keys.reserve(logs.size());
  for (const warg::LogId& log : logs) {
    VARVE_TRY(const auto row, warg::find_log(view, log));
    VARVE_TRY(const bool seen, sight.sees(row));
    if (!seen) return std::unexpected(sight.missing(log));
    out.key(keys.emplace_back(log.to_string()));
    if (row->package.empty())
      out.null();
    else
      out.string(row->package);
  }
  out.end_object().end_object();
  return text;
}

}  // namespace

awaitable<Response> fetch_warg_names(Services& services, Request& request) {
  const auto parse = [](const WargDocument& document) { return document.texts("packages"); };
  const auto asked = co_await read_question(services, request, parse);
  if (!asked) co_return warg_problem(asked.error());
  auto work = [&]() -> Result<std::string> {
    return names_json(*asked->state.view, Sight(services, request), asked->wish);
  };
  const Result<std::string> names = co_await services.pool.run(work);
  if (!names) co_return warg_problem(names.error());
  co_return http::json(200, *names);
}

// ---- ledger ----

namespace {

// As of then, its rows are those of then, too.
std::string ledger_json(std::uint64_t length, std::string_view as_of) {
  std::string text;
  Writer out(text);
  out.begin_object().key("hashAlgorithm").string("sha256");
  out.key("sources").begin_array();
  for (std::uint64_t first = 0; first < length; first += limits::kWargLedgerRowsMax) {
    out.begin_object().key("contentType").string(kPackedRows);
    out.key("firstRegistryIndex").number(first);
    out.key("lastRegistryIndex").number(std::min(first + limits::kWargLedgerRowsMax, length) - 1);
    out.key("url").string("v1/ledger/records/" + std::to_string(first) + std::string(as_of));
    out.end_object();
  }
  out.end_array().end_object();
  return text;
}

// A row is the ids of a log and of one of its records.
Result<std::string> packed_rows(const View& view, std::uint64_t first, std::uint64_t length) {
  std::string rows;
  if (first >= length) return rows;
  const std::size_t count = std::min<std::uint64_t>(length - first, limits::kWargLedgerRowsMax);
  VARVE_TRY(const auto leaves, warg::leaves_from(view, first, count));
  for (const warg::Leaf& leaf : leaves) {
    rows += leaf.log.raw();
    rows += leaf.record.raw();
  }
  return rows;
}

}  // namespace

awaitable<Response> get_warg_ledger(Services& services, Request& request) {
  const auto state = co_await warg_state(services, request);
  if (!state) co_return warg_problem(state.error());
  const auto newest = need_newest(*state->view);
  if (!newest) co_return warg_problem(newest.error());
  const std::string as_of =
      request.query.get("as_of") ? "?as_of=" + std::to_string(state->size.value) : "";
  co_return http::json(200, ledger_json(newest->checkpoint.log_length, as_of));
}

awaitable<Response> get_warg_ledger_rows(Services& services, Request& request) {
  const auto first = parse_decimal(request.params.front());
  if (!first)
    co_return warg_problem(
        Error(Errc::invalid, About::request, "Invalid URL: a record's index is a number"));
  const auto state = co_await warg_state(services, request);
  if (!state) co_return warg_problem(state.error());
  const auto newest = need_newest(*state->view);
  if (!newest) co_return warg_problem(newest.error());
  auto work = [&] { return packed_rows(*state->view, *first, newest->checkpoint.log_length); };
  auto rows = co_await services.pool.run(work);
  if (!rows) co_return warg_problem(rows.error());
  Response response;
  response.add("Content-Type", std::string(kPackedRows));
  response.body = *std::move(rows);
  co_return response;
}

// ---- discovery ----

// Current wasm-pkg-tools take every member they do not know for an object, and Warg's client reads
// only a text `wargUrl`: this is what both can live with. Source: wasm-pkg-tools, metadata.rs.
awaitable<Response> get_wasm_pkg_registry(Services& services, Request& request) {
  const std::string url = server_url(services, request);
  std::string text;
  Writer out(text);
  out.begin_object();
  out.key("oci")
      .begin_object()
      .key("registry")
      .string(url.substr(url.find("://") + 3))
      .end_object();
  out.key("preferredProtocol").string("oci");
  out.key("warg").begin_object().key("url").string(url + "/").end_object();
  out.end_object();
  co_return http::json(200, std::move(text));
}

}  // namespace varve::surface
