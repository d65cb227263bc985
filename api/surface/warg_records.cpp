// Records in: checked here, in parallel, before they become commands; and what became of them. I/O
// threads; a record of many entries is checked on the pool.
#include <utility>

#include "api/surface/common.h"
#include "api/surface/warg_common.h"
#include "api/surface/warg_handlers.h"
#include "api/surface/warg_namespaces.h"
#include "core/base/bytes.h"
#include "log/proof/warg_keys.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using json::Writer;

// The reference's server has a state between acceptance and publication, too: here both are one
// commit, so nobody ever sees a record in it.
void write_missing(Writer& out, const warg::LogId& log, const warg::RecordId& record,
                   const std::vector<Digest>& missing) {
  const std::string base =
      "v1/package/" + log.to_string() + "/record/" + record.to_string() + "/content/";
  std::vector<std::string> keys;  // the writer looks back at the last one
  keys.reserve(missing.size());
  out.key("missingContent").begin_object();
  for (const Digest& digest : missing) {
    out.key(keys.emplace_back(digest.to_string())).begin_object().key("upload").begin_array();
    out.begin_object().key("method").string("POST").key("type").string("http");
    out.key("url").string(base + keys.back()).end_object();
    out.end_array().end_object();
  }
  out.end_object();
}

struct RecordAnswer {
  std::string text;
  EntryIndex index;
};
// Whoever knows a record's id hears what became of it: publishers show no other credential.
Result<RecordAnswer> record_json(const View& view, const Sight& sight, const warg::LogId& log,
                                 const warg::RecordId& record) {
  if (log == warg::operator_log_id()) return std::unexpected(sight.missing(log));
  VARVE_TRY(const auto row, warg::find_state(view, log, record));
  if (!row) return std::unexpected(sight.missing(view, log, record));
  std::string text;
  Writer out(text);
  out.begin_object();
  std::string_view state = "sourcing";
  if (std::holds_alternative<warg::Sourcing>(row->state)) {
    VARVE_TRY(const auto missing, warg::missing_content(view, log, record));
    write_missing(out, log, record, missing);
  }
  const auto* rejected = std::get_if<warg::Rejected>(&row->state);
  if (rejected != nullptr) {
    state = "rejected";
    out.key("reason").string(rejected->reason);
  }
  out.key("recordId").string(record.to_string());
  if (const auto* published = std::get_if<warg::Published>(&row->state)) {
    state = "published";
    VARVE_TRY(const auto found, warg::find_record(view, log, published->position));
    if (!found) return fail(Errc::corrupt, About::storage, "a published record is not stored");
    out.key("registryIndex").number(found->registry_index);
  }
  out.key("state").string(state).end_object();
  return RecordAnswer{std::move(text), row->index};
}

Response record_answer(unsigned status, const State& state, const Sight& sight,
                       const warg::LogId& log, const warg::RecordId& record) {
  const auto made = record_json(*state.view, sight, log, record);
  if (!made) return warg_problem(made.error());
  Response response = http::json(status, made->text);
  add_provenance(response, made->index, state.size);
  return response;
}

struct Posted {
  warg::PackageName package;
  warg::Envelope envelope;
  bool names_sources;
};

// The errors are those of the reference's server, in its order: what is no JSON of this form, a
// package that is not the path's, then what is no record.
Result<Posted> parse_posted(const WargDocument& document, const warg::LogId& log) {
  VARVE_TRY(const auto name, document.text("packageName"));
  VARVE_TRY(const auto record, document.object("record"));
  VARVE_TRY(const auto content, record.text("contentBytes"));
  auto bytes = base64_decode(content);
  if (!bytes) return wrong_form("record.contentBytes", "expected base 64");
  VARVE_TRY(const auto key_text, record.text("keyId"));
  VARVE_TRY(const auto key, warg_id<warg::KeyId>(key_text, "record.keyId"));
  VARVE_TRY(const auto signature_text, record.text("signature"));
  VARVE_TRY(auto signature, warg_id<warg::SignatureText>(signature_text, "record.signature"));
  VARVE_TRY(const bool no_sources, document.empty_array("contentSources"));
  VARVE_TRY(auto package, warg_id<warg::PackageName>(name, "packageName"));
  const warg::LogId own = warg::package_log_id(package);
  if (own != log)
    return fail(Errc::invalid, About::name,
                "package log identifier `" + own.to_string() +
                    "` derived from `name` does not match provided log identifier `" +
                    log.to_string() + "`");
  return Posted{std::move(package),
                {std::make_shared<const std::string>(*std::move(bytes)), key, std::move(signature)},
                !no_sources};
}

