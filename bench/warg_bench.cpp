// How fast does the real binary take Warg records and prove them, client and server on the same
// machine? Beside: what verifying the signatures alone costs one core.
//
//   warg_bench [VARVE_BINARY]     the binary; default: $VARVE
//
// Records are signed before the clock starts: publishers do that elsewhere.
#include <random>

#include "bench/http_client.h"
#include "bench/rig.h"
#include "bench/server_process.h"
#include "bench/warm_memory.h"
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "log/proof/warg_keys.h"

namespace varve::bench {
namespace {

constexpr std::size_t kConnections = 64;
constexpr std::size_t kPublishers = 64;
constexpr std::uint64_t kPackages = 10'000;  // of each algorithm
constexpr std::uint64_t kReleases = 10'000;
constexpr double kSeconds = 8;
constexpr std::string_view kContent = "the content of every release";

warg::RecordTime record_time() {
  return warg::RecordTime::of(now());
}

struct SignedRecord {
  warg::RecordId id;
  std::string request;  // whole: a POST of the record
};
SignedRecord sign(const std::string& package, const warg::PackageRecord& record,
                  const warg::PrivateKey& key) {
  const std::string bytes = warg::encode(record);
  const auto log = warg::package_log_id(must(warg::PackageName::parse(package)));
  std::string body;
  json::Writer out(body);
  out.begin_object().key("packageName").string(package).key("record").begin_object();
  out.key("contentBytes").string(base64_encode(bytes));
  out.key("keyId").string(key.public_key().id().to_string());
  out.key("signature").string(key.sign(warg::Purpose::package_record, bytes).text());
  out.end_object().end_object();
  return {warg::package_record_id(bytes),
          request("POST", "/v1/package/" + log.to_string() + "/record", body.size(),
                  "Content-Type: application/json\r\n") +
              body};
}

warg::PackageEntry release(std::uint64_t number) {
  return warg::Release{must(warg::Version::parse(fmt::format("1.0.{}", number))),
                       Digest::of(kContent)};
}

// Init and release in one record, as `warg publish release` makes it for a new package.
std::vector<std::string> new_packages(warg::KeyAlgorithm algorithm, std::uint64_t count) {
  std::vector<warg::PrivateKey> keys;
  for (std::size_t i = 0; i < kPublishers; ++i)
    keys.push_back(warg::PrivateKey::generate(algorithm));
  std::vector<std::string> requests;
  auto time = record_time();
  for (std::uint64_t n = 0; n < count; ++n) {
    const auto& key = keys[n % kPublishers];
    time.nanos = static_cast<std::int32_t>(n);  // no two packages begin with the same bytes
    requests.push_back(
        sign(fmt::format("{}:p{}", algorithm == warg::KeyAlgorithm::ed25519 ? "ed" : "ec", n),
             {std::nullopt, 0, time, {warg::Init{key.public_key().text()}, release(0)}}, key)
            .request);
  }
  return requests;
}

double verify_rate(warg::KeyAlgorithm algorithm) {
  const auto key = warg::PrivateKey::generate(algorithm);
  const std::string payload(200, 'x');
  const auto signature = key.sign(warg::Purpose::package_record, payload);
  const auto begin = Clock::now();
  std::uint64_t count = 0;
  while (seconds_since(begin) < 1) {
    for (int i = 0; i < 100; ++i)
      must(key.public_key().verify(warg::Purpose::package_record, payload, signature));
    count += 100;
  }
  return static_cast<double>(count) / seconds_since(begin);
}

// The body of an answer, for a few of them.
std::string answer_to(std::uint16_t port, const std::string& request) {
  const int fd = connect_to(port);
  send_all(fd, request);
  std::string text;
  AnswerHead head;
  char buffer[64 << 10];
  while (!parse_head(text, head) || text.size() < head.header_bytes + head.body_bytes) {
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) throw std::runtime_error("the server under test hung up");
    text.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return text.substr(head.header_bytes);
}

// The first package brings the content that all others release, and the namespaces are there then.
void bring_content(std::uint16_t port) {
  const auto key = warg::PrivateKey::generate(warg::KeyAlgorithm::ed25519);
  for (const char* name : {"ed:first", "ec:first"}) {
    auto time = record_time();
    time.nanos = name[1] == 'd' ? 1 : 2;
    const auto record =
        sign(name, {std::nullopt, 0, time, {warg::Init{key.public_key().text()}, release(0)}}, key);
    answer_to(port, record.request);
    const auto log = warg::package_log_id(must(warg::PackageName::parse(name)));
    answer_to(port, request("POST",
                            fmt::format("/v1/package/{}/record/{}/content/{}", log.to_string(),
                                        record.id.to_string(), Digest::of(kContent).to_string()),
                            kContent.size()) +
                        std::string(kContent));
  }
}

std::uint64_t log_length(std::uint16_t port) {
  const std::string body = answer_to(port, request("GET", "/v1/fetch/checkpoint", 0));
  constexpr std::string_view kName = "\"logLength\":";
  return std::stoull(body.substr(body.find(kName) + kName.size()));
}

LoadResult post_all(std::uint16_t port, const std::vector<std::string>& requests) {
  return Load::run(
      port, kConnections, 600, 202,
      [&](std::uint64_t n, std::string& out) { out = requests[std::min(n, kPackages - 1)]; },
      AnswerBody::sent, kPackages);
}

// Into a registry that has nothing but the content: what is there already makes later ones slower.
void publish(Report& report, std::uint16_t port, warg::KeyAlgorithm algorithm, double target) {
  const auto requests = new_packages(algorithm, kPackages);
  const std::string name(warg::to_string(algorithm));
  const double alone = verify_rate(algorithm);
  const std::uint64_t before = log_length(port);
  const auto load = post_all(port, requests);
  report.figure("verifying " + name + " on one core", alone, "/s");
  report.at_least("init + release in one record, 64 in flight, " + name, load.rate, target, "/s");
  report.at_least("  of the rate of verifying", load.rate / alone, 0.4, "x");
  report.figure("  p99", load.p99_ms, "ms");
  report.at_most("  answers other than 202", static_cast<double>(load.failures), 0, "");
  report.at_most("  records not published",
                 static_cast<double>(kPackages - (log_length(port) - before)), 0, "");
}

// A package's records one after the other, each timed from its POST to its answer.
class Releases {
 public:
  Releases(std::uint16_t port, std::string package, std::uint64_t count)
      : fd_(connect_to(port)), key_(warg::PrivateKey::generate(warg::KeyAlgorithm::ecdsa_p256)) {
    std::optional<warg::RecordId> prev;
    for (std::uint64_t n = 0; n < count; ++n) {
      warg::PackageRecord record{prev, 0, record_time(), {}};
      if (!prev) record.entries.emplace_back(warg::Init{key_.public_key().text()});
      record.entries.push_back(release(n));
      auto made = sign(package, record, key_);
      prev = made.id;
      requests_.push_back(std::move(made.request));
    }
  }
  ~Releases() { ::close(fd_); }
  Releases(const Releases&) = delete;
  Releases& operator=(const Releases&) = delete;

