// How fast does the ledger make signed events durable, alone and in a crowd, against raw synced
// RocksDB writes of the same bytes on the same disk in the same run?
//
//   ledger_bench [--sustained N]     N: entries to grow the log to (default 1,000,000; 0 leaves it
//   out)
#include <fmt/core.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "bench/report.h"
#include "bench/rig.h"
#include "core/codec.h"
#include "log/reader.h"
#include "log/rows_view.h"
#include "log/store/rocks_store.h"

namespace varve::bench {
namespace {

double one_alone(Rig& rig, const TagMoves& moves, std::uint64_t& n) {
  std::promise<Result<Receipt>> promise;
  auto future = promise.get_future();
  Command command = moves.next(n++);
  const auto start = Clock::now();
  rig.ledger().submit(std::move(command),
                      [&](Result<Receipt> r) { promise.set_value(std::move(r)); });
  must(future.get());
  return seconds_since(start);
}

// Takes down what would be written.
class Recording final : public Batch {
 public:
  struct Row {
    Family family;
    std::string key;
    std::optional<std::string> value;
  };
  void put(Family family, std::string_view key, std::string_view value) override {
    rows.push_back({family, std::string(key), std::string(value)});
  }
  void erase(Family family, std::string_view key) override {
    rows.push_back({family, std::string(key), std::nullopt});
  }
  std::vector<Row> rows;
};

// The rows the ledger wrote for entries [from, to), in batches of `width` events: the same keys,
// values and order, with nothing left to decide, sign or hash.
std::vector<std::vector<Recording::Row>> recorded(const Head& head, std::uint64_t from,
                                                  std::uint64_t to, std::uint64_t width) {
  std::vector<std::vector<Recording::Row>> batches;
  const Reader reader(std::make_shared<const Head>(head));
  for (std::uint64_t first = from; first < to; first += width) {
    Recording recording;
    Layer layer;
    const LayeredView before(head.snapshot, {&layer});
    RowWriter rows(layer);
    for (std::uint64_t i = first; i < std::min(first + width, to); ++i) {
      const std::string bytes = must(reader.entry(EntryIndex{i}));
      recording.put(Family::entry, entry_key(EntryIndex{i}), bytes);
      rows.at(EntryIndex{i});
      const Event event = must(decode_entry_text(must(parse_note(bytes)).text)).event;
      std::vector<Body> bodies;
      if (const auto named = body_of(event))
        bodies.push_back({named->digest, std::make_shared<const std::string>(
                                             must(reader.body(named->digest)).value())});
      must(project(event, bodies, before, rows));
    }
    rows.write_into(recording);
    recording.put(Family::meta, kHeadKey, encode_head({TreeSize{first}, {}, {}, {}}));
    batches.push_back(std::move(recording.rows));
  }
  return batches;
}

void commit_raw(Store& store, const std::vector<Recording::Row>& rows) {
  auto batch = store.batch();
  for (const auto& row : rows) {
    if (row.value)
      batch->put(row.family, row.key, *row.value);
    else
      batch->erase(row.family, row.key);
  }
  must(store.commit(std::move(batch)));
}

// Alternates the two, so that whatever else the disk does hits both alike.
void alone(Report& report) {
  const BenchDirectory directory;
  Rig rig(directory.path() / "data");
  RocksOptions options;
  options.create_if_missing = true;
  auto raw = must(open_rocks_store(directory.path() / "raw", options));
  const TagMoves moves;
  std::uint64_t n = 0;
  for (int i = 0; i < 200; ++i) one_alone(rig, moves, n);
  const TreeSize size = rig.size();
  const auto batches = recorded(*rig.head(), size.value - 100, size.value, 1);
  std::vector<double> ours, theirs;
  for (std::size_t i = 0; i < 3'000; ++i) {
    ours.push_back(one_alone(rig, moves, n));
    const auto start = Clock::now();
    commit_raw(*raw, batches[i % batches.size()]);
    theirs.push_back(seconds_since(start));
  }
  const double p50 = quantile(ours, 0.5), raw_p50 = quantile(theirs, 0.5);
  report.figure("raw synced write of the same rows, p50", raw_p50 * 1e6, "us");
  report.figure("submit to acknowledged, p50", p50 * 1e6, "us");
  report.figure("submit to acknowledged, p99", quantile(ours, 0.99) * 1e6, "us");
  report.at_most("ratio", p50 / raw_p50, 2.0, "x");
}

// What libsodium alone can do here: every event costs one signature, so this bounds any ledger.
double signatures_per_second() {
  constexpr int kEach = 20'000;
  const Signer signer = Signer::generate("bench.example/events");
  const std::string text(450, 't');  // about an entry of a tag move
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const auto begin = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < cores; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) static_cast<void>(signer.sign_line(text));
      });
  }
  return kEach * static_cast<double>(cores) / seconds_since(begin);
}

