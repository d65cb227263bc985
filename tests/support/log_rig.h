// A small registry without HTTP for tests of the log: keys, store, anchor, head and ledger, with
// images pushed by function call. One thread, except for what the ledger does itself.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "core/oci/manifest.h"
#include "core/registry.h"
#include "log/ledger.h"
#include "log/reader.h"
#include "log/store/tables.h"
#include "tests/support/mem_store.h"

namespace varve::test {

// What must not be an error: its value, or a failed test that says why and ends the process.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().what << " " << result.error().detail;
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// An anchor in memory whose next write can fail, done or not.
class MemAnchor final : public Anchor {
 public:
  enum class Failure { none, not_written, written };
  Result<std::optional<std::string>> read() const override { return note; }
  Result<void> write(std::string_view checkpoint_note) override {
    const Failure failure = std::exchange(next_failure, Failure::none);
    if (failure != Failure::not_written) note = std::string(checkpoint_note);
    if (failure != Failure::none) return fail(Errc::unknown, About::checkpoint, "the disk said no");
    return {};
  }
  std::optional<std::string> note;
  Failure next_failure = Failure::none;
};

inline Actor dev_actor() {
  return {"anonymous", Auth::dev};
}

inline Command command_of(Intent intent, std::vector<Body> bodies = {}, Actor actor = dev_actor()) {
  return {std::move(actor), "01JD0000000000000000000000", "oci", std::move(intent),
          std::move(bodies)};
}

// A command that needs nothing to be there first: an artifact without blobs, distinct by `n`.
inline Command put_manifest(const std::string& repo, const std::string& tag, std::uint64_t n) {
  auto body = std::make_shared<const std::string>(
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],)"
      R"("annotations":{"n":")" +
      std::to_string(n) + "\"}}");
  const Digest digest = Digest::of(*body);
  oci::PutManifest put{must(RepoName::parse(repo)),
                       {must(oci::Tag::parse(tag))},
                       digest,
                       body->size(),
                       "application/vnd.oci.image.index.v1+json",
                       {},
                       {}};
  return command_of(std::move(put), {{digest, body}});
}

// Writes a store's head row as another program, or another moment, would have it.
inline void edit_head(Store& store, const std::function<void(HeadRow&)>& edit) {
  auto row = must(decode_head(*must(store.snapshot()->get(Family::meta, kHeadKey))));
  edit(row);
  auto batch = store.batch();
  batch->put(Family::meta, kHeadKey, encode_head(row));
  must(store.commit(std::move(batch)));
}

class LogRig {
 public:
  explicit LogRig(std::string origin = "registry.example/test")
      : disk(make_mem_disk()),
        log_key(Signer::generate(origin)),
        event_key(Signer::generate(origin + "/events")) {
    auto fresh = must(open_mem_store(disk));
    must(Ledger::initialise(*fresh, anchor, keys(), genesis(), now()));
  }
  ~LogRig() { close(); }

  Command genesis() const {
    return {{"operator", Auth::local},
            "01JD0000000000000000000000",
            "local",
            system::Initialise{log_key.verifier().name(), log_key.verifier().to_string(),
                               event_key.verifier().to_string()},
            {}};
  }
  LedgerKeys keys() const {
    return {must(Signer::parse(log_key.to_string())), must(Signer::parse(event_key.to_string())),
            warg_key};
  }
  Timestamp now() const { return Timestamp{clock.load()}; }

  Result<void> try_open() {
    close();
    store = must(open_mem_store(disk));
    LedgerOptions options;
    options.publish_interval = publish_interval;
    options.clock = [this] { return now(); };
    auto opened = Ledger::open(*store, anchor, head, keys(), options);
    if (!opened) {
      store.reset();
      return std::unexpected(opened.error());
    }
    ledger = *std::move(opened);
    return {};
  }
  void open() { must(try_open()); }
  void close() {
    ledger.reset();
    head.publish(nullptr);
    store.reset();
  }

  std::future<Result<Receipt>> submit(Command command) {
    auto promise = std::make_shared<std::promise<Result<Receipt>>>();
    auto future = promise->get_future();
    ledger->submit(std::move(command),
                   [promise](Result<Receipt> r) { promise->set_value(std::move(r)); });
    return future;
  }
  Result<Receipt> run(Command command) { return submit(std::move(command)).get(); }
  Reader reader() const { return Reader(head.get()); }

  std::shared_ptr<MemDisk> disk;
  MemAnchor anchor;
  Signer log_key;
  Signer event_key;
  std::shared_ptr<const warg::PrivateKey> warg_key = nullptr;  // from the next open() on
  std::atomic<std::int64_t> clock{1'795'000'000'000'000};
  std::chrono::milliseconds publish_interval{20};
  std::unique_ptr<Store> store;
  HeadCell head;
  std::unique_ptr<Ledger> ledger;
};

}  // namespace varve::test
