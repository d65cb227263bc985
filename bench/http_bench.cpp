// What does the real binary do over HTTP, client and server on the same machine? Manifests, tiles,
// blobs, and what it costs to serve and to start over a log of a million entries.
//
//   http_bench [VARVE_BINARY]     the binary; default: $VARVE
#include <atomic>
#include <fstream>
#include <thread>

#include "bench/http_client.h"
#include "bench/rig.h"
#include "bench/server_process.h"
#include "bench/warm_memory.h"
#include "core/base/digest.h"

namespace varve::bench {
namespace {

constexpr std::size_t kConnections = 64;
constexpr double kSeconds = 8;
constexpr std::size_t kBlobBytes = 100 << 20;
constexpr std::string_view kRepo = "bench/app";

void put_request(std::uint64_t n, std::string& out) {
  const std::string body = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],)"
      R"("annotations":{{"org.opencontainers.image.revision":"{:040}"}}}})",
      n);
  out = request("PUT", fmt::format("/v2/bench/app/manifests/tag-{}", n), body.size(),
                "Content-Type: application/vnd.oci.image.index.v1+json\r\n");
  out += body;
}

void manifests_and_tiles(Report& report, const VarveServer& server) {
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

void blobs(Report& report, const VarveServer& server, const std::filesystem::path& directory) {
  constexpr double kMiB = 1 << 20;
  warm_memory();
  std::vector<double> ours, theirs, downloads;
  std::string digest;
  for (std::uint64_t round = 0; round < 5; ++round) {
    const std::string blob = random_blob(kBlobBytes, round);
    digest = Digest::of(blob).to_string();
    ours.push_back(upload(server.port(), kRepo, blob, digest));
    theirs.push_back(dd(directory, blob));
    downloads.push_back(download(server.port(), kRepo, digest, kBlobBytes));
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

void eight_at_once(Report& report, const VarveServer& server) {
  const double before = server.rss_mib();
  std::atomic<double> highest = before;
  {
    std::vector<std::jthread> clients;
    for (std::uint64_t i = 0; i < 8; ++i)
      clients.emplace_back([&, i] {
        const std::string blob = random_blob(kBlobBytes, 100 + i);
        upload(server.port(), kRepo, blob, Digest::of(blob).to_string());
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
  VarveServer first(binary, store);
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
  const VarveServer second(binary, store);
  report.at_most("start after kill -9", seconds_since(begin), 5, "s");
}

int run(const std::string& binary) {
  Report report("The server over HTTP, client on the same machine");
  {
    const BenchDirectory directory;
    const VarveServer server(binary, directory.path() / "data");
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
  return varve::bench::bench_main(argc, argv, "http_bench", varve::bench::run);
}
