// Shared parts of Pulp's surface. I/O threads, and the pool.
#include "api/surface/pulp_common.h"

#include <utility>

#include "api/http/problem.h"
#include "api/surface/common.h"
#include "core/trust/query.h"

namespace varve::surface {

using http::Request;
using http::Response;
using http::net::awaitable;

namespace {

constexpr std::string_view kEveryPackage = "packages/*";
constexpr std::string_view kEveryRepository = "rpm/*";

// A package may be in any number; as many are shown.
constexpr std::size_t kRepositoriesShownMax = 1'000;

// What is refused for the caller's rights, not for what an author signed.
bool is_about_rights(const Error& error) {
  return error.code == Errc::denied && error.about == About::request;
}

Error as_pulp_says(const Request& request, Error error) {
  if (error.code == Errc::unauthorized && request.actor.auth == Auth::none)
    error.what = "Authentication Required";
  if (is_about_rights(error)) error.what = "Permission Denied";
  return error;
}

}  // namespace

Response pulp_problem(const Services& services, const Request& request, const Error& error) {
  Response response = http::problem(as_pulp_says(request, error), http::Dialect::pulp);
  if (is_about_rights(error) && services.config.pulp_strict_status) response.status = 401;
  return response;
}

Response pulp_problem(const Services& services, const Request& request, const Error& error,
                      TreeSize size) {
  Response response = pulp_problem(services, request, error);
  response.add(kTreeSize, std::to_string(size.value));
  return response;
}

awaitable<Result<State>> pulp_state(Services& services, const Request& request) {
  const auto moment = one_moment(Present{}, request.query.get("as_of"));
  if (!moment) co_return std::unexpected(moment.error());
  co_return co_await state_of(services.pool, services.reader(), *moment);
}

Result<void> present_only(const Request& request) {
  if (!request.query.get("as_of")) return {};
  return fail(Errc::unsupported, About::request, "an earlier state can be read, not changed");
}

Command pulp_command(const Request& request, Intent intent, std::vector<Body> bodies) {
  return Command{request.actor, request.id, std::string(pulp::kSurface), std::move(intent),
                 std::move(bodies)};
}

Response pulp_done(const Services& services, const Receipt& receipt) {
  Response response = http::json(200, "true");
  add_receipt(response, services, receipt,
              [](const View&) -> Result<std::optional<EntryIndex>> { return std::nullopt; });
  return response;
}

// ---- what a caller may see ----

PulpSight::PulpSight(const Services& services, const Request& request)
    : services_(services), actor_(request.actor), newest_(services.reader().view()) {
  if (auto name = PrincipalName::parse(actor_.id)) principal_ = *std::move(name);
}

Result<bool> PulpSight::sees(const pulp::RepositoryId& repository) {
  const auto known = repositories_.find(repository);
  if (known != repositories_.end()) return known->second;
  VARVE_TRY(const bool seen, may_pull(services_, actor_, *newest_, pulp::resource_of(repository)));
  repositories_.emplace(repository, seen);
  return seen;
}

Result<bool> PulpSight::pulls(const pulp::PackageId& package) {
  return may_pull(services_, actor_, *newest_, pulp::resource_of(package));
}

Result<bool> PulpSight::sees_one_of(const std::vector<pulp::RepositoryId>& repositories) {
  for (const pulp::RepositoryId& repository : repositories) {
    VARVE_TRY(const bool seen, sees(repository));
    if (seen) return true;
  }
  return false;
}

// A list of packages asks this of each. Of the look-ups behind check() most have the same answer
// for all of them: only a grant on the very package can make a difference.
Result<bool> PulpSight::sees(const View& view, const pulp::PackageId& package) {
  if (actor_.auth == Auth::dev) return true;
  const Resource resource(pulp::resource_of(package));
  const auto named = [&](const PrincipalName& principal) -> Result<bool> {
    VARVE_TRY(const auto grant, trust::find_grant(*newest_, principal, resource));
    return grant.has_value();
  };
  bool alike = !actor_.limit;
  if (alike) {
    VARVE_TRY(const bool everybody, named(PrincipalName::anonymous()));
    alike = !everybody;
  }
  if (alike && principal_) {
    VARVE_TRY(const bool own, named(*principal_));
    alike = !own;
  }
  bool pulled = false;
  if (alike) {
    if (!broad_) {
      const auto any = pulp::PackageId::from_random(std::string(16, '\0'));
      VARVE_TRY(const bool broad, pulls(any));
      broad_ = broad;
    }
    pulled = *broad_;
  } else {
    VARVE_TRY(pulled, pulls(package));
  }
  if (pulled) return true;
  VARVE_TRY(const auto repositories, pulp::repositories_of(view, package, kRepositoriesShownMax));
  return sees_one_of(repositories);
}

Result<std::vector<pulp::RepositoryId>> PulpSight::repositories_of(
    const View& view, const pulp::PackageRow& package) {
  std::vector<pulp::RepositoryId> seen;
  if (package.repositories == 0) return seen;
  VARVE_TRY(const auto all, pulp::repositories_of(view, package.id, kRepositoriesShownMax));
  for (const pulp::RepositoryId& repository : all) {
    VARVE_TRY(const bool shown, sees(repository));
    if (shown) seen.push_back(repository);
  }
  return seen;
}

Result<pulp::PackageRow> PulpSight::package(const View& view, std::string_view id) {
  const auto parsed = pulp::PackageId::parse(id);
  if (!parsed) return std::unexpected(no_package(id));
  VARVE_TRY(auto row, pulp::find_package(view, *parsed));
  if (!row) return std::unexpected(no_package(id));
  VARVE_TRY(const bool seen, sees(view, *parsed));
  if (!seen) return std::unexpected(no_package(id));
  return *std::move(row);
}

Result<pulp::RepositoryRow> PulpSight::repository(const View& view, std::string_view id) {
  const auto parsed = pulp::RepositoryId::parse(id);
  if (!parsed) return std::unexpected(no_repository(id));
  VARVE_TRY(const bool seen, sees(*parsed));
  if (!seen) return std::unexpected(no_repository(id));
  VARVE_TRY(auto row, pulp::find_repository(view, *parsed));
  if (!row) return std::unexpected(no_repository(id));
  return *std::move(row);
}

bool PulpSight::lacks_login(std::string_view everything) const {
  if (actor_.auth != Auth::none) return false;
  const auto rights =
      trust::rights_on(*newest_, Actor(), Resource::parse(everything).value(), services_.now());
  return !rights || !rights->has(Right::pull);
}

namespace {

Error login_needed() {
  return Error(Errc::unauthorized, About::request, "Authentication Required");
}

}  // namespace

Error PulpSight::no_package(std::string_view package) const {
  if (lacks_login(kEveryPackage)) return login_needed();
  return Error(Errc::not_found, About::package, "there is no such package",
               std::string(package.substr(0, pulp::Word::kBytesMax)));
}

Error PulpSight::no_repository(std::string_view repository) const {
  if (lacks_login(kEveryRepository)) return login_needed();
  return Error(Errc::not_found, About::repository, "No repository",
               std::string(repository.substr(0, pulp::RepositoryId::kBytesMax)));
}

Result<void> PulpSight::may_list_packages() const {
  if (lacks_login(kEveryPackage)) return std::unexpected(login_needed());
  return {};
}

Result<void> PulpSight::may_list_repositories() const {
  if (lacks_login(kEveryRepository)) return std::unexpected(login_needed());
  return {};
}

// ---- lists ----

namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

}  // namespace

