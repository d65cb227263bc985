// Asking a server to change its accounts. Every wish is one request: the server judges it. Names
// and resources are parsed here first, so that nothing else gets into a request line. The thread of
// main() only.
#include "api/cli/accounts.h"

#include <iostream>
#include <string_view>
#include <vector>

#include "api/cli/connect.h"
#include "api/cli/json_out.h"
#include "api/http/message.h"
#include "core/base/json.h"
#include "core/trust/trust.h"
#include "core/warg/names.h"
#include "log/proof/warg_keys.h"

namespace varve::cli {
namespace {

using simdjson::dom::element;

constexpr std::size_t kAnswerBytesMax = 4 << 20;
constexpr std::size_t kPagesMax = 10'000;  // a server that never ends is lying

// A parsed answer; the parser owns what the element points into.
struct Document {
  std::unique_ptr<simdjson::dom::parser> parser;
  element root;
};

Result<Document> ask(Server& server, std::string method, std::string target,
                     std::string body = {}) {
  VARVE_TRY(const auto answer, server.ask({.target = target,
                                           .bytes_max = kAnswerBytesMax,
                                           .patient = method == "GET",
                                           .method = std::move(method),
                                           .body = std::move(body)}));
  if (answer.status != 200 && answer.status != 201)
    return std::unexpected(refusal(server, target, answer));
  Document document{std::make_unique<simdjson::dom::parser>(), {}};
  auto parsed = json::parse_strict(*document.parser, answer.body, About::request);
  if (!parsed || !parsed->is_object())
    return fail(Errc::unavailable, About::request,
                server.url() + target + " answers no JSON object");
  document.root = *parsed;
  return document;
}

std::string text_in(element object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}
bool flag_in(element object, std::string_view name) {
  bool flag = false;
  return object[name].get(flag) == simdjson::SUCCESS && flag;
}
std::vector<element> items_in(element object, std::string_view name) {
  simdjson::dom::array array;
  std::vector<element> items;
  if (object[name].get(array) == simdjson::SUCCESS)
    for (const element item : array) items.push_back(item);
  return items;
}

// The answer as it came, behind the schema that says what it is.
void print_json(std::string_view schema, element root, Console& console) {
  std::string members = simdjson::minify(root);
  members.erase(0, 1);
  console.out() << R"({"schema":)" << quoted(schema) << (members == "}" ? "" : ",") << members
                << '\n';
}

Outcome<std::string> account(const std::string& name) {
  VARVE_CLI_TRY(const auto parsed,
                doing("this is no name of a principal", PrincipalName::parse(name),
                      "a name is lower-case letters, digits and . _ -, at most 63 of them"));
  return "/admin/v1/principals/" + parsed.text();
}

Outcome<std::string> resource(const std::string& text) {
  VARVE_CLI_TRY(const auto parsed, doing("this names no repositories", Resource::parse(text),
                                         "give *, team/* or team/app"));
  return parsed.text();
}

// One wish: asks, and says what came of it.
Outcome<ExitCode> wish(const ServerAddress& address, std::string method, std::string target,
                       std::string body, std::string_view schema, std::string_view what,
                       Console& console) {
  VARVE_CLI_TRY(auto server, open_server(address));
  VARVE_CLI_TRY(const auto answer,
                doing("the registry did not do it",
                      ask(*server, std::move(method), std::move(target), std::move(body))));
  if (console.json())
    print_json(schema, answer.root, console);
  else if (flag_in(answer.root, "changed"))
    console.say(what);
  else
    console.say("it was so already: nothing changed");
  return ExitCode::ok;
}

// Secrets go to stdout and nowhere else: what is said about them goes to stderr.
void print_secret(element root, std::string_view schema, Console& console) {
  if (console.json()) return print_json(schema, root, console);
  const std::string secret = text_in(root, "secret");
  if (!secret.empty()) console.out() << clean(secret) << '\n';
  console.say("credential " + clean(text_in(root, "credential")) + " (" +
              clean(text_in(root, "kind")) + ") of " + clean(text_in(root, "principal")) +
              (secret.empty() ? "" : ": the line above is the secret, and is not shown again"));
}

// Two lines: the access key, which is the credential's id, and the secret key.
void print_access_key(element root, std::string_view schema, Console& console) {
  if (console.json()) return print_json(schema, root, console);
  console.out() << clean(text_in(root, "credential")) << '\n'
                << clean(text_in(root, "secret")) << '\n';
  console.say("the lines above are the access key and the secret key of " +
              clean(text_in(root, "principal")) + "; the second one is not shown again");
}

using PrintCredential = void (*)(element root, std::string_view schema, Console& console);

Outcome<ExitCode> add_credential(const ServerAddress& address, const std::string& name,
                                 std::string body, std::string_view schema, Console& console,
                                 PrintCredential print = print_secret) {
  VARVE_CLI_TRY(const auto path, account(name));
  VARVE_CLI_TRY(auto server, open_server(address));
  VARVE_CLI_TRY(const auto answer,
                doing("no credential was added",
                      ask(*server, "POST", path + "/credentials", std::move(body))));
  print(answer.root, schema, console);
  return ExitCode::ok;
}

// What there is to say about a credential that the server makes.
std::string credential_wish(std::string_view kind, const CredentialOptions& options) {
  JsonObject body;
  body.text("kind", kind);
  if (options.expires) body.text("expires", *options.expires);
  return body.str();
}

// Calls `print` for each item of every page; `after` is the member that names an item.
template <class Print>
Outcome<void> each_item(Server& server, const std::string& target, std::string_view list,
                        std::string_view after, const Print& print) {
  std::string last;
  for (std::size_t pages = 0; pages < kPagesMax; ++pages) {
    const std::string page = last.empty() ? "" : "last=" + http::percent_encode(last);
    const char* mark = target.find('?') == target.npos ? "?" : "&";
    VARVE_CLI_TRY(const auto answer,
                  doing("the list cannot be had",
                        ask(server, "GET", target + (page.empty() ? "" : mark) + page)));
    const auto items = items_in(answer.root, list);
    for (const element item : items) print(item);
    if (!flag_in(answer.root, "more") || items.empty()) return {};
    last = text_in(items.back(), after);
  }
  return refuse(ExitCode::cannot_tell, "the list does not end", server.url(), "ask its operator");
}

std::string joined(element object, std::string_view name) {
  std::string text;
  for (const element item : items_in(object, name)) {
    std::string_view word;
    if (item.get(word) == simdjson::SUCCESS) text += (text.empty() ? "" : ",") + std::string(word);
  }
  return text.empty() ? "none" : text;
}

// A list in either form: one line an item, or one document.
template <class Line>
Outcome<ExitCode> list(const ServerAddress& address, const std::string& target,
                       std::string_view member, std::string_view after, std::string_view schema,
                       const Line& line, Console& console) {
  VARVE_CLI_TRY(auto server, open_server(address));
  JsonArray items;
  VARVE_CLI_CHECK(each_item(*server, target, member, after, [&](element item) {
    if (console.json())
      items.raw(simdjson::minify(item));
    else
      console.out() << clean(line(item)) << '\n';
  }));
  if (console.json())
    console.out() << JsonObject().text("schema", schema).raw(member, items.str()).str() << '\n';
  return ExitCode::ok;
}

Outcome<std::string> password_line() {
  std::string line;
  if (!std::getline(std::cin, line) || line.empty())
    return refuse(ExitCode::usage, "there is no password on standard input", "the line is empty",
                  "pipe one line into the command");
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

// ---- user ----

Outcome<ExitCode> run_user_add(const UserAddOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto path, account(options.name));
  VARVE_CLI_TRY(auto server, open_server(options.server));
  VARVE_CLI_TRY(const auto made,
                doing("the principal was not made",
                      ask(*server, "PUT", path, JsonObject().text("kind", options.kind).str())));
  if (!flag_in(made.root, "changed"))
    return refuse(ExitCode::conflict, "this principal is here already", options.name,
                  "`varve user password` or `varve user token` gives it a credential");
  console.say("made " + clean(options.name) + ", a " + clean(options.kind) +
              "; it may do what everybody may, until `varve grant set`");
  if (options.without_credential) {
    if (console.json()) print_json("varve.user_add/v1", made.root, console);
    return ExitCode::ok;
  }
  const char* kind = options.kind == "user" ? "password" : "token";
  return add_credential(options.server, options.name, JsonObject().text("kind", kind).str(),
                        "varve.user_add/v1", console);
}

Outcome<ExitCode> run_user_list(const UserOptions& options, Console& console) {
  const auto line = [](element item) {
    return text_in(item, "name") + "  " + text_in(item, "kind") +
           (flag_in(item, "disabled") ? "  disabled" : "");
  };
  return list(options.server, "/admin/v1/principals", "principals", "name", "varve.user_list/v1",
              line, console);
}

Outcome<ExitCode> run_user_show(const UserOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto path, account(options.name));
  VARVE_CLI_TRY(auto server, open_server(options.server));
  VARVE_CLI_TRY(const auto answer, doing("the account cannot be shown", ask(*server, "GET", path)));
  if (console.json()) {
    print_json("varve.user/v1", answer.root, console);
    return ExitCode::ok;
  }
  console.out() << clean(text_in(answer.root, "name")) << "  "
                << clean(text_in(answer.root, "kind"))
                << (flag_in(answer.root, "disabled") ? "  disabled" : "") << '\n';
  for (const element item : items_in(answer.root, "credentials")) {
    const std::string expires = text_in(item, "expires");
    console.out() << clean(text_in(item, "credential")) << "  " << clean(text_in(item, "kind"))
                  << (expires.empty() ? "" : "  until " + clean(expires)) << '\n';
  }
  return ExitCode::ok;
}

Outcome<ExitCode> run_user_disable(const UserOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto path, account(options.name));
  return wish(options.server, "POST", path + "/disable",
              JsonObject().text("reason", options.reason).str(), "varve.user_disable/v1",
              "disabled: none of its credentials opens anything now", console);
}