// Ours and theirs take turns, a slice each: on a shared disk a single pair of figures says more
// about the moment than about either.
void in_a_crowd(Report& report, Rig& rig, const TagMoves& moves, std::uint64_t& n) {
  constexpr int kSlices = 8;
  constexpr std::uint64_t kSliceEvents = 20'000;
  const BenchDirectory directory;
  RocksOptions options;
  options.create_if_missing = true;
  auto raw = must(open_rocks_store(directory.path() / "raw", options));
  crowd(rig, moves, n, kSliceEvents);  // so that every move finds its tag
  double our_seconds = 0, raw_seconds = 0;
  std::uint64_t events = 0;
  std::vector<double> latencies;
  for (int i = 0; i < kSlices; ++i) {
    const std::uint64_t from = rig.size().value;
    const Crowd ours = crowd(rig, moves, n, kSliceEvents);
    const std::uint64_t to = rig.size().value;
    const auto batches = recorded(*rig.head(), from, to, kInFlight);
    const auto begin = Clock::now();
    for (const auto& rows : batches) commit_raw(*raw, rows);
    raw_seconds += seconds_since(begin);
    our_seconds += static_cast<double>(kSliceEvents) / ours.rate;
    events += to - from;
    latencies.insert(latencies.end(), ours.latencies.begin(), ours.latencies.end());
  }
  const double our_rate = static_cast<double>(events) / our_seconds;
  const double raw_rate = static_cast<double>(events) / raw_seconds;
  report.figure("raw synced batches of 256 of the same rows", raw_rate, "events/s");
  report.figure("Ed25519 signatures of such entries, every core", signatures_per_second(), "/s");
  report.at_least("durable signed events, 256 in flight", our_rate, 18'000, "events/s");
  report.at_least("ratio to raw", our_rate / raw_rate, 0.4, "x");
  report.figure("p50", quantile(latencies, 0.5) * 1e3, "ms");
  report.at_most("p99", quantile(latencies, 0.99) * 1e3, 40, "ms");
}

void sustained(Report& report, Rig& rig, const TagMoves& moves, std::uint64_t& n,
               std::uint64_t entries) {
  const std::uint64_t before = rig.size().value;
  const auto begin = Clock::now();
  double slowest = 1e18;
  while (rig.size().value < entries) {
    const double rate = crowd(rig, moves, n, 50'000).rate;
    slowest = std::min(slowest, rate);
    fmt::print("    {:>9} entries  {:>10.0f} events/s\n", rig.size().value, rate);
  }
  report.figure("slowest stretch of 50,000", slowest, "events/s");
  report.at_least(fmt::format("sustained up to {} entries", entries),
                  static_cast<double>(rig.size().value - before) / seconds_since(begin), 15'000,
                  "events/s");
}

int run(std::uint64_t sustained_entries) {
  Report report("The ledger, against raw synced RocksDB writes");
  alone(report);
  const BenchDirectory directory;
  Rig rig(directory.path() / "data");
  const TagMoves moves;
  std::uint64_t n = 0;
  in_a_crowd(report, rig, moves, n);
  if (sustained_entries > 0) sustained(report, rig, moves, n, sustained_entries);
  return report.exit_code();
}

}  // namespace
}  // namespace varve::bench

int main(int argc, char** argv) {
  std::uint64_t sustained = 1'000'000;
  if (argc == 3 && std::string_view(argv[1]) == "--sustained") sustained = std::stoull(argv[2]);
  return varve::bench::run(sustained);
}
