// varve rpm push: RPM files into a repository of packages, over Pulp's own routes, signed by their
// author where a key is given. The thread of main() only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/cli/author.h"
#include "api/cli/commands.h"
#include "api/cli/server.h"

namespace varve::cli {

struct RpmPushOptions {
  ServerAddress server;
  std::vector<std::string> files;
  std::string repository;
  bool create = false;             // the repository, when it is not there
  std::optional<std::string> key;  // the author's private key, a file
};
// Failures: 2 for a file, name or key that cannot be used, 3 for an RPM that is not what it says of
// itself, 4 for a repository that is not there; else as the registry answers. Every file is read
// before anything is sent.
Outcome<ExitCode> run_rpm_push(const RpmPushOptions& options, Console& console);

// The same, to a server that is there. `author` may be null.
Outcome<ExitCode> push_rpms(Server& server, const RpmPushOptions& options, const Author* author,
                            Console& console);

}  // namespace varve::cli
