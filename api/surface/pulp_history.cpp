// Everything that happened to a package, newest first, its deletion too, each with its proof. The
// log's tables hold every version of its row anyway. I/O threads; pages are read on the pool.
#include <utility>

#include "api/surface/common.h"
#include "api/surface/pulp_common.h"
#include "api/surface/pulp_handlers.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/codec.h"
#include "log/proof/note.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using pulp::PackageId;

struct Wish {
  EntryIndex before{UINT64_MAX};
  std::size_t limit = 0;
};
// `last` is the index of the last event of the page before.
Result<Wish> parse_wish(const Request& request) {
  Wish wish;
  VARVE_TRY(wish.limit, page_size(request, limits::kHistoryPageMax));
  if (const auto last = request.query.get("last")) {
    const auto index = parse_decimal(*last);
    if (!index)
      return fail(Errc::invalid, About::request, "last is the index of an event, in decimal",
                  std::string(last->substr(0, 64)));
    wish.before = EntryIndex{*index};
  }
  return wish;
}

// The repository an event is about, if it is about one.
std::optional<pulp::RepositoryId> repository_of(const Event& event) {
  return std::visit(
      [](const auto& it) -> std::optional<pulp::RepositoryId> {
        if constexpr (requires {
                        { it.repository } -> std::convertible_to<pulp::RepositoryId>;
                      })
          return it.repository;
        else
          return std::nullopt;
      },
      event);
}

void write_event(std::string& out, const Entry& entry,
                 const std::optional<pulp::RepositoryId>& repository) {
  const Envelope& envelope = entry.envelope;
  const std::string index = std::to_string(envelope.index.value);
  json::Writer writer(out);
  writer.begin_object().key("actor").begin_object();
  writer.key("auth").string(to_string(envelope.actor.auth));
  writer.key("id").string(envelope.actor.id).end_object();
  writer.key("at").string(envelope.at.to_string()).key("index").number(envelope.index.value);
  writer.key("proof").string("/log/proof/" + index);
  if (repository) writer.key("repo").string(repository->text());
  writer.key("request").string(envelope.request);
  writer.key("type").string(type_of(entry.event)).end_object();
}

struct Page {
  std::string body;
  std::optional<EntryIndex> newest;  // of all, on the first page
  std::optional<EntryIndex> next;
};

// An event about a repository that the caller does not see is left out: it names the repository.
Result<Page> read_page(const State& state, PulpSight& sight, const PackageId& id,
                       const Wish& wish) {
  VARVE_TRY(const auto history, state.reader.history(state.size));
  VARVE_TRY(const auto found, pulp::package_events(*history, id, wish.before, wish.limit));
  Page page{"[", std::nullopt, std::nullopt};
  if (!found.events.empty()) page.newest = found.events.front();
  for (const EntryIndex index : found.events) {
    VARVE_TRY(const auto bytes, state.reader.entry(index));
    VARVE_TRY(const auto text, note_text(bytes));
    VARVE_TRY(const auto entry, decode_entry_text(text));
    const auto repository = repository_of(entry.event);
    if (repository) {
      VARVE_TRY(const bool seen, sight.sees(*repository));
      if (!seen) continue;
    }
    if (page.body.size() > 1) page.body += ',';
    write_event(page.body, entry, repository);
  }
  page.body += ']';
  if (found.more && !found.events.empty()) page.next = found.events.back();
  return page;
}

// Of what was deleted only whoever may pull the package itself hears: it is in no repository.
Result<Page> visible_page(const State& state, PulpSight& sight, std::string_view text,
                          const Wish& wish) {
  const auto id = PackageId::parse(text);
  if (!id) return std::unexpected(sight.no_package(text));
  VARVE_TRY(const bool seen, sight.sees(*state.view, *id));
  if (!seen) return std::unexpected(sight.no_package(text));
  VARVE_TRY(auto page, read_page(state, sight, *id, wish));
  const bool first = wish.before == EntryIndex{UINT64_MAX};
  if (first && wish.limit > 0 && !page.newest) return std::unexpected(sight.no_package(text));
  return page;
}

std::string next_link(const PackageId& id, const Wish& wish, EntryIndex last, TreeSize size) {
  return "</pulp/api/packages/" + id.text() + "/history/?n=" + std::to_string(wish.limit) +
         "&last=" + std::to_string(last.value) + "&as_of=" + std::to_string(size.value) +
         ">; rel=\"next\"";
}

}  // namespace

awaitable<Response> get_package_history(Services& services, Request& request) {
  const auto wish = parse_wish(request);
  if (!wish) co_return pulp_problem(services, request, wish.error());
  const auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  PulpSight sight(services, request);
  auto work = [&] { return visible_page(*state, sight, request.params.front(), *wish); };
  auto page = co_await services.pool.run(work);
  if (!page) co_return pulp_problem(services, request, page.error(), state->size);
  Response response = http::json(200, std::move(page->body));
  add_provenance(response, page->newest, state->size);
  if (page->next) {
    const auto id = PackageId::parse(request.params.front()).value();
    response.add("Link", next_link(id, *wish, *page->next, state->size));
  }
  co_return response;
}

}  // namespace varve::surface
