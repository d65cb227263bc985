// varve serve: the configuration, then the server.
#include "api/cli/commands.h"
#include "api/serve.h"

namespace varve::cli {

Outcome<ExitCode> run_serve(const ConfigInputs& inputs, Console& console) {
  VARVE_CLI_TRY(const auto loaded, doing("the configuration cannot be used", load_config(inputs),
                                         "`varve config --explain` lists every field"));
  return serve(loaded.config, console);
}

}  // namespace varve::cli
