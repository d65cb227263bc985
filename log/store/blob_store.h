// Blobs: content-addressed files beside the log, and the uploads that become them.
//
//   blobs/<algorithm>/<first two hex digits>/<hex>     placed: complete, synced, named by content
//   uploads/<id>                                        staged: the file is the whole state
//   trash/                                              purged, about to be unlinked
//
// Every method blocks on the disk: call it from a pool thread, never from an I/O thread. Any number
// of threads may call a BlobStore; an Upload belongs to one thread at a time, and open_upload()
// refuses a second user (Errc::conflict). Names never become paths: an UploadId and a Digest hold
// nothing but hex.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/time.h"

namespace varve {

// 32 lower-case hex digits.
class UploadId {
 public:
  static Result<UploadId> parse(std::string_view text);  // Errc::not_found, About::upload
  static UploadId random();
  const std::string& text() const { return text_; }
  friend auto operator<=>(const UploadId&, const UploadId&) = default;

 private:
  explicit UploadId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// An open placed blob; closes itself.
class BlobFile {
 public:
  virtual ~BlobFile() = default;
  virtual std::uint64_t size() const = 0;
  // Reads exactly `length` bytes at `offset` into `out`; short is Errc::corrupt.
  virtual Result<void> read(std::uint64_t offset, std::size_t length, char* out) const = 0;
  // The descriptor for zero-copy sending, or -1 when the store has none.
  virtual int descriptor() const = 0;
};

class Upload {
 public:
  virtual ~Upload() = default;
  virtual const UploadId& id() const = 0;
  virtual std::uint64_t size() const = 0;
  // Appends at the end and hashes on the way; starts write-back early so that the last sync is
  // short. Errc::unavailable about storage when the volume is full: the upload keeps the size it
  // had. Any other failed write ends the upload, since a later sync could not vouch for its pages.
  virtual Result<void> append(std::string_view bytes) = 0;
  // Takes back what was appended behind the first `size` bytes. Errc::unavailable about storage
  // when the file cannot be cut: the upload keeps all it has.
  virtual Result<void> truncate(std::uint64_t size) = 0;
  // Checks the content against `digest` (re-hashing the file when the algorithm is not the one
  // hashed on the way, or the process restarted in between), syncs, places it under its digest and
  // ends the upload. Errc::invalid/About::digest on mismatch, with the content's own digest as its
  // detail: the upload survives. Errc::unknown about storage when a sync failed: nothing is
  // acknowledged and the upload is gone: its pages may be marked clean without being written.
  virtual Result<void> finish(const Digest& digest) = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  // Errc::overloaded when limits::kUploadsMax are open already.
  virtual Result<std::unique_ptr<Upload>> start_upload() = 0;
  // The upload as the last append left it. not_found when there is none, conflict when in use.
  virtual Result<std::unique_ptr<Upload>> open_upload(const UploadId& id) = 0;
  virtual Result<void> cancel_upload(const UploadId& id) = 0;
  // Its size, without taking it.
  virtual Result<std::uint64_t> upload_size(const UploadId& id) const = 0;

  virtual Result<std::unique_ptr<BlobFile>> open(const Digest& digest) const = 0;  // not_found
  // Re-hashes a placed blob: Errc::corrupt when it is not what its name says.
  virtual Result<void> verify(const Digest& digest) const = 0;
  // Takes a placed blob away if `unwanted` says so when asked under the digest's lock, which
  // placing takes too; false when it said no or there was none. Whoever has it open reads on.
  using Unwanted = std::function<Result<bool>()>;
  virtual Result<bool> remove(const Digest& digest, const Unwanted& unwanted) = 0;
  // Every placed blob, in no order, until `visit` returns false.
  struct Placed {
    Digest digest;
    std::uint64_t size;
    Timestamp modified;
  };
  using VisitPlaced = std::function<bool(const Placed& blob)>;
  virtual Result<void> each_placed(const VisitPlaced& visit) const = 0;
  // Removes uploads untouched since `before`; returns how many.
  virtual Result<std::size_t> expire_uploads(Timestamp before) = 0;
  // Bytes free to us on the volume.
  virtual Result<std::uint64_t> free_bytes() const = 0;
};

// How file steps reach the disk, each like the system call it makes: -1 and errno on failure. Tests
// replace it to fail a step, or to do it and still report failure. Any thread.
class FileSteps {
 public:
  virtual ~FileSteps() = default;
  virtual ssize_t write(int fd, const char* bytes, std::size_t length, std::uint64_t offset);
  virtual int sync(int fd);
  virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to);
  virtual int sync_directory(const std::filesystem::path& directory);
};

// A store in `directory` (made when missing). `steps` must outlive it; nullptr means the real disk.
Result<std::unique_ptr<BlobStore>> open_file_blob_store(const std::filesystem::path& directory,
                                                        FileSteps* steps = nullptr);

// The blobs in `directory` for reading alone: nothing is made, written or counted, and every upload
// is refused with Errc::unsupported. A directory without blobs/ holds no blobs.
Result<std::unique_ptr<BlobStore>> open_file_blob_store_read_only(
    const std::filesystem::path& directory);
// Whether there are blobs to open: `directory`/blobs is a directory.
bool has_file_blobs(const std::filesystem::path& directory);

}  // namespace varve
