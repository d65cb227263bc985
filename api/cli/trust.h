// What this client remembers about logs: their keys and the newest checkpoint it verified, one file
// an origin. A log that ever shows this client two histories is caught here. The thread of main()
// only; other processes may use the same directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "api/cli/console.h"
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
  explicit TrustStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
  // $XDG_STATE_HOME/varve, or ~/.local/state/varve.
  static Outcome<TrustStore> from_environment();

  // Nothing when this origin was never seen. A file that is damaged is a failure (exit 1), never "not
  // seen": forgetting is what an attacker would want.
  Outcome<std::optional<TrustedLog>> load(std::string_view origin) const;
  // Unless another process saved a larger checkpoint meanwhile.
  Outcome<void> save(const TrustedLog& log) const;
  // Both notes, and hashes that contradict them when there are any, each in a file of its own.
  struct Evidence {
    std::filesystem::path remembered;
    std::filesystem::path served;
    std::optional<std::filesystem::path> proof;
  };
  Outcome<Evidence> save_evidence(std::string_view origin, std::string_view remembered,
                                  std::string_view served, std::string_view proof = {}) const;
  // Where an origin's state is: named by a hash, since an origin may hold slashes and dots.
  std::filesystem::path file(std::string_view origin) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace varve::cli
