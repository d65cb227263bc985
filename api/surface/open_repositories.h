// Which repositories everybody may pull from, as of one size of the log: so that a pull by nobody,
// the commonest request there is, does not look up grants each time. Any thread.
//
// A decision holds for the state it was made in and no other: when the log has grown, all are
// forgotten. Grants without credentials know no clock, so nothing else can change them.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/base/strong.h"

namespace varve::surface {

class OpenRepositories {
 public:
  static constexpr std::size_t kEntriesMax = 4'096;

  bool known(TreeSize size, std::string_view repo) const;
  // `size` is that of the state the decision was made in; an older one than is held is not kept.
  void remember(TreeSize size, std::string_view repo);
  std::size_t count() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  mutable std::mutex mutex_;
  TreeSize size_;
  std::unordered_set<std::string, Hash, std::equal_to<>> names_;
};

}  // namespace varve::surface
