// The small JSON documents that /admin/v1 takes, read strictly: an unknown member is a mistake, not
// a wish to be ignored. One thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "core/base/json.h"
#include "core/trust/trust.h"

namespace varve::surface {

// The names a document may have: constants, because a coroutine outlives the expression that calls
// it.
using Members = std::span<const std::string_view>;

class AdminDocument {
 public:
  // An empty body is an empty object. Errors: Errc::invalid for what is no object, or has a member
  // that is not among `members`.
  static Result<AdminDocument> parse(std::string text, Members members);

  // nullopt when absent; Errc::invalid when of another type.
  Result<std::optional<std::string>> text(std::string_view name) const;
  Result<std::optional<bool>> flag(std::string_view name) const;
  Result<std::optional<std::vector<std::string>>> texts(std::string_view name) const;
  // Errc::invalid when absent, too.
  Result<std::string> needed(std::string_view name) const;

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;  // owns what element_ points into
  simdjson::dom::element element_;
};

http::net::awaitable<Result<AdminDocument>> read_document(http::Request& request, Members members);

// "reader", "writer", "maintainer", "admin", "none": names for sets of rights, never stored.
std::optional<Rights> rights_of_role(std::string_view role);
// From "rights" or "role", exactly one of them.
Result<Rights> rights_in(const AdminDocument& document);

}  // namespace varve::surface