  double post_next() {  // milliseconds
    const auto begin = Clock::now();
    if (round_trip(fd_, requests_.at(next_++)).status != 202)
      throw std::runtime_error("a record was refused");
    return seconds_since(begin) * 1e3;
  }

 private:
  int fd_;
  warg::PrivateKey key_;
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
};

// In turns: the machine is not the same at the end of ten thousand releases as at their beginning.
void one_package(Report& report, std::uint16_t port) {
  constexpr std::uint64_t kTurns = 200;
  Releases many(port, "ec:many", kReleases + kTurns);
  Releases few(port, "ec:few", 10 + kTurns);
  std::vector<double> all;
  for (std::uint64_t n = 0; n < kReleases; ++n) all.push_back(many.post_next());
  for (int n = 0; n < 10; ++n) few.post_next();
  std::vector<double> late;
  std::vector<double> early;
  for (std::uint64_t n = 0; n < kTurns; ++n) {
    late.push_back(many.post_next());
    early.push_back(few.post_next());
  }
  report.at_most("one record alone, POST to published, p99", quantile(all, 0.99), 10, "ms");
  report.figure("  median", quantile(all, 0.5), "ms");
  const double tenth = quantile(early, 0.5);
  const double ten_thousandth = quantile(late, 0.5);
  report.figure("from the 10th release of a package on, median", tenth, "ms");
  report.figure("from the 10,000th on, median", ten_thousandth, "ms");
  report.at_most("  ratio", ten_thousandth / tenth, 1.2, "x");
}

void proofs(Report& report, std::uint16_t port) {
  const std::uint64_t length = log_length(port);
  std::mt19937_64 random(7);
  const auto post = [](std::string_view path, const std::string& body) {
    return request("POST", path, body.size(), "Content-Type: application/json\r\n") + body;
  };
  // Leaf 0 is the operator's, as Warg's client asks for it; the others' packages have one record.
  const auto inclusion =
      Load::run(port, kConnections, kSeconds, 200, [&](std::uint64_t, std::string& out) {
        out = post("/v1/proof/inclusion", fmt::format(R"({{"logLength":{},"leafs":[{},{}]}})",
                                                      length, 5 + random() % (kPackages - 10),
                                                      5 + kPackages + random() % (kPackages - 10)));
      });
  report.figure("leaves of Warg's log", static_cast<double>(length), "");
  report.at_least("inclusion of 2 leaves", inclusion.rate, 8'000, "/s");
  report.at_most("  answers other than 200", static_cast<double>(inclusion.failures), 0, "");
  const auto consistency =
      Load::run(port, kConnections, kSeconds, 200, [&](std::uint64_t, std::string& out) {
        const std::uint64_t from = 1 + random() % (length - 1);
        out = post("/v1/proof/consistency", fmt::format(R"({{"from":{},"to":{}}})", from,
                                                        from + random() % (length - from + 1)));
      });
  report.at_least("consistency", consistency.rate, 15'000, "/s");
  report.at_most("  answers other than 200", static_cast<double>(consistency.failures), 0, "");
}

int run(const std::string& binary) {
  Report report("Warg over HTTP, client on the same machine");
  const BenchDirectory directory;
  warm_memory();
  {
    const VarveServer server(binary, directory.path() / "p256");
    bring_content(server.port());
    publish(report, server.port(), warg::KeyAlgorithm::ecdsa_p256, 2'500);
  }
  warm_memory();
  const VarveServer server(binary, directory.path() / "ed25519");
  bring_content(server.port());
  publish(report, server.port(), warg::KeyAlgorithm::ed25519, 4'000);
  post_all(server.port(), new_packages(warg::KeyAlgorithm::ecdsa_p256, kPackages));
  proofs(report, server.port());
  one_package(report, server.port());
  return report.exit_code();
}

}  // namespace
}  // namespace varve::bench

int main(int argc, char** argv) {
  return varve::bench::bench_main(argc, argv, "warg_bench", varve::bench::run);
}
