// The text of an author's statement, both ways.
#include "core/trust/author.h"

#include <algorithm>
#include <optional>

#include "core/base/bytes.h"

namespace varve::trust {
namespace {

std::unexpected<Error> no_statement() {
  return fail(Errc::invalid, About::signature,
              "an author's statement is varve-author-v1, the origin, what is done to what, and the "
              "body's SHA-256, a line each");
}

// Up to the next `end`, which is taken too; nothing when there is none, or nothing before it.
std::optional<std::string_view> take(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  if (at == 0 || at == std::string_view::npos) return std::nullopt;
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at + 1);
  return part;
}

}  // namespace

std::string AuthorStatement::text() const {
  std::string text(kStatementOpening);
  text += origin + '\n';
  text += method + ' ' + type + ' ' + resource + '\n';
  return text + hex_encode(as_view(body)) + '\n';
}

Result<AuthorStatement> AuthorStatement::parse(std::string_view text) {
  if (!text.starts_with(kStatementOpening)) return no_statement();
  text.remove_prefix(kStatementOpening.size());
  const auto origin = take(text, '\n');
  const auto method = origin ? take(text, ' ') : std::nullopt;
  const auto type = method ? take(text, ' ') : std::nullopt;
  const auto resource = type ? take(text, '\n') : std::nullopt;
  const auto hex = resource ? take(text, '\n') : std::nullopt;
  const auto hash = hex ? hex_decode(*hex) : std::nullopt;
  if (!hash || hash->size() != sizeof(Hash256) || !text.empty()) return no_statement();
  for (const std::string_view part : {*method, *type, *resource})
    if (std::ranges::any_of(part, [](char c) { return c == ' ' || c == '\n'; }))
      return no_statement();
  return AuthorStatement{std::string(*origin), std::string(*method), std::string(*type),
                         std::string(*resource), hash_from(*hash)};
}

}  // namespace varve::trust
