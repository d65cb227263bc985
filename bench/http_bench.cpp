// What does the real binary do over HTTP, client and server on the same machine? Manifests, tiles,
// blobs, and what it costs to serve and to start over a log of a million entries.
//
//   http_bench [VARVE_BINARY]     the binary; default: $VARVE
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "bench/http_client.h"
#include "bench/rig.h"
#include "core/base/digest.h"

extern char** environ;

namespace varve::bench {
namespace {

constexpr std::size_t kConnections = 64;
constexpr double kSeconds = 8;
constexpr std::size_t kBlobBytes = 100 << 20;

// A server of ours in a process of its own.
class Server {
 public:
  Server(const std::string& binary, const std::filesystem::path& data) {
    int pipe_ends[2];
    if (::pipe(pipe_ends) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    const std::string directory = data.string();
    const char* arguments[] = {binary.c_str(),    "serve",    "--dev",       "--data",
                               directory.c_str(), "--listen", "127.0.0.1:0", nullptr};
    if (::posix_spawn(&pid_, binary.c_str(), &actions, nullptr, const_cast<char**>(arguments),
                      environ) != 0)
      throw std::runtime_error("cannot start " + binary);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe_ends[1]);
    wait_until_listening(pipe_ends[0]);
  }
  ~Server() { end(SIGTERM); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }
  void kill_hard() { end(SIGKILL); }
  double rss_mib() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
    return 0;
  }

 private:
  void wait_until_listening(int fd) {
    std::string text;
    constexpr std::string_view kMark = "listening on 127.0.0.1:";
    for (;;) {
      const auto at = text.find(kMark);
      if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
        port_ =
            static_cast<std::uint16_t>(std::strtoul(text.c_str() + at + kMark.size(), nullptr, 10));
        break;
      }
      char buffer[512];
      const ssize_t n = ::read(fd, buffer, sizeof buffer);
      if (n <= 0) throw std::runtime_error("the server did not start: " + text);
      text.append(buffer, static_cast<std::size_t>(n));
    }
    // Whatever it says later must not fill the pipe.
    drain_ = std::jthread([fd] {
      char buffer[512];
      while (::read(fd, buffer, sizeof buffer) > 0) {
      }
      ::close(fd);
    });
  }
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
  std::jthread drain_;
};

std::string request(std::string_view method, std::string_view path, std::size_t length,
                    std::string_view more = "") {
  return fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}Content-Length: {}\r\n\r\n", method,
                     path, more, length);
}

void put_request(std::uint64_t n, std::string& out) {
  const std::string body = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],)"
      R"("annotations":{{"org.opencontainers.image.revision":"{:040}"}}}})",
      n);
  out = request("PUT", fmt::format("/v2/bench/app/manifests/tag-{}", n), body.size(),
                "Content-Type: application/vnd.oci.image.index.v1+json\r\n");
  out += body;
}

