// A ledger over RocksDB on the disk under test, and commands to load it with.
#pragma once

#include <fmt/core.h>

#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "bench/report.h"
#include "core/oci/oci.h"
#include "log/directory.h"

namespace varve::bench {

constexpr std::size_t kInFlight = 256;

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "bench: {} {}\n", result.error().what, result.error().detail);
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

inline Timestamp now() {
  return {std::chrono::duration_cast<std::chrono::microseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

// Moves one of many tags: one signed event a command, decided against rows that are there. Two
// digests take turns, so that no move is a repeat.
class TagMoves {
 public:
  TagMoves() {
    for (int i = 0; i < 2; ++i) {
      bodies_.push_back(std::make_shared<const std::string>(
          fmt::format(R"({{"schemaVersion":2,"manifests":[],"annotations":{{"n":"{}"}}}})", i)));
      digests_.push_back(Digest::of(*bodies_.back()));
    }
  }
  Command next(std::uint64_t n) const {
    const std::size_t which = n / kTags % 2;
    return {Actor{"anonymous", Auth::dev},
            "01JD0000000000000000000000",
            "oci",
            oci::PutManifest{must(RepoName::parse("bench/app")),
                             {must(oci::Tag::parse(fmt::format("tag-{:05}", n % kTags)))},
                             digests_[which],
                             bodies_[which]->size(),
                             "application/vnd.oci.image.index.v1+json",
                             {},
                             {}},
            {{digests_[which], bodies_[which]}}};
  }

 private:
  static constexpr std::uint64_t kTags = 10'000;
  std::vector<std::shared_ptr<const std::string>> bodies_;
  std::vector<Digest> digests_;
};

// A ledger over RocksDB on the disk under test.
class Rig {
 public:
  explicit Rig(const std::filesystem::path& root) {
    must(DataDirectory::initialise(root, "bench.example", default_anchor(root),
                                   "01JD0000000000000000000000", now()));
    data_ = std::make_unique<DataDirectory>(must(DataDirectory::open(root, Access::exclusive)));
    anchor_ = std::make_unique<FileAnchor>(default_anchor(root));
    LedgerOptions options;
    options.clock = now;
    ledger_ = must(
        Ledger::open(data_->store(), *anchor_, head_, must(data_->load_keys(*anchor_)), options));
  }
  ~Rig() { ledger_.reset(); }
  Ledger& ledger() { return *ledger_; }
  std::shared_ptr<const Head> head() const { return head_.get(); }
  TreeSize size() const { return head_.get()->size; }
  Store& store() { return data_->store(); }
  std::size_t entry_bytes() const {
    const auto head = head_.get();
    return must(head->snapshot->get(Family::entry, entry_key(EntryIndex{head->size.value - 1})))
        ->size();
  }

 private:
  std::unique_ptr<DataDirectory> data_;
  std::unique_ptr<FileAnchor> anchor_;
  HeadCell head_;
  std::unique_ptr<Ledger> ledger_;
};

// Keeps kInFlight commands under way from one thread, as the server's I/O threads do.
struct Crowd {
  std::vector<double> latencies;
  double rate = 0;
};

inline Crowd crowd(Rig& rig, const TagMoves& moves, std::uint64_t& n, std::uint64_t count) {
  Crowd result;
  result.latencies.resize(count);
  // What the generator costs is taken from the ledger's cores: no lock, and no wake-up while it
  // runs.
  std::counting_semaphore<kInFlight> free(kInFlight);
  const auto begin = Clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    Command command = moves.next(n++);
    free.acquire();
    const auto start = Clock::now();
    rig.ledger().submit(std::move(command),
                        [&free, start, latency = &result.latencies[i]](Result<Receipt> r) {
                          must(std::move(r));
                          *latency = seconds_since(start);
                          free.release();
                        });
  }
  for (std::size_t i = 0; i < kInFlight; ++i) free.acquire();
  result.rate = static_cast<double>(count) / seconds_since(begin);
  return result;
}

// Grows the log to `entries` and waits until everything is published.
inline void fill(Rig& rig, std::uint64_t entries) {
  const TagMoves moves;
  std::uint64_t n = 0;
  while (rig.size().value < entries)
    crowd(rig, moves, n, std::min<std::uint64_t>(50'000, entries - rig.size().value));
  rig.ledger().drain();
}

}  // namespace varve::bench
