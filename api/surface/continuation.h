// Where a listing goes on when its page ended at something the caller may not see: the place is
// sealed, so that the Link tells no name, not even how long it is. Any thread.
//
// The key dies with the process: after a restart a listing that stood at such a place begins again.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/strong.h"

namespace varve::surface {

class Continuations {
 public:
  Continuations();
  // Text for a query; `name` has at most limits::kRepoNameBytesMax bytes. It holds for a listing of
  // the state after `size` entries and no other: or one could be asked again and again, with
  // repositories of one's own made in between, where the hidden one stands among them.
  std::string seal(std::string_view name, TreeSize size) const;
  // Errors: Errc::invalid for what was not sealed here, or for another state.
  Result<std::string> open(std::string_view text, TreeSize size) const;

 private:
  std::array<unsigned char, 32> key_{};
};

}  // namespace varve::surface
