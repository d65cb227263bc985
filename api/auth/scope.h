// What a token may be used for, as clients ask for it: "repository:library/app:pull,push". Pure;
// any thread.
//
// The grammar is that of the Docker token specification. The type ends at the first colon and the
// actions begin after the last one, because a name may hold a colon itself (host:port/name). Scopes
// come repeated (one a parameter) and space-separated within one parameter, from the same clients.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace varve::auth {

// Both bounds keep every token we make well below the 16 KiB a request header may have.
inline constexpr std::size_t kScopesMax = 64;
inline constexpr std::size_t kScopeBytesMax = 4'096;  // all scopes of a request together

struct Access {
  std::string type;                  // "repository", "registry"
  std::string type_class;            // "repository(plugin)": nothing here has one
  std::string name;                  // "library/app", "catalog"
  std::vector<std::string> actions;  // "pull", "push", "*": sorted, each once; may be empty
  friend bool operator==(const Access&, const Access&) = default;
};

// One scope. Errors: Errc::invalid for odd bytes or a missing part.
Result<Access> parse_scope(std::string_view text);

// Every scope of a request, repeated and space-separated; what is about one thing becomes one, in
// the order of first mention. Errors: invalid; too_large beyond the bounds above.
Result<std::vector<Access>> parse_scopes(std::span<const std::string_view> parameters);

std::string to_string(const Access& access);
std::string to_string(std::span<const Access> accesses);  // separated by spaces

}  // namespace varve::auth
