// Everything that can be configured, with its default and its reason. Flags, VARVE_* variables and
// a TOML file make a LoadedConfig; validate() judges it once; it never changes afterwards.
//
// One table of fields (config.cpp) makes the flags, the variables, the TOML keys and what
// `varve config --explain` prints. The thread of main() only; a Config may be read by any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/forwarded.h"
#include "core/base/error.h"
#include "core/base/limits.h"

namespace varve {

// How a 401 asks for credentials. Both kinds are taken whichever is asked for.
enum class ChallengeKind { bearer, basic };

// How an answer of SWR's surface says what went wrong.
enum class SwrErrorShape { object, documented };

struct Config {
  std::filesystem::path data = "varve-data";  // the directory that holds everything
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 5000;
  std::filesystem::path tls_certificate;  // PEM; empty: plain HTTP
  std::filesystem::path tls_key;
  std::filesystem::path tls_client_ca;  // PEM; empty: clients are not asked for certificates
  bool dev = false;                     // opens everything; loopback only
  bool open_namespaces = false;         // anybody may begin a Warg package, as in dev mode
  std::chrono::milliseconds warg_checkpoint_age{std::chrono::hours(1)};
  bool pulp_allow_clean = false;   // DELETE /packages/ deletes every package
  bool pulp_strict_status = true;  // 401 where a caller may not, as Pulp's clients know it
  bool read_only = false;          // serve a replayed store: no keys, no writes
  std::string blobs;               // read-only: a blob directory, or empty
  std::filesystem::path anchor;    // empty: DATA/head.anchor
  std::chrono::milliseconds publish_interval{1000};
  std::chrono::milliseconds gc_grace{std::chrono::hours(2)};
  std::chrono::milliseconds gc_interval{std::chrono::hours(1)};
  std::chrono::milliseconds upload_lifetime{limits::kUploadExpiry};
  std::uint64_t disk_low_water_bytes = limits::kDiskLowWaterDefault;
  std::string service;                   // the name tokens are made for; empty: the log's origin
  http::TrustedProxies trusted_proxies;  // whose X-Forwarded-For and -Proto count
  std::string external_url;  // where clients reach us through a proxy; empty: as they say in Host
  ChallengeKind challenge = ChallengeKind::bearer;
  SwrErrorShape swr_error_shape = SwrErrorShape::object;
  bool swr_require_filter = false;
  bool swr_strict = false;
  std::string swr_domain;    // the tenant's name; empty: the log's origin
  std::string swr_registry;  // the host in `path`; empty: where the client reached us
  std::string swr_internal;  // and in `internal_path`; empty: the same
  std::chrono::milliseconds token_lifetime{300'000};
  unsigned io_threads = 2;
  unsigned pool_threads = 4;
  std::string log_level = "info";
};

// One thing to configure. Its name is its TOML key; flag and variable follow from it.
struct ConfigField {
  std::string_view name;           // "disk.low_water"
  std::string_view default_value;  // as one would write it
  std::string_view form;           // "DIR", "ADDRESS:PORT"; empty: a switch
  std::string_view reason;         // why it exists and why the default is what it is
  Result<void> (*set)(Config& config, std::string_view value);

  bool is_switch() const { return form.empty(); }
  std::string flag() const;      // "--disk-low-water"
  std::string variable() const;  // "VARVE_DISK_LOW_WATER"
};
std::span<const ConfigField> config_fields();

// Where a value came from, for people.
struct ConfigSetting {
  const ConfigField* field;
  std::string value;
  std::string source;  // "flag --listen", "VARVE_LISTEN", "varve.toml", "default"
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigSetting> settings;  // one a field, in the order of the table
};

// What there is to load from. Flags are keyed by field name; variables are the whole environment.
struct ConfigInputs {
  std::map<std::string, std::string, std::less<>> flags;
  std::vector<std::pair<std::string, std::string>> environment;
  std::optional<std::filesystem::path> file;  // --config; else the variable VARVE_CONFIG
};

// flag > variable > file > default. Errors (invalid, About::request): an unknown TOML key or VARVE_
// variable, named; a value that does not parse, with where it stands; what validate() says.
Result<LoadedConfig> load_config(const ConfigInputs& inputs);

// Values that are fine alone and wrong together, and bounds.
Result<void> validate(const Config& config);

bool is_loopback(std::string_view address);

// NAME=value pairs of this process.
std::vector<std::pair<std::string, std::string>> process_environment();

}  // namespace varve
