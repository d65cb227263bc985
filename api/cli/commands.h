// Every subcommand: what it is told, and the function that does it. How a person spells it is in
// grammar.cpp, verify is in verify.h. The thread of main() only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/cli/console.h"
#include "api/config.h"

namespace varve::cli {

// Where a networked command asks.
struct ServerAddress {
  std::string url = "http://127.0.0.1:5000";
  std::optional<std::string> ca = std::nullopt;  // PEM file; else the system's certificates
};

// And whom it believes.
struct ServerChoice {
  ServerAddress address;
  std::optional<std::string> key = std::nullopt;  // else what is remembered about the origin
};

// A log to read: a directory of this machine or a server.
struct LogChoice {
  std::optional<std::string> data;
  std::optional<std::string> url;
  std::optional<std::string> key;
  std::optional<std::string> ca;
};

struct InitOptions {
  std::string data;
  std::string origin;
  std::optional<std::string> anchor;
};
Outcome<ExitCode> run_init(const InitOptions& options, Console& console);

struct LogOptions {
  ServerChoice server;
  std::optional<std::string> ref;
  std::optional<std::uint64_t> from;
  std::optional<std::uint64_t> to;
};
Outcome<ExitCode> run_log(const LogOptions& options, Console& console);

struct ProveOptions {
  ServerChoice server;
  std::string what;  // an index, or repo:tag, or repo@digest
  std::optional<std::string> out;
};
Outcome<ExitCode> run_prove(const ProveOptions& options, Console& console);

struct ReplayCommand {
  LogChoice log;
  std::optional<std::uint64_t> to;
  std::string out;
  bool skip_signatures = false;
};
Outcome<ExitCode> run_replay(const ReplayCommand& options, Console& console);

struct FsckOptions {
  LogChoice log;
  std::optional<std::string> anchor;
  bool write_anchor = false;
};
Outcome<ExitCode> run_fsck(const FsckOptions& options, Console& console);

struct KeyShowOptions {
  std::optional<std::string> data;
  ServerChoice server;
};
Outcome<ExitCode> run_key_show(const KeyShowOptions& options, Console& console);

struct KeyRotateOptions {
  std::string data;
  std::optional<std::string> anchor;
  bool warg = false;  // the key of Warg's checkpoints, not the event key
};
Outcome<ExitCode> run_key_rotate(const KeyRotateOptions& options, Console& console);

struct KeyForgetOptions {
  std::string url = ServerAddress{}.url;
};
Outcome<ExitCode> run_key_forget(const KeyForgetOptions& options, Console& console);

Outcome<ExitCode> run_config(const ConfigInputs& inputs, bool explain, Console& console);
Outcome<ExitCode> run_serve(const ConfigInputs& inputs, Console& console);

}  // namespace varve::cli
