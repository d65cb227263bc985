// Repositories of packages, and their members. I/O threads; lists are read on the pool.
#include <algorithm>
#include <utility>

#include "api/surface/common.h"
#include "api/surface/pulp_common.h"
#include "api/surface/pulp_handlers.h"
#include "api/surface/pulp_json.h"
#include "api/surface/pulp_lists.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using pulp::PackageId;
using pulp::PackageRow;
using pulp::RepositoryId;
using pulp::RepositoryRow;

// What DNF is told as baseurl.
void write_repository(std::string& out, const RepositoryRow& row, std::string_view base) {
  json::Writer writer(out);
  writer.begin_object().key("_id").string(row.id.text()).key("_ns").string("repos");
  writer.key("arch").string(row.arch).key("id").string(row.id.text());
  writer.key("name").string(row.name).key("package_count").number(row.members);
  writer.key("relative_path").string(row.id.text());
  writer.key("uri").string(std::string(base) + "/pulp/repos/" + row.id.text() + "/");
  writer.end_object();
}

// ---- lists ----

constexpr std::size_t kRowsInATurn = 512;

// One of these, where any is named: nothing is looked for, it has to be that.
class Exactly {
 public:
  Exactly(const http::Query& query, std::string_view name) {
    for (const std::string_view value : query.all(name))
      if (!value.empty()) values_.emplace_back(value);
  }
  bool takes(std::string_view text) const {
    return values_.empty() || std::ranges::find(values_, text) != values_.end();
  }

 private:
  std::vector<std::string> values_;
};

class RepositoryList {
 public:
  RepositoryList(const Services& services, const Request& request, State state)
      : state_(std::move(state)),
        sight_(services, request),
        base_(server_url(services, request)),
        id_(request.query, "id"),
        name_(request.query, "name"),
        arch_(request.query, "arch") {}

  Result<bool> more(JsonItems& items) {
    VARVE_TRY(const auto rows, pulp::list_repositories(*state_.view, after_, kRowsInATurn));
    for (const RepositoryRow& row : rows) {
      after_ = row.id.text();
      if (!id_.takes(row.id.text()) || !name_.takes(row.name) || !arch_.takes(row.arch)) continue;
      VARVE_TRY(const bool seen, sight_.sees(row.id));
      if (seen) write_repository(items.next(), row, base_);
      if (items.full()) return true;
    }
    return rows.size() == kRowsInATurn;
  }

 private:
  State state_;
  PulpSight sight_;
  std::string base_;
  Exactly id_;
  Exactly name_;
  Exactly arch_;
  std::string after_;
};

PackageListWish members_wish(const http::Query& query, const RepositoryId& repository) {
  PackageListWish wish;
  wish.repository = repository;
  if (const auto names = query.all("field"); !names.empty()) wish.fields = PackageFields::of(names);
  wish.takes = [name = Exactly(query, "name"), version = Exactly(query, "version"),
                release = Exactly(query, "release"), epoch = Exactly(query, "epoch"),
                arch = Exactly(query, "arch"),
                filename = Exactly(query, "filename")](const PackageRow& row) {
    const pulp::Nevra& n = row.nevra;
    return name.takes(n.name.text()) && version.takes(n.version.text()) &&
           release.takes(n.release.text()) && epoch.takes(n.epoch.text()) &&
           arch.takes(n.arch.text()) && filename.takes(row.filename.text());
  };
  return wish;
}

// ---- changes ----

Result<pulp::CreateRepository> parse_create(const Request& request, const PulpDocument& document) {
  VARVE_CHECK(present_only(request));
  VARVE_TRY(const std::string id, document.text("id"));
  auto repository = RepositoryId::parse(id);
  if (!repository) return bad_parameter("id", repository.error().what);
  if (pulp::is_reserved(*repository)) return bad_parameter("id", "this is reserved");
  VARVE_TRY(auto name, document.optional_text("name"));
  VARVE_TRY(auto arch, document.optional_text("arch"));
  return pulp::CreateRepository{*std::move(repository), name.value_or(id), arch.value_or("noarch")};
}

