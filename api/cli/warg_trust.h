// What this client remembers about Warg registries, one file an address: the operator key it saw
// first, the newest checkpoint it verified, and how far each log went that it read. A registry's
// log may grow consistently while its map goes back to an older state of one package; so every
// log's newest record is remembered, which its hashes tie to all before it. The thread of main()
// only; other processes may use the same directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/state.h"
#include "log/proof/warg_keys.h"

namespace varve::cli {

// How far a log went.
struct LogMark {
  warg::RecordId head;
  std::uint64_t count = 0;  // of its records
};

struct WargMemory {
  warg::SignedCheckpoint checkpoint;
  warg::PublicKeyText operator_key;  // the one that the operator's log begins with
  LogMark of_operator;
  std::map<std::string, LogMark> packages;  // by name
};

class WargStore {
 public:
  explicit WargStore(StateDirectory state) : state_(std::move(state)) {}
  static Outcome<WargStore> from_environment();

  // Nothing when this address was never asked. A file that is damaged is a failure (exit 1).
  Outcome<std::optional<WargMemory>> load(std::string_view url) const;
  // Replaces only what the caller knew. `changed`: another process saved something meanwhile, which
  // must be compared with what the registry shows before it may be replaced.
  enum class Saved : std::uint8_t { yes, changed };
  Outcome<Saved> save(std::string_view url, const WargMemory& memory,
                      const std::optional<WargMemory>& known) const;
  // The files that were removed are added.
  Outcome<void> forget(std::string_view url, std::vector<std::filesystem::path>& removed) const;

  Outcome<StateDirectory::Evidence> save_evidence(std::string_view url,
                                                  const warg::SignedCheckpoint& remembered,
                                                  const warg::SignedCheckpoint& served,
                                                  std::string_view proof) const;
  std::filesystem::path file(std::string_view url) const { return state_.file(url, ".warg"); }

 private:
  StateDirectory state_;
};

}  // namespace varve::cli
