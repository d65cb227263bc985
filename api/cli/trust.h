// What this client remembers about logs: their keys and the newest checkpoint it verified, one file
// an origin; and which origin each address showed, so that a server cannot start afresh by another
// name. A log that ever shows this client two histories is caught here. The thread of main() only;
// other processes may use the same directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/console.h"
#include "api/cli/state.h"
#include "log/proof/bundle.h"
#include "log/proof/note.h"

namespace varve::cli {

// A log as far as this client trusts it: every part was verified.
struct TrustedLog {
  TrustedKeys keys;
  Checkpoint checkpoint;
  std::string note;  // the signed checkpoint itself
};

class TrustStore {
 public:
  explicit TrustStore(StateDirectory state) : state_(std::move(state)) {}
  explicit TrustStore(std::filesystem::path directory) : state_(std::move(directory)) {}
  static Outcome<TrustStore> from_environment();

  // Nothing when this origin was never seen. A file that is damaged is a failure (exit 1), never
  // "not seen": forgetting is what an attacker would want.
  Outcome<std::optional<TrustedLog>> load(std::string_view origin) const;
  // Replaces only what the caller knew: `base_note` is the note that was loaded or saved before,
  // empty for none. `changed`: another process saved something else or larger meanwhile, which must
  // be compared with `log` before it may be replaced.
  enum class Saved : std::uint8_t { yes, changed };
  Outcome<Saved> save(const TrustedLog& log, std::string_view base_note) const;

  // Nothing when this address was never asked. Damage is a failure, as above.
  Outcome<std::optional<std::string>> origin_at(std::string_view url) const;
  // Returns the origin remembered from now on: one that is there already stays, unless `replace`.
  Outcome<std::string> remember_origin(std::string_view url, std::string_view origin,
                                       bool replace) const;

  // Removes what is remembered about an address and the log it showed; evidence stays.
  struct Forgotten {
    std::optional<std::string> origin;
    std::vector<std::filesystem::path> files;  // those removed; empty: nothing was remembered
  };
  Outcome<Forgotten> forget(std::string_view url) const;

  // Both notes, and hashes that contradict them when there are any.
  Outcome<StateDirectory::Evidence> save_evidence(std::string_view origin,
                                                  std::string_view remembered,
                                                  std::string_view served,
                                                  std::string_view proof = {}) const;
  std::filesystem::path file(std::string_view origin) const;
  std::filesystem::path url_file(std::string_view url) const;

 private:
  StateDirectory state_;
};

}  // namespace varve::cli
