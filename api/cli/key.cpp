// varve key: the public keys of a log, and a new event key.
#include <string>

#include "api/cli/connect.h"
#include "api/cli/entries.h"
#include "api/cli/json_out.h"
#include "api/cli/machine.h"
#include "api/http/ulid.h"
#include "core/system/query.h"
#include "log/directory.h"
#include "log/reader.h"

namespace varve::cli {
namespace {

void print_keys(const TrustedKeys& keys, Console& console) {
  if (!console.json()) {
    console.out() << format_trusted_keys(keys);
    return;
  }
  JsonArray event_keys;
  for (const VerifierKey& key : keys.event_keys()) event_keys.raw(cli::quoted(key.to_string()));
  console.out() << JsonObject()
                       .text("schema", "varve.key/v1")
                       .text("origin", keys.log.name())
                       .text("log_key", keys.log.to_string())
                       .text("event_key", keys.event.to_string())
                       .raw("event_keys", event_keys.str())
                       .str()
                << '\n';
}

Result<TrustedKeys> keys_in(const std::string& data) {
  VARVE_TRY(auto directory, DataDirectory::open(data, Access::read_only));
  VARVE_TRY(const auto head, directory.load_head());
  VARVE_TRY(const auto named, system::log_keys(*Reader(head).view()));
  return parse_trusted_keys(named.lines());
}

// The server's word says only whether there is anything to learn: what is handed on is what this
// client trusts already, or the chain of signed events from the first key to the newest.
Outcome<TrustedKeys> keys_of(Session& session) {
  VARVE_CLI_TRY(const auto served,
                doing("the keys of " + session.server().url() + " cannot be fetched",
                      fetch(session.server(), "/log/vkey", kKeyFileBytesMax)));
  if (served == format_trusted_keys(session.log().keys)) return session.log().keys;
  VARVE_CLI_TRY(auto keys, doing("the event keys cannot be learnt from the log",
                                 EntryReader(session).all_keys()));
  VARVE_CLI_CHECK(session.remember_event_keys(keys.event_keys()));
  return keys;
}

}  // namespace

Outcome<ExitCode> run_key_show(const KeyShowOptions& options, Console& console) {
  if (options.data) {
    VARVE_CLI_TRY(const auto keys, doing("the keys cannot be read", keys_in(*options.data),
                                         "give --data a directory made by `varve init`"));
    print_keys(keys, console);
    return ExitCode::ok;
  }
  VARVE_CLI_TRY(auto connection, connect(options.server, console));
  VARVE_CLI_TRY(const auto keys, keys_of(connection.session));
  print_keys(keys, console);
  return ExitCode::ok;
}

namespace {

Outcome<std::string> rotate(const KeyRotateOptions& options) {
  const auto anchor =
      options.anchor ? std::filesystem::path(*options.anchor) : default_anchor(options.data);
  constexpr std::string_view kAdvice =
      "stop the server first: rotation needs the directory for itself";
  if (options.warg) {
    VARVE_CLI_TRY(const auto key,
                  doing("the key of Warg's checkpoints cannot be rotated",
                        rotate_warg_key(options.data, anchor, http::ulid(), machine_now),
                        std::string(kAdvice)));
    return key.text();
  }
  VARVE_CLI_TRY(const auto key,
                doing("the event key cannot be rotated",
                      rotate_event_key(options.data, anchor, http::ulid(), machine_now),
                      std::string(kAdvice)));
  return key.to_string();
}

}  // namespace

Outcome<ExitCode> run_key_rotate(const KeyRotateOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto key, rotate(options));
  if (console.json())
    console.out() << JsonObject()
                         .text("schema", "varve.key_rotate/v1")
                         .text(options.warg ? "warg_key" : "event_key", key)
                         .str()
                  << '\n';
  else
    console.out() << key << '\n';
  console.say(options.warg
                  ? "this key signs Warg's checkpoints from now on; the old key signed the record "
                    "that says so"
                  : "this key signs events from now on; the old key signed the event that says so");
  return ExitCode::ok;
}

}  // namespace varve::cli
