// The files behind TrustStore. One about a log is its key file (the log's vkey and those of all its
// event keys), an empty line, and the checkpoint note, so that it checks itself: keys carry their
// ids, and the note must verify with the key above it. One about an address is the address, the
// origin, and SHA-256 of these two lines.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "api/cli/files.h"
#include "api/cli/trust.h"
#include "core/base/bytes.h"

namespace varve::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStateBytesMax = kKeyFileBytesMax + 1 + kNoteBytesMax;
constexpr std::size_t kUrlBytesMax = 64 << 10;

std::unexpected<Failure> damaged(const fs::path& file, std::string why) {
  return refuse(
      ExitCode::internal, "what is remembered about this registry cannot be read",
      file.string() + ": " + std::move(why),
      "restore the file from a backup; remove it only if you mean to trust the registry's "
      "next answer as you did the first");
}

// Held while the state is read and replaced, so that two processes cannot take a step back.
class StateLock {
 public:
  explicit StateLock(const fs::path& directory)
      : descriptor_(::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    locked_ = descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX) == 0;
  }
  ~StateLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;
  bool locked() const { return locked_; }

 private:
  int descriptor_;
  bool locked_ = false;
};

std::unexpected<Failure> not_locked(const fs::path& directory) {
  return refuse(ExitCode::internal, "the state directory cannot be locked",
                directory.string() + ": " + std::strerror(errno),
                "make it writable, or set XDG_STATE_HOME to a directory that is");
}

Outcome<void> make_private(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return refuse(ExitCode::internal, "the state directory cannot be made",
                  directory.string() + ": " + error.message(),
                  "make it writable, or set XDG_STATE_HOME to a directory that is");
  return {};
}

std::string render(const TrustedLog& log) {
  return format_trusted_keys(log.keys) + "\n" + log.note;
}

Result<TrustedLog> parse_state(std::string_view bytes, std::string_view origin) {
  const std::size_t end = bytes.find("\n\n");
  if (end == std::string_view::npos)
    return fail(Errc::invalid, About::checkpoint, "it does not hold keys and a checkpoint");
  VARVE_TRY(auto keys, parse_trusted_keys(bytes.substr(0, end + 1)));
  if (keys.log.name() != origin)
    return fail(Errc::invalid, About::key, "it is about another registry", keys.log.name());
  const std::string_view note = bytes.substr(end + 2);
  VARVE_TRY(auto checkpoint, open_checkpoint(note, keys.log));
  return TrustedLog{std::move(keys), std::move(checkpoint), std::string(note)};
}

std::string render_url(std::string_view url, std::string_view origin) {
  const std::string lines = std::string(url) + "\n" + std::string(origin) + "\n";
  return lines + hex_encode(as_view(sha256(lines))) + "\n";
}

Result<std::string> parse_url_state(std::string_view bytes, std::string_view url) {
  const std::size_t start = bytes.find('\n') + 1;
  const std::size_t end = bytes.find('\n', start);
  const std::string origin(start > 0 && end != bytes.npos ? bytes.substr(start, end - start) : "");
  if (origin.empty() || bytes != render_url(url, origin))
    return fail(Errc::invalid, About::request, "it does not say which registry is at this address");
  return origin;
}

Outcome<void> remove_file(const fs::path& file, std::vector<fs::path>& removed) {
  std::error_code error;
  const bool was_there = fs::remove(file, error);
  if (error)
    return refuse(ExitCode::internal, "what is remembered cannot be removed",
                  file.string() + ": " + error.message(), "make the state directory writable");
  if (was_there) removed.push_back(file);
  return {};
}

}  // namespace

Outcome<TrustStore> TrustStore::from_environment() {
  // XDG base directory specification: a relative path is to be ignored.
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return TrustStore(fs::path(state) / "varve");
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/')
    return TrustStore(fs::path(home) / ".local" / "state" / "varve");
  return refuse(ExitCode::usage, "there is no place to remember checkpoints in",
                "neither XDG_STATE_HOME nor HOME is an absolute path",
                "set XDG_STATE_HOME to a directory that is kept between runs");
}

fs::path TrustStore::file(std::string_view origin) const {
  return directory_ / (hex_encode(as_view(sha256(origin))) + ".state");
}

