// varve user recover: an administrator for a registry that has lost its own. The thread of main()
// only.
#include "api/cli/accounts.h"
#include "api/cli/json_out.h"
#include "api/cli/machine.h"
#include "api/http/ulid.h"
#include "log/directory.h"
#include "log/secrets.h"

namespace varve::cli {

Outcome<ExitCode> run_user_recover(const RecoverOptions& options, Console& console) {
  const std::string what = options.name + " cannot be made an administrator of " + options.data;
  const auto anchor =
      options.anchor ? std::filesystem::path(*options.anchor) : default_anchor(options.data);
  const std::string password = random_password();
  VARVE_CLI_TRY(const auto name, doing(what, PrincipalName::parse(options.name)));
  VARVE_CLI_TRY(const auto credential, doing(what, CredentialId::parse(http::ulid())));
  VARVE_CLI_TRY(auto hash, doing(what, hash_password(password)));
  VARVE_CLI_CHECK(doing(what,
                        recover_administrator(options.data, anchor, http::ulid(), machine_now, name,
                                              FirstAdmin{credential, std::move(hash)}),
                        "stop the server first: this needs the directory for itself"));
  if (console.json())
    console.out() << JsonObject()
                         .text("schema", "varve.user_recover/v1")
                         .text("user", options.name)
                         .text("password", password)
                         .str()
                  << '\n';
  else
    console.out() << password << '\n';
  console.say(options.name + " may do everything; the password on stdout is not shown again");
  return ExitCode::ok;
}

}  // namespace varve::cli
