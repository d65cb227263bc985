// Starting and ending the real binary. One thread.
#include "spawned_server.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>

#include "script.h"

extern char** environ;

namespace varve::transcript {

namespace {

using namespace std::chrono_literals;

constexpr auto kStartMax = 30s;
constexpr auto kStopMax = 45s;  // longer than the server's own drain

// Polls: the events waited for come from another process and have no descriptor here.
template <class Condition>
bool wait_until(std::chrono::seconds limit, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

// Without reaping it: stop() does that.
bool has_ended(pid_t child) {
  siginfo_t info{};
  const int failed = waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
  return failed != 0 || info.si_pid == child;
}

}  // namespace

SpawnedServer::SpawnedServer(const std::string& binary, std::vector<std::string> more, Kind kind) {
  std::string name = (std::filesystem::temp_directory_path() / "varve-http-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return;
  directory_ = name;
  if (kind == Kind::with_accounts) initialise(binary);
  start(binary, more, kind);
  if (child_ > 0 && !wait_for_port()) stop();
}

SpawnedServer::~SpawnedServer() {
  stop();
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

// Its stdout goes to the file `output`, its stderr to the log; -1 when it could not be started.
pid_t SpawnedServer::spawn(std::vector<std::string> words, const char* output) const {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string log_path = (directory_ / "log").string();
  const std::string output_path = (directory_ / output).string();
  const int flags = O_WRONLY | O_CREAT | O_APPEND;
  posix_spawn_file_actions_addopen(&actions, 1, output_path.c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, log_path.c_str(), flags, 0600);
  pid_t child = -1;
  if (posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ) != 0)
    child = -1;
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

// The password stands in the one line of JSON that init prints.
void SpawnedServer::initialise(const std::string& binary) {
  const std::vector<std::string> words = {
      binary, "init", "--data", (directory_ / "data").string(), "--origin", "registry.example/test",
      "-o",   "json"};
  const pid_t child = spawn(words, "made");
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child) return;
  const std::string made = read_file(directory_ / "made").value_or("");
  static constexpr std::string_view kMember = R"("password":")";
  const std::size_t start = made.find(kMember);
  if (start == std::string::npos) return;
  const std::string rest = made.substr(start + kMember.size());
  admin_password_ = rest.substr(0, rest.find('"'));
}

void SpawnedServer::start(const std::string& binary, const std::vector<std::string>& more,
                          Kind kind) {
  std::vector<std::string> words = {
      binary, "serve", "--data", (directory_ / "data").string(), "--listen", "127.0.0.1:0"};
  if (kind == Kind::dev) words.emplace_back("--dev");
  words.insert(words.end(), more.begin(), more.end());
  child_ = spawn(std::move(words), "log");
}

std::string SpawnedServer::log() const {
  if (child_ < 0 && port_ == 0 && !std::filesystem::exists(directory_ / "log")) {
    return "the binary could not be started";
  }
  return read_file(directory_ / "log").value_or("no log");
}

bool SpawnedServer::wait_for_port() {
  static constexpr std::string_view kSaid = "listening on 127.0.0.1:";
  return wait_until(kStartMax,
                    [this] {
                      const std::string text = read_file(directory_ / "log").value_or("");
                      const std::size_t said = text.find(kSaid);
                      if (said != std::string::npos && text.find('\n', said) != std::string::npos) {
                        const char* digits = text.data() + said + kSaid.size();
                        std::from_chars(digits, text.data() + text.size(), port_);
                      }
                      return port_ != 0 || has_ended(child_);
                    }) &&
         port_ != 0;
}

int SpawnedServer::stop() {
  if (child_ <= 0) return -1;
  int status = -1;
  kill(child_, SIGTERM);
  const bool ended =
      wait_until(kStopMax, [this, &status] { return waitpid(child_, &status, WNOHANG) == child_; });
  if (!ended) {
    kill(child_, SIGKILL);
    waitpid(child_, &status, 0);
  }
  child_ = -1;
  return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace varve::transcript
