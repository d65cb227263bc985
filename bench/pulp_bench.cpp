// What does the real binary do with Pulp's packages over HTTP, client and server on the same
// machine? Creating them and reading them beside manifests, in the same run; and a list of all of
// them, which must not cost memory in proportion.
//
//   pulp_bench [VARVE_BINARY]     the binary; default: $VARVE
#include <atomic>
#include <thread>

#include "bench/http_client.h"
#include "bench/rig.h"
#include "bench/server_process.h"
#include "bench/warm_memory.h"

namespace varve::bench {
namespace {

constexpr std::size_t kConnections = 64;
constexpr double kSeconds = 4;
constexpr int kTurns = 3;
constexpr std::uint64_t kPackages = 100'000;  // in the list

// Where the requests go, and what every one of them says of who sends it.
struct Registry {
  std::uint16_t port;
  std::string header;
};

void put_manifest(const Registry& registry, std::uint64_t n, std::string& out) {
  const std::string body = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],)"
      R"("annotations":{{"org.opencontainers.image.revision":"{:040}"}}}})",
      n);
  out = request("PUT", fmt::format("/v2/bench/app/manifests/tag-{}", n), body.size(),
                registry.header + "Content-Type: application/vnd.oci.image.index.v1+json\r\n");
  out += body;
}

std::string nevra_path(std::uint64_t n) {
  return fmt::format("/packages/package-{}/1.0/1.el9/0/x86_64/", n);
}

void put_package(const Registry& registry, std::uint64_t n, std::string& out) {
  const std::string body = fmt::format(
      R"({{"name":"package-{0}","epoch":"0","version":"1.0","release":"1.el9","arch":"x86_64",)"
      R"("description":"The package with the number {0}, which says little of itself",)"
      R"("checksum_type":"sha256","checksum":"{0:064}","filename":"package-{0}-1.0-1.el9.rpm"}})",
      n);
  out = request("PUT", "/packages/", body.size(), registry.header);
  out += body;
}

std::string created_package(const Registry& registry, std::uint64_t n) {
  std::string text;
  put_package(registry, n, text);
  const int fd = connect_to(registry.port);
  const auto head = round_trip(fd, text);
  ::close(fd);
  if (head.status != 201) throw std::runtime_error("a package was not created");
  return head.location;
}

// In turns, numbers going on: what is already there is not the same at the end as at the beginning.
struct Rates {
  std::vector<double> manifests;
  std::vector<double> packages;
  std::uint64_t failures = 0;
};
template <class Manifest, class Package>
Rates in_turns(std::uint16_t port, unsigned status, Manifest manifest, Package package) {
  Rates rates;
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto first = Load::run(port, kConnections, kSeconds, status, manifest);
    const auto second = Load::run(port, kConnections, kSeconds, status, package);
    rates.manifests.push_back(first.rate);
    rates.packages.push_back(second.rate);
    rates.failures += first.failures + second.failures;
  }
  return rates;
}

void compare(Report& report, const std::string& what, const Rates& rates, double ratio) {
  const double manifests = quantile(rates.manifests, 0.5);
  const double packages = quantile(rates.packages, 0.5);
  report.figure("manifest, 64 connections", manifests, "/s");
  report.figure(what, packages, "/s");
  report.at_least("  of the rate of manifests", packages / manifests, ratio, "x");
  report.at_most("  answers of another status", static_cast<double>(rates.failures), 0, "");
}

void create_and_read(Report& report, const Registry& registry) {
  std::uint64_t manifests = 0;
  std::uint64_t packages = 1'000'000;  // other names than the list's
  const auto puts = in_turns(
      registry.port, 201,
      [&](std::uint64_t, std::string& out) { put_manifest(registry, manifests++, out); },
      [&](std::uint64_t, std::string& out) { put_package(registry, packages++, out); });
  compare(report, "package PUT, durable and signed", puts, 0.7);

  const auto get = [&](const std::string& path) {
    return request("GET", path, 0, registry.header);
  };
  const std::string manifest = get("/v2/bench/app/manifests/tag-7");
  const std::string by_id = get(created_package(registry, 0));
  const std::string by_name = get(nevra_path(0));
  const auto same = [](const std::string& text) {
    return [&text](std::uint64_t, std::string& out) { out = text; };
  };
  compare(report, "package GET by id", in_turns(registry.port, 200, same(manifest), same(by_id)),
          0.8);
  compare(report, "package GET by name",
          in_turns(registry.port, 200, same(manifest), same(by_name)), 0.8);
}

// An answer in chunks, thrown away: how many bytes came before the last one.
std::uint64_t read_chunked(std::uint16_t port, std::string_view path) {
  const int fd = connect_to(port);
  send_all(fd,
           fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path));
  std::vector<char> buffer(1 << 20);
  std::uint64_t bytes = 0;
  std::string end;
  for (;;) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n < 0) throw std::runtime_error("the server under test hung up");
    if (n == 0) break;
    const std::string_view got(buffer.data(), static_cast<std::size_t>(n));
    if (bytes == 0 && !got.starts_with("HTTP/1.1 200")) throw std::runtime_error("no list came");
    bytes += got.size();
    end = (end + std::string(got)).substr(std::max<std::size_t>(end.size() + got.size(), 8) - 8);
  }
  ::close(fd);
  if (!end.ends_with("0\r\n\r\n")) throw std::runtime_error("a list broke off");
  return bytes;
}

void list_all(Report& report, const VarveServer& server) {
  const Registry registry{server.port(), {}};
  const auto made = Load::run(
      server.port(), kConnections, 600, 201,
      [&](std::uint64_t n, std::string& out) { put_package(registry, n, out); }, AnswerBody::sent,
      kPackages);
  report.at_most("packages not created", static_cast<double>(made.failures), 0, "");
  read_chunked(server.port(), "/packages/");  // the store's cache has its share before
  const double before = server.rss_mib();
  std::atomic<double> highest = before;
  std::uint64_t bytes = 0;
  const auto begin = Clock::now();
  double seconds = 0;
  {
    const std::jthread watch([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        highest = std::max(highest.load(), server.rss_mib());
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    });
    bytes = read_chunked(server.port(), "/packages/");
    seconds = seconds_since(begin);
  }
  constexpr double kMiB = 1 << 20;
  const double size = static_cast<double>(bytes) / kMiB;
  report.figure("list of 100,000 packages, full documents", size, "MiB");
  report.figure("  per second", size / seconds, "MiB/s");
  report.figure("  resident before", before, "MiB");
  report.at_most("  growth while it is sent", highest - before, 16, "MiB");
}

int run(const std::string& binary) {
  Report report("Pulp's packages over HTTP, client on the same machine");
  warm_memory();
  {
    const BenchDirectory directory;
    const VarveServer server(binary, directory.path() / "data");
    report.part("everybody may do everything (dev mode)");
    create_and_read(report, {server.port(), {}});
  }
  {
    const BenchDirectory directory;
    const ClosedServer closed(binary, directory.path() / "data", {"packages/*", "bench/*"});
    report.part("a publisher with a password; nobody else may do anything");
    create_and_read(report, {closed.server().port(), closed.header()});
  }
  const BenchDirectory directory;
  const VarveServer server(binary, directory.path() / "data");
  list_all(report, server);
  return report.exit_code();
}

}  // namespace
}  // namespace varve::bench

int main(int argc, char** argv) {
  return varve::bench::bench_main(argc, argv, "pulp_bench", varve::bench::run);
}
