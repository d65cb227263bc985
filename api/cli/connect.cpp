// Opening the connection, the keys and the memory of one networked command.
#include "api/cli/connect.h"

#include "api/cli/client.h"
#include "api/cli/credentials.h"
#include "api/cli/keys.h"
#include "api/cli/token_login.h"

namespace varve::cli {

Outcome<std::unique_ptr<Server>> open_server(const ServerAddress& at) {
  VARVE_CLI_TRY(auto address, doing("the server cannot be asked", parse_url(at.url),
                                    "give --server an address such as http://127.0.0.1:5000"));
  VARVE_CLI_TRY(auto authorization,
                doing("the credentials for " + address.authority() + " cannot be used",
                      authorization_for(address.authority(), process_environment_lookup()),
                      "set VARVE_USER and VARVE_PASSWORD, or VARVE_TOKEN, or log in again"));
  auto client = std::make_unique<HttpClient>(std::move(address), ClientOptions{.ca = at.ca});
  if (authorization && is_token_login(*authorization))
    return std::make_unique<TokenLogin>(std::move(client), *std::move(authorization));
  if (authorization) client->show(*std::move(authorization));
  return client;
}

Outcome<Connection> connect(const ServerChoice& choice, Console& console) {
  VARVE_CLI_TRY(auto server, open_server(choice.address));
  std::optional<TrustedKeys> keys;
  if (choice.key) {
    VARVE_CLI_TRY(keys, load_keys(*choice.key));
  }
  VARVE_CLI_TRY(auto store, TrustStore::from_environment());
  VARVE_CLI_TRY(auto session, Session::open(*server, std::move(store), keys, console));
  return Connection{std::move(server), std::move(session)};
}

Outcome<WargConnection> connect_warg(const ServerAddress& address, Console& console) {
  VARVE_CLI_TRY(auto server, open_server(address));
  VARVE_CLI_TRY(auto store, WargStore::from_environment());
  WargClient client(*server, std::move(store), real_surroundings(address.ca), console);
  return WargConnection{std::move(server), std::move(client)};
}

Outcome<void> one_log(const LogChoice& choice) {
  if (choice.data.has_value() != choice.url.has_value()) return {};
  return refuse(
      ExitCode::usage, "it is not clear which log is meant",
      choice.data ? "both --data and --url are given" : "neither --data nor --url is given",
      "give --data DIR for a directory of this machine, or --url URL for a server");
}

}  // namespace varve::cli