Result<RepositoryId> writable_repository(const Services& services, const Request& request) {
  VARVE_CHECK(present_only(request));
  auto id = RepositoryId::parse(request.params.front());
  if (id) return id;
  return std::unexpected(PulpSight(services, request).no_repository(request.params.front()));
}

// An id, or a list of them.
Result<std::vector<std::string>> parse_ids(const PulpDocument& document) {
  constexpr std::string_view kName = "packageid";
  if (const auto one = document.optional_text(kName); one && *one)
    return std::vector<std::string>{**one};
  VARVE_TRY(auto ids, document.optional_texts(kName));
  if (!ids) return missing_parameter(kName);
  if (ids->size() > pulp::kPackagesListedMax)
    return fail(
        Errc::too_large, About::package,
        "one request names at most " + std::to_string(pulp::kPackagesListedMax) + " packages");
  return *std::move(ids);
}

// What cannot be added is named in the answer, and keeps nothing else from being added. A package
// that the caller may not pull is one that is not there: so decide() judges, too. On the pool.
struct Adding {
  std::vector<PackageId> packages;
  std::string errors = "[";
};
Result<Adding> sort_out(const Services& services, const Request& request,
                        const std::vector<std::string>& ids) {
  PulpSight sight(services, request);
  Adding adding;
  for (const std::string& text : ids) {
    const auto id = PackageId::parse(text);
    bool good = id.has_value();
    if (good) {
      VARVE_TRY(const auto row, pulp::find_package(sight.newest(), *id));
      good = row.has_value();
    }
    if (good) {
      VARVE_TRY(good, sight.pulls(*id));
    }
    if (good) {
      adding.packages.push_back(*id);
      continue;
    }
    if (adding.errors.size() > 1) adding.errors += ',';
    json::Writer writer(adding.errors);
    writer.begin_array().string(text).string("there is no such package").end_array();
  }
  adding.errors += ']';
  return adding;
}

// {"packageid":…}, one or a list, or the whole {"package":{"id":…}} as Pulp's client has it.
Result<std::vector<PackageId>> parse_removed(const PulpDocument& document) {
  VARVE_TRY(const auto package, document.optional_object("package"));
  std::vector<std::string> texts;
  if (package) {
    VARVE_TRY(texts.emplace_back(), package->text("id"));
  } else {
    VARVE_TRY(texts, parse_ids(document));
  }
  std::vector<PackageId> ids;
  for (const std::string& text : texts) {
    auto id = PackageId::parse(text);
    if (!id) return bad_parameter(package ? "id" : "packageid", id.error().what);
    ids.push_back(*std::move(id));
  }
  return ids;
}

// The event that made it a member; of several, or of none, the newest about the repository.
Result<std::optional<EntryIndex>> members_since(const View& view, const RepositoryId& id,
                                                const std::vector<PackageId>& packages) {
  if (packages.size() == 1) return pulp::member_since(view, id, packages.front());
  VARVE_TRY(const auto row, pulp::find_repository(view, id));
  return row ? std::optional(row->index) : std::nullopt;
}

// Which event the answer to a change rests on; of one that changed nothing, the newest about the
// repository.
void add_repository_receipt(Response& response, const Services& services, const Receipt& receipt,
                            const RepositoryId& id) {
  add_receipt(response, services, receipt,
              [&id](const View& view) -> Result<std::optional<EntryIndex>> {
                VARVE_TRY(const auto row, pulp::find_repository(view, id));
                return row ? std::optional(row->index) : std::nullopt;
              });
}

}  // namespace

awaitable<Response> list_package_repositories(Services& services, Request& request) {
  const auto allowed = PulpSight(services, request).may_list_repositories();
  if (!allowed) co_return pulp_problem(services, request, allowed.error());
  auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  const TreeSize size = state->size;
  auto list = std::make_shared<RepositoryList>(services, request, *std::move(state));
  MakeItems make = [list](JsonItems& items) { return list->more(items); };
  auto response = co_await pulp_list(services, std::move(make));
  if (!response) co_return pulp_problem(services, request, response.error(), size);
  response->add(kTreeSize, std::to_string(size.value));
  co_return *std::move(response);
}

