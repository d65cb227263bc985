// Warg's tree and map over rows in memory, and the map as its definition says, slow and obvious.
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/warg/map.h"
#include "core/warg/tree.h"

namespace varve::testing {

inline std::string hex(const Hash256& hash) {
  return hex_encode(as_view(hash));
}
inline Hash256 unhex(std::string_view text) {
  return hash_from(hex_decode(text).value());
}
inline Hash256 numbered_hash(std::string_view what, std::uint64_t number) {
  return sha256(what, std::to_string(number));
}

// Nodes as rows; a node that nobody wrote is corrupt, one written twice is counted.
class MemoryTree {
 public:
  Hash256 append(std::span<const Hash256> leaves) {
    const auto root = warg::append_leaves(
        length_, leaves, nodes(), [&](unsigned level, std::uint64_t n, const Hash256& hash) {
          rewritten_ += nodes_.emplace(std::pair{level, n}, hash).second ? 0 : 1;
        });
    length_ += leaves.size();
    return root.value();
  }
  void append_numbered(std::uint64_t until) {
    for (; length_ < until;) append(std::vector{leaf(length_)});
  }
  static Hash256 leaf(std::uint64_t index) { return numbered_hash("leaf ", index); }

  NodeReader nodes() const {
    return [this](unsigned level, std::uint64_t n) -> Result<Hash256> {
      ++reads_;
      const auto found = nodes_.find({level, n});
      if (found == nodes_.end()) return fail(Errc::corrupt, About::storage, "no such node");
      return found->second;
    };
  }
  Hash256 root(std::uint64_t length) const { return root_of(TreeSize{length}, nodes()).value(); }
  std::uint64_t length() const { return length_; }
  std::size_t node_count() const { return nodes_.size(); }
  int rewritten() const { return rewritten_; }
  int reads() const { return reads_; }

 private:
  std::map<std::pair<unsigned, std::uint64_t>, Hash256> nodes_;
  std::uint64_t length_ = 0;
  int rewritten_ = 0;
  mutable int reads_ = 0;
};

class MemoryMap {
 public:
  Hash256 set(std::span<const warg::MapEntry> entries) {
    std::map<std::string, std::string, std::less<>> written;
    const auto root =
        warg::set_in_map(entries, pages(), [&](std::string_view key, std::string value) {
          rewritten_ += written.insert_or_assign(std::string(key), std::move(value)).second ? 0 : 1;
        });
    last_written_ = written.size();
    for (auto& [key, value] : written) rows_[key] = std::move(value);
    return root.value();
  }
  Hash256 set(const Hash256& key, const Hash256& leaf) {
    return set(std::vector<warg::MapEntry>{{key, leaf}});
  }
  warg::PageReader pages() const {
    return [this](std::string_view key) -> Result<std::optional<std::string>> {
      const auto found = rows_.find(key);
      if (found == rows_.end()) return std::nullopt;
      return found->second;
    };
  }
  Hash256 root() const { return warg::map_root(pages()).value(); }
  std::map<std::string, std::string, std::less<>>& rows() { return rows_; }
  std::size_t last_written() const { return last_written_; }  // rows, by the last set()
  int rewritten() const { return rewritten_; }                // rows written twice by one set()

 private:
  std::map<std::string, std::string, std::less<>> rows_;
  std::size_t last_written_ = 0;
  int rewritten_ = 0;
};

// The sparse Merkle tree by its definition: all 256 levels of every key.
class MapModel {
 public:
  void set(const Hash256& key, const Hash256& leaf) { leaves_[key] = leaf; }
  Hash256 root() const { return root_of({leaves_.begin(), leaves_.end()}, 0); }
  const std::map<Hash256, Hash256>& leaves() const { return leaves_; }

  static Hash256 empty(unsigned height) {
    static std::map<unsigned, Hash256> known;
    if (const auto found = known.find(height); found != known.end()) return found->second;
    const Hash256 hash =
        height == 0 ? sha256(std::string(1, '\0')) : branch(empty(height - 1), empty(height - 1));
    known[height] = hash;
    return hash;
  }

 private:
  using Leaves = std::vector<std::pair<Hash256, Hash256>>;
  static Hash256 branch(const Hash256& left, const Hash256& right) {
    return sha256("\1", as_view(left), as_view(right));
  }
  static Hash256 root_of(const Leaves& leaves, unsigned depth) {
    if (leaves.empty()) return empty(256 - depth);
    if (depth == 256) return leaves.front().second;
    Leaves left;
    Leaves right;
    for (const auto& leaf : leaves)
      ((leaf.first[depth / 8] >> (7 - depth % 8)) % 2 == 0 ? left : right).push_back(leaf);
    return branch(root_of(left, depth + 1), root_of(right, depth + 1));
  }

  std::map<Hash256, Hash256> leaves_;
};

}  // namespace varve::testing
