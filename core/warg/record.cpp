// Records as protobuf, both ways. The library reads the wire; what it lets through and the
// protocol's other readers do not is refused here: a log with such a record could not be read by
// them any more.
#include "core/warg/record.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/warg/record.pb.h"

namespace varve::warg {
namespace {

namespace pb = google::protobuf;

constexpr std::string_view kHashAlgorithm = "sha256";
constexpr std::int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr std::int32_t kNanosInSecond = 1'000'000'000;

std::unexpected<Error> malformed(std::string what) {
  return fail(Errc::invalid, About::record, "the record is malformed: " + std::move(what));
}

template <class T>
Result<T> readable(Result<T> value) {
  if (value) return value;
  const Error& error = value.error();
  return malformed(error.detail.empty() ? error.what : error.what + ": " + error.detail);
}

// ---- in ----

// A field that we know, in another wire type than its own, is an unknown field to the library, and
// an error to the reference. The last field of `Message` that we know is `last_field`.
bool hides_a_known_field(const std::string& unknown, int last_field) {
  using pb::internal::WireFormatLite;
  pb::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(unknown.data()),
                              static_cast<int>(unknown.size()));
  while (const std::uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) <= last_field) return true;
    if (!WireFormatLite::SkipField(&in, tag)) return true;
  }
  return !in.ConsumedEntireMessage();
}

template <class Message>
Result<void> check_types(const Message& message, int last_field) {
  const std::string& unknown = message.unknown_fields();
  if (unknown.empty() || !hides_a_known_field(unknown, last_field)) return {};
  return malformed("a field has another type than the protocol gives it");
}

Result<std::string> utf8(const std::string& text) {
  if (is_valid_utf8(text)) return text;
  return malformed("a text is not UTF-8");
}

Result<RecordTime> time_of(const wire::Time& time) {
  VARVE_CHECK(check_types(time, 2));
  if (time.seconds() < 0 || time.seconds() > kSecondsMax || time.nanos() < 0 ||
      time.nanos() >= kNanosInSecond)
    return malformed("its time lies outside 1970 to 9999");
  return RecordTime{time.seconds(), time.nanos()};
}

template <class Message, class Permission>
Result<std::vector<Permission>> permissions_of(const Message& message,
                                               std::span<const Permission> known) {
  std::vector<Permission> permissions;
  for (const std::int32_t number : message.permissions()) {
    const auto found = std::ranges::find(known, number, [](Permission permission) {
      return static_cast<std::int32_t>(std::to_underlying(permission));
    });
    if (found == known.end()) return malformed("there is no permission " + std::to_string(number));
    permissions.push_back(*found);
  }
  return permissions;
}

template <class Message>
Result<Init> init_of(const Message& init) {
  VARVE_CHECK(check_types(init, 2));
  if (init.hash_algorithm() != kHashAlgorithm)
    return malformed("it names another hash algorithm than sha256");
  VARVE_TRY(auto key, readable(PublicKeyText::parse(init.key())));
  return Init{std::move(key)};
}

template <class Permission>
Result<Grant<Permission>> grant_of(const wire::Grant& grant, std::span<const Permission> known) {
  VARVE_CHECK(check_types(grant, 2));
  VARVE_TRY(auto key, readable(PublicKeyText::parse(grant.key())));
  VARVE_TRY(auto permissions, permissions_of(grant, known));
  return Grant<Permission>{std::move(key), std::move(permissions)};
}

template <class Permission>
Result<Revoke<Permission>> revoke_of(const wire::Revoke& revoke,
                                     std::span<const Permission> known) {
  VARVE_CHECK(check_types(revoke, 2));
  VARVE_TRY(const KeyId key, readable(KeyId::parse(revoke.key_id())));
  VARVE_TRY(auto permissions, permissions_of(revoke, known));
  return Revoke<Permission>{key, std::move(permissions)};
}

Result<Release> release_of(const wire::Release& release) {
  VARVE_CHECK(check_types(release, 2));
  VARVE_TRY(auto version, readable(Version::parse(release.version())));
  VARVE_TRY(const Hash256 hash, readable(parse_hash_text(release.content_hash())));
  return Release{std::move(version), Digest(DigestAlgorithm::sha256, as_view(hash))};
}

