// What the files share that spell groups of commands, each a part of grammar.cpp that would make it
// too long. The thread of main() only.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

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

// One file's commands.
class GrammarPart {
 public:
  GrammarPart(CLI::App& app, const GrammarTools& tools) : app_(app), tools_(tools) {}

 protected:
  // Commands live as long as the grammar; options point into them.
  template <class T>
  T& keep() {
    auto kept = std::make_shared<T>();
    tools_.keep(kept);
    return *kept;
  }

  static CLI::App* group(CLI::App& parent, const std::string& name, const std::string& help) {
    CLI::App* sub = parent.add_subcommand(name, help);
    sub->require_subcommand(1);
    return sub;
  }

  // A subcommand that runs `run` with options of its own.
  template <class Options, class Run>
  CLI::App* command(CLI::App& parent, const std::string& name, const std::string& help,
                    Options& options, Run run) {
    CLI::App* sub = tools_.command(
        parent, name, help, [&options, run](Console& console) { return run(options, console); });
    tools_.output(sub);
    return sub;
  }
  // The same, of a server.
  template <class Options, class Run>
  CLI::App* request(CLI::App& parent, const std::string& name, const std::string& help,
                    Options& options, Run run) {
    CLI::App* sub = command(parent, name, help, options, run);
    tools_.address(sub, options.server);
    return sub;
  }

  CLI::App& app_;
  const GrammarTools& tools_;
};

}  // namespace varve::cli
