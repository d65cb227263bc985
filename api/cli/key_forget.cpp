// varve key forget: the way to trust anew what is at an address, on purpose. Asks nobody.
#include "api/cli/client.h"
#include "api/cli/commands.h"
#include "api/cli/json_out.h"
#include "api/cli/trust.h"
#include "api/cli/warg_trust.h"

namespace varve::cli {

Outcome<ExitCode> run_key_forget(const KeyForgetOptions& options, Console& console) {
  VARVE_CLI_TRY(const auto server,
                doing("the address cannot be used", HttpClient::make(options.url),
                      "give --server an address such as http://127.0.0.1:5000"));
  const std::string url = server->url();
  VARVE_CLI_TRY(const auto store, TrustStore::from_environment());
  VARVE_CLI_TRY(auto forgotten, store.forget(url));
  VARVE_CLI_TRY(const auto warg, WargStore::from_environment());
  VARVE_CLI_CHECK(warg.forget(url, forgotten.files));
  if (forgotten.files.empty())
    return refuse(ExitCode::absent, "nothing is remembered about this address", url,
                  "give --server the address that was used");
  if (console.json()) {
    JsonArray files;
    for (const auto& file : forgotten.files) files.raw(cli::quoted(file.string()));
    JsonObject report;
    report.text("schema", "varve.key_forget/v1").text("server", url);
    if (forgotten.origin) report.text("origin", *forgotten.origin);
    console.out() << report.raw("removed", files.str()).str() << '\n';
  } else {
    for (const auto& file : forgotten.files)
      console.out() << "removed " << clean(file.string()) << '\n';
  }
  console.say("forgot " + clean(forgotten.origin.value_or("what was at this address")) +
              "; the next command trusts the keys that " + url + " serves then");
  return ExitCode::ok;
}

}  // namespace varve::cli
