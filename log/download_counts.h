// How often a manifest was read from each repository: a number for people, outside the log, so
// never part of an answer that can be proved. Replay and fsck know nothing of it. Any thread;
// load() and save() block.
//
// Counted in memory, written to one small file now and then. A server that is killed forgets what
// it counted since; a file that is damaged is set aside, and counting begins at nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/error.h"
#include "core/content/content.h"

namespace varve {

class DownloadCounts {
 public:
  // Repositories that are counted; what is read from further ones is not.
  static constexpr std::size_t kReposMax = 1'000'000;

  explicit DownloadCounts(std::filesystem::path file, std::size_t repos_max = kReposMax)
      : file_(std::move(file)), repos_max_(repos_max) {}

  // What was written last. A damaged file is renamed to <file>.damaged, and that is told: the
  // sentence for people. Errors: unavailable when it is there and cannot be read or renamed.
  Result<std::optional<std::string>> load();
  // Writes when something was counted since the last time.
  Result<void> save();

  void count(const RepoName& repo);
  // By name: of a repository that was deleted and made again, both.
  std::uint64_t of(std::string_view repo) const;

 private:
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::uint64_t> counts;
  };
  static constexpr std::size_t kShards = 16;
  Shard& shard_of(std::string_view repo);
  const Shard& shard_of(std::string_view repo) const;
  std::map<std::string, std::uint64_t> all() const;

  const std::filesystem::path file_;
  const std::size_t repos_max_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> repos_{0};
  std::atomic<bool> changed_{false};
  std::mutex saving_;
};

}  // namespace varve
