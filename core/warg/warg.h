// Warg packages: commands and events; any thread. A record is a body of its event; what it means is
// read from its bytes (core/warg/record.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/verified.h"
#include "core/warg/record.h"

namespace varve::warg {

inline constexpr std::string_view kSurface = "warg";  // in entries

// ---- commands ---- (a repeat is no event; the record's bytes are among the command's bodies)

// Of the registry itself: which namespaces there are, and which keys sign checkpoints.
struct AppendOperatorRecord {
  Verified<SignedOperatorRecord> record;
};

// A publisher's record. Its signature is its credential; to begin a package's log takes the right
// to push to "namespace/name" as well, the sender's or that of the principal the signing key is
// registered to, unless `anybody_begins`.
struct SubmitRecord {
  PackageName package;
  Verified<SignedPackageRecord> record;
  bool anybody_begins = false;
};

// Content that a submitted record waits for: its bytes are in the blob store (synced). When it was
// the last, the record is judged once more and published.
struct ReceiveContent {
  PackageName package;
  RecordId record;
  std::shared_ptr<const std::string> record_bytes;
  Digest digest;
  std::uint64_t size;
};

// ---- events ---- (fields() lists the members in the order of their JSON names)

// `digest` and `size` are of the record's bytes.
struct OperatorRecordAppended {
  static constexpr std::string_view kType = "warg.operator.record";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  KeyId key_id;
  RecordId record_id;
  std::uint64_t registry_index;
  SignatureText signature;
  std::uint64_t size;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("key_id", e.key_id);
    v("record_id", e.record_id);
    v("registry_index", e.registry_index);
    v("signature", e.signature);
    v("size", e.size);
  }
  friend bool operator==(const OperatorRecordAppended&, const OperatorRecordAppended&) = default;
};

// A record that is in order, of which content is still missing. Until it is there, or `expires`,
// its log takes no other.
struct RecordSubmitted {
  static constexpr std::string_view kType = "warg.record.submitted";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  Timestamp expires;
  KeyId key_id;
  PackageName package;
  RecordId record_id;
  SignatureText signature;
  std::uint64_t size;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("expires", e.expires);
    v("key_id", e.key_id);
    v("package", e.package);
    v("record_id", e.record_id);
    v("signature", e.signature);
    v("size", e.size);
  }
  friend bool operator==(const RecordSubmitted&, const RecordSubmitted&) = default;
};

// The record is its log's newest, and has its place among all records.
struct RecordPublished {
  static constexpr std::string_view kType = "warg.record.published";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  KeyId key_id;
  PackageName package;
  RecordId record_id;
  std::uint64_t registry_index;
  SignatureText signature;
  std::uint64_t size;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("key_id", e.key_id);
    v("package", e.package);
    v("record_id", e.record_id);
    v("registry_index", e.registry_index);
    v("signature", e.signature);
    v("size", e.size);
  }
  friend bool operator==(const RecordPublished&, const RecordPublished&) = default;
};

struct RecordRejected {
  static constexpr std::string_view kType = "warg.record.rejected";
  static constexpr unsigned kVersion = 1;
  PackageName package;
  std::string reason;
  RecordId record_id;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("package", e.package);
    v("reason", e.reason);
    v("record_id", e.record_id);
  }
  friend bool operator==(const RecordRejected&, const RecordRejected&) = default;
};

struct ContentReceived {
  static constexpr std::string_view kType = "warg.content.received";
  static constexpr unsigned kVersion = 1;
  Digest digest;
  PackageName package;
  RecordId record_id;
  std::uint64_t size;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("digest", e.digest);
    v("package", e.package);
    v("record_id", e.record_id);
    v("size", e.size);
  }
  friend bool operator==(const ContentReceived&, const ContentReceived&) = default;
};

// The closing event of a batch with records, or such a one again: what Warg's clients hold the
// registry to. Roots are
// "sha256:" texts in Warg too; the time is in whole seconds there.
struct CheckpointSigned {
  static constexpr std::string_view kType = "warg.checkpoint.signed";
  static constexpr unsigned kVersion = 1;
  KeyId key_id;
  std::uint64_t log_length;
  Digest log_root;
  Digest map_root;
  SignatureText signature;
  std::uint64_t timestamp;
  template <class Self, class V>
  static void fields(Self& e, V& v) {
    v("key_id", e.key_id);
    v("log_length", e.log_length);
    v("log_root", e.log_root);
    v("map_root", e.map_root);
    v("signature", e.signature);
    v("timestamp", e.timestamp);
  }
  friend bool operator==(const CheckpointSigned&, const CheckpointSigned&) = default;
};

// ---- and a command that is an event ----

// The newest checkpoint signed once more, later: Warg's clients want to know that a registry in
// which nothing happens is still there. No event when the state is another one by then.
struct RenewCheckpoint {
  CheckpointSigned checkpoint;
};

}  // namespace varve::warg
