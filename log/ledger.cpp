// The single writer. Life of a command: submit() → queue → Writer::run takes a batch → Preparation
// decides, encodes, signs, hashes and projects → Writer::commit makes it durable, publishes the
// head, answers, anchors. Two threads: the writer's, which prepares batch n+1, and the committer's,
// which syncs batch n.
#include "log/ledger.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "core/base/limits.h"
#include "core/codec.h"
#include "core/warg/query.h"
#include "core/warg/settle.h"
#include "log/crew.h"
#include "log/rows_view.h"
#include "log/warg_checkpoint.h"

namespace varve {
namespace {

using Clock = std::chrono::steady_clock;

struct Waiting {
  Command command;
  Ledger::Done done;
  std::size_t bytes;
};

std::size_t bytes_of(const Command& command) {
  std::size_t bytes = 512;  // roughly an entry
  for (const Body& body : command.bodies) bytes += body.bytes->size();
  return bytes;
}

// A command's outcome, kept back until the batch it was decided in is durable.
struct Outcome {
  Ledger::Done done;
  Result<Receipt> receipt;
};

// Everything about one batch between its making and its answers.
struct Prepared {
  std::unique_ptr<Batch> writes;  // null: nothing to write, only outcomes to deliver in order
  Layer layer;
  Head head;                                      // snapshot is filled in after the commit
  std::shared_ptr<const std::string> checkpoint;  // signed in this batch, when one was due
  std::vector<Outcome> outcomes;
};

// Where the log stands, as the writer's thread sees it: ahead of the published head.
struct Tip {
  TreeEdge edge;
  Timestamp last_at;
  TreeSize checkpointed;  // size of the newest checkpoint in any batch
};

// Turns commands into one batch. Lives for one batch on the writer's thread.
class Preparation {
 public:
  Preparation(Store& store, const LedgerKeys& keys, Crew& crew, Tip& tip, const View& before,
              Layer& layer, Timestamp at)
      : keys_(keys),
        crew_(crew),
        tip_(tip),
        view_(before),
        writes_(store.batch()),
        rows_(layer),
        at_(at),
        next_(next_index(tip.edge.size())) {}

  // Errors are the command's own; a broken store is reported through fatal().
  Result<Receipt> add(Command& command) {
    command.now = at_;
    auto events = decide(command, view_);
    if (!events) return std::unexpected(std::move(events).error());
    const Receipt receipt{next_, static_cast<std::uint32_t>(events->size()), {}};
    for (std::uint32_t i = 0; i < events->size(); ++i) {
      VARVE_CHECK(
          append({next_, at_, command.actor, command.request, command.surface, i, receipt.count},
                 std::move((*events)[i]), command.bodies));
    }
    return receipt;
  }

  // The events that close a batch: Warg's clients take a record once a checkpoint covers it, so the
  // batch that takes records signs one over them. What it says is pinned in this log.
  void close() {
    if (drafts_.empty() || keys_.warg == nullptr || ends_the_event_key()) return;
    if (auto closed = sign_warg_checkpoint(); !closed && fatal_.empty())
      fatal_ = "Warg's checkpoint could not be made: " + closed.error().what;
  }

  // Encodes, signs and hashes every event on all cores, then grows the tree.
  void seal() {
    // A body is kept for ever under its digest: hashed once more from the bytes about to be
    // written.
    crew_.for_each(bodies_.size(), [this](std::size_t i) {
      VARVE_ASSERT(Digest::of(*bodies_[i].bytes, bodies_[i].digest.algorithm()) ==
                   bodies_[i].digest);
    });
    crew_.for_each(drafts_.size(), [this](std::size_t i) {
      Draft& draft = drafts_[i];
      draft.entry = encode_entry_text(draft.envelope, draft.event);
      const std::string signature = keys_.event.sign_line(draft.entry);
      draft.entry += '\n';
      draft.entry += signature;
      VARVE_ASSERT(draft.entry.size() <= limits::kEntryBytesMax);  // decide() bounds every field
      // From the bytes about to be written: a flipped bit in between must not become history.
      draft.leaf = leaf_hash(draft.entry);
    });
    std::vector<TreeEdge::FullTile> full;
    for (const Draft& draft : drafts_) {
      writes_->put(Family::entry, entry_key(draft.envelope.index), draft.entry);
      tip_.edge.append(draft.leaf, full);
    }
    for (const auto& tile : full)
      writes_->put(Family::tile, tile_key(tile.level, tile.n), tile.bytes);
    rows_.write_into(*writes_);
    if (!drafts_.empty()) tip_.last_at = at_;
  }

