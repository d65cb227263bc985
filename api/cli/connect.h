// From what a person typed to a verified session. The thread of main() only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/cli/commands.h"
#include "api/cli/session.h"
#include "api/cli/warg_client.h"

namespace varve::cli {

// A server at this address, shown the credentials there are for it (credentials.h).
Outcome<std::unique_ptr<Server>> open_server(const ServerAddress& address);

struct Connection {
  std::unique_ptr<Server> server;
  Session session;
};
Outcome<Connection> connect(const ServerChoice& choice, Console& console);

// The Warg registry at this address; nothing is asked yet.
struct WargConnection {
  std::unique_ptr<Server> server;
  WargClient client;
};
Outcome<WargConnection> connect_warg(const ServerAddress& address, Console& console);

// Exactly one of --data and --url.
Outcome<void> one_log(const LogChoice& choice);

}  // namespace varve::cli
