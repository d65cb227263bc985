// The state directory: names, lock, replacing, evidence. The thread of main() only.
#include "api/cli/state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "api/cli/files.h"
#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

Outcome<void> make_private(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return refuse(ExitCode::internal, "the state directory cannot be made",
                  directory.string() + ": " + error.message(),
                  "make it writable, or set XDG_STATE_HOME to a directory that is");
  return {};
}

}  // namespace

Outcome<StateDirectory> StateDirectory::from_environment() {
  // XDG base directory specification: a relative path is to be ignored.
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return StateDirectory(fs::path(state) / "varve");
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/')
    return StateDirectory(fs::path(home) / ".local" / "state" / "varve");
  return refuse(ExitCode::usage, "there is no place to remember checkpoints in",
                "neither XDG_STATE_HOME nor HOME is an absolute path",
                "set XDG_STATE_HOME to a directory that is kept between runs");
}

fs::path StateDirectory::file(std::string_view name, std::string_view ending) const {
  return path_ / (hex_encode(as_view(sha256(name))) + std::string(ending));
}

Outcome<std::optional<std::string>> StateDirectory::read(const fs::path& file,
                                                         std::size_t bytes_max) const {
  auto bytes = read_file(file, bytes_max);
  if (bytes) return *std::move(bytes);
  if (bytes.error().code == Errc::not_found) return std::nullopt;
  return damaged(file, describe(bytes.error()));
}

std::unexpected<Failure> StateDirectory::damaged(const fs::path& file, std::string why) {
  return refuse(
      ExitCode::internal, "what is remembered about this registry cannot be read",
      file.string() + ": " + std::move(why),
      "restore the file from a backup; remove it only if you mean to trust the registry's "
      "next answer as you did the first");
}

StateDirectory::Lock::Lock(Lock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

StateDirectory::Lock::~Lock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Outcome<StateDirectory::Lock> StateDirectory::lock() const {
  VARVE_CLI_CHECK(make_private(path_));
  Lock lock(::open((path_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.descriptor_ >= 0 && ::flock(lock.descriptor_, LOCK_EX) == 0) return lock;
  return refuse(ExitCode::internal, "the state directory cannot be locked",
                path_.string() + ": " + std::strerror(errno),
                "make it writable, or set XDG_STATE_HOME to a directory that is");
}

Outcome<void> StateDirectory::replace(const Lock&, const fs::path& file, std::string_view bytes,
                                      std::string what) const {
  return doing(std::move(what), write_file(file, bytes, 0600),
               "make the state directory writable, or set XDG_STATE_HOME to one that is");
}

Outcome<void> StateDirectory::remove(const Lock&, const fs::path& file,
                                     std::vector<fs::path>& removed) const {
  std::error_code error;
  const bool was_there = fs::remove(file, error);
  if (error)
    return refuse(ExitCode::internal, "what is remembered cannot be removed",
                  file.string() + ": " + error.message(), "make the state directory writable");
  if (was_there) removed.push_back(file);
  return {};
}

bool StateDirectory::exists() const {
  std::error_code error;
  return fs::exists(path_, error);
}

Outcome<StateDirectory::Evidence> StateDirectory::save_evidence(std::string_view about,
                                                                const Contradiction& what) const {
  const fs::path directory = path_ / "evidence";
  VARVE_CLI_CHECK(make_private(directory));
  // Named by what they hold: the same evidence twice is one file, and none replaces another.
  const auto name = [&](std::string_view part, std::string_view bytes, std::string_view ending) {
    return directory /
           (hex_encode(as_view(sha256(about))).substr(0, 16) + "-" + std::string(part) + "-" +
            hex_encode(as_view(sha256(bytes))).substr(0, 16) + std::string(ending));
  };
  Evidence evidence{name("remembered", what.remembered, what.ending),
                    name("served", what.served, what.ending),
                    {}};
  VARVE_CLI_CHECK(write_file(evidence.remembered, what.remembered, 0600));
  VARVE_CLI_CHECK(write_file(evidence.served, what.served, 0600));
  if (what.proof.empty()) return evidence;
  evidence.proof = name("consistency", what.proof, ".proof");
  VARVE_CLI_CHECK(write_file(*evidence.proof, what.proof, 0600));
  return evidence;
}

std::string where(const Outcome<StateDirectory::Evidence>& evidence) {
  if (!evidence) return "the evidence could not be saved: " + evidence.error().why;
  std::string text = "both signed checkpoints are kept in " + evidence->remembered.string() +
                     " and " + evidence->served.string();
  if (evidence->proof) text += ", the hashes that contradict them in " + evidence->proof->string();
  return text;
}

}  // namespace varve::cli
