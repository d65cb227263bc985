// Blobs as files on one volume. Threads: as blob_store.h says; State guards what uploads share.
//
// An acknowledged blob has been synced, renamed into place, and both directories synced after that,
// in this order: each earlier step undone by a power cut would leave a name without its bytes.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/limits.h"
#include "log/store/blob_store.h"
#include "log/store/placed_blobs.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWriteBackBytes = 8u << 20;
constexpr std::size_t kReadBytes = 1u << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

std::unexpected<Error> storage(Errc code, std::string what, int error) {
  return fail(code, About::storage, std::move(what), std::generic_category().message(error));
}

std::unexpected<Error> no_such_upload(const UploadId& id) {
  return fail(Errc::not_found, About::upload, "there is no such upload", id.text());
}

// The size of an open regular file; anything else under our names was not put there by us.
Result<std::uint64_t> regular_size(int fd) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return storage(Errc::unavailable, "a file cannot be read", errno);
  if (!S_ISREG(info.st_mode)) {
    return fail(Errc::corrupt, About::storage, "a name in the blob store is not a regular file");
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<void> read_fully(int fd, std::uint64_t offset, std::size_t length, char* out) {
  while (length > 0) {
    const ssize_t got = ::pread(fd, out, length, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return storage(Errc::unavailable, "a file cannot be read", errno);
    if (got == 0) return fail(Errc::corrupt, About::blob, "a file is shorter than it should be");
    out += got;
    offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::size_t>(got);
  }
  return {};
}

Result<Digest> hash_file(int fd, std::uint64_t size, DigestAlgorithm algorithm) {
  Hasher hasher(algorithm);
  std::vector<char> buffer(std::min<std::uint64_t>(kReadBytes, size));
  for (std::uint64_t offset = 0; offset < size;) {
    const std::size_t length = std::min<std::uint64_t>(buffer.size(), size - offset);
    VARVE_CHECK(read_fully(fd, offset, length, buffer.data()));
    hasher.update({buffer.data(), length});
    offset += length;
  }
  return hasher.finish();
}

// --- what the uploads of one store share ---------------------------------------------------------

// An upload's file between two requests. The descriptor stays open with the running hash, and is
// dropped with it: while it is open, fsync reports every write-back error since; without it,
// finish() reads the bytes again, and what it reads is either still unsynced in memory or truly on
// the disk.
struct Staged {
  Descriptor file;
  std::uint64_t size = 0;
  std::optional<Hasher> hasher;  // over all `size` bytes, when nothing interrupted it
  std::optional<Digest> whole;   // what a spent hasher said about all `size` bytes
  std::uint64_t written_back = 0;
};

class State {
 public:
  State(fs::path directory, FileSteps& file_steps)
      : steps(file_steps), placed(directory, file_steps), directory_(std::move(directory)) {}

  FileSteps& steps;
  PlacedBlobs placed;

  fs::path root() const { return directory_; }
  fs::path uploads() const { return directory_ / "uploads"; }
  fs::path upload(const UploadId& id) const { return uploads() / id.text(); }

  // Makes what is missing and syncs the directory that names it, once per process even when it
  // exists: whoever made it may have died, or be another thread, before its sync.
  Result<void> make_directory(const fs::path& directory);

  Result<Staged> create(const UploadId& id);
  Result<Staged> take(const UploadId& id);
  void give_back(const UploadId& id, Staged staged);
  // Ends an upload that is in use; `unlink` when its file is still under its upload name.
  void end(const UploadId& id, bool unlink);
  Result<void> cancel(const UploadId& id);
  Result<std::size_t> expire(Timestamp before);
  Result<void> count_uploads();

 private:
  bool remove_file(const UploadId& id);  // false and errno; called with the mutex held

  fs::path directory_;
  std::mutex mutex_;
  std::set<UploadId> in_use_;
  std::map<UploadId, Staged> idle_;
  std::size_t uploads_ = 0;  // files in uploads/
  std::set<fs::path> durable_;
};

Result<void> State::make_directory(const fs::path& directory) {
  {
    const std::lock_guard lock(mutex_);
    if (durable_.contains(directory)) return {};
  }
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return storage(Errc::unavailable, "a directory of the blob store cannot be made", errno);
  }
  if (steps.sync_directory(directory.parent_path()) != 0) {
    return storage(Errc::unknown, "a directory of the blob store cannot be synced", errno);
  }
  const std::lock_guard lock(mutex_);
  durable_.insert(directory);
  return {};
}

Result<void> State::count_uploads() {
  std::error_code error;
  std::size_t count = 0;
  for (auto file = fs::directory_iterator(uploads(), error); !error && file != fs::end(file);
       file.increment(error)) {
    if (UploadId::parse(file->path().filename().string())) ++count;
  }
  if (error) return storage(Errc::unavailable, "the uploads cannot be listed", error.value());
  uploads_ = count;
  return {};
}

Result<Staged> State::create(const UploadId& id) {
  const std::lock_guard lock(mutex_);
  if (uploads_ >= limits::kUploadsMax) {
    return fail(Errc::overloaded, About::upload, "too many uploads are open");
  }
  Staged staged;
  staged.file = Descriptor(
      ::open(upload(id).c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!staged.file) return storage(Errc::unavailable, "an upload cannot be made", errno);
  staged.hasher.emplace();
  ++uploads_;
  in_use_.insert(id);
  return staged;
}

Result<Staged> State::take(const UploadId& id) {
  const std::lock_guard lock(mutex_);
  if (in_use_.contains(id)) {
    return fail(Errc::conflict, About::upload, "the upload is in use by another request",
                id.text());
  }
  Staged staged;
  if (auto idle = idle_.extract(id)) {
    staged = std::move(idle.mapped());
  } else {
    staged.file = Descriptor(::open(upload(id).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (!staged.file && errno == ENOENT) return no_such_upload(id);
    if (!staged.file) return storage(Errc::unavailable, "an upload cannot be opened", errno);
  }
  VARVE_TRY(const std::uint64_t size, regular_size(staged.file.get()));
  if (size != staged.size || !staged.hasher) {
    // The running hash, if any, is not over what the file holds.
    if (size != staged.size) staged.whole.reset();
    staged.hasher.reset();
    staged.size = size;
    if (size == 0) staged.hasher.emplace();
  }
  in_use_.insert(id);
  return staged;
}

void State::give_back(const UploadId& id, Staged staged) {
  const std::lock_guard lock(mutex_);
  in_use_.erase(id);
  if (idle_.size() >= limits::kIdleUploadsMax)
    idle_.erase(idle_.begin());  // ids are random: any one
  idle_.emplace(id, std::move(staged));
}

bool State::remove_file(const UploadId& id) {
  if (::unlink(upload(id).c_str()) != 0) return false;
  --uploads_;
  return true;
}

void State::end(const UploadId& id, bool unlink) {
  const std::lock_guard lock(mutex_);
  in_use_.erase(id);
  // Once the file was renamed away, or was after all by a rename that failed, it no longer counts.
  if (!unlink || (!remove_file(id) && errno == ENOENT)) --uploads_;
}

Result<void> State::cancel(const UploadId& id) {
  const std::lock_guard lock(mutex_);
  if (in_use_.contains(id)) {
    return fail(Errc::conflict, About::upload, "the upload is in use by another request",
                id.text());
  }
  idle_.erase(id);
  if (remove_file(id)) return {};
  if (errno == ENOENT) return no_such_upload(id);
  return storage(Errc::unavailable, "an upload cannot be removed", errno);
}

std::int64_t micros(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

Result<std::size_t> State::expire(Timestamp before) {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  std::size_t removed = 0;
  for (auto file = fs::directory_iterator(uploads(), error); !error && file != fs::end(file);
       file.increment(error)) {
    const auto id = UploadId::parse(file->path().filename().string());
    struct stat info{};
    if (!id || in_use_.contains(*id)) continue;
    if (::lstat(file->path().c_str(), &info) != 0 || micros(info.st_mtim) >= before.micros)
      continue;
    idle_.erase(*id);
    if (remove_file(*id)) ++removed;
  }
  if (error) return storage(Errc::unavailable, "the uploads cannot be listed", error.value());
  return removed;
}

// --- an upload -----------------------------------------------------------------------------------

class FileUpload final : public Upload {
 public:
  FileUpload(std::shared_ptr<State> state, UploadId id, Staged staged)
      : state_(std::move(state)), id_(std::move(id)), staged_(std::move(staged)) {}
  FileUpload(const FileUpload&) = delete;
  FileUpload& operator=(const FileUpload&) = delete;
  ~FileUpload() override {
    if (!ended_) state_->give_back(id_, std::move(staged_));
  }

  const UploadId& id() const override { return id_; }
  std::uint64_t size() const override { return staged_.size; }
  Result<void> append(std::string_view bytes) override;
  Result<void> truncate(std::uint64_t size) override;
  Result<void> finish(const Digest& digest) override;

 private:
  Result<void> write_fully(std::string_view bytes);
  void start_write_back();
  Result<void> check_content(const Digest& digest);
  Result<Digest> content_digest(DigestAlgorithm algorithm);
  Result<void> place(const Digest& digest);
  void end(bool unlink) {
    ended_ = true;
    state_->end(id_, unlink);
  }
  // A failed sync or rename: nothing about these bytes can be vouched for any more.
  std::unexpected<Error> give_up(std::string what) {
    const int error = errno;
    end(true);
    return storage(Errc::unknown, std::move(what), error);
  }

  std::shared_ptr<State> state_;
  UploadId id_;
  Staged staged_;
  bool ended_ = false;
};

Result<void> FileUpload::append(std::string_view bytes) {
  if (ended_) return no_such_upload(id_);
  if (bytes.empty()) return {};
  VARVE_CHECK(write_fully(bytes));
  if (staged_.hasher) staged_.hasher->update(bytes);
  staged_.whole.reset();
  staged_.size += bytes.size();
  start_write_back();
  return {};
}

Result<void> FileUpload::truncate(std::uint64_t size) {
  if (ended_) return no_such_upload(id_);
  if (size >= staged_.size) return {};
  if (::ftruncate(staged_.file.get(), static_cast<off_t>(size)) != 0)
    return storage(Errc::unavailable, "an upload cannot be shortened", errno);
  // A hash cannot be taken back: finish() reads the file again.
  staged_.hasher.reset();
  if (size == 0) staged_.hasher.emplace();
  staged_.whole.reset();
  staged_.size = size;
  staged_.written_back = std::min(staged_.written_back, size);
  return {};
}

Result<void> FileUpload::write_fully(std::string_view bytes) {
  std::uint64_t offset = staged_.size;
  while (!bytes.empty()) {
    const ssize_t put = state_->steps.write(staged_.file.get(), bytes.data(), bytes.size(), offset);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      const int error = put == 0 ? EIO : errno;
      // Without the truncation a resumed upload would start after bytes that nobody hashed.
      const bool restored = ::ftruncate(staged_.file.get(), static_cast<off_t>(staged_.size)) == 0;
      if (!restored || !is_full(error)) end(true);
      return storage(Errc::unavailable,
                     is_full(error) ? "no space is left for blobs" : "an upload cannot be written",
                     error);
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

void FileUpload::start_write_back() {
  if (staged_.size - staged_.written_back < kWriteBackBytes) return;
  // Only a hint that makes the last sync short; its errors come back from that sync.
  ::sync_file_range(staged_.file.get(), static_cast<off_t>(staged_.written_back),
                    static_cast<off_t>(staged_.size - staged_.written_back), SYNC_FILE_RANGE_WRITE);
  staged_.written_back = staged_.size;
}

Result<void> FileUpload::finish(const Digest& digest) {
  if (ended_) return no_such_upload(id_);
  VARVE_CHECK(check_content(digest));
  return place(digest);
}

Result<void> FileUpload::check_content(const Digest& digest) {
  VARVE_TRY(const std::uint64_t size, regular_size(staged_.file.get()));
  if (size != staged_.size) {
    end(true);
    return fail(Errc::unknown, About::storage, "the upload's file changed size underneath it",
                id_.text());
  }
  VARVE_TRY(const Digest content, content_digest(digest.algorithm()));
  if (content == digest) return {};
  return fail(Errc::invalid, About::digest, "the content has another digest than the one named",
              content.to_string());
}

Result<Digest> FileUpload::content_digest(DigestAlgorithm algorithm) {
  if (staged_.hasher && algorithm == DigestAlgorithm::sha256) {
    staged_.whole = staged_.hasher->finish();
    staged_.hasher.reset();  // spent; the file is read again if more is appended
  }
  if (!staged_.whole || staged_.whole->algorithm() != algorithm) {
    VARVE_TRY(staged_.whole, hash_file(staged_.file.get(), staged_.size, algorithm));
  }
  return *staged_.whole;
}

Result<void> FileUpload::place(const Digest& digest) {
  FileSteps& steps = state_->steps;
  if (steps.sync(staged_.file.get()) != 0) return give_up("an upload cannot be synced");
  const fs::path directory = state_->placed.directory(digest);
  for (const fs::path& made : {state_->placed.all(), directory.parent_path(), directory}) {
    auto ready = state_->make_directory(made);
    if (ready) continue;
    if (ready.error().code == Errc::unknown) end(true);
    return ready;
  }
  const std::lock_guard placing(state_->placed.lock_of(digest));
  // Over a blob of that name, too: those bytes may have rotted, these were just checked.
  if (steps.rename(state_->upload(id_), state_->placed.file(digest)) != 0) {
    return give_up("an upload cannot be placed");
  }
  end(false);
  if (steps.sync_directory(directory) != 0 || steps.sync_directory(state_->uploads()) != 0) {
    return storage(Errc::unknown, "a directory of the blob store cannot be synced", errno);
  }
  return {};
}

// --- the store -----------------------------------------------------------------------------------

class FileBlob final : public BlobFile {
 public:
  FileBlob(Descriptor file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<void> read(std::uint64_t offset, std::size_t length, char* out) const override {
    if (offset > size_ || length > size_ - offset) {
      return fail(Errc::corrupt, About::blob, "a read reaches beyond the end of a blob");
    }
    return read_fully(file_.get(), offset, length, out);
  }
  int descriptor() const override { return file_.get(); }

 private:
  Descriptor file_;
  std::uint64_t size_;
};

class FileBlobStore final : public BlobStore {
 public:
  explicit FileBlobStore(std::shared_ptr<State> state) : state_(std::move(state)) {}

  Result<std::unique_ptr<Upload>> start_upload() override {
    UploadId id = UploadId::random();
    VARVE_TRY(Staged staged, state_->create(id));
    return std::make_unique<FileUpload>(state_, std::move(id), std::move(staged));
  }
  Result<std::unique_ptr<Upload>> open_upload(const UploadId& id) override {
    VARVE_TRY(Staged staged, state_->take(id));
    return std::make_unique<FileUpload>(state_, id, std::move(staged));
  }
  Result<void> cancel_upload(const UploadId& id) override { return state_->cancel(id); }

  Result<std::uint64_t> upload_size(const UploadId& id) const override {
    struct stat info{};
    if (::lstat(state_->upload(id).c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
      return static_cast<std::uint64_t>(info.st_size);
    }
    return no_such_upload(id);
  }

  Result<std::unique_ptr<BlobFile>> open(const Digest& digest) const override {
    Descriptor file(::open(state_->placed.file(digest).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file && errno == ENOENT) {
      return fail(Errc::not_found, About::blob, "there is no such blob", digest.to_string());
    }
    if (!file) return storage(Errc::unavailable, "a blob cannot be opened", errno);
    VARVE_TRY(const std::uint64_t size, regular_size(file.get()));
    return std::make_unique<FileBlob>(std::move(file), size);
  }

  Result<void> verify(const Digest& digest) const override {
    VARVE_TRY(const auto file, open(digest));
    VARVE_TRY(const Digest content,
              hash_file(file->descriptor(), file->size(), digest.algorithm()));
    if (content == digest) return {};
    return fail(Errc::corrupt, About::blob, "a blob is not what its name says", digest.to_string());
  }

  Result<bool> remove(const Digest& digest, const Unwanted& unwanted) override {
    return state_->placed.remove(digest, unwanted);
  }
  Result<void> each_placed(const VisitPlaced& visit) const override {
    return state_->placed.each(visit);
  }
  Result<std::size_t> expire_uploads(Timestamp before) override { return state_->expire(before); }

  Result<std::uint64_t> free_bytes() const override {
    struct statvfs volume{};
    if (::statvfs(state_->root().c_str(), &volume) != 0) {
      return storage(Errc::unavailable, "the volume of the blobs cannot be asked", errno);
    }
    return std::uint64_t{volume.f_bavail} * volume.f_frsize;
  }

 private:
  std::shared_ptr<State> state_;  // outlives the store while uploads do
};

// Of another process's directory, or of a medium that cannot be written.
class ReadOnlyBlobStore final : public BlobStore {
 public:
  explicit ReadOnlyBlobStore(std::shared_ptr<State> state) : files_(std::move(state)) {}

  Result<std::unique_ptr<Upload>> start_upload() override { return refused(); }
  Result<std::unique_ptr<Upload>> open_upload(const UploadId&) override { return refused(); }
  Result<void> cancel_upload(const UploadId&) override { return refused(); }
  Result<std::uint64_t> upload_size(const UploadId&) const override { return refused(); }
  Result<std::unique_ptr<BlobFile>> open(const Digest& digest) const override {
    return files_.open(digest);
  }
  Result<void> verify(const Digest& digest) const override { return files_.verify(digest); }
  Result<bool> remove(const Digest&, const Unwanted&) override { return refused(); }
  Result<void> each_placed(const VisitPlaced& visit) const override {
    return files_.each_placed(visit);
  }
  Result<std::size_t> expire_uploads(Timestamp) override { return refused(); }
  Result<std::uint64_t> free_bytes() const override { return files_.free_bytes(); }

 private:
  static std::unexpected<Error> refused() {
    return fail(Errc::unsupported, About::upload, "these blobs are only read");
  }

  FileBlobStore files_;
};

FileSteps& real_steps() {
  static FileSteps steps;
  return steps;
}

Result<fs::path> usable_root(const fs::path& directory) {
  std::error_code error;
  fs::path root = fs::absolute(directory, error).lexically_normal();
  if (!root.has_filename()) root = root.parent_path();  // "blobs/"
  if (error) return storage(Errc::unavailable, "the blob store has no usable path", error.value());
  return root;
}

}  // namespace

Result<std::unique_ptr<BlobStore>> open_file_blob_store(const std::filesystem::path& directory,
                                                        FileSteps* steps) {
  VARVE_TRY(const fs::path root, usable_root(directory));
  auto state = std::make_shared<State>(root, steps != nullptr ? *steps : real_steps());
  std::vector<fs::path> missing = {state->placed.all(), state->uploads()};
  std::error_code error;
  for (fs::path above = root; !fs::exists(above, error) && above != above.parent_path();
       above = above.parent_path()) {
    missing.insert(missing.begin(), above);
  }
  for (const fs::path& made : missing) VARVE_CHECK(state->make_directory(made));
  VARVE_CHECK(state->count_uploads());
  state->placed.empty_trash();
  return std::make_unique<FileBlobStore>(std::move(state));
}

Result<std::unique_ptr<BlobStore>> open_file_blob_store_read_only(
    const std::filesystem::path& directory) {
  VARVE_TRY(const fs::path root, usable_root(directory));
  return std::make_unique<ReadOnlyBlobStore>(std::make_shared<State>(root, real_steps()));
}

bool has_file_blobs(const std::filesystem::path& directory) {
  std::error_code ignored;
  return fs::is_directory(directory / "blobs", ignored);
}

}  // namespace varve
