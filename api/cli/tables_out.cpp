// Table digests for people and for scripts. The thread of main() only.
#include "api/cli/tables_out.h"

#include "api/cli/json_out.h"

namespace varve::cli {

std::string tables_json(std::span<const TableDigest> tables) {
  JsonArray array;
  for (const TableDigest& table : tables)
    array.raw(JsonObject()
                  .text("name", table.name)
                  .number("rows", table.rows)
                  .text("digest", table.digest.to_string())
                  .str());
  return array.str();
}

void print_tables(std::span<const TableDigest> tables, Console& console) {
  for (const TableDigest& table : tables) {
    std::string name = table.name;
    if (name.size() < 14) name.append(14 - name.size(), ' ');
    console.out() << name << "  " << table.digest.to_string() << "  " << table.rows << " rows\n";
  }
}

}  // namespace varve::cli
