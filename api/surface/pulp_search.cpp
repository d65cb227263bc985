// Looking for packages: by what they are called, by file name, and those that are in no repository.
// I/O threads; lists are read on the pool.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "api/surface/common.h"
#include "api/surface/pulp_common.h"
#include "api/surface/pulp_filters.h"
#include "api/surface/pulp_handlers.h"
#include "api/surface/pulp_json.h"
#include "api/surface/pulp_lists.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using pulp::PackageRow;

// Upstream's projections.
const std::vector<std::string_view> kShortFields = {"id", "name", "description"};
const std::vector<std::string_view> kSearchFields = {
    "id", "name", "epoch", "version", "release", "arch", "filename", "checksum", "repoids"};
const std::vector<std::string_view> kOrphanFields = {"id", "filename", "checksum"};

// One member of a search: the text itself, or an expression that is found in it.
class Sought {
 public:
  static Result<Sought> parse(std::string text, bool regex) {
    Sought sought;
    if (regex) {
      VARVE_TRY(sought.expression_, AnyOf::parse({text}));
    } else {
      sought.text_ = std::move(text);
    }
    return sought;
  }
  bool takes(const pulp::Word& word) const {
    return expression_ ? expression_->in(word.text()) : text_ == word.text();
  }

 private:
  std::string text_;
  std::optional<AnyOf> expression_;
};

const pulp::Word& part_of(const PackageRow& row, std::string_view name) {
  if (name == "name") return row.nevra.name;
  if (name == "epoch") return row.nevra.epoch;
  if (name == "version") return row.nevra.version;
  if (name == "release") return row.nevra.release;
  if (name == "arch") return row.nevra.arch;
  if (name == "filename") return row.filename;
  return name == "checksum" ? row.checksum.value : row.checksum.type;
}
constexpr std::string_view kParts[] = {"name", "epoch",    "version",  "release",
                                       "arch", "filename", "checksum", "checksum_type"};

using Takes = std::function<bool(const PackageRow& row)>;

Result<Takes> parse_search(const PulpDocument& document) {
  VARVE_TRY(const auto regex, document.optional_flag("regex"));
  std::vector<std::pair<std::string_view, Sought>> parts;
  for (const std::string_view name : kParts) {
    VARVE_TRY(auto text, name == "epoch" ? document.optional_text_or_number(name)
                                         : document.optional_text(name));
    if (!text) continue;
    VARVE_TRY(auto sought, Sought::parse(*std::move(text), regex.value_or(false)));
    parts.emplace_back(name, std::move(sought));
  }
  return [parts = std::move(parts)](const PackageRow& row) {
    return std::ranges::all_of(
        parts, [&row](const auto& part) { return part.second.takes(part_of(row, part.first)); });
  };
}

// Each is a look-up for every package that is looked at.
constexpr std::size_t kRepositoriesMax = 100;

// Repositories whose members alone are wanted, of those that are there and that the caller sees;
// nothing: no matter which.
Result<std::optional<std::vector<pulp::RepositoryId>>> parse_repositories(
    const PulpDocument& document, PulpSight& sight) {
  VARVE_TRY(const auto texts, document.optional_texts("repoids"));
  if (!texts || texts->empty()) return std::nullopt;
  if (texts->size() > kRepositoriesMax)
    return fail(Errc::too_large, About::body,
                "one search is in at most " + std::to_string(kRepositoriesMax) + " repositories");
  std::vector<pulp::RepositoryId> repositories;
  for (const std::string& text : *texts) {
    const auto row = sight.repository(sight.newest(), text);
    if (row)
      repositories.push_back(row->id);
    else if (row.error().code != Errc::not_found && row.error().code != Errc::unauthorized)
      return std::unexpected(row.error());
  }
  return repositories;
}

Result<PackageListWish> parse_wish(const Services& services, const Request& request,
                                   const PulpDocument& document) {
  PulpSight sight(services, request);
  VARVE_CHECK(sight.may_list_packages());
  PackageListWish wish;
  wish.fields = PackageFields::of(kSearchFields);
  VARVE_TRY(wish.takes, parse_search(document));
  VARVE_TRY(auto repositories, parse_repositories(document, sight));
  if (repositories && repositories->empty()) wish.takes = [](const PackageRow&) { return false; };
  if (repositories) wish.any_of_repositories = *std::move(repositories);
  return wish;
}

// ---- by file name ----

constexpr std::size_t kFileNamesMax = 1'000;
constexpr std::size_t kAlikeMax = 256;  // packages with one file name

