// One pass of the purger, asked for by an administrator. It blocks for as long as it takes: on the
// pool, and one at a time.
#include "api/surface/admin_gc.h"

#include <string>

#include "api/surface/admin_common.h"
#include "api/surface/admin_json.h"

namespace varve::surface {
namespace {

constexpr std::string_view kMembers[] = {"dry_run"};

std::string report_json(const PurgeReport& report, bool dry_run) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("bytes_freed").number(report.bytes_freed);
  std::map<std::string_view, std::uint64_t> counts;  // by name: the order JSON objects have here
  for (const auto& [outcome, count] : report.counts) counts[to_string(outcome)] = count;
  writer.key("counts").begin_object();
  for (const auto& [name, count] : counts) writer.key(name).number(count);
  writer.end_object().key("dry_run").boolean(dry_run);
  writer.key("items").begin_array();
  for (const auto& item : report.items) {
    writer.begin_object().key("digest").string(item.digest.to_string());
    writer.key("outcome").string(to_string(item.outcome));
    if (item.repo) writer.key("repo").string(item.repo->text());
    writer.key("size").number(item.size).end_object();
  }
  writer.end_array().end_object();
  return out;
}

Result<std::string> collect(Services& services, const http::Request& request, bool dry_run) {
  const auto view = services.reader().view();
  VARVE_CHECK(trust::check(*view, request.actor, Right::administer, services.now()));
  if (services.purger == nullptr)
    return fail(Errc::unsupported, About::request, "this server purges nothing");
  const auto stop = [&] { return services.state->draining.load(); };
  VARVE_TRY(const auto report, services.purger->pass(dry_run, stop));
  return report_json(report, dry_run);
}

}  // namespace

http::net::awaitable<http::Response> collect_garbage(Services& services, http::Request& request) {
  auto reading = read_document(request, kMembers);
  const auto document = co_await std::move(reading);
  if (!document) co_return admin::refused(document.error());
  const auto dry_run = document->flag("dry_run");
  if (!dry_run) co_return admin::refused(dry_run.error());
  auto work = [&] { return collect(services, request, dry_run->value_or(false)); };
  auto pending = services.pool.run(work);
  co_return admin::shown(co_await std::move(pending));
}

}  // namespace varve::surface
