// Lists of packages: of all, or of a repository's members, as one caller sees them in one state.
// Made on I/O threads; their pieces on the pool.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/surface/pulp_document.h"

namespace varve::surface {

struct PackageListWish {
  PackageFields fields = PackageFields::all();
  // Only its members; nothing: all packages.
  std::optional<pulp::RepositoryId> repository = std::nullopt;
  // Whose members alone count; none: whatever they are in.
  std::vector<pulp::RepositoryId> any_of_repositories = {};
  bool orphans = false;  // only what is in no repository
  std::function<bool(const pulp::PackageRow& row)> takes = nullptr;  // none: all
};

// With the size of the state it is about. Rows are looked at once, in the order of the ids, in
// bounded pieces.
http::net::awaitable<http::Response> package_list(Services& services, const http::Request& request,
                                                  State state, PackageListWish wish);

}  // namespace varve::surface
