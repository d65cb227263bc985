// A log in memory that keeps exactly what a server must: full tiles and the edge. One thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "log/proof/tile.h"
#include "tests/unit/log/proof/merkle_model.h"

namespace varve::testing {

class TiledLog {
 public:
  void grow_to(std::uint64_t size) {
    std::vector<TreeEdge::FullTile> completed;
    while (edge_.size().value < size) {
      leaves_.push_back(leaf_hash(leaf_data(edge_.size().value)));
      edge_.append(leaves_.back(), completed);
    }
    for (auto& tile : completed) full_[{tile.level, tile.n}] = std::move(tile.bytes);
  }

  // As the tiles of the present size; full tiles in place of partial ones, as a server may answer.
  TileReader reader() const {
    return [this](unsigned level, std::uint64_t n, unsigned width) -> Result<std::string> {
      if (const auto tile = full_.find({level, n}); tile != full_.end()) return tile->second;
      const bool is_edge =
          tile_width_at(edge_.size(), level, n) == edge_.partial(level).size() / 32;
      if (is_edge && edge_.partial(level).size() >= std::size_t{width} * 32)
        return std::string(edge_.partial(level));
      return fail(Errc::not_found, About::storage, "no such tile");
    };
  }
  NodeReader nodes() const { return nodes_from_tiles(reader(), edge_.size()); }
  NodeReader nodes(TreeSize size) const { return nodes_from_tiles(reader(), size); }

  const TreeEdge& edge() const { return edge_; }
  TreeSize size() const { return edge_.size(); }
  const std::vector<Hash256>& leaves() const { return leaves_; }
  std::vector<Hash256> tail() const {
    const auto after_last_full = static_cast<std::ptrdiff_t>(leaves_.size() / 256 * 256);
    return {leaves_.begin() + after_last_full, leaves_.end()};
  }
  std::map<std::pair<unsigned, std::uint64_t>, std::string>& full_tiles() { return full_; }

 private:
  TreeEdge edge_;
  std::vector<Hash256> leaves_;
  std::map<std::pair<unsigned, std::uint64_t>, std::string> full_;
};

}  // namespace varve::testing
