// Appending to Warg's operator log. I/O threads.
#include "api/surface/warg_namespaces.h"

#include <utility>

#include "api/surface/admin_common.h"
#include "api/surface/admin_json.h"
#include "core/trust/query.h"
#include "core/warg/query.h"
#include "core/warg/warg.h"
#include "log/operator_record.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;

// Each record names the one before it, so of many at once all but one have to be made again.
constexpr int kAttempts = 64;

constexpr std::string_view kMembers[] = {"registry"};

Result<OperatorRecordWish> next_record(const Services& services, warg::OperatorEntry entry) {
  if (services.warg_key == nullptr)
    return fail(Errc::unsupported, About::storage, "this server is read-only");
  return next_operator_record(*services.reader().view(), {std::move(entry)}, *services.warg_key,
                              services.now());
}

struct Author {
  Actor actor;
  std::string request;
  std::string_view surface;
};

// A refusal is answered when everything before it can be read.
bool has_moved(const Services& services, const std::optional<warg::RecordId>& head) {
  const auto now = warg::find_log(*services.reader().view(), warg::operator_log_id());
  return now && *now && (*now)->head.id != head;
}

awaitable<Result<Receipt>> append(Services& services, Author author, warg::OperatorEntry entry) {
  for (int attempt = 1;; ++attempt) {
    auto wish = next_record(services, entry);
    if (!wish) co_return std::unexpected(wish.error());
    const auto head = wish->record->record.prev;
    Command command{author.actor,
                    author.request,
                    std::string(author.surface),
                    warg::AppendOperatorRecord{std::move(wish->record)},
                    {std::move(wish->body)}};
    auto receipt = co_await submit(services, std::move(command));
    const bool refused =
        !receipt && receipt.error().code == Errc::invalid && receipt.error().about == About::record;
    if (!refused || !has_moved(services, head)) co_return receipt;
    if (attempt == kAttempts)
      co_return fail(Errc::overloaded, About::name_space,
                     "too many namespaces are defined at once; try again");
  }
}

}  // namespace

Result<void> may_publish_in(const Services& services, const warg::Namespace& name) {
  auto own = warg::need_own_namespace(*services.reader().view(), name);
  if (!own && own.error().code == Errc::not_found && services.config.dev) return {};
  return own;
}

awaitable<Result<void>> ensure_namespace(Services& services, warg::Namespace name) {
  if (!services.config.dev) co_return Result<void>{};
  const auto origin = warg::find_namespace(*services.reader().view(), name);
  if (!origin) co_return std::unexpected(origin.error());
  if (*origin) co_return Result<void>{};
  auto appended = co_await append(
      services, {Actor{std::string(kOperator), Auth::local}, services.ulid(), warg::kSurface},
      warg::DefineNamespace{name.text()});
  if (appended) co_return Result<void>{};
  // Somebody else may have been first.
  const auto now = warg::find_namespace(*services.reader().view(), name);
  if (now && *now) co_return Result<void>{};
  co_return std::unexpected(std::move(appended).error());
}

namespace {

Result<std::string> namespaces_json(const Services& services, const Request& request) {
  const auto view = services.reader().view();
  VARVE_CHECK(trust::check(*view, request.actor, Right::administer, services.now()));
  const std::string_view last = request.query.get("last").value_or(std::string_view{});
  if (last.find('\0') != last.npos)
    return fail(Errc::invalid, About::name, "no namespace holds a zero byte");
  VARVE_TRY(const auto page, warg::list_namespaces(*view, last, admin::kPageMax));
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("more").boolean(page.size() == admin::kPageMax);
  writer.key("namespaces").begin_array();
  for (const auto& name : page) {
    writer.begin_object().key("index").number(name.index.value);
    writer.key("name").string(name.name);
    if (!name.origin.empty()) writer.key("registry").string(name.origin);
    writer.end_object();
  }
  writer.end_array().end_object();
  return out;
}

struct Wanted {
  warg::Namespace name;
  std::string registry;  // empty: this one
};
Result<Wanted> parse_wanted(const Request& request, const Result<AdminDocument>& body) {
  if (!body) return std::unexpected(body.error());
  VARVE_TRY(auto name, warg::Namespace::parse(request.params.front()));
  VARVE_TRY(auto registry, body->text("registry"));
  if (registry && registry->empty())
    return fail(Errc::invalid, About::request, "a registry has a name", "registry");
  return Wanted{std::move(name), std::move(registry).value_or("")};
}

warg::OperatorEntry entry_of(const Wanted& wanted) {
  if (wanted.registry.empty()) return warg::DefineNamespace{wanted.name.text()};
  return warg::ImportNamespace{wanted.name.text(), wanted.registry};
}

// True when it is so already.
Result<bool> is_so(const Services& services, const Request& request, const Wanted& wanted) {
  const auto view = services.reader().view();
  VARVE_CHECK(trust::check(*view, request.actor, Right::administer, services.now()));
  VARVE_TRY(const auto origin, warg::find_namespace(*view, wanted.name));
  if (!origin) return false;
  if (*origin == wanted.registry) return true;
  return fail(Errc::conflict, About::name_space,
              "the namespace is defined, and Warg knows no way to define it otherwise",
              wanted.name.text());
}

std::string changed_json(std::optional<Receipt> receipt) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("changed").boolean(receipt.has_value());
  if (receipt) admin::write_receipt(writer, *receipt);
  writer.end_object();
  return out;
}

}  // namespace

awaitable<Response> list_warg_namespaces(Services& services, Request& request) {
  auto work = [&] { return namespaces_json(services, request); };
  auto json = co_await services.pool.run(work);
  co_return admin::shown(std::move(json));
}

awaitable<Response> put_warg_namespace(Services& services, Request& request) {
  const auto body = co_await read_document(request, kMembers);
  const auto wanted = parse_wanted(request, body);
  if (!wanted) co_return admin::refused(wanted.error());
  const auto already = is_so(services, request, *wanted);
  if (!already) co_return admin::refused(already.error());
  if (*already) co_return admin::document(200, changed_json(std::nullopt));
  const auto receipt =
      co_await append(services, {request.actor, request.id, "admin"}, entry_of(*wanted));
  if (receipt) co_return admin::document(200, changed_json(*receipt));
  // Somebody else may have been first.
  const auto now = is_so(services, request, *wanted);
  if (now && *now) co_return admin::document(200, changed_json(std::nullopt));
  co_return admin::refused(now ? receipt.error() : now.error());
}

}  // namespace varve::surface
