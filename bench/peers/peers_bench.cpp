// The same work on this server and on docker-registry, taking turns on one machine and one disk:
// ours durable, signed and logged, theirs as its package comes.
//
//   peers_bench [VARVE_BINARY]     the binary; default: $VARVE
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "bench/http_client.h"
#include "bench/server_process.h"
#include "bench/warm_memory.h"
#include "core/base/digest.h"

namespace varve::bench {
namespace {

constexpr std::string_view kRepo = "bench/app";
constexpr std::size_t kConnections = 32;
constexpr int kTurns = 3;
constexpr double kTurnSeconds = 3;

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("no free port");
  ::close(fd);
  return ntohs(address.sin_port);
}

// Debian's docker-registry over its file system driver, deletes enabled.
class DockerRegistry {
 public:
  explicit DockerRegistry(const std::filesystem::path& root) : port_(free_port()) {
    std::filesystem::create_directories(root / "data");
    const auto config = root / "config.yml";
    std::ofstream(config) << "version: 0.1\n"
                             "log: {level: error, accesslog: {disabled: true}}\n"
                             "storage:\n"
                             "  filesystem: {rootdirectory: "
                          << (root / "data").string() << "}\n  delete: {enabled: true}\n"
                          << "http: {addr: '127.0.0.1:" << port_ << "'}\n";
    process_ = std::make_unique<ServerProcess>(
        std::vector<std::string>{"docker-registry", "serve", config.string()});
    process_->drain();
    wait_until_it_answers();
  }
  std::uint16_t port() const { return port_; }

 private:
  void wait_until_it_answers() const {
    for (int attempt = 0; attempt < 200; ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      try {
        ::close(connect_to(port_));
        return;
      } catch (const std::exception&) {
        continue;  // not yet
      }
    }
    throw std::runtime_error("docker-registry did not start; apt-get install docker-registry");
  }
  std::uint16_t port_;
  std::unique_ptr<ServerProcess> process_;
};

struct Ports {
  std::uint16_t ours, theirs;
};

// ---- an image: one config, one layer, a manifest that names both ----

struct Blob {
  std::string bytes;
  std::string digest;
};

Blob blob_of(std::string bytes) {
  std::string digest = Digest::of(bytes).to_string();
  return {std::move(bytes), std::move(digest)};
}

struct Image {
  Blob config, layer;
};

// An image of its own: docker-registry refuses a manifest now and then when several clients finish
// the same config at once. A distinct layer costs its generator nothing: a number before the noise.
Image numbered_image(const std::string& noise, int number) {
  return {blob_of(fmt::format(R"({{"number":{}}})", number)),
          blob_of(fmt::format("{:08}", number) + noise)};
}

std::string manifest_of(const Image& image, std::uint64_t n) {
  return fmt::format(
      R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
      R"("config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},)"
      R"("layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}}],)"
      R"("annotations":{{"org.opencontainers.image.revision":"{:040}"}}}})",
      image.config.digest, image.config.bytes.size(), image.layer.digest, image.layer.bytes.size(),
      n);
}

std::string put_manifest(std::string_view reference, const std::string& body) {
  return request("PUT", fmt::format("/v2/{}/manifests/{}", kRepo, reference), body.size(),
                 "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n") +
         body;
}

std::string get_manifest(std::string_view method, std::string_view reference) {
  return request(method, fmt::format("/v2/{}/manifests/{}", kRepo, reference), 0,
                 "Accept: application/vnd.oci.image.manifest.v1+json\r\n");
}

// ---- rates ----

// What both did of the same work, in turns.
struct Pair {
  double ours = 0, theirs = 0;
  void add(double o, double t) {
    ours += o / kTurns;
    theirs += t / kTurns;
  }
  void print(Report& report, const std::string& name, double target, std::string_view unit) const {
    report.figure(name + ", docker-registry", theirs, unit);
    report.figure(name + ", varve", ours, unit);
    report.at_least("  ratio", ours / theirs, target, "x");
  }
};

double checked(const LoadResult& result, std::string_view what) {
  if (result.failures > 0)
    throw std::runtime_error(fmt::format("{} answers to {} were refusals", result.failures, what));
  return result.rate;
}

void manifest_puts(Report& report, const Ports& ports, const Image& image) {
  Pair pair;
  std::atomic<std::uint64_t> next = 0;
  const auto rate = [&](std::uint16_t port) {
    return checked(Load::run(port, kConnections, kTurnSeconds, 201,
                             [&](std::uint64_t, std::string& out) {
                               const std::uint64_t n = next++;
                               out = put_manifest(fmt::format("tag-{}", n), manifest_of(image, n));
                             }),
                   "PUT");
  };
  for (int turn = 0; turn < kTurns; ++turn) pair.add(rate(ports.ours), rate(ports.theirs));
  pair.print(report, "manifest PUT by new tag, 32 connections", 12, "/s");
}