Outcome<ExitCode> run_user_enable(const UserOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto path, account(options.name));
  return wish(options.server, "POST", path + "/enable", {}, "varve.user_enable/v1",
              "enabled: its credentials work again", console);
}

Outcome<ExitCode> run_user_password(const CredentialOptions& options, Console& console) {
  JsonObject body;
  body.text("kind", "password");
  if (options.from_stdin) {
    VARVE_CLI_TRY(const auto password, password_line());
    body.text("password", password);
  }
  return add_credential(options.server, options.name, body.str(), "varve.user_password/v1",
                        console);
}

Outcome<ExitCode> run_user_token(const CredentialOptions& options, Console& console) {
  return add_credential(options.server, options.name, credential_wish("token", options),
                        "varve.user_token/v1", console);
}

Outcome<ExitCode> run_user_ak_add(const CredentialOptions& options, Console& console) {
  return add_credential(options.server, options.name, credential_wish("aksk", options),
                        "varve.user_ak_add/v1", console, print_access_key);
}

Outcome<ExitCode> run_user_cert_allow(const CredentialOptions& options, Console& console) {
  return add_credential(options.server, options.name, credential_wish("x509", options),
                        "varve.user_cert_allow/v1", console);
}

Outcome<ExitCode> run_user_revoke(const CredentialOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto path, account(options.name));
  VARVE_CLI_TRY(const auto id,
                doing("this is no credential", CredentialId::parse(options.credential),
                      "`varve user show " + clean(options.name) + "` lists them"));
  return wish(
      options.server, "DELETE",
      path + "/credentials/" + id.text() + "?reason=" + http::percent_encode(options.reason), {},
      "varve.user_revoke/v1", "revoked: it and every token made with it open nothing now", console);
}

