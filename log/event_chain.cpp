// Decoding and checking entries in order.
#include "log/event_chain.h"

#include <atomic>
#include <mutex>

#include "core/base/limits.h"
#include "core/registry.h"
#include "log/proof/author.h"
#include "log/proof/merkle.h"

namespace varve {
namespace {

std::unexpected<Error> bad_entry(EntryIndex index, About about, const std::string& why,
                                 Errc code = Errc::corrupt) {
  return fail(code, about, "entry " + std::to_string(index.value) + ": " + why);
}

Result<void> decode(EntryIndex index, OpenedEntry& opened) {
  opened.leaf = leaf_hash(opened.bytes);
  auto text = note_text(opened.bytes);
  if (!text) return bad_entry(index, About::entry, text.error().what);
  auto entry = decode_entry_text(*text);
  // Written by a newer version is not corrupt: this one cannot tell.
  if (!entry) return bad_entry(index, About::entry, entry.error().what, entry.error().code);
  opened.entry = *std::move(entry);
  if (opened.entry.envelope.index != index)
    return bad_entry(index, About::entry,
                     "it says it is entry " + std::to_string(opened.entry.envelope.index.value));
  const auto body = body_of(opened.entry.event);
  if (body && body->size > limits::kManifestBytesMax)
    return bad_entry(index, About::entry, "it names a body larger than any may be");
  return {};
}

// Its own signature, and that of its author if it names one.
Result<void> verify(EntryIndex index, const OpenedEntry& opened, const VerifierKey& key,
                    std::string_view origin) {
  auto note = parse_note(opened.bytes);
  if (!note) return bad_entry(index, About::signature, note.error().what);
  auto signers = verify_note(*note, {&key, 1});
  if (!signers) return bad_entry(index, About::signature, signers.error().what);
  const auto author = verify_author(opened.entry.event, origin);
  if (!author) return bad_entry(index, About::signature, author.error().what);
  return {};
}

// Runs check(i) on the crew; the error of the lowest index wins, so that reports do not vary.
Result<void> check_all(Crew& crew, std::size_t count,
                       const std::function<Result<void>(std::size_t)>& check) {
  std::atomic<std::size_t> lowest{count};
  std::mutex mutex;
  std::optional<Error> error;
  crew.for_each(count, [&](std::size_t i) {
    if (i >= lowest.load()) return;
    auto result = check(i);
    if (result) return;
    const std::lock_guard lock(mutex);
    if (i >= lowest.load()) return;
    lowest = i;
    error = std::move(result).error();
  });
  if (error) return std::unexpected(*std::move(error));
  return {};
}

}  // namespace

Result<void> EventChain::open(EntryIndex first, std::span<OpenedEntry> run) {
  const auto index = [first](std::size_t i) { return EntryIndex{first.value + i}; };
  VARVE_CHECK(
      check_all(crew_, run.size(), [&](std::size_t i) { return decode(index(i), run[i]); }));
  // Keys change between stretches: an entry that names a new key is still signed by the old one.
  std::size_t begin = 0;
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (run[i].entry.envelope.at < last_at_)
      return bad_entry(index(i), About::entry, "its time is before that of the entry before it");
    last_at_ = run[i].entry.envelope.at;
    VARVE_CHECK(check_run(index(i), run[i].entry.envelope));
    const Event& event = run[i].entry.event;
    const bool is_genesis = std::holds_alternative<system::Genesis>(event);
    if (is_genesis != (index(i).value == 0))
      return bad_entry(index(i), About::entry, "a log has one genesis entry, and it is the first");
    if (is_genesis) VARVE_CHECK(learn_keys(run[i]));
    if (!std::holds_alternative<system::EventKeyRotated>(event)) continue;
    VARVE_CHECK(verify_stretch(index(begin), run.subspan(begin, i + 1 - begin)));
    VARVE_CHECK(learn_keys(run[i]));
    begin = i + 1;
  }
  return verify_stretch(index(begin), run.subspan(begin));
}

Result<void> EventChain::check_run(EntryIndex index, const Envelope& envelope) {
  const bool continues = run_count_ != 0 && run_position_ + 1 < run_count_;
  const bool fits = continues
                        ? envelope.request == run_request_ && envelope.batch_count == run_count_ &&
                              envelope.batch_position == run_position_ + 1
                        : envelope.batch_position == 0;
  if (!fits) return bad_entry(index, About::entry, "it breaks the run of events of one request");
  run_request_ = envelope.request;
  run_position_ = envelope.batch_position;
  run_count_ = envelope.batch_count;
  return {};
}

Result<void> EventChain::complete() const {
  if (run_count_ == 0 || run_position_ + 1 == run_count_) return {};
  return fail(Errc::corrupt, About::entry,
              "the log ends in the middle of the events of one request");
}

Result<void> EventChain::verify_stretch(EntryIndex first, std::span<OpenedEntry> stretch) {
  if (!verify_ || stretch.empty()) return {};
  if (event_keys_.empty() || !log_key_)
    return bad_entry(first, About::key, "no genesis entry named an event key");
  const VerifierKey key = event_keys_.back();
  VARVE_CHECK(check_all(crew_, stretch.size(), [&](std::size_t i) {
    return verify(EntryIndex{first.value + i}, stretch[i], key, log_key_->name());
  }));
  signatures_ += stretch.size();
  return {};
}

Result<void> EventChain::learn_keys(const OpenedEntry& opened) {
  if (const auto* genesis = std::get_if<system::Genesis>(&opened.entry.event)) {
    VARVE_TRY(log_key_, VerifierKey::parse(genesis->log_key));
    VARVE_TRY(auto event_key, VerifierKey::parse(genesis->event_key));
    event_keys_.push_back(std::move(event_key));
  } else if (const auto* rotated = std::get_if<system::EventKeyRotated>(&opened.entry.event)) {
    VARVE_TRY(auto event_key, VerifierKey::parse(rotated->new_key));
    event_keys_.push_back(std::move(event_key));
  }
  return {};
}

}  // namespace varve