  std::size_t events() const { return drafts_.size(); }
  const std::string& fatal() const { return fatal_; }
  std::unique_ptr<Batch> take_writes() { return std::move(writes_); }
  Batch& writes() { return *writes_; }

 private:
  struct Draft {
    Envelope envelope;
    Event event;
    std::string entry;
    Hash256 leaf;
  };

  // What follows a rotation is signed by the new key, which this writer does not have.
  bool ends_the_event_key() const {
    return std::ranges::any_of(drafts_, [](const Draft& draft) {
      return std::holds_alternative<system::EventKeyRotated>(draft.event);
    });
  }
  // The newest request that it covers; of a time without a key, the one that comes first after it.
  const std::string& request_of_checkpoint() const {
    const auto of_warg = std::ranges::find(
        drafts_.rbegin(), drafts_.rend(), warg::kSurface,
        [](const Draft& draft) { return std::string_view(draft.envelope.surface); });
    return (of_warg == drafts_.rend() ? drafts_.back() : *of_warg).envelope.request;
  }

  Result<void> sign_warg_checkpoint() {
    VARVE_TRY(const bool due, warg::checkpoint_is_due(view_));
    if (!due) return {};
    VARVE_TRY(auto settlement, broken_unless(warg::settle(view_)));
    const warg::Roots& roots = settlement.roots;
    const warg::Checkpoint contents{roots.log_length, roots.log_root, roots.map_root,
                                    static_cast<std::uint64_t>(at_.micros / 1'000'000)};
    VARVE_TRY(const auto made, warg::sign_checkpoint(contents, *keys_.warg));
    const warg::CheckpointSigned event = as_event(made);
    Envelope envelope{next_,
                      at_,
                      Actor{std::string(kOperator), Auth::local},
                      request_of_checkpoint(),
                      std::string(warg::kSurface),
                      0,
                      1};
    // What project() does to this event, without settling once more.
    rows_.at(next_);
    VARVE_CHECK(broken_unless(warg::pin(event, std::move(settlement), rows_)));
    draft(std::move(envelope), event, {});
    return {};
  }

  // Takes the event in at its place: what comes after sees what it did.
  Result<void> append(Envelope envelope, Event event, Bodies bodies) {
    rows_.at(next_);
    VARVE_CHECK(broken_unless(project(event, bodies, view_, rows_)));
    draft(std::move(envelope), std::move(event), bodies);
    return {};
  }
  void draft(Envelope envelope, Event event, Bodies bodies) {
    put_body(event, bodies);
    drafts_.push_back({std::move(envelope), std::move(event), {}, {}});
    next_ = EntryIndex{next_.value + 1};
  }

  template <class T>
  Result<T> broken_unless(Result<T> result) {
    if (!result) fatal_ = "a row could not be read: " + result.error().what;
    return result;
  }

  void put_body(const Event& event, Bodies bodies) {
    const auto named = body_of(event);
    if (!named) return;
    const auto brought = std::ranges::find(bodies, named->digest, &Body::digest);
    VARVE_ASSERT(brought != bodies.end() && brought->bytes->size() == named->size);
    writes_->put(Family::body, brought->digest.row(), *brought->bytes);
    bodies_.push_back(*brought);
  }

  const LedgerKeys& keys_;
  Crew& crew_;
  Tip& tip_;
  const View& view_;
  std::unique_ptr<Batch> writes_;
  RowWriter rows_;
  Timestamp at_;
  EntryIndex next_;
  std::vector<Draft> drafts_;
  std::vector<Body> bodies_;
  std::string fatal_;
};

}  // namespace

class Ledger::Writer {
 public:
  Writer(Store& store, Anchor& anchor, HeadCell& head, LedgerKeys keys, LedgerOptions options)
      : store_(store),
        anchor_(anchor),
        head_(head),
        keys_(std::move(keys)),
        options_(std::move(options)),
        crew_(options_.signing_threads) {
    const auto now = head_.get();
    tip_ = {*now->edge, now->last_at, now->published};
    newest_checkpoint_ = now->checkpoint;
    published_ = now->published;
    // What a crash left unpublished is published at once.
    last_publication_ = Clock::now() - options_.publish_interval;
    writer_ = std::jthread([this] { run(); });
    committer_ = std::jthread([this] { run_committer(); });
  }

  ~Writer() { drain(); }

