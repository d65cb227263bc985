// Entries from a server, believed only when they are in the tree whose root is signed, and when the
// event key of their time signed them. The thread of main() only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "api/cli/session.h"
#include "core/codec.h"
#include "log/proof/note.h"

namespace varve::cli {

struct CheckedEntry {
  std::string bytes;
  std::string text;  // the signed line, as stored
  Entry entry;
};

class EntryReader {
 public:
  explicit EntryReader(const Session& session) : session_(session) {}

  // Entries [256n, …) of bundle n at the session's size. Errors: corrupt when they are not in the
  // tree.
  Result<std::vector<std::string>> bundle(std::uint64_t n);

  // Calls visit for [from, to) in order, to at most the session's size, until it returns false. The
  // chain of event keys is followed from the genesis entry when `from` is signed by another key
  // than the trusted one.
  using Visit = std::function<bool(const CheckedEntry&)>;
  Result<void> visit(EntryIndex from, TreeSize to, const Visit& visit);

  // The event key that signs the entry at this index, learnt from the chain.
  Result<VerifierKey> event_key_at(EntryIndex index);

  // The log's key and every event key so far, learnt from the whole log. Errors: corrupt when the
  // trusted event key never was one of them.
  Result<TrustedKeys> all_keys();

  // After visit(): the chain of event keys as far as it was followed, oldest first. The last one
  // signs the entry behind the last one seen.
  const std::vector<VerifierKey>& chain() const { return chain_; }
  // Whether the chain, as far as it was followed, went through the trusted event key.
  bool met_trusted_key() const { return met_trusted_key_; }

 private:
  Result<void> include(std::uint64_t n, const std::vector<std::string_view>& entries);
  Result<std::string> tile(unsigned level, std::uint64_t n, unsigned width);
  // Until the next call.
  Result<const std::vector<std::string>*> cached(std::uint64_t n);
  Result<CheckedEntry> check(EntryIndex index, const std::string& bytes);
  Result<CheckedEntry> decode(EntryIndex index, const std::string& bytes, const VerifierKey& key);
  Result<void> start(EntryIndex from);
  Result<VerifierKey> genesis_key();
  void use(VerifierKey key);

  const Session& session_;
  std::optional<VerifierKey> key_;  // signs the next entry to be checked
  std::vector<VerifierKey> chain_;
  bool met_trusted_key_ = false;
  std::map<std::tuple<unsigned, std::uint64_t, unsigned>, std::string> tiles_;  // level, n, width
  std::optional<std::pair<std::uint64_t, std::vector<std::string>>> last_bundle_;
};

}  // namespace varve::cli
