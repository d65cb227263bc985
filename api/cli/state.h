// Where this client remembers what it saw of registries: one directory, one file a thing, each
// replaced by rename under one lock; and the evidence against registries that contradict
// themselves. What stands in the files is for trust.h and warg_trust.h. The thread of main() only;
// other processes may use the same directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/console.h"

namespace varve::cli {

class StateDirectory {
 public:
  explicit StateDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  // $XDG_STATE_HOME/varve, or ~/.local/state/varve.
  static Outcome<StateDirectory> from_environment();

  // Where the state of this kind about `name` is: named by a hash, since a name may hold slashes
  // and dots.
  std::filesystem::path file(std::string_view name, std::string_view ending) const;
  // Nothing when there is no such file. One that cannot be read is a failure (exit 1), never
  // "nothing": forgetting is what an attacker would want.
  Outcome<std::optional<std::string>> read(const std::filesystem::path& file,
                                           std::size_t bytes_max) const;
  // What a file that does not say what it should amounts to.
  static std::unexpected<Failure> damaged(const std::filesystem::path& file, std::string why);

  // Held while state is read and replaced, so that two processes cannot take a step back.
  class Lock {
   public:
    Lock(Lock&& other) noexcept;
    Lock& operator=(Lock&&) = delete;
    ~Lock();

   private:
    friend class StateDirectory;
    explicit Lock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
  };
  // Makes the directory when it is not there.
  Outcome<Lock> lock() const;
  // `what` could not be done, should it fail: "the verified checkpoint cannot be remembered".
  Outcome<void> replace(const Lock& held, const std::filesystem::path& file, std::string_view bytes,
                        std::string what) const;
  // Adds the file to `removed` when it was there.
  Outcome<void> remove(const Lock& held, const std::filesystem::path& file,
                       std::vector<std::filesystem::path>& removed) const;
  bool exists() const;

  // Both signed checkpoints, and hashes that contradict them when there are any, each in a file of
  // its own. `about`: the registry.
  struct Evidence {
    std::filesystem::path remembered;
    std::filesystem::path served;
    std::optional<std::filesystem::path> proof;
  };
  struct Contradiction {
    std::string_view remembered;
    std::string_view served;
    std::string_view proof = {};
    std::string_view ending = ".note";  // of the checkpoints' files
  };
  Outcome<Evidence> save_evidence(std::string_view about, const Contradiction& what) const;

 private:
  std::filesystem::path path_;
};

// In a sentence: where the evidence is, or why it is nowhere.
std::string where(const Outcome<StateDirectory::Evidence>& evidence);

}  // namespace varve::cli
