// The anchor as a file: temporary file, sync, rename, directory sync.
#include "log/anchor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "log/reader.h"

namespace varve {
namespace {

std::unexpected<Error> failed(const std::filesystem::path& file, const char* step) {
  return fail(Errc::unknown, About::checkpoint,
              std::string("the anchor could not be ") + step + ": " + std::strerror(errno),
              file.filename().string());
}

bool write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

FileSteps& real_steps() {
  static FileSteps steps;
  return steps;
}

Error anchor_problem(Errc code, std::string what) { return {code, About::checkpoint, std::move(what)}; }

}  // namespace

FileAnchor::FileAnchor(std::filesystem::path file, FileSteps* steps)
    : file_(std::move(file)), steps_(steps != nullptr ? steps : &real_steps()) {}

Result<std::optional<std::string>> FileAnchor::read() const {
  std::error_code error;
  const bool there = std::filesystem::exists(file_, error);
  if (!error && !there) return std::nullopt;
  std::ifstream in(file_, std::ios::binary);
  std::ostringstream bytes;
  if (error || !in || !(bytes << in.rdbuf()))
    return fail(Errc::unavailable, About::checkpoint, "the anchor cannot be read",
                file_.filename().string());
  return bytes.str();
}

Result<void> FileAnchor::write(std::string_view checkpoint_note) {
  std::filesystem::path temporary = file_;
  temporary += ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return failed(file_, "created");
  const bool written = write_fully(fd, checkpoint_note);
  const bool synced = written && steps_->sync(fd) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  if (!written) return failed(file_, "written");
  if (!synced) return failed(file_, "synced");
  if (steps_->rename(temporary, file_) != 0) return failed(file_, "renamed into place");
  std::filesystem::path directory = file_.parent_path();
  if (directory.empty()) directory = ".";
  if (steps_->sync_directory(directory) != 0) return failed(file_, "made durable in its directory");
  return {};
}

Result<void> check_anchor(const Anchor& anchor, const Head& head, const VerifierKey& log_key) {
  VARVE_TRY(auto note, anchor.read());
  if (!note) {
    if (head.published.value == 0) return {};
    return std::unexpected(anchor_problem(
        Errc::unavailable, "the anchor is missing, but the store has published checkpoint " +
                               std::to_string(head.published.value)));
  }
  auto anchored = open_checkpoint(*note, log_key);
  if (!anchored)
    return std::unexpected(anchor_problem(
        Errc::corrupt, "the anchor is not a checkpoint of this log: " + anchored.error().what));
  if (anchored->size > head.size)
    return std::unexpected(anchor_problem(
        Errc::conflict, "the store holds " + std::to_string(head.size.value) +
                            " entries, but checkpoint " + std::to_string(anchored->size.value) +
                            " was already published: the store lost its tail or is an old copy"));
  VARVE_TRY(auto root, Reader(std::make_shared<const Head>(head)).root_at(anchored->size));
  if (root != anchored->root)
    return std::unexpected(anchor_problem(
        Errc::conflict, "the store contradicts published checkpoint " +
                            std::to_string(anchored->size.value) + ": it is another history"));
  return {};
}

}  // namespace varve
