// How a person spells the commands about RPM packages: a part of grammar.cpp of its own. The thread
// of main() only.
#pragma once

#include "api/cli/grammar_tools.h"

namespace varve::cli {

void add_rpm_commands(CLI::App& app, const GrammarTools& tools);

}  // namespace varve::cli
