// What the handlers of Pulp's surface share: its errors, the state that answers, what a caller may
// see, and lists that are made while they are sent. I/O threads, and the pool.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/services.h"
#include "api/surface/as_of.h"
#include "core/pulp/query.h"

namespace varve::surface {

// Pulp has no 403: who is known and may not hears 401, unless the configuration says otherwise.
http::Response pulp_problem(const Services& services, const http::Request& request,
                            const Error& error);
// A read that failed still says which state it failed in.
http::Response pulp_problem(const Services& services, const http::Request& request,
                            const Error& error, TreeSize size);

// The newest state, or the one that ?as_of= names.
http::net::awaitable<Result<State>> pulp_state(Services& services, const http::Request& request);

// Errors: Errc::unsupported for ?as_of=, rather than a change of the present that nobody meant.
Result<void> present_only(const http::Request& request);

Command pulp_command(const http::Request& request, Intent intent, std::vector<Body> bodies = {});

// `true`, and which event it rests on; of a repeat, that of `find`.
http::Response pulp_done(const Services& services, const Receipt& receipt);

// What one caller may see, with the rights of now whatever state is read: a repository that may be
// pulled from, and a package that may be pulled itself or is a member of such a repository in the
// state that is read. What may not be seen is as if it were not there. One thread at a time.
class PulpSight {
 public:
  PulpSight(const Services& services, const http::Request& request);

  Result<bool> sees(const pulp::RepositoryId& repository);
  Result<bool> sees(const View& view, const pulp::PackageId& package);
  // Those the package is in that the caller sees.
  Result<std::vector<pulp::RepositoryId>> repositories_of(const View& view,
                                                          const pulp::PackageRow& package);
  // The package that a path names, if it is there and the caller sees it. Errors: no_package().
  Result<pulp::PackageRow> package(const View& view, std::string_view id);
  // May the caller pull this very package, whatever it is in?
  Result<bool> pulls(const pulp::PackageId& package);

  // How to say that something is not there. Whoever is nobody, where nobody sees everything, is
  // asked to log in, whether it is there or not.
  Error no_package(std::string_view package) const;
  Error no_repository(std::string_view repository) const;
  // The same of a repository: its row.
  Result<pulp::RepositoryRow> repository(const View& view, std::string_view id);
  // Of a list that holds what the caller may see: the same question, without a name.
  Result<void> may_list_packages() const;
  Result<void> may_list_repositories() const;

  const View& newest() const { return *newest_; }

 private:
  bool lacks_login(std::string_view everything) const;
  Result<bool> sees_one_of(const std::vector<pulp::RepositoryId>& repositories);

  const Services& services_;
  Actor actor_;
  std::unique_ptr<View> newest_;
  std::optional<PrincipalName> principal_;
  // What is granted on "packages/*" holds for each that no grant names; asked once.
  std::optional<bool> broad_;
  std::map<pulp::RepositoryId, bool> repositories_;
};

// ---- lists ----

// Where the items of an array are written.
class JsonItems {
 public:
  // Where the next one goes: behind a comma, unless it is the first.
  std::string& next() {
    if (any_) text_ += ',';
    any_ = true;
    return text_;
  }
  bool full() const;  // enough for a piece

 private:
  friend class JsonStream;
  std::string text_;
  bool any_ = false;
};
// Writes the next items until there are enough, or what one call may take is done; false when there
// are no more. On the pool, one call at a time.
using MakeItems = std::function<Result<bool>(JsonItems& items)>;

// The array as an answer. What fits into one piece comes whole, with its length; more is made while
// it is sent, in bounded memory. The error is that of the first piece.
http::net::awaitable<Result<http::Response>> pulp_list(Services& services, MakeItems make);

}  // namespace varve::surface
