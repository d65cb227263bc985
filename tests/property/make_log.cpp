// Prints a log that random commands made, for tests/golden/log: its checkpoint, its entries and the
// bodies they name, a line each. Fails when a derived table has no row in it.
#include <cstdlib>
#include <iostream>

#include "core/base/bytes.h"
#include "core/codec.h"
#include "log/replay.h"
#include "tests/support/random_commands.h"

namespace varve::test {
namespace {

void print(std::string_view what, std::string_view bytes) {
  std::cout << what << ' ' << base64_encode(bytes) << '\n';
}

bool has_rows_everywhere(const Snapshot& snapshot) {
  bool everywhere = true;
  for (const TableDigest& table : must(table_digests(snapshot))) {
    if (table.rows > 0 || !table.name.ends_with(".past")) continue;
    std::cerr << "no row in " << table.name << '\n';
    everywhere = false;
  }
  return everywhere;
}

bool make_log(std::uint64_t seed, int commands_wanted) {
  LogRig rig;
  rig.warg_key = std::make_shared<const warg::PrivateKey>(
      warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256));
  rig.open();
  RandomCommands commands(seed);
  for (int i = 0; i < commands_wanted; ++i) {
    rig.clock += 1'000;
    (void)rig.run(commands.next());
  }
  rig.ledger->drain();
  const Reader reader = rig.reader();
  print("checkpoint", *reader.head().checkpoint);
  for (std::uint64_t i = 0; i < reader.head().size.value; ++i) {
    const std::string entry = must(reader.entry(EntryIndex{i}));
    print("entry", entry);
    const auto named = body_of(must(decode_entry_text(must(parse_note(entry)).text)).event);
    if (named) print("body", must(reader.body(named->digest)).value());
  }
  return has_rows_everywhere(*reader.head().snapshot);
}

}  // namespace
}  // namespace varve::test

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: varve_make_log SEED COMMANDS > tests/golden/log/log.txt\n";
    return 2;
  }
  return varve::test::make_log(std::strtoull(argv[1], nullptr, 10), std::atoi(argv[2])) ? 0 : 1;
}