fs::path TrustStore::url_file(std::string_view url) const {
  return directory_ / (hex_encode(as_view(sha256(url))) + ".url");
}

Outcome<std::optional<TrustedLog>> TrustStore::load(std::string_view origin) const {
  const fs::path path = file(origin);
  auto bytes = read_file(path, kStateBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) return std::nullopt;
  if (!bytes) return damaged(path, describe(bytes.error()));
  auto log = parse_state(*bytes, origin);
  if (!log) return damaged(path, describe(log.error()));
  return *std::move(log);
}

Outcome<TrustStore::Saved> TrustStore::save(const TrustedLog& log,
                                            std::string_view base_note) const {
  VARVE_CLI_CHECK(make_private(directory_));
  const StateLock lock(directory_);
  if (!lock.locked()) return not_locked(directory_);
  VARVE_CLI_TRY(const auto there, load(log.checkpoint.origin));
  const bool known = !there || there->note == base_note || there->note == log.note;
  if (!known || (there && there->checkpoint.size > log.checkpoint.size)) return Saved::changed;
  VARVE_CLI_CHECK(doing("the verified checkpoint cannot be remembered",
                        write_file(file(log.checkpoint.origin), render(log), 0600),
                        "make the state directory writable, or set XDG_STATE_HOME to one that is"));
  return Saved::yes;
}

Outcome<std::optional<std::string>> TrustStore::origin_at(std::string_view url) const {
  const fs::path path = url_file(url);
  auto bytes = read_file(path, kUrlBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) return std::nullopt;
  if (!bytes) return damaged(path, describe(bytes.error()));
  auto origin = parse_url_state(*bytes, url);
  if (!origin) return damaged(path, describe(origin.error()));
  return *std::move(origin);
}

Outcome<std::string> TrustStore::remember_origin(std::string_view url, std::string_view origin,
                                                 bool replace) const {
  VARVE_CLI_CHECK(make_private(directory_));
  const StateLock lock(directory_);
  if (!lock.locked()) return not_locked(directory_);
  VARVE_CLI_TRY(auto there, origin_at(url));
  if (there && (*there == origin || !replace)) return *std::move(there);
  VARVE_CLI_CHECK(doing("the registry's address cannot be remembered",
                        write_file(url_file(url), render_url(url, origin), 0600),
                        "make the state directory writable, or set XDG_STATE_HOME to one that is"));
  return std::string(origin);
}

Outcome<TrustStore::Forgotten> TrustStore::forget(std::string_view url) const {
  std::error_code error;
  if (!fs::exists(directory_, error)) return Forgotten{};
  const StateLock lock(directory_);
  if (!lock.locked()) return not_locked(directory_);
  Forgotten forgotten;
  // A damaged file can be forgotten too; which log it was about is then not known.
  if (auto origin = origin_at(url)) forgotten.origin = *std::move(origin);
  if (forgotten.origin) VARVE_CLI_CHECK(remove_file(file(*forgotten.origin), forgotten.files));
  VARVE_CLI_CHECK(remove_file(url_file(url), forgotten.files));
  return forgotten;
}

Outcome<TrustStore::Evidence> TrustStore::save_evidence(std::string_view origin,
                                                        std::string_view remembered,
                                                        std::string_view served,
                                                        std::string_view proof) const {
  const fs::path directory = directory_ / "evidence";
  VARVE_CLI_CHECK(make_private(directory));
  // Named by what they hold: the same evidence twice is one file, and none replaces another.
  const auto name = [&](std::string_view what, std::string_view bytes, std::string_view ending) {
    return directory /
           (hex_encode(as_view(sha256(origin))).substr(0, 16) + "-" + std::string(what) + "-" +
            hex_encode(as_view(sha256(bytes))).substr(0, 16) + std::string(ending));
  };
  Evidence evidence{name("remembered", remembered, ".note"), name("served", served, ".note"), {}};
  VARVE_CLI_CHECK(write_file(evidence.remembered, remembered, 0600));
  VARVE_CLI_CHECK(write_file(evidence.served, served, 0600));
  if (proof.empty()) return evidence;
  evidence.proof = name("consistency", proof, ".proof");
  VARVE_CLI_CHECK(write_file(*evidence.proof, proof, 0600));
  return evidence;
}

}  // namespace varve::cli