bool JsonItems::full() const {
  return text_.size() >= kPieceBytes;
}

class JsonStream final : public http::Producer {
 public:
  JsonStream(http::Pool& pool, MakeItems make) : pool_(pool), make_(std::move(make)) {
    items_.text_ = "[";
  }

  awaitable<Result<std::string>> next() override {
    if (first_) {
      std::string piece = std::move(*first_);
      first_.reset();
      co_return piece;
    }
    // A call that finds nothing gives the pool's thread back before the next one.
    while (!done_ && !items_.full()) {
      auto work = [this] { return make_(items_); };
      const Result<bool> more = co_await pool_.run(work);
      if (!more) co_return std::unexpected(more.error());
      done_ = !*more;
      if (done_) items_.text_ += ']';
    }
    co_return std::exchange(items_.text_, {});
  }

  bool done() const { return done_; }
  void put_back(std::string piece) { first_ = std::move(piece); }

 private:
  http::Pool& pool_;
  MakeItems make_;
  JsonItems items_;
  bool done_ = false;
  std::optional<std::string> first_;
};

awaitable<Result<Response>> pulp_list(Services& services, MakeItems make) {
  auto stream = std::make_shared<JsonStream>(services.pool, std::move(make));
  auto first = co_await stream->next();
  if (!first) co_return std::unexpected(first.error());
  if (stream->done()) co_return http::json(200, *std::move(first));
  stream->put_back(*std::move(first));
  Response response;
  response.add("Content-Type", "application/json");
  response.body = std::shared_ptr<http::Producer>(std::move(stream));
  co_return response;
}

}  // namespace varve::surface
