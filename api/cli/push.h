// varve push: an image out of an image layout into a repository, signed by its author. The thread
// of main() only.
#pragma once

#include <optional>
#include <string>

#include "api/cli/commands.h"

namespace varve::cli {

struct PushOptions {
  ServerAddress server;
  std::string ref;                   // repository:tag, or repository@digest
  std::string from;                  // the layout's directory
  std::optional<std::string> image;  // its name in there, where it has several
  std::optional<std::string> key;    // the author's private key, a file
};
// Failures: 2 for a layout or key that cannot be used, 3 for a file of the layout that is not what
// its name says; else as the registry answers.
Outcome<ExitCode> run_push(const PushOptions& options, Console& console);

}  // namespace varve::cli
