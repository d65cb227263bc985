// varve init: a new registry, its keys, and the first event of its log.
#include "api/cli/commands.h"
#include "api/cli/json_out.h"
#include "api/cli/machine.h"
#include "api/http/ulid.h"
#include "log/directory.h"
#include "log/reader.h"
#include "log/secrets.h"

namespace varve::cli {
namespace {

std::filesystem::path anchor_of(const InitOptions& options) {
  return options.anchor ? std::filesystem::path(*options.anchor) : default_anchor(options.data);
}

Outcome<NamedKeys> keys_of(const std::string& data) {
  VARVE_CLI_TRY(auto directory, DataDirectory::open(data, Access::read_only));
  VARVE_CLI_TRY(auto head, directory.load_head());
  VARVE_CLI_TRY(auto keys, named_keys(*Reader(head).view()));
  return keys;
}

Outcome<void> make_registry(const InitOptions& options, const std::string& password) {
  const std::string what = "no registry can be made in " + options.data;
  VARVE_CLI_TRY(const auto credential, CredentialId::parse(http::ulid()));
  VARVE_CLI_TRY(auto hash, doing(what, hash_password(password)));
  return doing(
      what,
      DataDirectory::initialise(options.data, options.origin, anchor_of(options), http::ulid(),
                                machine_now(), FirstAdmin{credential, std::move(hash)}),
      "give --data a missing or empty directory that can be written");
}

}  // namespace

Outcome<ExitCode> run_init(const InitOptions& options, Console& console) {
  const std::string password = random_password();
  VARVE_CLI_CHECK(make_registry(options, password));
  VARVE_CLI_TRY(const auto keys, keys_of(options.data));
  if (console.json())
    console.out() << JsonObject()
                         .text("schema", "varve.init/v1")
                         .text("data", options.data)
                         .text("origin", options.origin)
                         .text("log_key", keys.log.to_string())
                         .text("event_key", keys.event.to_string())
                         .text("user", "admin")
                         .text("password", password)
                         .str()
                  << '\n';
  else
    console.out() << keys.log.to_string() << '\n' << keys.event.to_string() << '\n';
  console.say("made a registry in " + clean(options.data) +
              "; the two lines are its public keys: give them to those who verify");
  if (!console.json())
    console.say("the user admin may do everything; its password, shown this once: " + password);
  console.say("next: varve serve --data " + clean(options.data));
  return ExitCode::ok;
}

}  // namespace varve::cli