Result<Yank> yank_of(const wire::Yank& yank) {
  VARVE_CHECK(check_types(yank, 1));
  VARVE_TRY(auto version, readable(Version::parse(yank.version())));
  return Yank{std::move(version)};
}

Result<DefineNamespace> define_of(const wire::DefineNamespace& define) {
  VARVE_CHECK(check_types(define, 1));
  VARVE_TRY(auto ns, utf8(define.namespace_()));
  return DefineNamespace{std::move(ns)};
}

Result<ImportNamespace> import_of(const wire::ImportNamespace& import) {
  VARVE_CHECK(check_types(import, 2));
  VARVE_TRY(auto ns, utf8(import.namespace_()));
  VARVE_TRY(auto registry, utf8(import.registry()));
  return ImportNamespace{std::move(ns), std::move(registry)};
}

std::unexpected<Error> empty_entry() {
  return malformed("an entry says nothing that this protocol knows");
}

Result<PackageEntry> entry_of(const wire::PackageEntry& entry) {
  constexpr std::span<const PackagePermission> kKnown(kPackagePermissions);
  VARVE_CHECK(check_types(entry, 5));
  switch (entry.contents_case()) {
    case wire::PackageEntry::kInit:
      return init_of(entry.init());
    case wire::PackageEntry::kGrant:
      return grant_of(entry.grant(), kKnown);
    case wire::PackageEntry::kRevoke:
      return revoke_of(entry.revoke(), kKnown);
    case wire::PackageEntry::kRelease:
      return release_of(entry.release());
    case wire::PackageEntry::kYank:
      return yank_of(entry.yank());
    case wire::PackageEntry::CONTENTS_NOT_SET:
      break;
  }
  return empty_entry();
}

Result<OperatorEntry> entry_of(const wire::OperatorEntry& entry) {
  constexpr std::span<const OperatorPermission> kKnown(kOperatorPermissions);
  VARVE_CHECK(check_types(entry, 5));
  switch (entry.contents_case()) {
    case wire::OperatorEntry::kInit:
      return init_of(entry.init());
    case wire::OperatorEntry::kGrant:
      return grant_of(entry.grant(), kKnown);
    case wire::OperatorEntry::kRevoke:
      return revoke_of(entry.revoke(), kKnown);
    case wire::OperatorEntry::kDefineNamespace:
      return define_of(entry.define_namespace());
    case wire::OperatorEntry::kImportNamespace:
      return import_of(entry.import_namespace());
    case wire::OperatorEntry::CONTENTS_NOT_SET:
      break;
  }
  return empty_entry();
}

// Asked before the library makes an object of each: of empty ones a record has room for half a
// million.
bool has_too_many_entries(std::string_view bytes) {
  using pb::internal::WireFormatLite;
  constexpr int kEntries = 4;
  pb::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                              static_cast<int>(bytes.size()));
  std::size_t entries = 0;
  while (const std::uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) == kEntries) ++entries;
    if (!WireFormatLite::SkipField(&in, tag)) return false;  // malformed is another error
  }
  return entries > limits::kWargRecordEntriesMax;
}

template <class RecordOf, class Message>
Result<RecordOf> decode(std::string_view bytes) {
  if (bytes.size() > limits::kWargRecordBytesMax)
    return fail(Errc::too_large, About::record,
                "a record has at most " + std::to_string(limits::kWargRecordBytesMax) + " bytes");
  if (has_too_many_entries(bytes))
    return fail(
        Errc::too_large, About::record,
        "a record has at most " + std::to_string(limits::kWargRecordEntriesMax) + " entries");
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return malformed("it is no protobuf of this protocol");
  VARVE_CHECK(check_types(message, 4));
  if (!message.has_time()) return malformed("it has no time");
  RecordOf record;
  if (message.has_prev()) {
    VARVE_TRY(record.prev, readable(RecordId::parse(message.prev())));
  }
  record.version = message.version();
  VARVE_TRY(record.time, time_of(message.time()));
  record.entries.reserve(static_cast<std::size_t>(message.entries_size()));
  for (const auto& entry : message.entries()) {
    VARVE_TRY(auto decoded, entry_of(entry));
    record.entries.push_back(std::move(decoded));
  }
  return record;
}

// ---- out ----

