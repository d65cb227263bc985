// Reads against one Head.
#include "log/reader.h"

#include "core/base/bytes.h"
#include "log/proof/note.h"
#include "log/rows_view.h"

namespace varve {
namespace {

std::unexpected<Error> beyond_head(About about, std::uint64_t asked, TreeSize size) {
  return fail(Errc::not_found, about,
              "the log has " + std::to_string(size.value) + " entries; " + std::to_string(asked) +
                  " is beyond it");
}

}  // namespace

std::unique_ptr<View> Reader::view() const {
  return std::make_unique<NowView>(head_->snapshot);
}

Result<std::unique_ptr<View>> Reader::view_as_of(TreeSize size) const {
  if (size > head_->size) return beyond_head(About::size, size.value, head_->size);
  return std::make_unique<AsOfView>(head_->snapshot, size);
}

Result<std::unique_ptr<History>> Reader::history(TreeSize size) const {
  if (size > head_->size) return beyond_head(About::size, size.value, head_->size);
  return std::make_unique<PastVersions>(head_->snapshot, size);
}

Result<TreeSize> Reader::size_at(Timestamp t) const {
  if (t > head_->last_at)
    return fail(Errc::invalid, About::size,
                "that time is later than the newest entry (" + head_->last_at.to_string() +
                    "), so the answer could still change");
  // `at` never decreases with the index: the first entry after t by bisection.
  std::uint64_t low = 0;
  std::uint64_t high = head_->size.value;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    VARVE_TRY(const auto found, envelope(EntryIndex{middle}));
    if (found.at <= t)
      low = middle + 1;
    else
      high = middle;
  }
  return TreeSize{low};
}

Result<std::string> Reader::entry(EntryIndex index) const {
  if (index.value >= head_->size.value) return beyond_head(About::entry, index.value, head_->size);
  VARVE_TRY(auto bytes, head_->snapshot->get(Family::entry, entry_key(index)));
  if (!bytes)
    return fail(Errc::corrupt, About::entry,
                "entry " + std::to_string(index.value) + " is missing from the store");
  return *std::move(bytes);
}

Result<Envelope> Reader::envelope(EntryIndex index) const {
  VARVE_TRY(const auto bytes, entry(index));
  VARVE_TRY(const auto note, parse_note(bytes));
  return decode_envelope_text(note.text);
}

Result<void> Reader::entries(EntryIndex from, EntryIndex to,
                             const std::function<bool(EntryIndex, std::string_view)>& visit) const {
  if (to.value > head_->size.value) return beyond_head(About::entry, to.value, head_->size);
  const auto cursor = head_->snapshot->cursor(Family::entry, entry_key(from), entry_key(to));
  std::uint64_t expected = from.value;
  for (cursor->seek(entry_key(from)); cursor->valid(); cursor->next(), ++expected) {
    if (cursor->key() != entry_key(EntryIndex{expected})) break;
    if (!visit(EntryIndex{expected}, cursor->value())) return {};
  }
  VARVE_CHECK(cursor->status());
  if (expected < to.value)
    return fail(Errc::corrupt, About::entry,
                "entry " + std::to_string(expected) + " is missing from the store");
  return {};
}

Result<std::string> Reader::bundle(std::uint64_t n, unsigned width) const {
  VARVE_ASSERT(width >= 1 && width <= kTileWidth);
  if (tile_width_at(head_->size, 0, n) < width)
    return beyond_head(About::entry, n * kTileWidth + width - 1, head_->size);
  const EntryIndex from{n * kTileWidth};
  std::string bytes;
  VARVE_CHECK(
      entries(from, EntryIndex{from.value + width}, [&](EntryIndex, std::string_view entry) {
        append_bundle_entry(bytes, entry);
        return true;
      }));
  return bytes;
}

Result<std::string> Reader::tile(unsigned level, std::uint64_t n, unsigned width) const {
  VARVE_ASSERT(width >= 1 && width <= kTileWidth);
  const unsigned available = tile_width_at(head_->size, level, n);
  if (available < width) return beyond_head(About::entry, n, head_->size);
  if (available < kTileWidth)
    return std::string(head_->edge->partial(level).substr(0, width * std::size_t{kHashBytes}));
  VARVE_TRY(auto bytes, head_->snapshot->get(Family::tile, tile_key(level, n)));
  if (!bytes || bytes->size() != kTileWidth * std::size_t{kHashBytes})
    return fail(Errc::corrupt, About::entry,
                "tile " + std::to_string(level) + "/" + std::to_string(n) + " is missing or short");
  bytes->resize(width * std::size_t{kHashBytes});
  return *std::move(bytes);
}

NodeReader Reader::nodes(TreeSize size) const {
  return nodes_from_tiles(
      [this](unsigned level, std::uint64_t n, unsigned width) { return tile(level, n, width); },
      size);
}

Result<std::vector<Hash256>> Reader::inclusion(EntryIndex index, TreeSize size) const {
  if (size > head_->size) return beyond_head(About::size, size.value, head_->size);
  return inclusion_proof(index, size, nodes(size));
}

Result<std::vector<Hash256>> Reader::consistency(TreeSize old_size, TreeSize new_size) const {
  if (new_size > head_->size) return beyond_head(About::size, new_size.value, head_->size);
  return consistency_proof(old_size, new_size, nodes(new_size));
}

Result<Hash256> Reader::root_at(TreeSize size) const {
  if (size > head_->size) return beyond_head(About::size, size.value, head_->size);
  if (size == head_->size) return head_->root;
  return root_of(size, nodes(size));
}

Result<std::optional<std::string>> Reader::body(const Digest& digest) const {
  return head_->snapshot->get(Family::body, digest.row());
}

}  // namespace varve
