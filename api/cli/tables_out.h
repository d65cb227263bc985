// Table digests, as replay and fsck print them. The thread of main() only.
#pragma once

#include <span>
#include <string>

#include "api/cli/console.h"
#include "log/replay.h"

namespace varve::cli {

std::string tables_json(std::span<const TableDigest> tables);
void print_tables(std::span<const TableDigest> tables, Console& console);

}  // namespace varve::cli
