// Rows of the present, of the past, and of batches in flight.
#include "log/rows_view.h"

#include <algorithm>

namespace varve {
namespace {

std::optional<Row> row_of(const History::Version& version) {
  if (!version.value) return std::nullopt;
  return Row{version.index, *version.value};
}

void put_past(Batch& batch, std::string_view full_key, const History::Version& version) {
  batch.put(Family::past,
            past_key(static_cast<Table>(full_key[0]), full_key.substr(1), version.index),
            version.value ? past_value(*version.value) : past_tombstone());
}

}  // namespace

Result<std::optional<Row>> NowView::get(Table table, std::string_view key) const {
  VARVE_TRY(auto bytes, snapshot_->get(Family::now, now_key(table, key)));
  if (!bytes) return std::nullopt;
  VARVE_TRY(auto row, decode_now_value(*bytes));
  return row;
}

Result<void> NowView::scan(Table table, std::string_view prefix, std::string_view after,
                           const Visit& visit) const {
  const std::string lower = now_key(table, prefix);
  const auto cursor = snapshot_->cursor(Family::now, lower, prefix_end(lower));
  std::string start = lower;
  if (!after.empty()) {
    start = now_key(table, after);
    start.push_back('\0');  // the first key after `after`
  }
  for (cursor->seek(std::max(start, lower)); cursor->valid(); cursor->next()) {
    VARVE_TRY(auto row, decode_now_value(cursor->value()));
    if (!visit(cursor->key().substr(1), row)) return {};
  }
  return cursor->status();
}

Result<std::optional<Row>> AsOfView::get(Table table, std::string_view key) const {
  if (size_.value == 0) return std::nullopt;
  // Versions lie newest first: the first one at or after ~(size-1) is the one in force.
  const std::string start = past_key(table, key, EntryIndex{size_.value - 1});
  const std::string end = prefix_end(now_key(table, key));
  const auto cursor = snapshot_->cursor(Family::past, start, end);
  cursor->seek(start);
  VARVE_CHECK(cursor->status());
  if (!cursor->valid()) return std::nullopt;
  VARVE_TRY(auto past, decode_past(cursor->key(), cursor->value()));
  if (past.row_key != key || !past.value) return std::nullopt;
  return Row{past.index, std::string(*past.value)};
}

Result<void> AsOfView::scan(Table table, std::string_view prefix, std::string_view after,
                            const Visit& visit) const {
  VARVE_CHECK(scan_some(table, prefix, after, SIZE_MAX, visit));
  return {};
}

Result<std::optional<std::string>> AsOfView::scan_some(Table table, std::string_view prefix,
                                                       std::string_view after, std::size_t rows_max,
                                                       const Visit& visit) const {
  if (size_.value == 0) return std::nullopt;
  const std::string lower = now_key(table, prefix);
  const auto cursor = snapshot_->cursor(Family::past, lower, prefix_end(lower));
  std::string position = lower;
  if (!after.empty()) position = std::max(lower, prefix_end(now_key(table, after)));
  std::string row_key;
  for (cursor->seek(position); cursor->valid();) {
    VARVE_TRY(auto newest, decode_past(cursor->key(), cursor->value()));
    if (newest.row_key != row_key && rows_max-- == 0) return row_key;
    row_key = newest.row_key;
    if (newest.index.value >= size_.value) {
      cursor->seek(past_key(table, row_key, EntryIndex{size_.value - 1}));
      if (!cursor->valid()) break;
    }
    VARVE_TRY(auto past, decode_past(cursor->key(), cursor->value()));
    if (past.row_key != row_key) continue;  // did not exist yet
    if (past.value && !visit(row_key, Row{past.index, std::string(*past.value)}))
      return std::nullopt;
    cursor->seek(prefix_end(now_key(table, row_key)));
  }
  VARVE_CHECK(cursor->status());
  return std::nullopt;
}

Result<void> PastVersions::versions(Table table, std::string_view key, EntryIndex before,
                                    const Visit& visit) const {
  const std::uint64_t end = std::min(before.value, size_.value);
  if (end == 0) return {};
  const std::string lower = now_key(table, key);
  const auto cursor = snapshot_->cursor(Family::past, lower, prefix_end(lower));
  for (cursor->seek(past_key(table, key, EntryIndex{end - 1})); cursor->valid(); cursor->next()) {
    VARVE_TRY(const auto past, decode_past(cursor->key(), cursor->value()));
    if (past.row_key != key) continue;  // no key is a prefix of another, so there is none
    std::optional<std::string> value;
    if (past.value) value = std::string(*past.value);
    if (!visit({past.index, std::move(value)})) return {};
  }
  return cursor->status();
}

// The newest version of a row lies first; what is newer than the snapshot's size is passed over.
Result<bool> PastVersions::changed_since(Table table, std::string_view prefix,
                                         TreeSize since) const {
  const std::string lower = now_key(table, prefix);
  const auto cursor = snapshot_->cursor(Family::past, lower, prefix_end(lower));
  for (cursor->seek(lower); cursor->valid();) {
    VARVE_TRY(const auto past, decode_past(cursor->key(), cursor->value()));
    if (past.index.value >= size_.value) {
      cursor->next();
      continue;
    }
    if (past.index.value >= since.value) return true;
    cursor->seek(prefix_end(now_key(table, past.row_key)));
  }
  VARVE_CHECK(cursor->status());
  return false;
}

const std::optional<Row>* RowCache::find(const std::string& full_key) const {
  const auto found = rows_.find(full_key);
  return found == rows_.end() ? nullptr : &found->second;
}

std::size_t RowCache::bytes_of(const std::string& full_key, const std::optional<Row>& row) {
  constexpr std::size_t kOverhead = 128;  // node, bucket, two string headers, the index
  return kOverhead + full_key.size() + (row ? row->value.size() : 0);
}

void RowCache::keep_within_bound() {
  if (bytes_ <= bytes_max_) return;
  rows_.clear();
  bytes_ = 0;
}

void RowCache::remember(std::string full_key, const std::optional<Row>& row) {
  bytes_ += bytes_of(full_key, row);
  rows_.insert_or_assign(std::move(full_key), row);
  keep_within_bound();
}

void RowCache::update(const Layer& layer) {
  for (const auto& [key, version] : layer) {
    const auto found = rows_.find(key);
    if (found == rows_.end()) continue;
    bytes_ -= bytes_of(key, found->second);
    found->second = row_of(version);
    bytes_ += bytes_of(key, found->second);
  }
  keep_within_bound();
}

Result<std::optional<Row>> LayeredView::get(Table table, std::string_view key) const {
  std::string full = now_key(table, key);
  if (cache_ == nullptr) return get_below(layers_.size(), table, key, full);
  const Layer& newest = *layers_.back();
  if (const auto found = newest.find(full); found != newest.end()) return row_of(found->second);
  if (const auto* known = cache_->find(full)) return *known;
  VARVE_TRY(auto row, get_below(layers_.size() - 1, table, key, full));
  cache_->remember(std::move(full), row);
  return row;
}

Result<std::optional<Row>> LayeredView::get_below(std::size_t layer, Table table,
                                                  std::string_view key,
                                                  const std::string& full) const {
  while (layer-- > 0) {
    const auto found = layers_[layer]->find(full);
    if (found != layers_[layer]->end()) return row_of(found->second);
  }
  return base_.get(table, key);
}

Result<void> LayeredView::scan(Table table, std::string_view prefix, std::string_view after,
                               const Visit& visit) const {
  // Scans under decide() and project() are rare and short (the tags of one manifest): the layers'
  // rows are merged first, then laid over the snapshot's.
  const std::string lower = now_key(table, prefix);
  const std::string end = prefix_end(lower);
  Layer merged;
  for (const Layer* layer : layers_)
    for (auto row = layer->lower_bound(lower); row != layer->end() && row->first < end; ++row)
      merged.insert_or_assign(row->first, row->second);
  if (!after.empty()) merged.erase(merged.begin(), merged.upper_bound(now_key(table, after)));

  bool wanted = true;
  auto next = merged.begin();
  const auto flush_below = [&](std::string_view limit) {
    for (; wanted && next != merged.end() && next->first < limit; ++next)
      if (const auto row = row_of(next->second))
        wanted = visit(std::string_view(next->first).substr(1), *row);
  };
  VARVE_CHECK(base_.scan(table, prefix, after, [&](std::string_view key, const Row& row) {
    const std::string full = now_key(table, key);
    flush_below(full);
    if (!wanted) return false;
    if (next != merged.end() && next->first == full) return true;  // the layer's version comes next
    wanted = visit(key, row);
    return wanted;
  }));
  if (!wanted) return {};
  flush_below(end);
  return {};
}

void RowWriter::put(Table table, std::string_view key, std::string value) {
  set(now_key(table, key), std::move(value));
}

void RowWriter::erase(Table table, std::string_view key) {
  set(now_key(table, key), std::nullopt);
}

void RowWriter::set(std::string full_key, std::optional<std::string> value) {
  const auto [row, is_new] = layer_.try_emplace(std::move(full_key));
  // One event may change a row twice: a version is what it left.
  if (!is_new && row->second.index != index_)
    older_.emplace_back(row->first, std::move(row->second));
  row->second = {index_, std::move(value)};
}

void RowWriter::write_into(Batch& batch) {
  for (const auto& [key, version] : layer_) {
    if (version.value)
      batch.put(Family::now, key, now_value(version.index, *version.value));
    else
      batch.erase(Family::now, key);
  }
  for (const auto& [key, version] : layer_) put_past(batch, key, version);
  for (const auto& [key, version] : older_) put_past(batch, key, version);
}

}  // namespace varve
