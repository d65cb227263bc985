// varve publish and varve warg: what each command is told. The thread of main() only.
#pragma once

#include <string>
#include <vector>

#include "api/cli/commands.h"
#include "log/proof/warg_keys.h"

namespace varve::cli {

// A checkpoint older than a day may hide whatever was published since, a yank above all; a registry
// where something is published now and then has a newer one.
inline constexpr const char* kMaxAgeDefault = "24h";

// ---- keys ----

struct WargKeyNewOptions {
  std::string algorithm = "ecdsa-p256";
  std::string out;
};
Outcome<ExitCode> run_warg_key_new(const WargKeyNewOptions& options, Console& console);

struct WargKeyShowOptions {
  std::string file;
};
Outcome<ExitCode> run_warg_key_show(const WargKeyShowOptions& options, Console& console);

// The private key in a file. Failures: 2.
Outcome<warg::PrivateKey> load_signing_key(const std::string& file);

// ---- publishing ----

struct PublishOptions {
  ServerAddress server;
  std::string package;
  std::string key;                       // a file
  std::string max_age = kMaxAgeDefault;  // of the checkpoint that holds the record in the end
  bool wait = true;
};
Outcome<ExitCode> run_publish_init(const PublishOptions& options, Console& console);

struct PublishReleaseOptions : PublishOptions {
  std::vector<std::string> releases;  // version, file, version, file …
  bool init = true;                   // when the package has no log yet
};
Outcome<ExitCode> run_publish_release(const PublishReleaseOptions& options, Console& console);

struct PublishPermissionOptions : PublishOptions {
  std::string to;  // a public key; to revoke, its id will do
  std::vector<std::string> permissions = {"release", "yank"};
};
Outcome<ExitCode> run_publish_grant(const PublishPermissionOptions& options, Console& console);
Outcome<ExitCode> run_publish_revoke(const PublishPermissionOptions& options, Console& console);

struct PublishYankOptions : PublishOptions {
  std::string version;
};
Outcome<ExitCode> run_publish_yank(const PublishYankOptions& options, Console& console);

// ---- reading ----

struct WargInfoOptions {
  ServerAddress server;
  std::string package;
  std::string max_age = kMaxAgeDefault;
};
Outcome<ExitCode> run_warg_info(const WargInfoOptions& options, Console& console);

struct WargDownloadOptions {
  ServerAddress server;
  std::string what;  // NAME or NAME@VERSION
  std::string out;
  std::string max_age = kMaxAgeDefault;
  bool yanked = false;  // may be what is named
};
Outcome<ExitCode> run_warg_download(const WargDownloadOptions& options, Console& console);

}  // namespace varve::cli
