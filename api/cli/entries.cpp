// Bundles against tiles, tiles against the signed root, signatures against the chain of event keys.
#include "api/cli/entries.h"

#include <algorithm>

#include "core/base/limits.h"
#include "log/proof/author.h"
#include "log/proof/merkle.h"
#include "log/proof/tile.h"

namespace varve::cli {
namespace {

constexpr std::size_t kBundleBytesMax = std::size_t{kTileWidth} * (limits::kEntryBytesMax + 2);
constexpr std::size_t kTilesKept = 256;

std::unexpected<Error> bad_entry(EntryIndex index, std::string why) {
  return fail(Errc::corrupt, About::entry,
              "entry " + std::to_string(index.value) + " " + std::move(why));
}

bool signed_by(std::string_view entry, const VerifierKey& key) {
  const auto note = parse_note(entry);
  if (!note) return false;
  return std::ranges::any_of(note->signatures, [&](const NoteSignature& signature) {
    return signature.name == key.name() && signature.id == key.id();
  });
}

}  // namespace

Result<std::string> EntryReader::tile(unsigned level, std::uint64_t n, unsigned width) {
  if (const auto found = tiles_.find({level, n, width}); found != tiles_.end())
    return found->second;
  VARVE_TRY(auto bytes, session_.tiles()(level, n, width));
  // Upper tiles are asked for again and again, level 0 once a bundle.
  if (tiles_.size() >= kTilesKept) tiles_.clear();
  tiles_[{level, n, width}] = bytes;
  return bytes;
}

// Each entry must be the leaf its tile says, and one inclusion proof ties the whole tile to the
// root: every hash of it is either the leaf's or part of a sibling the proof is computed from.
Result<void> EntryReader::include(std::uint64_t n, const std::vector<std::string_view>& entries) {
  const auto width = static_cast<unsigned>(entries.size());
  const EntryIndex first{n * kTileWidth};
  VARVE_TRY(const std::string hashes, tile(0, n, width));
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (hash_from(std::string_view(hashes).substr(i * kHashBytes, kHashBytes)) !=
        leaf_hash(entries[i]))
      return bad_entry({first.value + i}, "is not the one whose hash is in the tree");
  const TreeSize size = session_.size();
  const auto nodes = nodes_from_tiles(
      [&](unsigned level, std::uint64_t index, unsigned w) -> Result<std::string> {
        if (level == 0 && index == n && w == width) return hashes;
        return tile(level, index, w);
      },
      size);
  VARVE_TRY(const auto proof, inclusion_proof(first, size, nodes));
  const auto included =
      verify_inclusion(leaf_hash(entries[0]), first, size, proof, session_.log().checkpoint.root);
  if (!included)
    return bad_entry(first,
                     "is not in the tree of the signed checkpoint: " + describe(included.error()));
  return {};
}

Result<std::vector<std::string>> EntryReader::bundle(std::uint64_t n) {
  const unsigned width = tile_width_at(session_.size(), 0, n);
  VARVE_ASSERT(width > 0);
  const TilePath path{.entries = true, .level = 0, .n = n, .width = width};
  VARVE_TRY(const std::string bytes,
            fetch(session_.server(), "/log/tile/" + format_tile_path(path), kBundleBytesMax));
  auto entries = split_bundle(bytes);
  if (!entries || entries->size() != width)
    return fail(Errc::corrupt, About::entry,
                "a bundle does not hold its " + std::to_string(width) + " entries",
                format_tile_path(path));
  VARVE_CHECK(include(n, *entries));
  return std::vector<std::string>(entries->begin(), entries->end());
}

Result<const std::vector<std::string>*> EntryReader::cached(std::uint64_t n) {
  if (!last_bundle_ || last_bundle_->first != n) {
    VARVE_TRY(auto entries, bundle(n));
    last_bundle_.emplace(n, std::move(entries));
  }
  return &last_bundle_->second;
}

Result<CheckedEntry> EntryReader::decode(EntryIndex index, const std::string& bytes,
                                         const VerifierKey& key) {
  auto note = parse_note(bytes);
  if (!note) return bad_entry(index, "is not a signed note: " + describe(note.error()));
  if (const auto signers = verify_note(*note, {&key, 1}); !signers)
    return fail(
        Errc::invalid, About::signature,
        "entry " + std::to_string(index.value) + " is not signed by the event key of its time",
        describe(signers.error()));
  auto entry = decode_entry_text(note->text);
  if (!entry)  // that it is of a newer version is no damage
    return fail(
        entry.error().code, About::entry,
        "entry " + std::to_string(index.value) + " cannot be read: " + describe(entry.error()));
  if (entry->envelope.index != index)
    return bad_entry(index, "says it is at index " + std::to_string(entry->envelope.index.value));
  if (const auto author = verify_author(entry->event, session_.log().checkpoint.origin); !author)
    return bad_entry(index, "is not what its author signed: " + describe(author.error()));
  return CheckedEntry{bytes, std::string(note->text), *std::move(entry)};
}

Result<CheckedEntry> EntryReader::check(EntryIndex index, const std::string& bytes) {
  VARVE_TRY(auto checked, decode(index, bytes, *key_));
  const auto* rotated = std::get_if<system::EventKeyRotated>(&checked.entry.event);
  if (rotated == nullptr) return checked;
  if (rotated->old_key != key_->to_string())
    return bad_entry(index, "rotates an event key that was not the current one");
  VARVE_TRY(auto next, VerifierKey::parse(rotated->new_key));
  use(std::move(next));
  return checked;
}

void EntryReader::use(VerifierKey key) {
  met_trusted_key_ = met_trusted_key_ || key == session_.log().keys.event;
  chain_.push_back(key);
  key_ = std::move(key);
}

// The tree authenticates the genesis entry, the log key signs the tree: so the key it names counts,
// given that it says it is this log's.
Result<VerifierKey> EntryReader::genesis_key() {
  VARVE_TRY(const auto* entries, cached(0));
  const auto note = parse_note(entries->front());
  if (!note) return bad_entry({0}, "is not a signed note");
  VARVE_TRY(const auto entry, decode_entry_text(note->text));
  const auto* genesis = std::get_if<system::Genesis>(&entry.event);
  const auto& keys = session_.log().keys;
  if (genesis == nullptr || genesis->origin != keys.log.name() ||
      genesis->log_key != keys.log.to_string())
    return bad_entry({0}, "does not begin the log of " + keys.log.name());
  return VerifierKey::parse(genesis->event_key);
}

Result<void> EntryReader::start(EntryIndex from) {
  chain_.clear();
  const std::uint64_t n = from.value / kTileWidth;
  VARVE_TRY(const auto* entries, cached(n));
  if (from.value > 0 && signed_by((*entries)[from.value % kTileWidth], session_.log().keys.event)) {
    use(session_.log().keys.event);
    return {};
  }
  VARVE_TRY(auto first_key, genesis_key());
  use(std::move(first_key));
  for (EntryIndex at{0}; at < from; ++at.value) {
    VARVE_TRY(const auto* earlier, cached(at.value / kTileWidth));
    VARVE_CHECK(check(at, (*earlier)[at.value % kTileWidth]));
  }
  return {};
}

Result<VerifierKey> EntryReader::event_key_at(EntryIndex index) {
  VARVE_CHECK(start(index));
  return *key_;
}

Result<TrustedKeys> EntryReader::all_keys() {
  std::vector<VerifierKey> keys = {session_.log().keys.log};
  VARVE_CHECK(visit(EntryIndex{0}, session_.size(), [&](const CheckedEntry&) {
    if (keys.back() == *key_) return true;
    std::erase(keys, *key_);  // in force again: each is named once
    keys.push_back(*key_);
    return true;
  }));
  if (!met_trusted_key_)
    return fail(Errc::corrupt, About::key, "the trusted event key never belonged to this log",
                session_.log().keys.event.to_string());
  return trusted_keys(std::move(keys));
}

Result<void> EntryReader::visit(EntryIndex from, TreeSize to, const Visit& visit) {
  VARVE_ASSERT(to <= session_.size());
  if (from.value >= to.value) return {};
  VARVE_CHECK(start(from));
  for (std::uint64_t n = from.value / kTileWidth; n * kTileWidth < to.value; ++n) {
    VARVE_TRY(const auto* entries, cached(n));
    for (std::size_t i = 0; i < entries->size(); ++i) {
      const EntryIndex index{n * kTileWidth + i};
      if (index < from || index.value >= to.value) continue;
      VARVE_TRY(const auto checked, check(index, (*entries)[i]));
      if (!visit(checked)) return {};
    }
  }
  return {};
}

}  // namespace varve::cli
