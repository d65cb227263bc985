// Pulp's audit call, answered from the log: newest first, each event in the shape that its clients
// know. I/O threads; entries are read on the pool.
//
// Upstream records calls, failed ones too; here there is what happened. Of what failed only refused
// records of Warg are events.
#include <algorithm>
#include <utility>

#include "api/surface/common.h"
#include "api/surface/log_access.h"
#include "api/surface/pulp_common.h"
#include "api/surface/pulp_handlers.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/codec.h"
#include "log/proof/note.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

constexpr std::size_t kEventsMax = 1'000;
constexpr std::size_t kEventsDefault = 100;
// Entries one request looks at, those that it leaves out included: each is read and parsed.
constexpr std::size_t kEntriesLookedAtMax = 5'000;

// Any of these values; of none given, all.
bool is_among(const std::vector<std::string_view>& wanted, std::string_view value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

struct Wish {
  std::vector<std::string_view> principals;
  std::vector<std::string_view> apis;
  std::vector<std::string_view> methods;
  std::vector<std::string_view> fields;
  bool errors_only = false;
  std::size_t limit = kEventsDefault;
  std::uint64_t before = UINT64_MAX;
};

Result<std::optional<std::uint64_t>> number_parameter(const Request& request,
                                                      std::string_view name) {
  const auto text = request.query.get(name);
  if (!text) return std::nullopt;
  const auto number = parse_decimal(*text);
  if (number) return number;
  return fail(Errc::invalid, About::request, std::string(name) + " is a number in decimal",
              std::string(text->substr(0, 64)));
}

Result<bool> flag_parameter(const Request& request, std::string_view name) {
  const std::string_view text = request.query.get(name).value_or("false");
  if (text == "true" || text == "True" || text == "1") return true;
  if (text == "false" || text == "False" || text == "0") return false;
  return fail(Errc::invalid, About::request, std::string(name) + " is true or false",
              std::string(text.substr(0, 64)));
}

Result<Wish> parse_wish(const Request& request) {
  const http::Query& query = request.query;
  Wish wish{query.all("principal"), query.all("api"), query.all("method"), query.all("field")};
  VARVE_TRY(wish.errors_only, flag_parameter(request, "errors_only"));
  VARVE_TRY(const auto limit, number_parameter(request, "limit"));
  if (limit) wish.limit = std::min<std::uint64_t>(*limit, kEventsMax);
  VARVE_TRY(const auto last, number_parameter(request, "last"));
  if (last) wish.before = *last;
  return wish;
}

// "pulp.package" and "created": the family and the thing, and what became of it.
struct Call {
  std::string_view api;
  std::string_view method;
  explicit Call(std::string_view type)
      : api(type.substr(0, type.rfind('.'))), method(type.substr(type.rfind('.') + 1)) {}
};

std::string string_json(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

std::string failure_json(const Event& event) {
  const auto* rejected = std::get_if<warg::RecordRejected>(&event);
  return rejected != nullptr ? string_json(rejected->reason) : "null";
}

void write_event(std::string& out, const Entry& entry, const Wish& wish) {
  const Envelope& envelope = entry.envelope;
  const std::string_view type = type_of(entry.event);
  const Call call(type);
  const std::string index = std::to_string(envelope.index.value);
  const std::pair<std::string_view, std::string> members[] = {
      {"action", string_json(type)},
      {"api", string_json(call.api)},
      {"exception", failure_json(entry.event)},
      {"index", index},
      {"method", string_json(call.method)},
      {"params", data_json(entry.event)},
      {"principal", string_json(envelope.actor.id)},
      {"principal_type", string_json(to_string(envelope.actor.auth))},
      {"proof", string_json("/log/proof/" + index)},
      {"result", "null"},
      {"timestamp", string_json(envelope.at.to_string())},
      {"traceback", "null"}};
  bool any = false;
  out += '{';
  for (const auto& [name, value] : members) {
    if (!is_among(wish.fields, name)) continue;
    if (std::exchange(any, true)) out += ',';
    out += string_json(name) + ':' + value;
  }
  out += '}';
}

bool is_wanted(const Entry& entry, const Wish& wish) {
  const Call call(type_of(entry.event));
  const bool failed = std::holds_alternative<warg::RecordRejected>(entry.event);
  return is_among(wish.principals, entry.envelope.actor.id) && is_among(wish.apis, call.api) &&
         is_among(wish.methods, call.method) && (failed || !wish.errors_only);
}

// An entry that a newer version wrote is left out: nobody here can say what it is about.
Result<std::optional<Entry>> read_entry(const Reader& reader, EntryIndex index) {
  VARVE_TRY(const auto bytes, reader.entry(index));
  VARVE_TRY(const auto text, note_text(bytes));
  auto entry = decode_entry_text(text);
  if (entry) return *std::move(entry);
  if (entry.error().code == Errc::unsupported) return std::nullopt;
  return std::unexpected(std::move(entry).error());
}

struct Page {
  std::string body = "[";
  std::optional<std::uint64_t> next;
};

// Rights are those of now. Whoever may read the log sees all of it; everybody else what /log/proof
// would show them.
class Pages {
 public:
  Pages(const Services& services, const Request& request, const State& state)
      : services_(services),
        request_(request),
        state_(state),
        newest_(services.reader().view()),
        sight_(services, request),
        whole_(may_read_log(services, *newest_, request).has_value()) {}

  Result<Page> read(const Wish& wish) {
    Page page;
    std::uint64_t at = std::min(wish.before, state_.size.value);
    std::size_t count = 0;
    for (std::size_t looked = 0; at > 0; ++looked) {
      if (count == wish.limit || looked == kEntriesLookedAtMax) {
        if (wish.limit > 0) page.next = at;
        break;
      }
      --at;
      VARVE_TRY(const auto entry, read_entry(state_.reader, EntryIndex{at}));
      if (!entry || !is_wanted(*entry, wish)) continue;
      VARVE_TRY(const bool seen, sees(entry->event));
      if (!seen) continue;
      if (count++ > 0) page.body += ',';
      write_event(page.body, *entry, wish);
    }
    page.body += ']';
    return page;
  }

 private:
  Result<bool> sees(const Event& event) {
    if (whole_) return true;
    const auto about = what_event_is_about(event);
    if (!about) return false;
    return surface::sees(services_, *newest_, request_, sight_, *about);
  }

  const Services& services_;
  const Request& request_;
  const State& state_;
  std::unique_ptr<View> newest_;
  PulpSight sight_;
  bool whole_;
};

// The same question about the same state, from where this page ended.
std::string next_link(const Request& request, const Wish& wish, std::uint64_t last, TreeSize size) {
  std::string target = "/pulp/api/events/?limit=" + std::to_string(wish.limit);
  for (const std::string_view name : {"principal", "api", "method", "field", "errors_only"})
    for (const std::string_view value : request.query.all(name))
      target += "&" + std::string(name) + "=" + http::percent_encode(value);
  return "<" + target + "&last=" + std::to_string(last) + "&as_of=" + std::to_string(size.value) +
         ">; rel=\"next\"";
}

// Whoever is nobody is asked to log in where nobody may read anything.
Result<void> may_ask(const Services& services, const Request& request) {
  if (request.actor.auth != Auth::none) return {};
  const auto view = services.reader().view();
  if (may_read_log(services, *view, request)) return {};
  return PulpSight(services, request).may_list_packages();
}

}  // namespace

awaitable<Response> list_events(Services& services, Request& request) {
  if (const auto allowed = may_ask(services, request); !allowed)
    co_return pulp_problem(services, request, allowed.error());
  const auto wish = parse_wish(request);
  if (!wish) co_return pulp_problem(services, request, wish.error());
  const auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  auto work = [&] { return Pages(services, request, *state).read(*wish); };
  auto page = co_await services.pool.run(work);
  if (!page) co_return pulp_problem(services, request, page.error(), state->size);
  Response response = http::json(200, std::move(page->body));
  response.add(kTreeSize, std::to_string(state->size.value));
  if (page->next) response.add("Link", next_link(request, *wish, *page->next, state->size));
  co_return response;
}

}  // namespace varve::surface