template <class Message>
void write(const Init& init, Message& out) {
  out.mutable_init()->set_key(init.key.text());
  out.mutable_init()->set_hash_algorithm(std::string(kHashAlgorithm));
}
template <class Permission, class Message>
void write(const Grant<Permission>& grant, Message& out) {
  out.mutable_grant()->set_key(grant.key.text());
  for (const Permission permission : grant.permissions)
    out.mutable_grant()->add_permissions(std::to_underlying(permission));
}
template <class Permission, class Message>
void write(const Revoke<Permission>& revoke, Message& out) {
  out.mutable_revoke()->set_key_id(revoke.key.to_string());
  for (const Permission permission : revoke.permissions)
    out.mutable_revoke()->add_permissions(std::to_underlying(permission));
}
void write(const Release& release, wire::PackageEntry& out) {
  out.mutable_release()->set_version(release.version.text());
  out.mutable_release()->set_content_hash(release.content.to_string());
}
void write(const Yank& yank, wire::PackageEntry& out) {
  out.mutable_yank()->set_version(yank.version.text());
}
void write(const DefineNamespace& define, wire::OperatorEntry& out) {
  out.mutable_define_namespace()->set_namespace_(define.ns);
}
void write(const ImportNamespace& import, wire::OperatorEntry& out) {
  out.mutable_import_namespace()->set_namespace_(import.ns);
  out.mutable_import_namespace()->set_registry(import.registry);
}

template <class Message, class RecordOf>
std::string encode_as(const RecordOf& record) {
  Message message;
  if (record.prev) message.set_prev(record.prev->to_string());
  if (record.version != 0) message.set_version(record.version);  // as proto3 leaves out zeros
  auto& time = *message.mutable_time();
  if (record.time.seconds != 0) time.set_seconds(record.time.seconds);
  if (record.time.nanos != 0) time.set_nanos(record.time.nanos);
  for (const auto& entry : record.entries)
    std::visit([&out = *message.add_entries()](const auto& e) { write(e, out); }, entry);
  return message.SerializeAsString();
}

}  // namespace

std::string_view to_string(PackagePermission permission) {
  switch (permission) {
    case PackagePermission::release:
      return "release";
    case PackagePermission::yank:
      return "yank";
  }
  assertion_failed("a PackagePermission outside its enumeration", __FILE__, __LINE__);
}

std::string_view to_string(OperatorPermission permission) {
  switch (permission) {
    case OperatorPermission::commit:
      return "commit";
    case OperatorPermission::define_namespace:
      return "defineNamespace";
    case OperatorPermission::import_namespace:
      return "importNamespace";
  }
  assertion_failed("an OperatorPermission outside its enumeration", __FILE__, __LINE__);
}

RecordTime RecordTime::of(Timestamp time) {
  constexpr std::int64_t kMicrosInSecond = 1'000'000;
  VARVE_ASSERT(time.micros >= 0);
  return {time.micros / kMicrosInSecond,
          static_cast<std::int32_t>(time.micros % kMicrosInSecond * 1'000)};
}

std::set<Digest> released_content(const PackageRecord& record) {
  std::set<Digest> content;
  for (const PackageEntry& entry : record.entries)
    if (const auto* release = std::get_if<Release>(&entry)) content.insert(release->content);
  return content;
}

Result<PackageRecord> decode_package_record(std::string_view bytes) {
  return decode<PackageRecord, wire::PackageRecord>(bytes);
}

Result<OperatorRecord> decode_operator_record(std::string_view bytes) {
  return decode<OperatorRecord, wire::OperatorRecord>(bytes);
}

std::string encode(const PackageRecord& record) {
  return encode_as<wire::PackageRecord>(record);
}

std::string encode(const OperatorRecord& record) {
  return encode_as<wire::OperatorRecord>(record);
}

Result<SignedPackageRecord> open_package_record(Envelope envelope) {
  VARVE_TRY(auto record, decode_package_record(*envelope.content));
  const RecordId id = package_record_id(*envelope.content);
  return SignedPackageRecord{std::move(envelope), id, std::move(record)};
}

Result<SignedOperatorRecord> open_operator_record(Envelope envelope) {
  VARVE_TRY(auto record, decode_operator_record(*envelope.content));
  const RecordId id = operator_record_id(*envelope.content);
  return SignedOperatorRecord{std::move(envelope), id, std::move(record)};
}

}  // namespace varve::warg
