// Finding credentials. The thread of main() only.
#include "api/cli/credentials.h"

#include <algorithm>
#include <cstdlib>

#include "api/auth/authenticator.h"
#include "api/cli/files.h"
#include "core/base/bytes.h"
#include "core/base/json.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

constexpr std::size_t kAuthFileBytesMax = 1 << 20;

std::string basic(std::string_view user, std::string_view password) {
  return "Basic " + base64_encode(std::string(user) + ":" + std::string(password));
}

// Nothing else may stand in a header field that people set by hand.
bool sendable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::unexpected<Error> bad(std::string why, std::string detail = {}) {
  return fail(Errc::invalid, About::request, std::move(why), std::move(detail));
}

Result<std::optional<std::string>> from_variables(const Environment& environment) {
  const auto user = environment("VARVE_USER");
  const auto password = environment("VARVE_PASSWORD");
  const auto token = environment("VARVE_TOKEN");
  if (user.has_value() != password.has_value())
    return bad("VARVE_USER and VARVE_PASSWORD are set together or not at all");
  if (user && token) return bad("VARVE_TOKEN and VARVE_USER are both set");
  if (user) return basic(*user, *password);
  if (!token) return std::nullopt;
  if (token->empty() || !sendable(*token)) return bad("VARVE_TOKEN holds what no token has");
  return "Bearer " + *token;
}

std::string_view text_in(element object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// docker writes keys with a scheme and a path for its own hub, plain authorities otherwise.
bool names(std::string_view key, std::string_view authority) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  return key.substr(0, key.find('/')) == authority &&
         (key.size() == authority.size() || key.ends_with('/'));
}

Result<std::optional<std::string>> login_in(element entry) {
  // What docker keeps of a login to a token service is its refresh token.
  const std::string_view identity = text_in(entry, "identitytoken");
  if (!identity.empty()) return basic(auth::kTokenUser, identity);
  const std::string_view encoded = text_in(entry, "auth");
  if (encoded.empty()) return std::nullopt;  // its secret is with a helper program
  const auto decoded = base64_decode(encoded);
  if (!decoded || decoded->find(':') == decoded->npos)
    return bad("a login in the file is not base64 of user:password");
  return "Basic " + std::string(encoded);
}

}  // namespace

Environment process_environment_lookup() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

std::vector<fs::path> auth_files(const Environment& environment) {
  if (const auto file = environment("REGISTRY_AUTH_FILE")) return {*file};
  std::vector<fs::path> files;
  const auto home = environment("HOME");
  if (const auto runtime = environment("XDG_RUNTIME_DIR"))
    files.push_back(fs::path(*runtime) / "containers" / "auth.json");
  if (const auto config = environment("XDG_CONFIG_HOME"))
    files.push_back(fs::path(*config) / "containers" / "auth.json");
  else if (home)
    files.push_back(fs::path(*home) / ".config" / "containers" / "auth.json");
  if (const auto docker = environment("DOCKER_CONFIG"))
    files.push_back(fs::path(*docker) / "config.json");
  else if (home)
    files.push_back(fs::path(*home) / ".docker" / "config.json");
  return files;
}

Result<std::optional<std::string>> authorization_in(std::string_view file_text,
                                                    std::string_view authority) {
  simdjson::dom::parser parser;
  const auto root = json::parse_strict(parser, file_text, About::request);
  if (!root || !root->is_object()) return bad("the file of logins is no JSON object");
  simdjson::dom::object logins;
  if ((*root)["auths"].get(logins) != simdjson::SUCCESS) return std::nullopt;
  for (const auto field : logins)
    if (names(field.key, authority)) return login_in(field.value);
  return std::nullopt;
}

Result<std::optional<std::string>> authorization_for(std::string_view authority,
                                                     const Environment& environment) {
  VARVE_TRY(auto variables, from_variables(environment));
  if (variables) return variables;
  for (const fs::path& file : auth_files(environment)) {
    const auto text = read_file(file, kAuthFileBytesMax);
    if (!text && text.error().code == Errc::not_found) continue;
    if (!text) return std::unexpected(text.error());
    auto found = authorization_in(*text, authority);
    if (!found) return bad(found.error().what, file.string());
    if (*found) return found;
  }
  return std::nullopt;
}

}  // namespace varve::cli
