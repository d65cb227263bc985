// RFC 6962 §2.1 written down as its recursive definitions, slow and obvious: what the closed forms
// in log/proof are compared with. One thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "log/proof/merkle.h"

namespace varve::testing {

// Prints itself through SCOPED_TRACE; a failure can be repeated with VARVE_TEST_SEED.
inline std::uint64_t test_seed() {
  static const std::uint64_t seed = [] {
    const char* fixed = std::getenv("VARVE_TEST_SEED");
    return fixed != nullptr ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
  }();
  return seed;
}

inline std::string leaf_data(std::uint64_t index) {
  return "entry " + std::to_string(index);
}

class MerkleModel {
 public:
  // MTH over the leaves [begin, end).
  Hash256 root(std::uint64_t begin, std::uint64_t end) {
    if (begin == end) return sha256("");
    if (const auto known = memo_.find({begin, end}); known != memo_.end()) return known->second;
    Hash256 hash;
    if (end - begin == 1) {
      hash = sha256(std::string(1, '\0'), leaf_data(begin));
    } else {
      const std::uint64_t k = split(end - begin);
      const Hash256 left = root(begin, begin + k);
      const Hash256 right = root(begin + k, end);
      hash = sha256("\x01", as_view(left), as_view(right));
    }
    memo_.emplace(std::pair{begin, end}, hash);
    return hash;
  }

  // PATH(m, D[begin:end]) with m counted from `begin`.
  std::vector<Hash256> path(std::uint64_t m, std::uint64_t begin, std::uint64_t end) {
    if (end - begin == 1) return {};
    const std::uint64_t k = split(end - begin);
    auto hashes = m < k ? path(m, begin, begin + k) : path(m - k, begin + k, end);
    hashes.push_back(m < k ? root(begin + k, end) : root(begin, begin + k));
    return hashes;
  }

  // PROOF(m, D[n]).
  std::vector<Hash256> proof(std::uint64_t m, std::uint64_t n) { return subproof(m, 0, n, true); }

 private:
  // The largest power of two smaller than n.
  static std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

  std::vector<Hash256> subproof(std::uint64_t m, std::uint64_t begin, std::uint64_t end,
                                bool complete) {
    if (m == end - begin) {
      if (complete) return {};
      return {root(begin, end)};
    }
    const std::uint64_t k = split(end - begin);
    if (m <= k) {
      auto hashes = subproof(m, begin, begin + k, complete);
      hashes.push_back(root(begin + k, end));
      return hashes;
    }
    auto hashes = subproof(m - k, begin + k, end, false);
    hashes.push_back(root(begin, begin + k));
    return hashes;
  }

  std::map<std::pair<std::uint64_t, std::uint64_t>, Hash256> memo_;
};

}  // namespace varve::testing
