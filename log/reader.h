// Reads at one committed state, or as of an earlier size of it. Never touches the ledger's thread.
// A Reader is cheap to make, one for each request; const, so any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/codec.h"
#include "core/view.h"
#include "log/head.h"
#include "log/proof/merkle.h"

namespace varve {

class Reader {
 public:
  explicit Reader(std::shared_ptr<const Head> head) : head_(std::move(head)) {}

  const Head& head() const { return *head_; }

  // The present rows, or the rows as of `size` (Errc::not_found/About::size beyond the head).
  std::unique_ptr<View> view() const;
  Result<std::unique_ptr<View>> view_as_of(TreeSize size) const;
  // The versions of rows up to `size` (the same error).
  Result<std::unique_ptr<History>> history(TreeSize size) const;

  // How many entries have at <= t. Errc::invalid when t is later than the newest entry: the answer
  // could still change.
  Result<TreeSize> size_at(Timestamp t) const;

  // Entries. Errc::not_found beyond the head.
  Result<std::string> entry(EntryIndex index) const;
  // When and by whom, whatever the entry is about.
  Result<Envelope> envelope(EntryIndex index) const;
  // Calls visit(index, bytes) for [from, to) in order until it returns false.
  Result<void> entries(EntryIndex from, EntryIndex to,
                       const std::function<bool(EntryIndex, std::string_view)>& visit) const;
  // `width` entries of bundle n, each behind its length. Errc::not_found when the head has fewer.
  Result<std::string> bundle(std::uint64_t n, unsigned width) const;
  // The first `width` hashes of a tile. Errc::not_found when the head has fewer.
  Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width) const;
  // Proofs within the tree of `size` <= head.
  Result<std::vector<Hash256>> inclusion(EntryIndex index, TreeSize size) const;
  Result<std::vector<Hash256>> consistency(TreeSize old_size, TreeSize new_size) const;
  Result<Hash256> root_at(TreeSize size) const;

  // Bytes an event named. nullopt: no event ever named it.
  Result<std::optional<std::string>> body(const Digest& digest) const;

 private:
  NodeReader nodes(TreeSize size) const;
  std::shared_ptr<const Head> head_;
};

}  // namespace varve