// ---- user key ----

// Found sound here too: a private key, which looks the same, mostly is none, and then never leaves
// this machine.
Outcome<ExitCode> run_user_key_add(const UserKeyOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto path, account(options.name));
  VARVE_CLI_TRY(const auto key,
                doing("this is no public key", warg::PublicKey::parse(options.key),
                      "give the text of the public key, ed25519:… or ecdsa-p256:…, and never that "
                      "of the private one"));
  return wish(options.server, "POST", path + "/keys",
              JsonObject().text("public_key", key.text().text()).str(), "varve.user_key_add/v1",
              "registered " + key.id().to_string() + ": what it signs is the word of " +
                  clean(options.name),
              console);
}

Outcome<ExitCode> run_user_key_list(const UserKeyOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto path, account(options.name));
  const auto line = [](element item) {
    return text_in(item, "key_id") + "  " + text_in(item, "public_key");
  };
  return list(options.server, path + "/keys", "keys", "key_id", "varve.user_key_list/v1", line,
              console);
}

Outcome<ExitCode> run_user_key_revoke(const UserKeyOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto path, account(options.name));
  const auto key = warg::PublicKeyText::parse(options.key);
  const auto id = key ? Result<warg::KeyId>(warg::key_id(*key)) : warg::KeyId::parse(options.key);
  VARVE_CLI_TRY(
      const auto known,
      doing("this is no key", id, "`varve user key list " + clean(options.name) + "` lists them"));
  return wish(
      options.server, "DELETE",
      path + "/keys/" + known.to_string() + "?reason=" + http::percent_encode(options.reason), {},
      "varve.user_key_revoke/v1",
      "revoked: nothing it signs is taken any more, and it never comes back", console);
}

// ---- grant ----

Outcome<ExitCode> run_grant_set(const GrantOptions& options, Console& console) {
  VARVE_CLI_CHECK(account(options.name));
  VARVE_CLI_TRY(const auto where, resource(options.resource));
  JsonObject body;
  body.text("principal", options.name).text("resource", where);
  if (options.role.find(',') == options.role.npos && !parse_right(options.role)) {
    body.text("role", options.role);
  } else {
    JsonArray rights;
    for (std::string_view rest = options.role; !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find(','));
      rights.raw(quoted(word));
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    body.raw("rights", rights.str());
  }
  if (options.keep_read_log) body.boolean("keep_read_log", true);
  return wish(options.server, "PUT", "/admin/v1/grants", body.str(), "varve.grant_set/v1",
              "granted", console);
}

