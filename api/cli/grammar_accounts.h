// How a person spells the commands about accounts, and those about tags, which are made alike: the
// part of grammar.cpp that would make it too long. The thread of main() only.
#pragma once

#include "api/cli/grammar_tools.h"

namespace varve::cli {

void add_account_commands(CLI::App& app, const GrammarTools& tools);

}  // namespace varve::cli
