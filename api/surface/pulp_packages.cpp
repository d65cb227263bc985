// Packages out: the collection, one by its id, one by what it is called. I/O threads; lists and
// long descriptions are read on the pool.
#include <utility>

#include "api/surface/common.h"
#include "api/surface/pulp_document.h"
#include "api/surface/pulp_filters.h"
#include "api/surface/pulp_handlers.h"
#include "api/surface/pulp_lists.h"

namespace varve::surface {
namespace {

using http::Request;
using http::Response;
using http::net::awaitable;
using pulp::PackageId;
using pulp::PackageRow;
using pulp::Word;

constexpr std::size_t kShortDetails = 64 << 10;
// Packages that are called alike and looked at for one answer, and those that it names besides: a
// header line has to hold them.
constexpr std::size_t kAlikeMax = 1'000;
constexpr std::size_t kAlternatesMax = 64;

awaitable<Response> package_answer(Services& services, const Request& request, const State& state,
                                   PulpSight& sight, const PackageRow& row) {
  PackageWriter writer(state, sight, server_url(services, request), PackageFields::all());
  std::string document;
  auto work = [&] { return writer.write(document, row); };
  Result<void> written;
  if (row.details_size <= kShortDetails)
    written = work();
  else
    written = co_await services.pool.run(work);
  if (!written) co_return pulp_problem(services, request, written.error(), state.size);
  Response response = http::json(200, std::move(document));
  add_provenance(response, row.index, state.size);
  co_return response;
}

// ?checksum_type= and ?checksum=, each by itself too.
struct ChecksumWish {
  std::optional<std::string_view> type;
  std::optional<std::string_view> value;
  ChecksumWish() = default;
  explicit ChecksumWish(const http::Query& query)
      : type(query.get("checksum_type")), value(query.get("checksum")) {}
  bool takes(const pulp::Checksum& checksum) const {
    return (!type || *type == checksum.type.text()) && (!value || *value == checksum.value.text());
  }
  // Both, as they would stand in a key.
  std::optional<pulp::Checksum> exact() const {
    if (!type || !value) return std::nullopt;
    auto type_word = Word::parse(*type);
    auto value_word = Word::parse(*value);
    if (!type_word || !value_word) return std::nullopt;
    return pulp::Checksum{*std::move(type_word), *std::move(value_word)};
  }
};

struct Alike {
  PackageRow first;
  std::string others;  // ids, for a header
};

std::optional<pulp::Nevra> nevra_in(const Request& request) {
  std::vector<Word> words;
  for (const std::string_view part : request.params) {
    auto word = Word::parse(part);
    if (!word) return std::nullopt;
    words.push_back(*std::move(word));
  }
  VARVE_ASSERT(words.size() == 5);
  return pulp::Nevra{words[0], words[1], words[2], words[3], words[4]};
}

Result<PackageRow> the_one(const State& state, PulpSight& sight, const pulp::Nevra& nevra,
                           const ChecksumWish& wish, const PackageId& id) {
  VARVE_TRY(auto row, pulp::need_package(*state.view, id));
  if (!wish.takes(row.checksum)) return std::unexpected(sight.no_package(nevra.to_string()));
  VARVE_TRY(const bool visible, sight.sees(*state.view, id));
  if (!visible) return std::unexpected(sight.no_package(nevra.to_string()));
  return row;
}

// Those that the caller sees, the earliest first; one more at most than an answer names.
Result<std::vector<PackageId>> seen_of(const State& state, PulpSight& sight,
                                       const pulp::Nevra& nevra, const ChecksumWish& wish) {
  VARVE_TRY(const auto found, pulp::find_packages(*state.view, nevra, kAlikeMax));
  std::vector<PackageId> seen;
  for (const pulp::NamedPackage& package : found) {
    if (!wish.takes(package.checksum) || seen.size() > kAlternatesMax) continue;
    VARVE_TRY(const bool visible, sight.sees(*state.view, package.id));
    if (visible) seen.push_back(package.id);
  }
  return seen;
}

// The earliest that the caller sees: what was meant when there was only one. On the pool.
Result<Alike> find_alike(const State& state, PulpSight& sight, const pulp::Nevra& nevra,
                         const ChecksumWish& wish, std::uint64_t packages) {
  if (const auto checksum = wish.exact()) {
    VARVE_TRY(const auto same, pulp::find_same(*state.view, nevra, *checksum));
    if (!same) return std::unexpected(sight.no_package(nevra.to_string()));
    VARVE_TRY(auto row, the_one(state, sight, nevra, wish, same->id));
    return Alike{std::move(row), {}};
  }
  // Not all of them can be looked at then. That there are many is told to those who see one of the
  // first: to others it might be nothing of theirs.
  const bool too_many = packages > kAlikeMax;
  VARVE_TRY(const auto seen, seen_of(state, sight, nevra, too_many ? ChecksumWish() : wish));
  if (seen.empty()) return std::unexpected(sight.no_package(nevra.to_string()));
  if (too_many)
    return fail(Errc::invalid, About::package,
                "too many packages are called so: name one by its checksum_type and checksum",
                nevra.to_string());
  VARVE_TRY(auto first, pulp::need_package(*state.view, seen.front()));
  std::string others;
  for (std::size_t i = 1; i < seen.size(); ++i) (others += i > 1 ? ", " : "") += seen[i].text();
  return Alike{std::move(first), std::move(others)};
}

awaitable<Result<Alike>> find_by_name(Services& services, const Request& request,
                                      const State& state, PulpSight& sight) {
  const auto nevra = nevra_in(request);
  if (!nevra) co_return std::unexpected(sight.no_package(request.params.front()));
  const auto called = pulp::find_called(*state.view, *nevra);
  if (!called) co_return std::unexpected(called.error());
  if (called->packages == 0) co_return std::unexpected(sight.no_package(nevra->to_string()));
  const ChecksumWish wish(request.query);
  if (called->only) {
    auto row = the_one(state, sight, *nevra, wish, *called->only);
    if (!row) co_return std::unexpected(row.error());
    co_return Alike{*std::move(row), {}};
  }
  auto work = [&] { return find_alike(state, sight, *nevra, wish, called->packages); };
  co_return co_await services.pool.run(work);
}

}  // namespace

awaitable<Response> list_packages(Services& services, Request& request) {
  const auto allowed = PulpSight(services, request).may_list_packages();
  if (!allowed) co_return pulp_problem(services, request, allowed.error());
  auto filter = PackageFilter::parse(request.query);
  if (!filter) co_return pulp_problem(services, request, filter.error());
  auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  PackageListWish wish;
  if (const auto names = request.query.all("field"); !names.empty())
    wish.fields = PackageFields::of(names);
  wish.takes = [filter = *std::move(filter)](const PackageRow& row) { return filter.takes(row); };
  co_return co_await package_list(services, request, *std::move(state), std::move(wish));
}

awaitable<Response> get_package(Services& services, Request& request) {
  const auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  PulpSight sight(services, request);
  const auto row = sight.package(*state->view, request.params.front());
  if (!row) co_return pulp_problem(services, request, row.error(), state->size);
  co_return co_await package_answer(services, request, *state, sight, *row);
}

awaitable<Response> get_package_by_name(Services& services, Request& request) {
  const auto state = co_await pulp_state(services, request);
  if (!state) co_return pulp_problem(services, request, state.error());
  PulpSight sight(services, request);
  const auto alike = co_await find_by_name(services, request, *state, sight);
  if (!alike) co_return pulp_problem(services, request, alike.error(), state->size);
  Response response = co_await package_answer(services, request, *state, sight, alike->first);
  if (!alike->others.empty()) response.add("Varve-Alternates", alike->others);
  co_return response;
}

}  // namespace varve::surface
