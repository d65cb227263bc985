// Repodata and package files, of now and as of then. I/O threads; metadata is made and files are
// opened on the pool.
//
// A client reads repomd.xml and then the files it names, and the repository may change in between.
// So the names carry the revision: each stays fetchable, made again from the rows of then where it
// is no longer in memory, and is only answered with what has the digest in the name.
#include "api/surface/pulp_repos.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "api/surface/as_of.h"
#include "api/surface/common.h"
#include "api/surface/file_answer.h"
#include "api/surface/repodata_cache.h"
#include "core/pulp/query.h"
#include "core/trust/query.h"

namespace varve::surface {
namespace {

using http::Effect;
using http::Method;
using http::Request;
using http::Response;
using http::net::awaitable;

constexpr http::Dialect kDialect = http::Dialect::plain;
// Packages that have the same file: of one repository there is hardly more than one.
constexpr std::size_t kSameFileMax = 64;

Response problem(const Error& error) {
  return http::problem(error, kDialect);
}

std::unexpected<Error> no_such_file(std::string_view name) {
  return fail(Errc::not_found, About::blob, "the repository has no such file",
              std::string(name.substr(0, 300)));
}

// What the path names, with its state.
struct Target {
  State state;
  pulp::RepositoryRow row;
};

struct NamedRepository {
  Moment moment;
  pulp::RepositoryId id;
};

// "repo" or "asof.<when>" and "repo"; the routes take no others apart.
Result<NamedRepository> named_repository(const Request& request, bool with_moment) {
  std::string path(request.params[0]);
  if (with_moment) path.append("/").append(request.params[1]);
  VARVE_TRY(const NameAt name, split_name(path));
  auto id = pulp::RepositoryId::parse(name.name);
  if (!id) return fail(Errc::not_found, About::repository, "there is no such repository", path);
  VARVE_TRY(const Moment moment, one_moment(name.moment, request.query.get("as_of")));
  return NamedRepository{moment, *std::move(id)};
}

// Rights are those of now, whatever state is asked for.
Result<NamedRepository> readable_repository(const Services& services, const Request& request,
                                            bool with_moment) {
  VARVE_TRY(auto named, named_repository(request, with_moment));
  VARVE_CHECK(trust::check(*services.reader().view(), request.actor, Right::pull,
                           pulp::resource_of(named.id), services.now()));
  return named;
}

awaitable<Result<Target>> find_target(Services& services, const Request& request,
                                      bool with_moment) {
  auto named = readable_repository(services, request, with_moment);
  if (!named) co_return std::unexpected(std::move(named).error());
  auto state = co_await state_of(services.pool, services.reader(), named->moment);
  if (!state) co_return std::unexpected(std::move(state).error());
  auto row = pulp::need_repository(*state->view, named->id);
  if (!row) co_return std::unexpected(std::move(row).error());
  co_return Target{*std::move(state), *std::move(row)};
}

// ---- repodata ----

Result<RepodataCache::Age> age_of(const View& newest, const pulp::RepositoryRow& row) {
  VARVE_TRY(const auto now, pulp::find_repository(newest, row.id));
  const bool same = now && revision_of(*now) == revision_of(row);
  return same ? RepodataCache::Age::newest : RepodataCache::Age::earlier;
}

// The revision's metadata, from memory or made now.
awaitable<Result<RepodataCache::Made>> repodata_of(Services& services, const Reader& reader,
                                                   const View& view,
                                                   const pulp::RepositoryRow& row) {
  using namespace std::chrono_literals;
  RepodataCache& cache = services.state->repodata;
  const RepodataCache::Key key{row.id.text(), revision_of(row)};
  http::net::steady_timer timer(co_await http::net::this_coro::executor);
  constexpr auto kAsTuple = http::net::as_tuple(http::net::use_awaitable);
  const auto end = std::chrono::steady_clock::now() + 60s;
  do {
    if (auto made = cache.find(key)) co_return made;
    const auto age = age_of(*services.reader().view(), row);
    if (!age) co_return std::unexpected(age.error());
    if (auto turn = cache.begin(key, *age)) {
      auto make = [&] { return make_repodata(reader, view, row); };
      auto made = co_await services.pool.run(make);
      if (made) turn->put(*made);
      co_return made;
    }
    timer.expires_after(10ms);
    co_await timer.async_wait(kAsTuple);
  } while (std::chrono::steady_clock::now() < end);
  co_return fail(Errc::overloaded, About::repository,
                 "the metadata of many repositories are being made; try again");
}

Response not_modified(const Digest& digest) {
  Response response;
  response.status = 304;
  response.add("ETag", etag_of(digest));
  return response;
}

Response memory_answer(const std::shared_ptr<const std::string>& bytes, const Digest& digest,
                       std::string type, std::string caching) {
  Response response;
  response.body = bytes;
  response.add("Content-Type", std::move(type)).add("ETag", etag_of(digest));
  response.add("Cache-Control", std::move(caching));
  return response;
}

awaitable<Response> repomd_answer(Services& services, const Request& request, bool with_moment) {
  const auto target = co_await find_target(services, request, with_moment);
  if (!target) co_return problem(target.error());
  const auto made =
      co_await repodata_of(services, target->state.reader, *target->state.view, target->row);
  if (!made) co_return problem(made.error());
  const Digest& digest = (*made)->repomd_digest;
  Response response = if_none_match(request, digest)
                          ? not_modified(digest)
                          : memory_answer((*made)->repomd, digest, "text/xml", "no-cache");
  add_provenance(response, target->row.index, target->state.size);
  co_return response;
}

// The state in which the named revision was the newest, if there is one up to `asked`.
Result<Target> revision_state(const Services& services, const Target& asked,
                              const pulp::RepodataName& name, std::string_view text) {
  if (name.revision == 0 || name.revision > asked.state.size.value) return no_such_file(text);
  VARVE_TRY(State state, state_at(services.reader(), TreeSize{name.revision}));
  VARVE_TRY(const auto row, pulp::find_repository(*state.view, asked.row.id));
  if (!row || revision_of(*row) != name.revision) return no_such_file(text);
  return Target{std::move(state), *row};
}

awaitable<Response> repodata_answer(Services& services, const Request& request, bool with_moment) {
  constexpr const char* kForEver = "max-age=31536000, immutable";
  const std::string_view text = request.params.back();
  const auto asked = co_await find_target(services, request, with_moment);
  if (!asked) co_return problem(asked.error());
  const auto name = pulp::parse_repodata_name(text);
  if (!name) co_return problem(no_such_file(text).error());
  const auto target = revision_state(services, *asked, *name, text);
  if (!target) co_return problem(target.error());
  const auto made =
      co_await repodata_of(services, target->state.reader, *target->state.view, target->row);
  if (!made) co_return problem(made.error());
  const Repodata::File& file = (*made)->file(name->file);
  if (file.entry.checksum != name->checksum) co_return problem(no_such_file(text).error());
  Response response = if_none_match(request, name->checksum)
                          ? not_modified(name->checksum)
                          : memory_answer(file.bytes, name->checksum, "application/gzip", kForEver);
  add_provenance(response, target->row.index, target->state.size);
  co_return response;
}

// ---- packages ----

// The file, when the repository has, or had, a package of that name with it: a client that read the
// metadata before a package was removed asks for it after.
Result<Digest> member_file(const Target& target, std::string_view hex, std::string_view name) {
  const auto digest = Digest::parse("sha256:" + std::string(hex));
  if (!digest) return no_such_file(name);
  const View& view = *target.state.view;
  VARVE_TRY(const auto packages, pulp::packages_with_file(view, *digest, kSameFileMax));
  VARVE_TRY(const auto history, target.state.reader.history(target.state.size));
  for (const pulp::PackageId& id : packages) {
    VARVE_TRY(const bool member, pulp::ever_member(*history, target.row.id, id));
    if (!member) continue;
    VARVE_TRY(const auto row, pulp::need_package(view, id));
    if (row.filename.text() == name) return *digest;
  }
  return no_such_file(name);
}

Response whole_or_part(const Request& request, const Digest& digest,
                       std::shared_ptr<const BlobFile> file) {
  const std::uint64_t size = file->size();
  const RangeAnswer wanted = wanted_range(request, digest, size);
  if (wanted.kind == RangeAnswer::Kind::unsatisfiable) {
    Response response = problem(Error(Errc::range, About::blob, "the file ends before the range"));
    response.add("Content-Range", "bytes */" + std::to_string(size));
    return response;
  }
  Response response = file_answer(std::move(file), wanted, digest);
  // Anybody's bytes: no browser is to take them for a page of this registry.
  response.add("X-Content-Type-Options", "nosniff");
  return response;
}

awaitable<Response> package_answer(Services& services, const Request& request, bool with_moment) {
  const auto target = co_await find_target(services, request, with_moment);
  if (!target) co_return problem(target.error());
  const std::size_t last = request.params.size() - 1;
  const auto digest = member_file(*target, request.params[last - 1], request.params[last]);
  if (!digest) co_return problem(digest.error());
  if (if_none_match(request, *digest)) co_return not_modified(*digest);
  auto file = co_await open_blob(services, *digest);
  if (!file && file.error().code == Errc::not_found)
    co_return problem(Error(Errc::gone, About::blob, "the package's bytes were purged since",
                            digest->to_string()));
  if (!file) co_return problem(file.error());
  Response response = whole_or_part(request, *digest, *std::move(file));
  add_provenance(response, target->row.index, target->state.size);
  co_return response;
}

// ---- routes ----

template <auto kAnswer, bool kWithMoment>
awaitable<Response> handler(Services& services, Request& request) {
  return kAnswer(services, request, kWithMoment);
}

constexpr http::Route kRoutes[] = {
    {Method::get, "/pulp/repos/{repo}/repodata/repomd.xml", Effect::none,
     handler<repomd_answer, false>},
    {Method::get, "/pulp/repos/{moment}/{repo}/repodata/repomd.xml", Effect::none,
     handler<repomd_answer, true>},
    {Method::get, "/pulp/repos/{repo}/repodata/{file}", Effect::none,
     handler<repodata_answer, false>},
    {Method::get, "/pulp/repos/{moment}/{repo}/repodata/{file}", Effect::none,
     handler<repodata_answer, true>},
    {Method::get, "/pulp/repos/{repo}/Packages/{digest}/{file}", Effect::none,
     handler<package_answer, false>},
    {Method::get, "/pulp/repos/{moment}/{repo}/Packages/{digest}/{file}", Effect::none,
     handler<package_answer, true>},
};

}  // namespace

http::Surface pulp_repos_surface() {
  return {pulp::kSurface, "/pulp/repos", kDialect, kRoutes};
}

}  // namespace varve::surface
