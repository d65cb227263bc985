// The View implementations: rows of a snapshot, rows as of an earlier size, and the rows a writer
// sees while earlier batches are still on their way to the disk. One thread at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/view.h"
#include "log/store/store.h"

namespace varve {

// The present: family `now` of a snapshot.
class NowView final : public View {
 public:
  explicit NowView(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}
  Result<std::optional<Row>> get(Table table, std::string_view key) const override;
  Result<void> scan(Table table, std::string_view prefix, std::string_view after,
                    const Visit& visit) const override;

 private:
  std::shared_ptr<const Snapshot> snapshot_;
};

// The state after entries [0, size): family `past` of a snapshot that is at least that long.
class AsOfView final : public View {
 public:
  AsOfView(std::shared_ptr<const Snapshot> snapshot, TreeSize size)
      : snapshot_(std::move(snapshot)), size_(size) {}
  Result<std::optional<Row>> get(Table table, std::string_view key) const override;
  Result<void> scan(Table table, std::string_view prefix, std::string_view after,
                    const Visit& visit) const override;
  Result<std::optional<std::string>> scan_some(Table table, std::string_view prefix,
                                               std::string_view after, std::size_t rows_max,
                                               const Visit& visit) const override;

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  TreeSize size_;
};

// Every version of a row that entries [0, size) made: family `past` of a snapshot at least as long.
class PastVersions final : public History {
 public:
  PastVersions(std::shared_ptr<const Snapshot> snapshot, TreeSize size)
      : snapshot_(std::move(snapshot)), size_(size) {}
  Result<void> versions(Table table, std::string_view key, EntryIndex before,
                        const Visit& visit) const override;
  Result<bool> changed_since(Table table, std::string_view prefix, TreeSize since) const override;

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  TreeSize size_;
};

// What one uncommitted batch changed: now_key -> the newest version, without a value where the row
// was erased.
using Layer = std::map<std::string, History::Version, std::less<>>;

// Rows of the present as the newest prepared batch leaves them, so that the lookups every command
// repeats (is the repository there, is the manifest) do not go to the engine. For the writer's
// thread, the only one that knows that state; what was cached of a batch that then failed is never
// asked for, because a failed commit ends the ledger.
class RowCache {
 public:
  explicit RowCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  const std::optional<Row>* find(const std::string& full_key) const;  // null: not known here
  void remember(std::string full_key, const std::optional<Row>& row);
  void update(const Layer& layer);  // what a batch changed; only of keys that are cached

 private:
  static std::size_t bytes_of(const std::string& full_key, const std::optional<Row>& row);
  void keep_within_bound();

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, std::optional<Row>> rows_;  // full: emptied and filled anew
};

// A snapshot under the layers of the batches that are not in it yet, oldest first. Layers may grow
// while the view lives, as long as the same thread does it. A cache, when given, holds what lies
// under the newest layer.
class LayeredView final : public View {
 public:
  LayeredView(std::shared_ptr<const Snapshot> snapshot, std::vector<const Layer*> layers,
              RowCache* cache = nullptr)
      : base_(std::move(snapshot)), layers_(std::move(layers)), cache_(cache) {}
  Result<std::optional<Row>> get(Table table, std::string_view key) const override;
  Result<void> scan(Table table, std::string_view prefix, std::string_view after,
                    const Visit& visit) const override;

 private:
  Result<std::optional<Row>> get_below(std::size_t layer, Table table, std::string_view key,
                                       const std::string& full) const;
  NowView base_;
  std::vector<const Layer*> layers_;
  RowCache* cache_;
};

// Collects the rows of one batch: the newest version of each key in a layer, where later events see
// it, and the older ones of the same batch for the past alone. write_into() then puts them in key
// order, which an engine inserts faster.
class RowWriter final : public Changes {
 public:
  explicit RowWriter(Layer& layer) : layer_(layer) {}
  void at(EntryIndex index) { index_ = index; }  // the event whose effects follow
  void put(Table table, std::string_view key, std::string value) override;
  void erase(Table table, std::string_view key) override;

  void write_into(Batch& batch);  // once, at the end

 private:
  void set(std::string full_key, std::optional<std::string> value);

  Layer& layer_;
  std::vector<std::pair<std::string, History::Version>> older_;
  EntryIndex index_;
};

}  // namespace varve