void manifests_and_tiles(Report& report, const Server& server) {
  const auto put = Load::run(server.port(), kConnections, kSeconds, 201, put_request);
  report.at_least("manifest PUT, distinct tags, 64 connections", put.rate, 6'500, "/s");
  report.figure("  p99", put.p99_ms, "ms");
  report.at_most("  answers other than 201", static_cast<double>(put.failures), 0, "");

  const std::string get = request("GET", "/v2/bench/app/manifests/tag-7", 0);
  const auto by_tag = Load::run(server.port(), kConnections, kSeconds, 200,
                                [&](std::uint64_t, std::string& out) { out = get; });
  report.at_least("manifest GET by tag, 64 connections", by_tag.rate, 30'000, "/s");
  report.at_most("  answers other than 200", static_cast<double>(by_tag.failures), 0, "");

  const std::string tile = request("GET", "/log/tile/0/000", 0);
  const auto tiles = Load::run(server.port(), kConnections, kSeconds, 200,
                               [&](std::uint64_t, std::string& out) { out = tile; });
  report.at_least("tile GET, 64 connections", tiles.rate, 35'000, "/s");
  report.at_most("  answers other than 200", static_cast<double>(tiles.failures), 0, "");
}

// ---- blobs ----

std::string random_blob(std::uint64_t seed) {
  std::string blob(kBlobBytes, '\0');
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i + 8 <= blob.size(); i += 8) {
    const std::uint64_t word = random();
    std::memcpy(blob.data() + i, &word, 8);
  }
  return blob;
}

double upload(std::uint16_t port, const std::string& blob, const std::string& digest) {
  const int fd = connect_to(port);
  const auto begin = Clock::now();
  const auto started = round_trip(fd, request("POST", "/v2/bench/app/blobs/uploads/", 0));
  const auto done =
      round_trip(fd, request("PUT", started.location + "?digest=" + digest, blob.size()), blob);
  const double seconds = seconds_since(begin);
  ::close(fd);
  if (done.status != 201)
    throw std::runtime_error(fmt::format("an upload was answered with {}", done.status));
  return seconds;
}

double download(std::uint16_t port, const std::string& digest) {
  const int fd = connect_to(port);
  const auto begin = Clock::now();
  const auto head = round_trip(fd, request("GET", "/v2/bench/app/blobs/" + digest, 0));
  const double seconds = seconds_since(begin);
  ::close(fd);
  if (head.status != 200 || head.body_bytes != kBlobBytes)
    throw std::runtime_error("the download failed");
  return seconds;
}

// dd bs=1M conv=fsync from memory to the disk under test.
double dd(const std::filesystem::path& directory, const std::string& blob) {
  const auto source = std::filesystem::path("/dev/shm") / fmt::format("varve-bench-{}", ::getpid());
  std::ofstream(source, std::ios::binary) << blob;
  const auto target = directory / "dd.out";
  const std::string command =
      fmt::format("dd if={} of={} bs=1M conv=fsync status=none", source.string(), target.string());
  const auto begin = Clock::now();
  const int status = std::system(command.c_str());
  const double seconds = seconds_since(begin);
  std::filesystem::remove(source);
  std::filesystem::remove(target);
  if (status != 0) throw std::runtime_error("dd failed");
  return seconds;
}

// What `openssl speed sha256` prints for its largest blocks.
double sha256_rate() {
  const std::string block(16 << 10, 'x');
  const auto begin = Clock::now();
  std::uint64_t bytes = 0;
  Hasher hasher;
  while (seconds_since(begin) < 1) {
    for (int i = 0; i < 64; ++i) hasher.update(block);
    bytes += 64 * block.size();
  }
  return static_cast<double>(bytes) / seconds_since(begin);
}

void blobs(Report& report, const Server& server, const std::filesystem::path& directory) {
  constexpr double kMiB = 1 << 20;
  std::vector<double> ours, theirs, downloads;
  std::string digest;
  for (std::uint64_t round = 0; round < 5; ++round) {
    const std::string blob = random_blob(round);
    digest = Digest::of(blob).to_string();
    ours.push_back(upload(server.port(), blob, digest));
    theirs.push_back(dd(directory, blob));
    downloads.push_back(download(server.port(), digest));
  }
  const double up = kBlobBytes / quantile(ours, 0.5), limit = kBlobBytes / quantile(theirs, 0.5);
  report.figure("dd bs=1M conv=fsync", limit / kMiB, "MiB/s");
  report.figure("100 MB upload", up / kMiB, "MiB/s");
  report.at_least("ratio", up / limit, 0.6, "x");
  const double down = kBlobBytes / quantile(downloads, 0.5), hash = sha256_rate();
  report.figure("SHA-256 on one core, 16 KiB blocks", hash / kMiB, "MiB/s");
  report.figure("100 MB download", down / kMiB, "MiB/s");
  report.at_least("ratio", down / hash, 0.6, "x");
}

void eight_at_once(Report& report, const Server& server) {
  const double before = server.rss_mib();
  std::atomic<double> highest = before;
  {
    std::vector<std::jthread> clients;
    for (std::uint64_t i = 0; i < 8; ++i)
      clients.emplace_back([&, i] {
        const std::string blob = random_blob(100 + i);
        upload(server.port(), blob, Digest::of(blob).to_string());
      });
    const std::jthread watch([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        highest = std::max(highest.load(), server.rss_mib());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    for (auto& client : clients) client.join();
  }
  report.figure("resident before", before, "MiB");
  report.at_most("growth during 8 uploads of 100 MB", highest - before, 64, "MiB");
}

void a_million_entries(Report& report, const std::string& binary) {
  const BenchDirectory directory;
  const auto store = directory.path() / "data";
  {
    Rig rig(store);
    fill(rig, 1'000'000);
  }
  Server first(binary, store);
  Load::run(first.port(), kConnections, 2, 201, put_request);
  const std::string get = request("GET", "/v2/bench/app/manifests/tag-7", 0);
  Load::run(first.port(), kConnections, 2, 200,
            [&](std::uint64_t, std::string& out) { out = get; });
  Load::run(first.port(), kConnections, 2, 200, [&](std::uint64_t n, std::string& out) {
    out = request("GET", fmt::format("/log/tile/0/x{:03}/{:03}", n % 3, n % 900), 0);
  });
  report.at_most("resident, serving 1,000,000 entries", first.rss_mib(), 400, "MiB");
  first.kill_hard();
  const auto begin = Clock::now();
  const Server second(binary, store);
  report.at_most("start after kill -9", seconds_since(begin), 5, "s");
}

int run(const std::string& binary) {
  Report report("The server over HTTP, client on the same machine");
  {
    const BenchDirectory directory;
    const Server server(binary, directory.path() / "data");
    manifests_and_tiles(report, server);
    blobs(report, server, directory.path());
    eight_at_once(report, server);
  }
  a_million_entries(report, binary);
  return report.exit_code();
}

}  // namespace
}  // namespace varve::bench

int main(int argc, char** argv) {
  const char* named = argc == 2 ? argv[1] : std::getenv("VARVE");
  if (named == nullptr || argc > 2) {
    fmt::print(stderr, "usage: http_bench [VARVE_BINARY], or VARVE in the environment\n");
    return 2;
  }
  try {
    return varve::bench::run(named);
  } catch (const std::exception& error) {
    fmt::print(stderr, "http_bench: {}\n", error.what());
    return 1;
  }
}
