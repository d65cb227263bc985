// Patterns compiled once, and the match from the right. Const after construction; any thread.
#include "api/http/route.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace varve::http {

namespace {

constexpr std::size_t kNoRest = std::string_view::npos;

struct Segment {
  enum class Kind : std::uint8_t { literal, one, rest };
  Kind kind = Kind::literal;
  std::string_view text;
};

Segment parse_segment(std::string_view text) {
  if (!text.starts_with('{')) return {Segment::Kind::literal, text};
  VARVE_ASSERT(text.ends_with('}'));
  text = text.substr(1, text.size() - 2);
  if (!text.ends_with("...")) return {Segment::Kind::one, text};
  return {Segment::Kind::rest, text.substr(0, text.size() - 3)};
}

// The first and the last few segments of a path: no pattern looks at more, so a path of eight
// thousand slashes costs no more memory than a short one.
struct Split {
  std::size_t count = 0;
  std::array<std::string_view, kSegmentsMax> left;
  std::array<std::string_view, kSegmentsMax> right;  // [0] is the last segment

  explicit Split(std::string_view path) {
    count = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    std::string_view rest = path.substr(1);
    for (std::size_t i = 0; i < std::min(count, kSegmentsMax); ++i) {
      left[i] = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(left[i].size() + 1, rest.size()));
    }
    rest = path;
    for (std::size_t i = 0; i < std::min(count, kSegmentsMax); ++i) {
      right[i] = rest.substr(rest.rfind('/') + 1);
      rest.remove_suffix(right[i].size() + 1);
    }
  }
};

bool fits(const Segment& segment, std::string_view text) {
  return segment.kind == Segment::Kind::literal ? segment.text == text : !text.empty();
}

}  // namespace

struct Router::Pattern {
  const Surface* surface = nullptr;
  const Route* route = nullptr;
  std::vector<Segment> segments;
  std::size_t rest = kNoRest;  // where the {name...} stands, if any
  std::size_t literals = 0;
  std::size_t declared = 0;  // its place in the tables

  Pattern(const Surface& owner, const Route& of) : surface(&owner), route(&of) {
    std::string_view text = of.pattern;
    VARVE_ASSERT(text.starts_with('/') && text.starts_with(owner.prefix) && of.handler != nullptr);
    while (!text.empty()) {
      text.remove_prefix(1);
      const std::string_view segment = text.substr(0, text.find('/'));
      text.remove_prefix(segment.size());
      add(parse_segment(segment));
    }
    VARVE_ASSERT(segments.size() <= kSegmentsMax);
  }

  void add(Segment segment) {
    if (segment.kind == Segment::Kind::rest) {
      VARVE_ASSERT(rest == kNoRest);
      rest = segments.size();
    }
    literals += segment.kind == Segment::Kind::literal ? 1 : 0;
    segments.push_back(segment);
  }

  bool same_shape(const Pattern& other) const {
    return std::equal(segments.begin(), segments.end(), other.segments.begin(),
                      other.segments.end(), [](const Segment& a, const Segment& b) {
                        return a.kind == b.kind &&
                               (a.kind != Segment::Kind::literal || a.text == b.text);
                      });
  }

  bool matches(const Split& path) const {
    const bool has_rest = rest != kNoRest;
    if (has_rest ? path.count < segments.size() : path.count != segments.size()) return false;
    const std::size_t after = has_rest ? segments.size() - rest - 1 : segments.size();
    for (std::size_t i = 0; i < after; ++i) {
      if (!fits(segments[segments.size() - 1 - i], path.right[i])) return false;
    }
    for (std::size_t i = 0; has_rest && i < rest; ++i) {
      if (!fits(segments[i], path.left[i])) return false;
    }
    return !has_rest || !middle(path).empty();
  }

  // What {name...} stands for: everything between the segments before and after it.
  std::string_view middle(const Split& path) const {
    const char* begin = path.left[rest].data();
    const std::size_t after = segments.size() - rest - 1;
    const std::string_view last = path.right[0];
    const char* end = after == 0 ? last.data() + last.size() : path.right[after - 1].data() - 1;
    return end > begin ? std::string_view(begin, static_cast<std::size_t>(end - begin))
                       : std::string_view();
  }

