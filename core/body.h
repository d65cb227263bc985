// The bytes an event names by digest, kept for ever beside the log. Any thread.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/digest.h"

namespace varve {

struct Body {
  Digest digest;
  std::shared_ptr<const std::string> bytes;
};

// What project() may read beside the rows: the bodies of its entry, perhaps among others.
using Bodies = std::span<const Body>;

inline Result<std::string_view> body_among(Bodies bodies, const Digest& digest) {
  const auto found = std::ranges::find(bodies, digest, &Body::digest);
  if (found == bodies.end())
    return fail(Errc::corrupt, About::body, "the body of an entry is missing", digest.to_string());
  return std::string_view(*found->bytes);
}

}  // namespace varve