  void submit(Command command, Done done) {
    const std::size_t bytes = bytes_of(command);
    std::unique_lock lock(mutex_);
    if (!fatal_.empty() || draining_) {
      const std::string why = fatal_.empty() ? "the server is shutting down" : fatal_;
      lock.unlock();
      return done(fail(Errc::unavailable, About::storage, why));
    }
    if (queue_.size() >= limits::kQueueCommandsMax ||
        queued_bytes_ + bytes > limits::kQueueBytesMax) {
      lock.unlock();
      return done(fail(Errc::overloaded, About::request, "the write queue is full; try again"));
    }
    const bool was_empty = queue_.empty();
    queued_bytes_ += bytes;
    queue_.push_back({std::move(command), std::move(done), bytes});
    lock.unlock();
    if (was_empty) work_.notify_one();
  }

  void drain() {
    {
      const std::lock_guard lock(mutex_);
      draining_ = true;
    }
    work_.notify_one();
    const std::lock_guard joining(join_mutex_);
    if (writer_.joinable()) writer_.join();
    {
      const std::lock_guard lock(mutex_);
      committer_stops_ = true;
    }
    handover_.notify_all();
    if (committer_.joinable()) committer_.join();
  }

  std::string fatal() const {
    const std::lock_guard lock(mutex_);
    return fatal_;
  }

 private:
  // ---- the writer's thread ----

  void run() {
    for (;;) {
      std::deque<Waiting> commands;
      const bool goes_on = take(commands);
      if (!goes_on && commands.empty()) return publish_last();
      prepare_and_commit(std::move(commands));
    }
  }

  // Waits for commands, for the moment a publication is due, or for the end (then false).
  bool take(std::deque<Waiting>& commands) {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (!queue_.empty() || draining_ || !fatal_.empty()) break;
      if (unpublished()) {
        const auto due = last_publication_ + options_.publish_interval;
        if (Clock::now() >= due) return true;  // a batch with a checkpoint alone
        work_.wait_until(lock, due);
      } else {
        work_.wait(lock);
      }
    }
    std::size_t bytes = 0;
    while (!queue_.empty() && commands.size() < limits::kBatchEventsMax) {
      if (!commands.empty() && bytes + queue_.front().bytes > limits::kBatchBytesMax) break;
      bytes += queue_.front().bytes;
      queued_bytes_ -= queue_.front().bytes;
      commands.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return !(draining_ || !fatal_.empty()) || !commands.empty();
  }

  bool unpublished() const { return tip_.edge.size() > tip_.checkpointed; }

  void prepare_and_commit(std::deque<Waiting> commands) {
    auto prepared = std::make_unique<Prepared>();
    const Timestamp now = options_.clock();
    const bool clock_is_behind =
        tip_.last_at.micros - now.micros >
        std::chrono::duration_cast<std::chrono::microseconds>(limits::kClockBehindMax).count();
    const auto base = begin_layering();
    const LayeredView view(base.snapshot, {&base.in_flight->layer, &prepared->layer}, &cache_);
    // Later than every entry before, if only by a microsecond: `?as_of=<time>` of a committed time
    // must never change its answer, even while the clock stands behind.
    const Timestamp at = std::max(now, Timestamp{tip_.last_at.micros + 1});
    Preparation preparation(store_, keys_, crew_, tip_, view, prepared->layer, at);

    const auto room_for = [&](const Command& command) {
      return preparation.events() + events_max(command.intent) <= limits::kBatchEventsMax &&
             prepared->layer.size() < limits::kBatchRowsMax;
    };
    while (!commands.empty() && room_for(commands.front().command)) {
      Waiting& waiting = commands.front();
      Result<Receipt> outcome =
          fail(Errc::unavailable, About::storage,
               "this machine's clock is more than ten minutes behind the newest entry");
      if (!clock_is_behind) outcome = preparation.add(waiting.command);
      if (!preparation.fatal().empty()) return abandon(preparation.fatal(), *prepared, commands);
      prepared->outcomes.push_back({std::move(waiting.done), std::move(outcome)});
      commands.pop_front();
    }
    give_back(std::move(commands));
    preparation.close();
    if (!preparation.fatal().empty()) return abandon(preparation.fatal(), *prepared, commands);
    preparation.seal();
    cache_.update(prepared->layer);
    finish(*prepared, preparation);
    hand_over(std::move(prepared));
  }

  // Commands that did not fit go to the front again: a run is never split between batches.
  void give_back(std::deque<Waiting> commands) {
    const std::lock_guard lock(mutex_);
    for (; !commands.empty(); commands.pop_back()) {
      queued_bytes_ += commands.back().bytes;
      queue_.push_front(std::move(commands.back()));
    }
  }

