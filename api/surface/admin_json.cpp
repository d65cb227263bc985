// Reading what administrators send. One thread at a time.
#include "api/surface/admin_json.h"

#include <algorithm>

namespace varve::surface {
namespace {

constexpr std::size_t kDocumentBytesMax = 16 << 10;
constexpr std::size_t kDepthMax = 3;

std::unexpected<Error> bad(std::string why, std::string_view member) {
  return fail(Errc::invalid, About::request, std::move(why), std::string(member.substr(0, 64)));
}

struct Role {
  std::string_view name;
  Rights rights;
};
constexpr Role kRoles[] = {{"reader", {Right::pull}},
                           {"writer", {Right::pull, Right::push}},
                           {"maintainer", {Right::pull, Right::push, Right::del}},
                           {"admin", Rights::all()},
                           {"none", {}}};

}  // namespace

Result<AdminDocument> AdminDocument::parse(std::string text, Members members) {
  AdminDocument document;
  document.parser_ = std::make_unique<simdjson::dom::parser>();
  if (text.empty()) text = "{}";
  VARVE_TRY(document.element_,
            json::parse_strict(*document.parser_, text, About::request, kDepthMax));
  simdjson::dom::object object;
  if (document.element_.get(object) != simdjson::SUCCESS)
    return bad("the body is a JSON object", {});
  for (const auto field : object)
    if (std::ranges::find(members, field.key) == members.end())
      return bad("the body has a member that means nothing here", field.key);
  return document;
}

Result<std::optional<std::string>> AdminDocument::text(std::string_view name) const {
  const auto member = element_[name];
  if (member.error() != simdjson::SUCCESS) return std::nullopt;
  std::string_view value;
  if (member.get(value) != simdjson::SUCCESS) return bad("this member is a string", name);
  return std::string(value);
}

Result<std::optional<bool>> AdminDocument::flag(std::string_view name) const {
  const auto member = element_[name];
  if (member.error() != simdjson::SUCCESS) return std::nullopt;
  bool value = false;
  if (member.get(value) != simdjson::SUCCESS) return bad("this member is true or false", name);
  return value;
}

Result<std::optional<std::vector<std::string>>> AdminDocument::texts(std::string_view name) const {
  const auto member = element_[name];
  if (member.error() != simdjson::SUCCESS) return std::nullopt;
  simdjson::dom::array array;
  if (member.get(array) != simdjson::SUCCESS) return bad("this member is an array", name);
  std::vector<std::string> values;
  for (const simdjson::dom::element item : array) {
    std::string_view value;
    if (item.get(value) != simdjson::SUCCESS) return bad("this member holds strings", name);
    values.emplace_back(value);
  }
  return values;
}

Result<std::string> AdminDocument::needed(std::string_view name) const {
  VARVE_TRY(auto value, text(name));
  if (!value) return bad("the body lacks a member", name);
  return *std::move(value);
}

http::net::awaitable<Result<AdminDocument>> read_document(http::Request& request, Members members) {
  auto body = co_await http::read_all(*request.body, kDocumentBytesMax);
  if (!body) co_return std::unexpected(std::move(body).error());
  co_return AdminDocument::parse(*std::move(body), members);
}

std::optional<Rights> rights_of_role(std::string_view role) {
  const auto* found = std::ranges::find(kRoles, role, &Role::name);
  return found == std::end(kRoles) ? std::nullopt : std::optional(found->rights);
}

Result<Rights> rights_in(const AdminDocument& document) {
  VARVE_TRY(const auto role, document.text("role"));
  VARVE_TRY(const auto words, document.texts("rights"));
  if (role.has_value() == words.has_value())
    return bad("a grant names a role or rights, and not both", "role");
  if (words) return Rights::parse(std::vector<std::string_view>(words->begin(), words->end()));
  const auto rights = rights_of_role(*role);
  if (!rights) return bad("a role is reader, writer, maintainer, admin or none", *role);
  return *rights;
}

}  // namespace varve::surface
