// varve user, varve grant, varve policy, varve gc: a running registry's keeper, over /admin/v1. The
// thread of main() only.
#pragma once

#include <optional>
#include <string>

#include "api/cli/commands.h"

namespace varve::cli {

struct UserAddOptions {
  ServerAddress server;
  std::string name;
  std::string kind = "user";
  bool without_credential = false;
};
// A user gets a password, a service or consumer a token: printed, once.
Outcome<ExitCode> run_user_add(const UserAddOptions& options, Console& console);

struct UserOptions {
  ServerAddress server;
  std::string name;
  std::string reason;
};
Outcome<ExitCode> run_user_list(const UserOptions& options, Console& console);
Outcome<ExitCode> run_user_show(const UserOptions& options, Console& console);
Outcome<ExitCode> run_user_disable(const UserOptions& options, Console& console);
Outcome<ExitCode> run_user_enable(const UserOptions& options, Console& console);

struct CredentialOptions {
  ServerAddress server;
  std::string name;
  bool from_stdin = false;             // password: a line of standard input instead of a random one
  std::optional<std::string> expires;  // token, ak add, cert allow
  std::string credential;              // revoke
  std::string reason;
};
Outcome<ExitCode> run_user_password(const CredentialOptions& options, Console& console);
Outcome<ExitCode> run_user_token(const CredentialOptions& options, Console& console);
// Prints the access key and the secret key, once.
Outcome<ExitCode> run_user_ak_add(const CredentialOptions& options, Console& console);
// From now on client certificates that name the principal are believed.
Outcome<ExitCode> run_user_cert_allow(const CredentialOptions& options, Console& console);
Outcome<ExitCode> run_user_revoke(const CredentialOptions& options, Console& console);

struct UserKeyOptions {
  ServerAddress server;
  std::string name;
  std::string key;  // add: the public key's text; revoke: that, or its id
  std::string reason;
};
Outcome<ExitCode> run_user_key_add(const UserKeyOptions& options, Console& console);
Outcome<ExitCode> run_user_key_list(const UserKeyOptions& options, Console& console);
Outcome<ExitCode> run_user_key_revoke(const UserKeyOptions& options, Console& console);

// Without a server: of the directory itself, for who lost every administrator.
struct RecoverOptions {
  std::string name = "admin";
  std::string data;
  std::optional<std::string> anchor;
};
Outcome<ExitCode> run_user_recover(const RecoverOptions& options, Console& console);

struct GrantOptions {
  ServerAddress server;
  std::string name;
  std::string resource;
  std::string role;
  bool keep_read_log = false;
};
Outcome<ExitCode> run_grant_set(const GrantOptions& options, Console& console);
Outcome<ExitCode> run_grant_remove(const GrantOptions& options, Console& console);
Outcome<ExitCode> run_grant_list(const GrantOptions& options, Console& console);

struct PolicyOptions {
  ServerAddress server;
  std::string resource;
  bool mutable_tags = false;
  bool require_author_sig = false;
};
struct GcOptions {
  ServerAddress server;
  bool dry_run = false;
};
Outcome<ExitCode> run_gc(const GcOptions& options, Console& console);

Outcome<ExitCode> run_policy_set(const PolicyOptions& options, Console& console);
Outcome<ExitCode> run_policy_remove(const PolicyOptions& options, Console& console);
Outcome<ExitCode> run_policy_list(const PolicyOptions& options, Console& console);

struct NamespaceOptions {
  ServerAddress server;
  std::string name;
  std::string registry;  // import
};
Outcome<ExitCode> run_namespace_define(const NamespaceOptions& options, Console& console);
Outcome<ExitCode> run_namespace_import(const NamespaceOptions& options, Console& console);
Outcome<ExitCode> run_namespace_list(const NamespaceOptions& options, Console& console);

}  // namespace varve::cli
