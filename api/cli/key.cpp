// varve key: the public keys of a log, and a new event key.
#include <string>

#include "api/cli/connect.h"
#include "api/cli/json_out.h"
#include "api/cli/machine.h"
#include "api/http/ulid.h"
#include "log/directory.h"
#include "log/reader.h"

namespace varve::cli {
namespace {

void print_keys(const VerifierKey& log, const VerifierKey& event, Console& console) {
  if (!console.json()) {
    console.out() << log.to_string() << '\n' << event.to_string() << '\n';
    return;
  }
  console.out() << JsonObject()
                       .text("schema", "varve.key/v1")
                       .text("origin", log.name())
                       .text("log_key", log.to_string())
                       .text("event_key", event.to_string())
                       .str()
                << '\n';
}

}  // namespace

Outcome<ExitCode> run_key_show(const KeyShowOptions& options, Console& console) {
  if (!options.data) {
    VARVE_CLI_TRY(const auto connection, connect(options.server, console));
    const TrustedKeys& keys = connection.session.log().keys;
    print_keys(keys.log, keys.event, console);
    return ExitCode::ok;
  }
  VARVE_CLI_TRY(auto directory, doing("the data directory cannot be opened",
                                      DataDirectory::open(*options.data, Access::read_only),
                                      "give --data a directory made by `varve init`"));
  VARVE_CLI_TRY(const auto head, doing("the log cannot be read", directory.load_head()));
  VARVE_CLI_TRY(const auto keys, doing("the keys cannot be read", named_keys(*Reader(head).view())));
  print_keys(keys.log, keys.event, console);
  return ExitCode::ok;
}

Outcome<ExitCode> run_key_rotate(const KeyRotateOptions& options, Console& console) {
  const auto anchor = options.anchor ? std::filesystem::path(*options.anchor) : default_anchor(options.data);
  VARVE_CLI_TRY(const auto key, doing("the event key cannot be rotated",
                                      rotate_event_key(options.data, anchor, http::ulid(), machine_now),
                                      "stop the server first: rotation needs the directory for itself"));
  if (console.json())
    console.out() << JsonObject()
                         .text("schema", "varve.key_rotate/v1")
                         .text("event_key", key.to_string())
                         .str()
                  << '\n';
  else
    console.out() << key.to_string() << '\n';
  console.say("this key signs events from now on; the old key signed the event that says so");
  return ExitCode::ok;
}

}  // namespace varve::cli
