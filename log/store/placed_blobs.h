// The files of placed blobs: where they lie, and how they go. Any thread.
//
// Placing a file and taking it away exclude each other digest by digest, so that a blob pushed
// again while it is being purged survives, whichever of the two comes first.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <mutex>

#include "log/store/blob_store.h"

namespace varve {

class PlacedBlobs {
 public:
  PlacedBlobs(std::filesystem::path root, FileSteps& steps)
      : root_(std::move(root)), steps_(steps) {}

  std::filesystem::path all() const { return root_ / "blobs"; }
  std::filesystem::path directory(const Digest& digest) const {
    return all() / digest.algorithm_name() / digest.hex().substr(0, 2);
  }
  std::filesystem::path file(const Digest& digest) const {
    return directory(digest) / digest.hex();
  }

  // Held while a file is renamed to its place, or away from it. A few digests share one.
  std::mutex& lock_of(const Digest& digest);

  Result<bool> remove(const Digest& digest, const BlobStore::Unwanted& unwanted);
  Result<void> each(const BlobStore::VisitPlaced& visit) const;
  // What a crash left between trash and nothing.
  void empty_trash();

 private:
  std::filesystem::path trash() const { return root_ / "trash"; }

  const std::filesystem::path root_;
  FileSteps& steps_;
  std::array<std::mutex, 64> locks_;
};

}  // namespace varve
