// varve: server, client and verifier in one binary. Words in, exit code out.
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "api/cli/grammar.h"

namespace {

// A shell reports 130 for an interrupted command; whoever starts us directly shall see the same.
void end_interrupted(int) {
  ::_exit(static_cast<int>(varve::cli::ExitCode::interrupted));
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGINT, end_interrupted);
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  varve::cli::Console console(std::cout, std::cerr, varve::cli::console_options_for_process());
  return static_cast<int>(varve::cli::run(words, console));
}
