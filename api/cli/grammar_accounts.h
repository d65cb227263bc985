// How a person spells the commands about accounts, and those about tags, which are made alike: the
// part of grammar.cpp that would make it too long. The thread of main() only.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>

#include "api/cli/commands.h"
#include "api/cli/console.h"

namespace varve::cli {

// What grammar.cpp lends: how a subcommand is made, gets its --server and its -o, and keeps its
// options alive.
struct GrammarTools {
  using Action = std::function<Outcome<ExitCode>(Console&)>;
  std::function<CLI::App*(CLI::App& parent, const std::string& name, const std::string& help,
                          Action action)>
      command;
  std::function<void(CLI::App*, ServerAddress&)> address;
  std::function<void(CLI::App*)> output;
  std::function<void(std::shared_ptr<void>)> keep;
};

void add_account_commands(CLI::App& app, const GrammarTools& tools);

}  // namespace varve::cli