  std::vector<std::string_view> capture(const Split& path) const {
    std::vector<std::string_view> params;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (segments[i].kind == Segment::Kind::literal) continue;
      if (i == rest) {
        params.push_back(middle(path));
      } else {
        params.push_back(i < rest && rest != kNoRest ? path.left[i]
                                                     : path.right[segments.size() - 1 - i]);
      }
    }
    return params;
  }
};

namespace {

bool under(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || prefix.empty() ||
                                      prefix.ends_with('/') || path[prefix.size()] == '/');
}

void refuse_duplicate(const Route& route) {
  std::fprintf(stderr, "varve: two routes for %s %.*s\n",
               std::string(to_string(route.method)).c_str(), static_cast<int>(route.pattern.size()),
               route.pattern.data());
  assertion_failed("every route is unique", __FILE__, __LINE__);
}

std::string allow_text(unsigned methods) {
  if ((methods & (1U << static_cast<unsigned>(Method::get))) != 0) {
    methods |= 1U << static_cast<unsigned>(Method::head);
  }
  std::string allow;
  for (unsigned i = 0; i < static_cast<unsigned>(Method::other); ++i) {
    if ((methods & (1U << i)) == 0) continue;
    if (!allow.empty()) allow += ", ";
    allow += to_string(static_cast<Method>(i));
  }
  return allow;
}

}  // namespace

Router::Router(std::span<const Surface> surfaces) : surfaces_(surfaces) {
  std::vector<Pattern> patterns;
  for (const Surface& surface : surfaces) {
    for (const Route& route : surface.routes) {
      Pattern pattern(surface, route);
      for (const Pattern& other : patterns) {
        if (other.route->method == route.method && other.same_shape(pattern))
          refuse_duplicate(route);
      }
      pattern.declared = patterns.size();
      patterns.push_back(std::move(pattern));
    }
  }
  // The most literal first, so that ".../blobs/uploads/" beats ".../blobs/{digest}" whatever the
  // table says; without a rest before with one.
  std::sort(patterns.begin(), patterns.end(), [](const Pattern& a, const Pattern& b) {
    if (a.surface->prefix != b.surface->prefix) return a.surface->prefix < b.surface->prefix;
    if (a.literals != b.literals) return a.literals > b.literals;
    if ((a.rest == b.rest) || (a.rest != kNoRest && b.rest != kNoRest))
      return a.declared < b.declared;
    return a.rest == kNoRest;
  });
  patterns_ = std::make_shared<const std::vector<Pattern>>(std::move(patterns));
}

const Surface* Router::surface_of(std::string_view path) const {
  const Surface* best = nullptr;
  for (const Surface& surface : surfaces_) {
    if (!under(path, surface.prefix)) continue;
    if (best == nullptr || surface.prefix.size() > best->prefix.size()) best = &surface;
  }
  return best;
}

Match Router::match(Method method, std::string_view decoded_path) const {
  Match match;
  match.surface = surface_of(decoded_path);
  if (match.surface == nullptr || !decoded_path.starts_with('/')) return match;
  const std::string_view prefix = match.surface->prefix;
  const Split path(decoded_path);
  unsigned methods = 0;
  const Pattern* found = nullptr;
  const Pattern* get = nullptr;  // what HEAD falls back to
  for (const Pattern& pattern : *patterns_) {
    if (pattern.surface->prefix != prefix || !pattern.matches(path)) continue;
    methods |= 1U << static_cast<unsigned>(pattern.route->method);
    if (pattern.route->method == method) {
      found = &pattern;
      break;
    }
    if (get == nullptr && pattern.route->method == Method::get) get = &pattern;
  }
  if (method == Method::head && get != nullptr &&
      (found == nullptr || found->literals < get->literals)) {
    found = get;
  }
  if (found == nullptr) {
    match.allow = allow_text(methods);
    return match;
  }
  match.surface = found->surface;
  match.route = found->route;
  match.params = found->capture(path);
  return match;
}

}  // namespace varve::http
