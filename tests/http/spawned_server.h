// The real binary on a free port with a data directory of its own. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace varve::transcript {

class SpawnedServer {
 public:
  // What the served directory is: one where everybody may do everything, or one made by `varve
  // init`, with accounts.
  enum class Kind { dev, with_accounts };

  // Starts `binary serve --dev --data <temporary> --listen 127.0.0.1:0 <more>` and waits for the
  // line "listening on 127.0.0.1:PORT" on its stderr.
  // With accounts it is `serve` without --dev.
  explicit SpawnedServer(const std::string& binary, std::vector<std::string> more = {},
                         Kind kind = Kind::dev);
  ~SpawnedServer();
  SpawnedServer(const SpawnedServer&) = delete;
  SpawnedServer& operator=(const SpawnedServer&) = delete;

  std::uint16_t port() const { return port_; }  // 0: it did not start; log() says why
  std::string log() const;
  pid_t pid() const { return child_; }
  std::filesystem::path data() const { return directory_ / "data"; }
  const std::string& admin_password() const { return admin_password_; }  // empty without accounts
  // SIGTERM, and its exit code; -1 when it had to be killed.
  int stop();

 private:
  void initialise(const std::string& binary);
  void start(const std::string& binary, const std::vector<std::string>& more, Kind kind);
  pid_t spawn(std::vector<std::string> words, const char* output) const;
  bool wait_for_port();

  std::filesystem::path directory_;
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  std::string admin_password_;
};

}  // namespace varve::transcript