void manifest_reads(Report& report, const Ports& ports, const Image& image, std::string_view method,
                    AnswerBody body) {
  const std::string put = put_manifest("read-me", manifest_of(image, 0));
  for (const auto port : {ports.ours, ports.theirs}) {
    const int fd = connect_to(port);
    round_trip(fd, put);
    ::close(fd);
  }
  Pair pair;
  const std::string get = get_manifest(method, "read-me");
  const auto rate = [&](std::uint16_t port) {
    return checked(Load::run(
                       port, kConnections, kTurnSeconds, 200,
                       [&](std::uint64_t, std::string& out) { out = get; }, body),
                   method);
  };
  for (int turn = 0; turn < kTurns; ++turn) pair.add(rate(ports.ours), rate(ports.theirs));
  pair.print(report, fmt::format("manifest {} by tag, 32 connections", method), 20, "/s");
}

// ---- images of 1 MB ----

constexpr int kWorkers = 10;
constexpr int kRounds = 100;
constexpr std::size_t kLayerBytes = 1 << 20;

// Seconds for ten workers to do `work(worker, round)` a hundred times each.
double crowd_seconds(const std::function<void(int worker, int round, int fd)>& work,
                     std::uint16_t port) {
  const auto begin = Clock::now();
  std::vector<std::future<void>> workers;
  for (int worker = 0; worker < kWorkers; ++worker)
    workers.push_back(std::async(std::launch::async, [&, worker] {
      const int fd = connect_to(port);
      for (int round = 0; round < kRounds; ++round) work(worker, round, fd);
      ::close(fd);
    }));
  for (auto& worker : workers) worker.get();
  return seconds_since(begin);
}

void images(Report& report, const Ports& ports) {
  const std::string noise = random_blob(kLayerBytes - 8, 7);
  std::vector<Image> made(kWorkers * kRounds);  // what pull asks for; only the digests are kept
  const auto push = [&](int worker, int round, int fd) {
    const int number = worker * kRounds + round;
    const Image image = numbered_image(noise, number);
    for (const Blob* blob : {&image.layer, &image.config})
      upload_on(fd, kRepo, blob->bytes, blob->digest);
    const auto done =
        round_trip(fd, put_manifest(fmt::format("image-{}", number), manifest_of(image, 0)));
    if (done.status != 201)
      throw std::runtime_error(fmt::format("a manifest was answered with {}", done.status));
    made[static_cast<std::size_t>(number)] = {image.config, {{}, image.layer.digest}};
  };
  const auto pull = [&](int worker, int round, int fd) {
    const int number = worker * kRounds + round;
    const Image& image = made[static_cast<std::size_t>(number)];
    const auto head = round_trip(fd, get_manifest("GET", fmt::format("image-{}", number)));
    if (head.status != 200) throw std::runtime_error("a manifest is not there");
    download_on(fd, kRepo, image.config.digest, image.config.bytes.size());
    download_on(fd, kRepo, image.layer.digest, kLayerBytes);
  };
  const double all = kWorkers * kRounds;
  warm_memory();
  const double our_push = crowd_seconds(push, ports.ours);
  warm_memory();
  const double their_push = crowd_seconds(push, ports.theirs);
  Pair{all / our_push, all / their_push}.print(report, "push of a 1 MB image, 10 workers", 4, "/s");
  const double our_pull = crowd_seconds(pull, ports.ours);
  const double their_pull = crowd_seconds(pull, ports.theirs);
  Pair{all / our_pull, all / their_pull}.print(report, "pull of a 1 MB image, 10 workers", 8, "/s");
}

void large_blobs(Report& report, const Ports& ports) {
  constexpr std::size_t kBytes = 100 << 20;
  constexpr double kMiB = 100;
  Pair up, down;
  for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
    const Blob blob = blob_of(random_blob(kBytes, 1000 + turn));
    warm_memory(40 * kBytes);
    up.add(kMiB / upload(ports.ours, kRepo, blob.bytes, blob.digest),
           kMiB / upload(ports.theirs, kRepo, blob.bytes, blob.digest));
    down.add(kMiB / download(ports.ours, kRepo, blob.digest, kBytes),
             kMiB / download(ports.theirs, kRepo, blob.digest, kBytes));
  }
  up.print(report, "100 MB blob push", 2, "MiB/s");
  down.print(report, "100 MB blob pull", 1, "MiB/s");
}

