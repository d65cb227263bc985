// A surface is a table of routes plus handlers over plain values. Built once at start; const after.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/http/message.h"
#include "api/http/problem.h"

namespace varve {
struct Services;
}

namespace varve::http {

// What a route may change; a test walks every route and compares this with the log.
enum class Effect : std::uint8_t {
  none,     // nothing at all
  session,  // upload sessions, which are outside the log on purpose
  event,    // appends events
};

using Handler = net::awaitable<Response> (*)(Services&, Request&);

// Patterns are literal segments, {one} segment, or at most one {name...} that takes one or more
// segments; they are matched from the right, so "…/blobs/x" inside a name is no trap. "/v2/" and
// "/v2" are different patterns. Patterns are whole paths, the surface's prefix included; at most
// kSegmentsMax segments. A path belongs to the surfaces of the longest prefix alone: "/v2/manage"
// takes its paths away from "/v2". A malformed pattern, or two of one shape and method, end the
// process at start.
inline constexpr std::size_t kSegmentsMax = 12;

// Whom a change must come from.
enum class Caller : std::uint8_t {
  known,   // somebody with credentials
  anyone,  // the request vouches for itself: a signature over it, or a digest that was signed
};

struct Route {
  Method method;
  std::string_view pattern;
  Effect effect;
  Handler handler;
  Caller caller = Caller::known;
};

struct Surface {
  std::string_view name;    // stands in entries: "oci"
  std::string_view prefix;  // "/v2": paths equal to it or below it are this surface's
  Dialect dialect;          // the shape of its errors
  std::span<const Route> routes;
};

struct Match {
  const Surface* surface = nullptr;  // set when any prefix matched: errors take its shape
  const Route* route =
      nullptr;  // null: no such path, or no such method (then `allow` is not empty)
  std::vector<std::string_view> params;
  std::string allow;  // "GET, HEAD" for a 405
};

class Router {
 public:
  explicit Router(std::span<const Surface> surfaces);
  // GET routes answer HEAD too unless a HEAD route of that pattern exists.
  // The views in the answer point into `decoded_path`.
  Match match(Method method, std::string_view decoded_path) const;
  // Whose errors answer for this path (or the start of one): the longest prefix wins; null:
  // nobody's.
  const Surface* surface_of(std::string_view path) const;
  std::span<const Surface> surfaces() const { return surfaces_; }

 private:
  std::span<const Surface> surfaces_;
  struct Pattern;
  // A surface's patterns are next to each other, the most literal first.
  std::shared_ptr<const std::vector<Pattern>> patterns_;
};

}  // namespace varve::http
