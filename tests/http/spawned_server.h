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
  // Starts `binary serve --dev --data <temporary> --listen 127.0.0.1:0 <more>` and waits for the
  // line "listening on 127.0.0.1:PORT" on its stderr.
  explicit SpawnedServer(const std::string& binary, std::vector<std::string> more = {});
  ~SpawnedServer();
  SpawnedServer(const SpawnedServer&) = delete;
  SpawnedServer& operator=(const SpawnedServer&) = delete;

  std::uint16_t port() const { return port_; }  // 0: it did not start; log() says why
  std::string log() const;
  // SIGTERM, and its exit code; -1 when it had to be killed.
  int stop();

 private:
  void start(const std::string& binary, const std::vector<std::string>& more);
  bool wait_for_port();

  std::filesystem::path directory_;
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace varve::transcript