awaitable<Response> create_package_repository(Services& services, Request& request) {
  const auto document = co_await read_pulp_document(services.pool, request);
  if (!document) co_return pulp_problem(services, request, document.error());
  auto create = parse_create(request, *document);
  if (!create) co_return pulp_problem(services, request, create.error());
  const RepositoryRow row{create->repository, create->name, create->arch, 0, {}};
  const auto receipt = co_await submit(services, pulp_command(request, *std::move(create)));
  if (!receipt) co_return pulp_problem(services, request, receipt.error());
  std::string out;
  write_repository(out, row, server_url(services, request));
  Response response = http::json(201, std::move(out));
  response.add("Location", "/pulp/api/repositories/" + row.id.text() + "/");
  add_repository_receipt(response, services, *receipt, row.id);
  co_return response;
}

awaitable<Response> get_package_repository(Services& services, Request& request) {
  const auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  PulpSight sight(services, request);
  const auto row = sight.repository(*state->view, request.params.front());
  if (!row) co_return pulp_problem(services, request, row.error(), state->size);
  std::string out;
  write_repository(out, *row, server_url(services, request));
  Response response = http::json(200, std::move(out));
  add_provenance(response, row->index, state->size);
  co_return response;
}

awaitable<Response> delete_package_repository(Services& services, Request& request) {
  const auto id = writable_repository(services, request);
  if (!id) co_return pulp_problem(services, request, id.error());
  const auto receipt =
      co_await submit(services, pulp_command(request, pulp::DeleteRepository{*id}));
  if (!receipt) co_return pulp_problem(services, request, receipt.error());
  co_return pulp_done(services, *receipt);
}

awaitable<Response> list_members(Services& services, Request& request) {
  auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  const auto row = PulpSight(services, request).repository(*state->view, request.params.front());
  if (!row) co_return pulp_problem(services, request, row.error(), state->size);
  co_return co_await package_list(services, request, *std::move(state),
                                  members_wish(request.query, row->id));
}

awaitable<Response> add_members(Services& services, Request& request) {
  const auto id = writable_repository(services, request);
  if (!id) co_return pulp_problem(services, request, id.error());
  const auto document = co_await read_pulp_document(services.pool, request);
  if (!document) co_return pulp_problem(services, request, document.error());
  const auto ids = parse_ids(*document);
  if (!ids) co_return pulp_problem(services, request, ids.error());
  auto work = [&] { return sort_out(services, request, *ids); };
  auto adding = co_await services.pool.run(work);
  if (!adding) co_return pulp_problem(services, request, adding.error());
  pulp::AddPackages add{*id, adding->packages};
  const auto receipt = co_await submit(services, pulp_command(request, std::move(add)));
  if (!receipt) co_return pulp_problem(services, request, receipt.error());
  // The number that a repository's filters kept out: there are no such filters.
  Response response = http::json(200, "[" + adding->errors + ",0]");
  add_receipt(response, services, *receipt,
              [&](const View& view) { return members_since(view, *id, adding->packages); });
  co_return response;
}

awaitable<Response> remove_members(Services& services, Request& request) {
  const auto id = writable_repository(services, request);
  if (!id) co_return pulp_problem(services, request, id.error());
  const auto document = co_await read_pulp_document(services.pool, request);
  if (!document) co_return pulp_problem(services, request, document.error());
  auto packages = parse_removed(*document);
  if (!packages) co_return pulp_problem(services, request, packages.error());
  pulp::RemovePackages remove{*id, *std::move(packages)};
  const auto receipt = co_await submit(services, pulp_command(request, std::move(remove)));
  if (!receipt) co_return pulp_problem(services, request, receipt.error());
  Response response = http::json(200, "true");
  add_repository_receipt(response, services, *receipt, *id);
  co_return response;
}

}  // namespace varve::surface
