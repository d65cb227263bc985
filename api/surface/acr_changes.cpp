// Locks, and what goes: by the wishes that other surfaces have too. I/O threads; answers are read
// on the pool.
#include <utility>

#include "api/http/problem.h"
#include "api/surface/acr_handlers.h"
#include "api/surface/acr_json.h"
#include "api/surface/oci_common.h"
#include "core/base/json.h"
#include "core/oci/listing.h"

namespace varve::surface {
namespace {

using content::AttributesChange;
using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kDocumentBytesMax = 16 << 10;

Response acr_problem(const Error& error) {
  return http::problem(error, http::Dialect::acr);
}

Command acr_command(const Request& request, Intent intent) {
  Command command = make_command(request, std::move(intent));
  command.surface = kAcrSurface;
  return command;
}

struct Flag {
  std::string_view name;
  std::optional<bool> AttributesChange::* member;
};
constexpr Flag kFlags[] = {{"deleteEnabled", &AttributesChange::del},
                           {"listEnabled", &AttributesChange::list},
                           {"readEnabled", &AttributesChange::read},
                           {"writeEnabled", &AttributesChange::write}};

// Whatever else stands there is not ours to judge: clients send back what they were given.
Result<AttributesChange> parse_change(std::string_view body) {
  simdjson::dom::parser parser;
  VARVE_TRY(const auto document, json::parse_strict(parser, body, About::request));
  simdjson::dom::object members;
  if (document.get(members) != simdjson::SUCCESS)
    return fail(Errc::invalid, About::request, "the body is a JSON object");
  AttributesChange change;
  for (const Flag& flag : kFlags) {
    simdjson::dom::element value;
    if (members.at_key(flag.name).get(value) != simdjson::SUCCESS) continue;
    bool enabled = false;
    if (value.get(enabled) != simdjson::SUCCESS)
      return fail(Errc::invalid, About::request, "this member is true or false",
                  std::string(flag.name));
    change.*flag.member = enabled;
  }
  return change;
}

awaitable<Result<AttributesChange>> read_change(Request& request) {
  auto body = co_await http::read_all(*request.body, kDocumentBytesMax);
  if (!body) co_return std::unexpected(std::move(body).error());
  co_return parse_change(*body);
}

// Commits, and answers with the thing as it is then: read(context).
template <class Read>
awaitable<Response> update(Services& services, const Request& request, const RepoName& repo,
                           Intent intent, Read read) {
  Command command = acr_command(request, std::move(intent));
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return acr_problem(receipt.error());
  const auto state = state_at(services.reader(), receipt->size);
  if (!state) co_return acr_problem(state.error());
  const AcrContext context{services, *state, repo, registry_of(services, request)};
  auto made = co_await read(context);
  if (!made) co_return acr_problem(made.error());
  Response response = http::json(200, std::move(made->text));
  // When nothing had to happen, what made it so before is not looked for: the thing's own event is.
  add_receipt(
      response, services, *receipt,
      [index = made->index](const View&) -> Result<std::optional<EntryIndex>> { return index; });
  co_return response;
}

Result<std::string> render(const oci::Contents& gone) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("manifestsDeleted").begin_array();
  for (const Digest& manifest : gone.manifests) out.string(manifest.to_string());
  out.end_array().key("tagsDeleted").begin_array();
  for (const std::string& tag : gone.tags) out.string(tag);
  out.end_array().end_object();
  return text;
}

// What was there right before the event: the log still knows.
Result<std::string> what_went(const Services& services, const RepoName& repo,
                              const Receipt& receipt) {
  VARVE_TRY(const auto before, services.reader().view_as_of(TreeSize{receipt.first.value}));
  VARVE_TRY(const auto gone, oci::contents_of(*before, repo));
  return render(gone);
}

Error no_such_tag(std::string_view text) {
  return Error(Errc::not_found, About::tag, "there is no such tag", std::string(text));
}

}  // namespace

awaitable<Response> update_acr_repository(Services& services, Request& request) {
  const auto repo = writable_repo(request);
  if (!repo) co_return acr_problem(repo.error());
  const auto change = co_await read_change(request);
  if (!change) co_return acr_problem(change.error());
  Intent wish = content::SetRepoAttributes{*repo, *change};
  co_return co_await update(services, request, *repo, std::move(wish), acr_repository);
}

awaitable<Response> update_acr_tag(Services& services, Request& request) {
  const auto repo = writable_repo(request);
  if (!repo) co_return acr_problem(repo.error());
  const auto tag = oci::Tag::parse(request.params[1]);
  if (!tag) co_return acr_problem(no_such_tag(request.params[1]));
  const auto change = co_await read_change(request);
  if (!change) co_return acr_problem(change.error());
  auto read = [&](const AcrContext& context) { return acr_tag(context, *tag); };
  Intent wish = oci::SetTagAttributes{*repo, *tag, *change};
  co_return co_await update(services, request, *repo, std::move(wish), on_pool(read));
}

awaitable<Response> update_acr_manifest(Services& services, Request& request) {
  const auto repo = writable_repo(request);
  if (!repo) co_return acr_problem(repo.error());
  const auto digest = Digest::parse(request.params[1]);
  if (!digest) co_return acr_problem(digest.error());
  const auto change = co_await read_change(request);
  if (!change) co_return acr_problem(change.error());
  auto read = [&](const AcrContext& context) { return acr_manifest(context, *digest); };
  Intent wish = oci::SetManifestAttributes{*repo, *digest, *change};
  co_return co_await update(services, request, *repo, std::move(wish), on_pool(read));
}

awaitable<Response> delete_acr_tag(Services& services, Request& request) {
  const auto repo = writable_repo(request);
  if (!repo) co_return acr_problem(repo.error());
  const auto tag = oci::Tag::parse(request.params[1]);
  if (!tag) co_return acr_problem(no_such_tag(request.params[1]));
  Command command = acr_command(request, oci::DeleteTag{*repo, *tag, preconditions(request)});
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return acr_problem(receipt.error());
  co_return deleted(services, *receipt);
}

awaitable<Response> delete_acr_repository(Services& services, Request& request) {
  const auto repo = writable_repo(request);
  if (!repo) co_return acr_problem(repo.error());
  Command command = acr_command(request, content::DeleteRepo{*repo});
  const auto receipt = co_await submit(services, std::move(command));
  if (!receipt) co_return acr_problem(receipt.error());
  auto work = [&] { return what_went(services, *repo, *receipt); };
  auto text = co_await services.pool.run(work);
  if (!text) co_return acr_problem(text.error());
  Response response = http::json(202, *std::move(text));
  add_provenance(response, receipt->first, receipt->size);
  co_return response;
}

}  // namespace varve::surface
