// Buying tokens. The thread of main() only.
#include "api/cli/token_login.h"

#include <algorithm>
#include <utility>

#include "api/auth/authenticator.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "log/secrets.h"

namespace varve::cli {
namespace {

constexpr std::size_t kTokenAnswerBytesMax = 64 << 10;

// The value of service="…" or scope="…" in a challenge; empty when it has none.
std::string_view parameter(std::string_view challenge, std::string_view name) {
  const std::string start = std::string(name) + "=\"";
  const std::size_t at = challenge.find(start);
  if (at == challenge.npos) return {};
  challenge.remove_prefix(at + start.size());
  return challenge.substr(0, challenge.find('"'));
}

void add_scopes(std::string_view list, std::vector<std::string>& scopes) {
  constexpr std::size_t kScopesMax = 8;  // one command asks about few things
  while (!list.empty()) {
    const std::string_view scope = list.substr(0, list.find(' '));
    list.remove_prefix(std::min(scope.size() + 1, list.size()));
    if (!scope.empty() && std::ranges::find(scopes, scope) == scopes.end())
      scopes.emplace_back(scope);
  }
  if (scopes.size() > kScopesMax)
    scopes.erase(scopes.begin(), scopes.end() - static_cast<std::ptrdiff_t>(kScopesMax));
}

std::optional<std::string> token_in(const std::string& body) {
  simdjson::dom::parser parser;
  const auto root = json::parse_strict(parser, body, About::request);
  std::string_view token;
  if (!root || (*root)["token"].get(token) != simdjson::SUCCESS) return std::nullopt;
  const bool sendable = token.find_first_of(" \t\r\n") == token.npos && !token.empty();
  return sendable ? std::optional<std::string>(token) : std::nullopt;
}

}  // namespace

bool is_token_login(std::string_view authorization) {
  constexpr std::string_view kBasic = "Basic ";
  if (!authorization.starts_with(kBasic)) return false;
  const auto decoded = base64_decode(authorization.substr(kBasic.size()));
  const std::string user = std::string(auth::kTokenUser) + ':';
  if (!decoded || !decoded->starts_with(user)) return false;
  return !credential_in_token(std::string_view(*decoded).substr(user.size()));
}

std::optional<std::string> TokenLogin::buy(std::string_view challenge) {
  add_scopes(parameter(challenge, "scope"), scopes_);
  std::string target =
      "/oauth2/token?service=" + http::percent_encode(parameter(challenge, "service"));
  for (const std::string& scope : scopes_) target += "&scope=" + http::percent_encode(scope);
  client_->show(login_);
  const auto answer =
      client_->ask({.target = std::move(target), .bytes_max = kTokenAnswerBytesMax});
  client_->show({});
  if (!answer || answer->status != 200) return std::nullopt;
  return token_in(answer->body);
}

Result<Answer> TokenLogin::ask(const Ask& ask) {
  VARVE_TRY(auto answer, client_->ask(ask));
  const std::string challenge(answer.header("WWW-Authenticate"));
  if (answer.status != 401 || !challenge.starts_with("Bearer ")) return answer;
  const auto token = buy(challenge);
  if (!token) return answer;
  client_->show("Bearer " + *token);
  return client_->ask(ask);
}

}  // namespace varve::cli
