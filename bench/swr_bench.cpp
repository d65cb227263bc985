// How quick is a page of SWR's listing out of a hundred thousand repositories, whatever it filters
// and orders by, while nothing changes and while others push? Client and server on the same
// machine.
//
//   swr_bench [VARVE_BINARY]     the binary; default: $VARVE
#include <random>

#include "bench/http_client.h"
#include "bench/rig.h"
#include "bench/server_process.h"
#include "bench/warm_memory.h"

namespace varve::bench {
namespace {

constexpr std::uint64_t kRepos = 100'000;
constexpr std::uint64_t kNamespaces = 500;
constexpr double kSeconds = 8;
constexpr double kTargetMs = 20;

// A repository with one tag: three events.
Command push(std::uint64_t n, std::uint64_t tag = 0) {
  const auto body = std::make_shared<const std::string>(
      fmt::format(R"({{"schemaVersion":2,"manifests":[],"annotations":{{"n":"{}-{}"}}}})", n, tag));
  const Digest digest = Digest::of(*body);
  const std::string repo = fmt::format("team-{}/service-{}", n % kNamespaces, n);
  return {Actor{"anonymous", Auth::dev},
          "01JD0000000000000000000000",
          "oci",
          oci::PutManifest{must(RepoName::parse(repo)),
                           {must(oci::Tag::parse(fmt::format("v{}", tag)))},
                           digest,
                           body->size(),
                           "application/vnd.oci.image.index.v1+json",
                           {},
                           {}},
          {{digest, body}}};
}

void make_repositories(const std::filesystem::path& data) {
  Rig rig(data);
  std::counting_semaphore<kInFlight> free(kInFlight);
  for (std::uint64_t n = 0; n < kRepos; ++n) {
    Command command = push(n);
    free.acquire();
    rig.ledger().submit(std::move(command), [&free](Result<Receipt> receipt) {
      must(std::move(receipt));
      free.release();
    });
  }
  for (std::size_t i = 0; i < kInFlight; ++i) free.acquire();
  rig.ledger().drain();
}

std::string page(std::mt19937_64& random) {
  constexpr const char* kFilters[] = {"center::self",
                                      "namespace::team-4",
                                      "name::service-77",
                                      "namespace::7|name::1",
                                      "category::other|is_public::true",
                                      "name::nothing-is-called-so"};
  constexpr const char* kColumns[] = {"updated_time", "name", "tag_count", "namespace",
                                      "is_public"};
  const std::uint64_t offsets[] = {0, random() % 1'000, random() % kRepos};
  return request(
      "GET",
      fmt::format("/v2/manage/repos?filter={}|offset::{}|limit::100|order_column::{}|"
                  "order_type::{}",
                  kFilters[random() % std::size(kFilters)], offsets[random() % 3],
                  kColumns[random() % std::size(kColumns)], random() % 2 == 0 ? "asc" : "desc"),
      0);
}

LoadResult list(std::uint16_t port, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return Load::run(port, 1, kSeconds, 200,
                   [&](std::uint64_t, std::string& out) { out = page(random); });
}

void judge(Report& report, const char* name, const LoadResult& result) {
  report.figure(fmt::format("{}, pages", name), result.rate, "/s");
  report.at_most("  99th percentile", result.p99_ms, kTargetMs, "ms");
  report.at_most("  answers other than 200", static_cast<double>(result.failures), 0, "");
}

int run(const std::string& binary) {
  Report report(fmt::format("SWR's listing over {} repositories, 100 a page", kRepos));
  const BenchDirectory directory;
  warm_memory();
  make_repositories(directory.path() / "data");
  const VarveServer server(binary, directory.path() / "data");
  const auto start = Clock::now();
  Load::run(
      server.port(), 1, 600, 200,
      [](std::uint64_t, std::string& out) {
        out = request("GET", "/v2/manage/repos?offset=0&limit=1", 0);
      },
      AnswerBody::sent, 1);
  report.figure("the first page, which makes the index", seconds_since(start), "s");
  list(server.port(), 1);  // what is computed for a repository is computed once
  judge(report, "nothing else going on", list(server.port(), 2));
  // Pushes from aside: each changes the orders of the index.
  std::jthread pushes([&](const std::stop_token& stop) {
    std::uint64_t n = 0;
    const std::string body = R"({"schemaVersion":2,"manifests":[]})";
    while (!stop.stop_requested())
      Load::run(server.port(), 1, 0.5, 201, [&](std::uint64_t, std::string& out) {
        out = request("PUT", fmt::format("/v2/team-1/service-1/manifests/t{}", n++), body.size(),
                      "Content-Type: application/vnd.oci.image.index.v1+json\r\n") +
              body;
      });
  });
  judge(report, "while one client pushes", list(server.port(), 3));
  report.figure("resident", server.rss_mib(), "MiB");
  return report.exit_code();
}

}  // namespace
}  // namespace varve::bench

int main(int argc, char** argv) {
  return varve::bench::bench_main(argc, argv, "swr_bench", varve::bench::run);
}