Outcome<ExitCode> run_grant_remove(const GrantOptions& options, Console& console) {
  VARVE_CLI_CHECK(account(options.name));
  VARVE_CLI_TRY(const auto where, resource(options.resource));
  return wish(
      options.server, "DELETE",
      "/admin/v1/grants?principal=" + options.name + "&resource=" + http::percent_encode(where) +
          (options.keep_read_log ? "&keep_read_log=true" : ""),
      {}, "varve.grant_remove/v1", "removed: a wider grant counts now, if there is one", console);
}

Outcome<ExitCode> run_grant_list(const GrantOptions& options, Console& console) {
  VARVE_CLI_CHECK(account(options.name));
  const auto line = [](element item) {
    return text_in(item, "resource") + "  " + joined(item, "rights");
  };
  return list(options.server, "/admin/v1/grants?principal=" + options.name, "grants", "resource",
              "varve.grant_list/v1", line, console);
}

// ---- policy ----

Outcome<ExitCode> run_policy_set(const PolicyOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto where, resource(options.resource));
  const bool immutable = !options.mutable_tags;
  std::string what =
      immutable ? "tags there can be set once and not moved" : "tags there can be moved";
  if (options.require_author_sig) what += "; nothing is put there without its author's signature";
  return wish(options.server, "PUT", "/admin/v1/policies",
              JsonObject()
                  .text("resource", where)
                  .boolean("immutable_tags", immutable)
                  .boolean("require_author_sig", options.require_author_sig)
                  .str(),
              "varve.policy_set/v1", what, console);
}

Outcome<ExitCode> run_policy_remove(const PolicyOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto where, resource(options.resource));
  return wish(
      options.server, "DELETE", "/admin/v1/policies?resource=" + http::percent_encode(where), {},
      "varve.policy_remove/v1", "removed: a wider policy counts now, if there is one", console);
}

Outcome<ExitCode> run_policy_list(const PolicyOptions& options, Console& console) {
  const auto line = [](element item) {
    return text_in(item, "resource") +
           (flag_in(item, "immutable_tags") ? "  immutable tags" : "  tags may move") +
           (flag_in(item, "require_author_sig") ? "  authors sign" : "");
  };
  return list(options.server, "/admin/v1/policies", "policies", "resource", "varve.policy_list/v1",
              line, console);
}

// ---- namespaces of Warg's packages ----

namespace {

Outcome<std::string> name_space(const std::string& name) {
  VARVE_CLI_TRY(const auto parsed,
                doing("this is no namespace", warg::Namespace::parse(name),
                      "a namespace is lower-case words with - between them, like my-team"));
  return "/admin/v1/warg/namespaces/" + parsed.text();
}

}  // namespace

Outcome<ExitCode> run_namespace_define(const NamespaceOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto target, name_space(options.name));
  return wish(options.server, "PUT", target, "{}", "varve.warg_namespace_define/v1",
              "packages of " + options.name + " are published here", console);
}

Outcome<ExitCode> run_namespace_import(const NamespaceOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto target, name_space(options.name));
  return wish(options.server, "PUT", target, JsonObject().text("registry", options.registry).str(),
              "varve.warg_namespace_import/v1",
              "packages of " + options.name + " are those of " + clean(options.registry), console);
}

Outcome<ExitCode> run_namespace_list(const NamespaceOptions& options, Console& console) {
  const auto line = [](element item) {
    const std::string registry = text_in(item, "registry");
    return text_in(item, "name") + (registry.empty() ? "  published here" : "  of " + registry);
  };
  return list(options.server, "/admin/v1/warg/namespaces", "namespaces", "name",
              "varve.warg_namespace_list/v1", line, console);
}

// ---- gc ----

Outcome<ExitCode> run_gc(const GcOptions& options, Console& console) {
  VARVE_CLI_TRY(auto server, open_server(options.server));
  VARVE_CLI_TRY(
      const auto answer,
      doing("nothing was purged", ask(*server, "POST", "/admin/v1/gc",
                                      JsonObject().boolean("dry_run", options.dry_run).str())));
  if (console.json()) {
    print_json("varve.gc/v1", answer.root, console);
    return ExitCode::ok;
  }
  for (const element item : items_in(answer.root, "items")) {
    const std::string repo = text_in(item, "repo");
    console.out() << clean(text_in(item, "outcome")) << "  " << clean(text_in(item, "digest"))
                  << (repo.empty() ? "" : "  " + clean(repo)) << '\n';
  }
  std::uint64_t freed = 0;
  if (answer.root["bytes_freed"].get(freed) == simdjson::SUCCESS && !options.dry_run)
    console.say(std::to_string(freed) + " bytes freed");
  return ExitCode::ok;
}

}  // namespace varve::cli
