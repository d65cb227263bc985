// Warg's proof bundles: what /v1/proof answers and a client verifies, byte for byte as Warg's own
// server writes them. Pure; any thread.
//
// Decoding accepts the canonical protobuf spelling only; verifying accepts what was asked for, in
// that order, with the hashes that it takes and none beside them. So a bundle with one byte changed
// is refused, whatever the byte.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/warg/map.h"
#include "core/warg/tree.h"

namespace varve::warg {

// warg.transparency.LogProofBundle. Numbers of nodes, not of leaves: see tree.h.
struct LogBundle {
  std::uint32_t log_length = 0;
  std::vector<std::uint32_t> consistent_lengths;
  std::vector<std::uint32_t> included_nodes;
  std::vector<std::pair<std::uint32_t, Hash256>> hashes;  // ascending, each node once

  std::string encode() const;
  static Result<LogBundle> decode(std::string_view bytes);
  friend bool operator==(const LogBundle&, const LogBundle&) = default;
};

// That these leaves are in the log of `length`; any leaf, not only the newest of its package.
// Errc::invalid, in the words of Warg's own server: no leaf named, or one not yet there.
Result<LogBundle> bundle_inclusion(std::uint64_t length, std::span<const std::uint64_t> leaves,
                                   const NodeReader& nodes);
// That the log of `to` continues the log of `from`. Errc::invalid when `from` is 0 or larger.
Result<LogBundle> bundle_consistency(std::uint64_t from, std::uint64_t to, const NodeReader& nodes);

struct LogLeaf {
  std::uint64_t index = 0;
  Hash256 hash{};
};
// Errc::invalid about the proof: it says something else, or leads to another root.
Result<void> verify_inclusion(const LogBundle& bundle, std::uint64_t length,
                              std::span<const LogLeaf> leaves, const Hash256& root);
Result<void> verify_consistency(const LogBundle& bundle, std::uint64_t from, std::uint64_t to,
                                const Hash256& old_root, const Hash256& new_root);

// warg.transparency.MapProofBundle: one proof a log, in the order of the request. Of absence too.
struct MapBundle {
  std::vector<MapProof> proofs;

  std::string encode() const;
  // Refuses a bundle without a proof, and proofs of more peers than the map has levels.
  static Result<MapBundle> decode(std::string_view bytes);
  friend bool operator==(const MapBundle&, const MapBundle&) = default;
};

Result<MapBundle> bundle_map_inclusion(std::span<const Hash256> keys, const PageReader& pages);
Result<MapBundle> bundle_absence(std::span<const Hash256> keys, const PageReader& pages);
Result<void> verify_inclusion(const MapBundle& bundle, std::span<const MapEntry> entries,
                              const Hash256& root);
Result<void> verify_absence(const MapBundle& bundle, std::span<const Hash256> keys,
                            const Hash256& root);

}  // namespace varve::warg