// ---- what must not slow down with history ----

constexpr std::uint64_t kMany = 100'000;

void repeat(std::uint16_t port, unsigned wanted, const Load::Make& make) {
  checked(Load::run(port, 64, 600, wanted, make, AnswerBody::sent, kMany), "set-up requests");
}

double p99_ms(std::uint16_t port, unsigned wanted,
              const std::function<std::string(int n)>& make_request) {
  const int fd = connect_to(port);
  std::vector<double> samples;
  for (int n = 0; n < 1'000; ++n) {
    const std::string text = make_request(n);
    const auto begin = Clock::now();
    if (round_trip(fd, text).status != wanted) throw std::runtime_error("a request was refused");
    samples.push_back(seconds_since(begin) * 1e3);
  }
  ::close(fd);
  return quantile(std::move(samples), 0.99);
}

std::string empty_index(std::uint64_t n) {
  return fmt::format(
      R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],)"
      R"("annotations":{{"n":"{}"}}}})",
      n);
}

std::string put_index(std::string_view repo, std::string_view reference, std::uint64_t n) {
  const std::string body = empty_index(n);
  return request("PUT", fmt::format("/v2/{}/manifests/{}", repo, reference), body.size(),
                 "Content-Type: application/vnd.oci.image.index.v1+json\r\n") +
         body;
}

std::string list_page(std::string_view repo, std::uint64_t after) {
  return request("GET", fmt::format("/v2/{}/tags/list?n=100&last=t-{}", repo, after), 0);
}

void history(Report& report, const VarveServer& server) {
  const auto port = server.port();
  repeat(port, 201, [](std::uint64_t n, std::string& out) {
    out = put_index("bench/many", fmt::format("t-{}", n), n % 2);
  });
  report.at_most(
      "tags/list page of 100, 100,000 tags, p99",
      p99_ms(port, 200,
             [](int n) { return list_page("bench/many", 10'000 + 50ull * unsigned(n)); }),
      5, "ms");

  repeat(port, 201, [](std::uint64_t n, std::string& out) {
    out = put_index("bench/moved", "t-1", n / 64 % 2);
  });
  report.at_most("the same, one tag moved 100,000 times",
                 p99_ms(port, 200, [](int) { return list_page("bench/moved", 0); }), 5, "ms");

  repeat(port, 201, [](std::uint64_t n, std::string& out) {
    out = put_index("bench/gone", fmt::format("t-{}", n), 1);
  });
  // The last of the set-up may still be on its way to the server when the first is deleted.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  repeat(port, 202, [](std::uint64_t n, std::string& out) {
    out = request("DELETE", fmt::format("/v2/bench/gone/manifests/t-{}", n), 0);
  });
  report.at_most("the same, 100,000 tags deleted",
                 p99_ms(port, 200, [](int) { return list_page("bench/gone", 0); }), 5, "ms");

  const int fd = connect_to(port);
  for (int n = 0; n < 1'000; ++n)
    round_trip(fd, put_index("bench/many", fmt::format("doomed-{}", n), kMany + unsigned(n)));
  ::close(fd);
  report.at_most("delete by digest, 100,000 other tags, p99",
                 p99_ms(port, 202,
                        [](int n) {
                          const Digest digest = Digest::of(empty_index(kMany + unsigned(n)));
                          return request(
                              "DELETE",
                              fmt::format("/v2/bench/many/manifests/{}", digest.to_string()), 0);
                        }),
                 5, "ms");
}

void side_by_side(Report& report, const Ports& ports) {
  const Image image = numbered_image("layer", 1'000'000);
  for (const auto port : {ports.ours, ports.theirs})
    for (const Blob* blob : {&image.layer, &image.config})
      upload(port, kRepo, blob->bytes, blob->digest);
  manifest_puts(report, ports, image);
  manifest_reads(report, ports, image, "GET", AnswerBody::sent);
  manifest_reads(report, ports, image, "HEAD", AnswerBody::left_out);
  images(report, ports);
  large_blobs(report, ports);
}

int run(const std::string& binary) {
  const BenchDirectory directory;
  const VarveServer varve(binary, directory.path() / "varve");
  Report report("The same work on varve and on docker-registry, in turns");
  {
    const DockerRegistry docker(directory.path() / "docker");
    side_by_side(report, {varve.port(), docker.port()});
  }
  history(report, varve);
  return report.exit_code();
}

}  // namespace
}  // namespace varve::bench

int main(int argc, char** argv) {
  return varve::bench::bench_main(argc, argv, "peers_bench", varve::bench::run);
}
