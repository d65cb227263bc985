// Lists of packages, piece by piece. The pool; one piece of a list at a time.
#include "api/surface/pulp_lists.h"

#include <algorithm>
#include <utility>

#include "api/surface/common.h"

namespace varve::surface {
namespace {

using pulp::PackageId;
using pulp::PackageRow;

// What one turn on the pool looks at: some milliseconds.
constexpr std::size_t kRowsInATurn = 512;

// Everything a list needs is its own: it lives until the last piece is sent, and the state it is
// about stays as it was.
class PackageList {
 public:
  PackageList(const Services& services, const http::Request& request, State state,
              PackageListWish wish)
      : state_(std::move(state)),
        wish_(std::move(wish)),
        sight_(services, request),
        writer_(state_, sight_, server_url(services, request), wish_.fields) {}

  Result<bool> more(JsonItems& items) {
    VARVE_TRY(const auto last, wish_.repository ? members(items) : all(items));
    if (stopped_) {
      stopped_ = false;
      return true;
    }
    after_ = last;
    return last.has_value();
  }

 private:
  Result<std::optional<PackageId>> all(JsonItems& items) {
    const auto visit = [&](const PackageRow& row) { return look(items, row); };
    return pulp::each_package(*state_.view, after_, kRowsInATurn, visit);
  }

  Result<std::optional<PackageId>> members(JsonItems& items) {
    const auto visit = [&](const PackageId& id) -> Result<bool> {
      VARVE_TRY(const auto row, pulp::need_package(*state_.view, id));
      return look(items, row);
    };
    return pulp::each_member(*state_.view, *wish_.repository, after_, kRowsInATurn, visit);
  }

  // False ends the turn, and the next one goes on behind this row.
  Result<bool> look(JsonItems& items, const PackageRow& row) {
    after_ = row.id;
    VARVE_TRY(const bool wanted, is_wanted(row));
    if (wanted) VARVE_CHECK(writer_.write(items.next(), row));
    stopped_ = items.full();
    return !stopped_;
  }

  // What is asked for is cheaper to tell than what may be seen. Whoever asks for a repository's
  // members sees them.
  Result<bool> is_wanted(const PackageRow& row) {
    if (wish_.takes && !wish_.takes(row)) return false;
    if (wish_.repository) return true;
    if (wish_.orphans && row.repositories > 0) return false;
    VARVE_TRY(const bool member, is_in_one(row.id));
    if (!member) return false;
    return sight_.sees(*state_.view, row.id);
  }

  Result<bool> is_in_one(const PackageId& id) {
    if (wish_.any_of_repositories.empty()) return true;
    for (const pulp::RepositoryId& repository : wish_.any_of_repositories) {
      VARVE_TRY(const bool member, pulp::is_member(*state_.view, repository, id));
      if (member) return true;
    }
    return false;
  }

  State state_;
  PackageListWish wish_;
  PulpSight sight_;
  PackageWriter writer_;
  std::optional<PackageId> after_;
  bool stopped_ = false;
};

}  // namespace

http::net::awaitable<http::Response> package_list(Services& services, const http::Request& request,
                                                  State state, PackageListWish wish) {
  const TreeSize size = state.size;
  auto list = std::make_shared<PackageList>(services, request, std::move(state), std::move(wish));
  auto response =
      co_await pulp_list(services, [list](JsonItems& items) { return list->more(items); });
  if (!response) co_return pulp_problem(services, request, response.error(), size);
  response->add(kTreeSize, std::to_string(size.value));
  co_return *std::move(response);
}

}  // namespace varve::surface
