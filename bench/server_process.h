// Servers under test, each in a process of its own that ends with the object. One thread.
#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/http_client.h"
#include "core/base/bytes.h"

extern char** environ;

namespace varve::bench {

// Started with its standard error on a pipe.
class ServerProcess {
 public:
  explicit ServerProcess(const std::vector<std::string>& command) {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int failed =
        ::posix_spawnp(&pid_, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe_ends[1]);
    errors_ = pipe_ends[0];
    if (failed != 0) throw std::runtime_error("cannot start " + command.front());
  }
  ~ServerProcess() { end(SIGTERM); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void kill_hard() { end(SIGKILL); }
  double rss_mib() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
    return 0;
  }

  // What follows `mark` on its line of standard error, once it is there.
  std::string wait_for(std::string_view mark) {
    std::string text;
    for (;;) {
      const auto at = text.find(mark);
      const auto end = at == std::string::npos ? at : text.find('\n', at);
      if (end != std::string::npos) {
        drain();
        return text.substr(at + mark.size(), end - at - mark.size());
      }
      char buffer[512];
      const ssize_t n = ::read(errors_, buffer, sizeof buffer);
      if (n <= 0) throw std::runtime_error("the server did not start: " + text);
      text.append(buffer, static_cast<std::size_t>(n));
    }
  }

  // Whatever it says from here on must not fill the pipe.
  void drain() {
    drain_ = std::jthread([fd = errors_] {
      char buffer[512];
      while (::read(fd, buffer, sizeof buffer) > 0) {
      }
      ::close(fd);
    });
  }

 private:
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid_ = 0;
  int errors_ = -1;
  std::jthread drain_;
};

// varve on a port of the system's choice, in dev mode unless it is told otherwise.
class VarveServer {
 public:
  VarveServer(const std::string& binary, const std::filesystem::path& data,
              const std::vector<std::string>& mode = {"--dev"})
      : process_(command(binary, data, mode)),
        port_(
            static_cast<std::uint16_t>(std::stoul(process_.wait_for("listening on 127.0.0.1:")))) {}
  std::uint16_t port() const { return port_; }
  void kill_hard() { process_.kill_hard(); }
  double rss_mib() const { return process_.rss_mib(); }

 private:
  static std::vector<std::string> command(const std::string& binary,
                                          const std::filesystem::path& data,
                                          const std::vector<std::string>& mode) {
    std::vector<std::string> words = {binary,        "serve",    "--data",
                                      data.string(), "--listen", "127.0.0.1:0"};
    words.insert(words.end(), mode.begin(), mode.end());
    return words;
  }
  ServerProcess process_;
  std::uint16_t port_;
};

// What a command prints, without the end of its line.
inline std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + command);
  std::string text;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  if (::pclose(pipe) != 0) throw std::runtime_error("a command failed: " + command);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// varve with accounts, where nobody may do anything without one, and a publisher that may do
// everything in some places. What it sends with every request is header().
class ClosedServer {
 public:
  ClosedServer(const std::string& binary, const std::filesystem::path& data,
               const std::vector<std::string>& places)
      : admin_(init(binary, data)), server_(binary, data, {}) {
    const std::string token = as_admin(binary, "user add publisher --kind service");
    as_admin(binary, "grant set anonymous '*' none");
    for (const std::string& place : places)
      as_admin(binary, "grant set publisher '" + place + "' maintainer");
    header_ = "Authorization: Basic " + base64_encode("publisher:" + token) + "\r\n";
  }
  const VarveServer& server() const { return server_; }
  const std::string& header() const { return header_; }

 private:
  static std::string init(const std::string& binary, const std::filesystem::path& data) {
    const std::string said = output_of("'" + binary + "' init --data '" + data.string() +
                                       "' --origin bench.example -o json 2>/dev/null");
    constexpr std::string_view kMark = "\"password\":\"";
    const auto at = said.find(kMark);
    if (at == said.npos) throw std::runtime_error("init printed no password");
    const auto begin = at + kMark.size();
    return said.substr(begin, said.find('"', begin) - begin);
  }
  std::string as_admin(const std::string& binary, const std::string& words) const {
    return output_of(fmt::format(
        "VARVE_USER=admin VARVE_PASSWORD='{}' '{}' {} --server http://127.0.0.1:{} 2>/dev/null",
        admin_, binary, words, server_.port()));
  }
  std::string admin_;
  VarveServer server_;
  std::string header_;
};

// main() of a bench that runs the binary named by its argument or by $VARVE.
inline int bench_main(int argc, char** argv, std::string_view name,
                      int (*run)(const std::string& binary)) {
  const char* named = argc == 2 ? argv[1] : std::getenv("VARVE");
  if (named == nullptr || argc > 2) {
    fmt::print(stderr, "usage: {} [VARVE_BINARY], or VARVE in the environment\n", name);
    return 2;
  }
  try {
    return run(named);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 1;
  }
}

}  // namespace varve::bench
