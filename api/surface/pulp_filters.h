// What lists of packages are narrowed by. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "core/pulp/query.h"

namespace re2 {
class RE2;
}

namespace varve::surface {

// Whatever of these a text has to contain, as Pulp makes one expression of several: "(a|b)", which
// is looked for anywhere. Matching takes time in proportion to the text, and bounded memory: the
// expression is whatever a client sends.
class AnyOf {
 public:
  static constexpr std::size_t kBytesMax = 1'024;
  // Errors: invalid/About::request for no expression, and for one that would take too much memory.
  static Result<AnyOf> parse(const std::vector<std::string_view>& expressions);
  bool in(std::string_view text) const;

 private:
  explicit AnyOf(std::shared_ptr<const re2::RE2> expression) : expression_(std::move(expression)) {}
  std::shared_ptr<const re2::RE2> expression_;
};

// ?id= and ?name= of the collection. Empty ones count for nothing, nor do other parameters.
class PackageFilter {
 public:
  static Result<PackageFilter> parse(const http::Query& query);
  bool takes(const pulp::PackageRow& row) const;

 private:
  std::optional<AnyOf> id_;
  std::optional<AnyOf> name_;
};

}  // namespace varve::surface