  // Closes the batch: the checkpoint when one is due, and the head row. The closing events that it
  // covers are in already: Preparation::close().
  void finish(Prepared& prepared, Preparation& preparation) {
    const bool due = unpublished() && Clock::now() >= last_publication_ + options_.publish_interval;
    if (preparation.events() == 0 && !due) return;
    const TreeSize size = tip_.edge.size();
    const Hash256 root = tip_.edge.root();
    if (due) sign_checkpoint_into(prepared, preparation.writes(), size, root);
    preparation.writes().put(Family::meta, kHeadKey,
                             encode_head({size, root, tip_.last_at, tip_.checkpointed}));
    prepared.head = {
        size, root,   tip_.last_at, nullptr, std::make_shared<const TreeEdge>(tip_.edge),
        {},   nullptr};
    prepared.writes = preparation.take_writes();
  }

  void sign_checkpoint_into(Prepared& prepared, Batch& writes, TreeSize size, const Hash256& root) {
    const Checkpoint checkpoint{keys_.log.verifier().name(), size, root};
    prepared.checkpoint =
        std::make_shared<const std::string>(sign_checkpoint(checkpoint, keys_.log));
    writes.put(Family::checkpoint, checkpoint_key(size), *prepared.checkpoint);
    tip_.checkpointed = size;
    last_publication_ = Clock::now();
  }

  void publish_last() {
    if (!fatal().empty() || !unpublished()) return;
    last_publication_ = Clock::now() - options_.publish_interval;
    prepare_and_commit({});
  }

  // ---- between the two ----

  // What the next batch is decided on: the newest snapshot that is not newer than the batch in
  // flight assumes, under that batch's own changes.
  struct Base {
    std::shared_ptr<const Snapshot> snapshot;
    std::shared_ptr<const Prepared> in_flight;
  };

  Base begin_layering() {
    const std::lock_guard lock(mutex_);
    if (in_flight_ == nullptr) base_snapshot_ = head_.get()->snapshot;
    static const auto nothing = std::make_shared<const Prepared>();
    return {base_snapshot_, in_flight_ == nullptr ? nothing : in_flight_};
  }

  void hand_over(std::unique_ptr<Prepared> prepared) {
    std::shared_ptr<Prepared> batch = std::move(prepared);
    std::unique_lock lock(mutex_);
    if (in_flight_ == nullptr && batch->outcomes.size() <= 1) {
      lock.unlock();
      return commit(*batch);  // alone: no thread hop
    }
    handover_.wait(lock, [this] { return in_flight_ == nullptr; });
    // The batch that was in flight is committed: the view of the next one starts from there.
    in_flight_ = std::move(batch);
    base_snapshot_ = head_.get()->snapshot;
    lock.unlock();
    handover_.notify_all();
  }

  // ---- the committer's thread ----

  void run_committer() {
    std::unique_lock lock(mutex_);
    for (;;) {
      handover_.wait(lock, [this] { return in_flight_ != nullptr || committer_stops_; });
      if (in_flight_ == nullptr) return;
      const auto batch = in_flight_;
      lock.unlock();
      commit(*batch);
      lock.lock();
      in_flight_.reset();
      handover_.notify_all();
    }
  }

  // Durable, visible, answered, anchored, published: in this order and no other.
  void commit(Prepared& batch) {
    if (const std::string why = fatal(); !why.empty())
      return answer_all(batch, Error(Errc::unavailable, About::storage, why));
    if (batch.writes != nullptr) {
      if (auto done = store_.commit(std::move(batch.writes)); !done) {
        stop("a commit failed, so its outcome is unknown until a restart: " + done.error().what);
        return answer_all(batch,
                          Error(Errc::unknown, About::storage,
                                "the outcome is unknown: the store failed during the write"));
      }
      publish_head(batch);
    }
    const TreeSize size = head_.get()->size;
    for (Outcome& outcome : batch.outcomes) {
      if (outcome.receipt) outcome.receipt->size = size;
      outcome.done(std::move(outcome.receipt));
    }
    if (batch.checkpoint != nullptr) anchor_and_serve(batch.checkpoint);
  }

  void publish_head(const Prepared& batch) {
    auto next = std::make_shared<Head>(batch.head);
    next->snapshot = store_.snapshot();
    next->checkpoint = newest_checkpoint_;
    next->published = published_;
    head_.publish(std::move(next));
  }

