// Records of Warg's logs: what a publisher or the operator signs. Pure; any thread.
//
// A record is the bytes that were signed: they are hashed and kept as they came, and never made
// again from what is read here. Protobuf that is legal without being canonical is a record too.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/time.h"
#include "core/warg/names.h"
#include "core/warg/semver.h"

namespace varve::warg {

// The numbers are the protocol's, and stored.
enum class PackagePermission : std::uint8_t { release = 1, yank = 2 };
enum class OperatorPermission : std::uint8_t {
  commit = 1,
  define_namespace = 2,
  import_namespace = 3
};
std::string_view to_string(PackagePermission permission);   // "release"
std::string_view to_string(OperatorPermission permission);  // "defineNamespace"

inline constexpr PackagePermission kPackagePermissions[] = {PackagePermission::release,
                                                            PackagePermission::yank};
inline constexpr OperatorPermission kOperatorPermissions[] = {OperatorPermission::commit,
                                                              OperatorPermission::define_namespace,
                                                              OperatorPermission::import_namespace};

// ---- entries ----

struct Init {  // the hash algorithm is always sha256
  PublicKeyText key;
  friend bool operator==(const Init&, const Init&) = default;
};
template <class Permission>
struct Grant {
  PublicKeyText key;
  std::vector<Permission> permissions;
  friend bool operator==(const Grant&, const Grant&) = default;
};
template <class Permission>
struct Revoke {
  KeyId key;
  std::vector<Permission> permissions;
  friend bool operator==(const Revoke&, const Revoke&) = default;
};
struct Release {
  Version version;
  Digest content;  // SHA-256
  friend bool operator==(const Release&, const Release&) = default;
};
struct Yank {
  Version version;
  friend bool operator==(const Yank&, const Yank&) = default;
};
struct DefineNamespace {
  std::string ns;  // UTF-8; whether it is a namespace is a rule of the log
  friend bool operator==(const DefineNamespace&, const DefineNamespace&) = default;
};
struct ImportNamespace {
  std::string ns;
  std::string registry;  // both UTF-8
  friend bool operator==(const ImportNamespace&, const ImportNamespace&) = default;
};

using PackageEntry =
    std::variant<Init, Grant<PackagePermission>, Revoke<PackagePermission>, Release, Yank>;
using OperatorEntry = std::variant<Init, Grant<OperatorPermission>, Revoke<OperatorPermission>,
                                   DefineNamespace, ImportNamespace>;

// ---- records ----

struct RecordTime {
  std::int64_t seconds = 0;  // since 1970, up to the end of 9999
  std::int32_t nanos = 0;    // 0..999,999,999
  static RecordTime of(Timestamp time);
  friend auto operator<=>(const RecordTime&, const RecordTime&) = default;
};

template <class EntryOf, class PermissionOf>
struct Record {
  using Entry = EntryOf;
  using Permission = PermissionOf;
  std::optional<RecordId> prev;
  std::uint32_t version = 0;
  RecordTime time;
  std::vector<Entry> entries;
  friend bool operator==(const Record&, const Record&) = default;
};
using PackageRecord = Record<PackageEntry, PackagePermission>;
using OperatorRecord = Record<OperatorEntry, OperatorPermission>;

// What its releases name, each once.
std::set<Digest> released_content(const PackageRecord& record);

// Errors: invalid/About::record; too_large for more than limits::kWargRecordBytesMax bytes or
// limits::kWargRecordEntriesMax entries.
Result<PackageRecord> decode_package_record(std::string_view bytes);
Result<OperatorRecord> decode_operator_record(std::string_view bytes);

// As the reference client writes them. `version` and everything else may be what no log takes.
std::string encode(const PackageRecord& record);
std::string encode(const OperatorRecord& record);

// ---- signed records ----

// Bytes, and who says to have signed them.
struct Envelope {
  std::shared_ptr<const std::string> content;
  KeyId key;
  SignatureText signature;
};

template <class RecordOf>
struct Signed {
  Envelope envelope;
  RecordId id;
  RecordOf record;
};
using SignedPackageRecord = Signed<PackageRecord>;
using SignedOperatorRecord = Signed<OperatorRecord>;

// Reads the record out of its envelope. That the signature is good is for Verified<> to say
// (core/verified.h). Errors: as decoding.
Result<SignedPackageRecord> open_package_record(Envelope envelope);
Result<SignedOperatorRecord> open_operator_record(Envelope envelope);

}  // namespace varve::warg