// To find a key sound takes as long as to verify with it does, and publishers sign again and again.
warg::PublicKeyMemo& known_keys() {
  thread_local warg::PublicKeyMemo memo;
  return memo;
}

using Checked = Result<Verified<warg::SignedPackageRecord>>;
Checked check_signature(const View& view, const warg::LogId& log, const warg::Envelope& envelope) {
  VARVE_TRY(const auto opened, warg::open_package_record(envelope));
  VARVE_TRY(const auto text, warg::find_signing_key(opened, warg::LogRows(view, log)));
  VARVE_TRY(const auto key, known_keys().parse(text.text()));
  return SignatureChecks::package_record(envelope, key);
}

// Each key that a record grants to is found sound: some 60 us. A dozen entries fit in this.
constexpr std::size_t kShortRecordBytes = 1 << 10;

awaitable<Checked> checked(Services& services, warg::LogId log, warg::Envelope envelope) {
  auto work = [&services, &log, &envelope] {
    return check_signature(*services.reader().view(), log, envelope);
  };
  if (envelope.content->size() <= kShortRecordBytes) co_return work();
  co_return co_await services.pool.run(work);
}

}  // namespace

awaitable<Response> publish_warg_record(Services& services, Request& request) {
  const auto log = warg_id<warg::LogId>(request.params.front());
  if (!log) co_return warg_problem(log.error());
  const auto document = co_await read_warg_document(request);
  if (!document) co_return warg_problem(document.error());
  auto posted = parse_posted(*document, *log);
  if (!posted) co_return warg_problem(posted.error());
  if (const auto opened = warg::open_package_record(posted->envelope); !opened)
    co_return warg_problem(opened.error());
  if (posted->names_sources)
    co_return http::json(
        501, R"({"status":501,"message":"specifying content sources is not supported"})");
  if (const auto own = may_publish_in(services, posted->package.ns()); !own)
    co_return warg_problem(own.error());
  auto record = co_await checked(services, *log, posted->envelope);
  if (!record) co_return warg_problem(record.error());
  const auto defined = co_await ensure_namespace(services, posted->package.ns());
  if (!defined) co_return warg_problem(defined.error());
  const warg::RecordId id = (*record)->id;
  const Digest digest = Digest::of(*posted->envelope.content);
  Command command{request.actor,
                  request.id,
                  std::string(warg::kSurface),
                  warg::SubmitRecord{std::move(posted->package), *std::move(record),
                                     services.config.open_namespaces},
                  {{digest, posted->envelope.content}}};
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return warg_problem(receipt.error());
  // The state right after: a repeat hears what became of the first one.
  const auto state = state_at(services.reader(), receipt->size);
  if (!state) co_return warg_problem(state.error());
  co_return record_answer(202, *state, Sight(services, request), *log, id);
}

awaitable<Response> get_warg_record(Services& services, Request& request) {
  const auto log = warg_id<warg::LogId>(request.params[0]);
  if (!log) co_return warg_problem(log.error());
  const auto record = warg_id<warg::RecordId>(request.params[1]);
  if (!record) co_return warg_problem(record.error());
  const auto state = co_await warg_state(services, request);
  if (!state) co_return warg_problem(state.error());
  co_return record_answer(200, *state, Sight(services, request), *log, *record);
}

}  // namespace varve::surface
