// What a header says, as Pulp's family keeps it. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "api/rpm/frame.h"
#include "api/rpm/header.h"
#include "core/pulp/details.h"

namespace varve::rpm {

// Of one list of dependencies. The largest of real packages have a tenth of it.
inline constexpr std::size_t kDependenciesMax = 50'000;
// As many as repodata has, the newest.
inline constexpr std::size_t kChangelogsMax = 10;

// What a package is called. Any text: what a name may be is for the rules to say.
struct Nevra {
  std::string name;
  std::string epoch;  // "0" when the header has none
  std::string version;
  std::string release;
  std::string arch;  // "src" for a source package

  friend bool operator==(const Nevra&, const Nevra&) = default;
};
// Errors: invalid/About::body when a part is missing or empty.
Result<Nevra> read_nevra(const Header& header);

// Errors: invalid/About::body where lists that belong together do not match; too_large.
Result<pulp::Details> read_details(const Frame& frame, const Header& signature,
                                   const Header& header);

// "1:2.3-4" in its parts, as repodata has them: the epoch is "0" where there is a version without
// one, and empty where what stands before the colon is no number.
void split_evr(std::string_view text, pulp::Dependency& into);

}  // namespace varve::rpm