  void anchor_and_serve(const std::shared_ptr<const std::string>& checkpoint) {
    if (auto written = anchor_.write(*checkpoint); !written)
      return stop("the anchor could not be written: " + written.error().what);
    auto next = std::make_shared<Head>(*head_.get());
    newest_checkpoint_ = checkpoint;
    published_ = next->size;
    next->checkpoint = checkpoint;
    next->published = published_;
    head_.publish(std::move(next));
  }

  static void answer_all(Prepared& batch, const Error& error) {
    for (Outcome& outcome : batch.outcomes) outcome.done(std::unexpected(error));
  }

  // ---- the end ----

  void stop(std::string why) {
    {
      const std::lock_guard lock(mutex_);
      if (fatal_.empty()) fatal_ = std::move(why);
    }
    work_.notify_one();
  }

  // A batch that could not be prepared is thrown away whole; nothing of it was written.
  void abandon(const std::string& why, Prepared& prepared, std::deque<Waiting>& commands) {
    stop(why);
    const Error error(Errc::unavailable, About::storage, why);
    answer_all(prepared, error);
    for (Waiting& waiting : commands) waiting.done(std::unexpected(error));
  }

  Store& store_;
  Anchor& anchor_;
  HeadCell& head_;
  const LedgerKeys keys_;
  const LedgerOptions options_;
  Crew crew_;

  // The writer's thread alone.
  Tip tip_;
  RowCache cache_{limits::kWriterCacheBytesMax};
  Clock::time_point last_publication_;

  // Whoever commits: one thread at a time.
  std::shared_ptr<const std::string> newest_checkpoint_;
  TreeSize published_;

  mutable std::mutex mutex_;  // everything below
  std::condition_variable work_;
  std::condition_variable handover_;
  std::deque<Waiting> queue_;
  std::size_t queued_bytes_ = 0;
  std::string fatal_;
  bool draining_ = false;
  bool committer_stops_ = false;
  std::shared_ptr<Prepared> in_flight_;
  std::shared_ptr<const Snapshot> base_snapshot_;

  std::mutex join_mutex_;
  std::jthread writer_;
  std::jthread committer_;
};

Ledger::Ledger(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(Store& store, Anchor& anchor, HeadCell& head,
                                             LedgerKeys keys, LedgerOptions options) {
  auto loaded = load_head(store);
  if (!loaded && loaded.error().code == Errc::not_found) {
    VARVE_TRY(const auto note, anchor.read());
    if (note)
      return fail(Errc::conflict, About::checkpoint,
                  "the store is empty, but a checkpoint was published");
  }
  VARVE_TRY(auto state, std::move(loaded));
  VARVE_TRY(const auto anchored, check_anchor(anchor, *state, keys.log.verifier()));
  if (anchored.size > state->published) {
    // The store does not hold the newest checkpoint (it was replayed): what was published stays so.
    state = published_as(*state, anchored);
  } else {
    // A crash may have come between the commit of a checkpoint and its anchor.
    VARVE_CHECK(anchor.write(*state->checkpoint));
  }
  head.publish(state);
  return std::unique_ptr<Ledger>(new Ledger(
      std::make_unique<Writer>(store, anchor, head, std::move(keys), std::move(options))));
}

Result<void> Ledger::initialise(Store& store, Anchor& anchor, LedgerKeys keys, Command genesis,
                                Timestamp now) {
  HeadCell head;
  head.publish(std::make_shared<const Head>(Head{
      {}, empty_root(), {}, store.snapshot(), std::make_shared<const TreeEdge>(), {}, nullptr}));
  LedgerOptions options;
  options.signing_threads = 1;
  options.clock = [now] { return now; };
  Writer writer(store, anchor, head, std::move(keys), std::move(options));
  std::optional<Result<Receipt>> outcome;
  writer.submit(std::move(genesis), [&](Result<Receipt> receipt) { outcome = std::move(receipt); });
  writer.drain();
  VARVE_ASSERT(outcome.has_value());
  if (!*outcome) return std::unexpected(std::move(*outcome).error());
  if (const std::string why = writer.fatal(); !why.empty())
    return fail(Errc::unknown, About::storage, why);
  return {};
}

void Ledger::submit(Command command, Done done) {
  writer_->submit(std::move(command), std::move(done));
}
Result<Receipt> Ledger::run(Command command) {
  std::promise<Result<Receipt>> outcome;
  submit(std::move(command),
         [&](Result<Receipt> receipt) { outcome.set_value(std::move(receipt)); });
  return outcome.get_future().get();
}
void Ledger::drain() {
  writer_->drain();
}
std::string Ledger::fatal() const {
  return writer_->fatal();
}

}  // namespace varve
