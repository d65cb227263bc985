// Random but repeatable command sequences over a small world, so that commands meet: the same tags
// move, the same manifests are put twice, deletes hit and miss. Swarm style: each seed leaves some
// kinds out.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "tests/support/log_rig.h"

namespace varve::test {

class RandomCommands {
 public:
  explicit RandomCommands(std::uint64_t seed) : random_(seed) {
    for (bool& enabled : enabled_) enabled = pick(4) != 0;
    enabled_[0] = true;
  }

  Command next() {
    for (;;) {
      const std::size_t kind = pick(4);
      if (!enabled_[kind]) continue;
      const std::string repo = "team/app" + std::to_string(pick(3));
      const std::string tag = "v" + std::to_string(pick(5));
      const std::uint64_t n = pick(12);
      switch (kind) {
        case 0:
          return put_manifest(repo, tag, n);
        case 1:
          return command_of(
              oci::DeleteTag{must(RepoName::parse(repo)), must(oci::Tag::parse(tag))});
        case 2: {
          const Command put = put_manifest(repo, tag, n);
          return command_of(oci::DeleteManifest{must(RepoName::parse(repo)),
                                                std::get<oci::PutManifest>(put.intent).digest});
        }
        default:
          return command_of(content::LinkBlob{must(RepoName::parse(repo)),
                                              Digest::of("blob" + std::to_string(n)), 5 + n / 10});
      }
    }
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::mt19937_64 random_;
  bool enabled_[4] = {};
};

// Printed by every property test, and taken from VARVE_SEED to run a failure again.
inline std::uint64_t property_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("VARVE_SEED");
    const std::uint64_t value =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::printf("VARVE_SEED=%llu\n", static_cast<unsigned long long>(value));
    return value;
  }();
  return seed;
}

// Every present row of a view, as text: what two views must agree on.
inline std::string dump(const View& view) {
  std::string text;
  for (const Table table : kTables)
    must(view.scan(table, "", "", [&](std::string_view key, const Row& row) {
      text += std::string(table_name(table)) + " " + hex_encode(key) + " @" +
              std::to_string(row.index.value) + " " + hex_encode(row.value) + "\n";
      return true;
    }));
  return text;
}

}  // namespace varve::test
