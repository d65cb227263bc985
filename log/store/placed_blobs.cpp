// Finding placed blobs and taking them away. Any thread, as the header says.
#include "log/store/placed_blobs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

namespace varve {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> storage(std::string what, int error) {
  return fail(Errc::unavailable, About::storage, std::move(what),
              std::generic_category().message(error));
}

Timestamp modified(const struct stat& info) {
  return {std::int64_t{info.st_mtim.tv_sec} * 1'000'000 + info.st_mtim.tv_nsec / 1'000};
}

}  // namespace

std::mutex& PlacedBlobs::lock_of(const Digest& digest) {
  // The digest is uniform already; its last byte differs from the directory's name.
  const auto last = static_cast<unsigned char>(digest.raw().back());
  return locks_[last % locks_.size()];
}

Result<bool> PlacedBlobs::remove(const Digest& digest, const BlobStore::Unwanted& unwanted) {
  const std::lock_guard placing(lock_of(digest));
  VARVE_TRY(const bool gone, unwanted());
  if (!gone) return false;
  if (::mkdir(trash().c_str(), 0700) != 0 && errno != EEXIST)
    return storage("the trash of the blob store cannot be made", errno);
  const fs::path doomed = trash() / (std::string(digest.algorithm_name()) + "-" + digest.hex());
  if (steps_.rename(file(digest), doomed) != 0) {
    if (errno == ENOENT) return false;
    return storage("a blob cannot be moved to the trash", errno);
  }
  // Not synced: should the rename be undone by a power cut, the file is swept later.
  if (::unlink(doomed.c_str()) != 0) return storage("a purged blob cannot be removed", errno);
  return true;
}

void PlacedBlobs::empty_trash() {
  std::error_code ignored;
  fs::remove_all(trash(), ignored);
}

namespace {

// Calls visit(entry) until it returns false. What is not there, or no directory, holds no blobs.
template <class Visit>
Result<void> each_entry(const fs::path& directory, const Visit& visit) {
  std::error_code error;
  for (auto entry = fs::directory_iterator(directory, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    VARVE_TRY(const bool go_on, visit(*entry));
    if (!go_on) return {};
  }
  if (!error || error == std::errc::no_such_file_or_directory ||
      error == std::errc::not_a_directory)
    return {};
  return storage("the blobs cannot be listed", error.value());
}

std::optional<BlobStore::Placed> placed(const fs::path& file, std::string_view algorithm) {
  const auto digest = Digest::parse(std::string(algorithm) + ":" + file.filename().string());
  struct stat info{};
  if (!digest || ::lstat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return BlobStore::Placed{*digest, static_cast<std::uint64_t>(info.st_size), modified(info)};
}

}  // namespace

Result<void> PlacedBlobs::each(const BlobStore::VisitPlaced& visit) const {
  bool wanted = true;
  const auto in_algorithm = [&](const fs::directory_entry& algorithm) {
    const std::string name = algorithm.path().filename().string();
    const auto visit_file = [&](const fs::directory_entry& file) -> Result<bool> {
      if (const auto blob = placed(file.path(), name)) wanted = visit(*blob);
      return wanted;
    };
    return each_entry(algorithm.path(), [&](const fs::directory_entry& directory) -> Result<bool> {
      VARVE_CHECK(each_entry(directory.path(), visit_file));
      return wanted;
    });
  };
  return each_entry(all(), [&](const fs::directory_entry& algorithm) -> Result<bool> {
    VARVE_CHECK(in_algorithm(algorithm));
    return wanted;
  });
}

}  // namespace varve