// The SHA-256 of a package's file, where it is known.
Result<std::vector<std::string>> checksums_of(const State& state, PulpSight& sight,
                                              const pulp::Word& filename) {
  VARVE_TRY(const auto ids, pulp::packages_with_file_name(*state.view, filename, kAlikeMax));
  std::vector<std::string> found;
  for (const pulp::PackageId& id : ids) {
    VARVE_TRY(const bool seen, sight.sees(*state.view, id));
    if (!seen) continue;
    VARVE_TRY(const auto row, pulp::need_package(*state.view, id));
    const auto digest = pulp::signed_digest(row.file, row.checksum);
    if (digest) found.push_back(digest->hex());
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

// Of names that no file can have, nothing is said.
Result<std::string> checksums_json(const Services& services, const Request& request,
                                   const State& state, std::vector<std::string> names) {
  PulpSight sight(services, request);
  VARVE_CHECK(sight.may_list_packages());
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const std::string& name : names) {
    const auto word = pulp::Word::parse(name);
    if (!word) continue;
    VARVE_TRY(const auto checksums, checksums_of(state, sight, *word));
    writer.key(name).begin_array();
    for (const std::string& checksum : checksums) writer.string(checksum);
    writer.end_array();
  }
  writer.end_object();
  return out;
}

Result<std::vector<std::string>> parse_names(std::string_view body) {
  VARVE_TRY(auto names, parse_texts(body));
  if (names.size() <= kFileNamesMax) return names;
  return fail(Errc::too_large, About::body,
              "one request asks for at most " + std::to_string(kFileNamesMax) + " file names");
}

}  // namespace

awaitable<Response> search_packages_by_name(Services& services, Request& request) {
  const auto allowed = PulpSight(services, request).may_list_packages();
  if (!allowed) co_return pulp_problem(services, request, allowed.error());
  auto filter = PackageFilter::parse(request.query);
  if (!filter) co_return pulp_problem(services, request, filter.error());
  auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  PackageListWish wish;
  wish.fields = PackageFields::of(kShortFields);
  wish.takes = [filter = *std::move(filter)](const PackageRow& row) { return filter.takes(row); };
  co_return co_await package_list(services, request, *std::move(state), std::move(wish));
}

awaitable<Response> search_packages(Services& services, Request& request) {
  const auto document = co_await read_pulp_document(services.pool, request);
  if (!document) co_return pulp_problem(services, request, document.error());
  auto parse = [&] { return parse_wish(services, request, *document); };
  auto wish = co_await services.pool.run(parse);
  if (!wish) co_return pulp_problem(services, request, wish.error());
  auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  co_return co_await package_list(services, request, *std::move(state), *std::move(wish));
}

awaitable<Response> search_checksums(Services& services, Request& request) {
  const auto body = co_await http::read_all(*request.body, kPulpBodyBytesMax);
  if (!body) co_return pulp_problem(services, request, body.error());
  const auto names = parse_names(*body);
  if (!names) co_return pulp_problem(services, request, names.error());
  const auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  auto work = [&] { return checksums_json(services, request, *state, *names); };
  auto json = co_await services.pool.run(work);
  if (!json) co_return pulp_problem(services, request, json.error(), state->size);
  Response response = http::json(200, *std::move(json));
  response.add(kTreeSize, std::to_string(state->size.value));
  co_return response;
}

awaitable<Response> list_orphans(Services& services, Request& request) {
  const auto allowed = PulpSight(services, request).may_list_packages();
  if (!allowed) co_return pulp_problem(services, request, allowed.error());
  auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  PackageListWish wish;
  wish.fields = PackageFields::of(kOrphanFields);
  wish.orphans = true;
  co_return co_await package_list(services, request, *std::move(state), std::move(wish));
}

// Upstream writes a row each time to see that it can, and counts them. Here a row is read, and what
// is counted is how often somebody asked since the start.
awaitable<Response> get_pulp_status(Services& services, Request&) {
  static std::atomic<std::uint64_t> asked{0};
  constexpr std::uint64_t kDbVersion = 1;
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const Reader reader = services.reader();
  const auto rows = pulp::list_repositories(*reader.view(), "", 1);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  if (!rows) co_return http::momentary(http::json(503, "\"the store cannot be read\""));
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("db_version").number(kDbVersion);
  writer.key("status_count").number(++asked);
  writer.key("status_duration_ms").number(static_cast<std::uint64_t>(took.count())).end_object();
  Response response = http::json(200, std::move(out));
  response.add("Cache-Control", "no-store");
  co_return response;
}

}  // namespace varve::surface
