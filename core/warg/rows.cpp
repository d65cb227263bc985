// Keys and values of the rows about Warg packages, both ways. Decoding is strict: a row that merely
// looks right would be answered, proved and signed as if it were.
#include "core/warg/rows.h"

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::warg {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kDigestBytes = 33;
constexpr char kSourcing = 1;
constexpr char kPublished = 2;
constexpr char kRejected = 3;

std::unexpected<Error> corrupt(std::string what) {
  return fail(Errc::corrupt, About::storage, std::move(what));
}

// Takes a value apart, from the front. Once it was too short, it stays failed.
class Parts {
 public:
  explicit Parts(std::string_view value) : rest_(value) {}
  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      short_ = true;
      count = rest_.size();
    }
    const std::string_view part = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return part;
  }
  std::uint64_t number() {
    const std::string_view part = take(8);
    return short_ ? 0 : read_be64(part);
  }
  Hash256 hash() {
    const std::string_view part = take(kHashBytes);
    return short_ ? Hash256{} : hash_from(part);
  }
  Result<BodyOfRecord> body() {
    VARVE_TRY(const Digest digest, Digest::from_row(take(kDigestBytes)));
    return BodyOfRecord{digest, number()};
  }
  std::string_view rest() { return take(rest_.size()); }
  bool whole() const { return !short_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool short_ = false;
};

void append_body(std::string& out, const BodyOfRecord& body) {
  out += body.digest.row();
  append_be64(out, body.size);
}

Result<SignatureText> signature_of(std::string_view text) {
  auto signature = SignatureText::parse(text);
  if (!signature) return corrupt("a stored signature is none");
  return signature;
}

Result<RecordState> sourcing_of(Parts& parts) {
  const KeyId key{parts.hash()};
  VARVE_TRY(const auto body, parts.body());
  const auto micros = static_cast<std::int64_t>(parts.number());
  if (micros < 0) return corrupt("a stored record expires before 1970");
  const std::string_view length = parts.take(1);
  if (length.empty()) return corrupt("a stored record is too short");
  auto package = PackageName::parse(parts.take(static_cast<unsigned char>(length.front())));
  if (!package) return corrupt("a stored record is of no package");
  VARVE_TRY(auto signature, signature_of(parts.rest()));
  return Sourcing{key, body, Timestamp{micros}, *std::move(package), std::move(signature)};
}

}  // namespace

RowKey name_key(std::string_view name) {
  RowKey key;
  key.name(name);
  return key;
}
RowKey log_key(const LogId& log) {
  RowKey key;
  key.hash(log.hash());
  return key;
}
RowKey key_key(const LogId& log, const KeyId& id) {
  RowKey key = log_key(log);
  key.hash(id.hash());
  return key;
}
RowKey release_key(const LogId& log, std::string_view version) {
  RowKey key = log_key(log);
  key.name(version);
  return key;
}
RowKey position_key(const LogId& log, std::uint64_t position) {
  RowKey key = log_key(log);
  key.number(position);
  return key;
}
RowKey record_key(const LogId& log, const RecordId& record) {
  RowKey key = log_key(log);
  key.hash(record.hash());
  return key;
}
RowKey missing_key(const LogId& log, const RecordId& record, const Digest& content) {
  RowKey key = record_key(log, record);
  key.digest(content);
  return key;
}
RowKey first_key(const RecordId& record) {
  RowKey key;
  key.hash(record.hash());
  return key;
}
RowKey content_key(const Digest& content) {
  RowKey key;
  key.digest(content);
  return key;
}
RowKey released_key(const Digest& content, const LogId& log) {
  RowKey key = content_key(content);
  key.hash(log.hash());
  return key;
}
RowKey number_key(std::uint64_t number) {
  RowKey key;
  key.number(number);
  return key;
}
RowKey node_key(unsigned level, std::uint64_t n) {
  // Under 2^31 leaves there are fewer levels than numbers of a byte; both parts have one length.
  RowKey key;
  key.number(std::uint64_t{level} << 56 | n);
  return key;
}

std::string number_value(std::uint64_t number) {
  std::string value;
  append_be64(value, number);
  return value;
}

Result<std::uint64_t> number_of(std::string_view value) {
  if (value.size() != 8) return corrupt("a stored number is not 8 bytes");
  return read_be64(value);
}

std::string log_value(const LogHead& head, std::string_view package) {
  std::string value(head.id.raw());
  append_be64(value, static_cast<std::uint64_t>(head.time.seconds));
  append_be32(value, static_cast<std::uint32_t>(head.time.nanos));
  append_be64(value, head.count);
  value += package;
  return value;
}

Result<LogRow> log_of(std::string_view value) {
  Parts parts(value);
  const RecordId id{parts.hash()};
  const auto seconds = static_cast<std::int64_t>(parts.number());
  const std::string_view nanos = parts.take(4);
  const std::uint64_t count = parts.number();
  const std::string package(parts.rest());
  if (!parts.whole()) return corrupt("a stored log is too short");
  return LogRow{{id, {seconds, static_cast<std::int32_t>(read_be32(nanos))}, count}, package};
}

std::string key_value(const LogKey& key) {
  return static_cast<char>(key.permissions.bits()) + key.text.text();
}

Result<LogKey> key_of(std::string_view value) {
  Parts parts(value);
  const std::string_view bits = parts.take(1);
  auto text = PublicKeyText::parse(parts.rest());
  if (!parts.whole() || !text) return corrupt("a stored key is none");
  return LogKey{*std::move(text), Permissions::from_bits(static_cast<std::uint8_t>(bits.front()))};
}

std::string release_value(const LogRelease& release) {
  return std::string(release.content.raw()) + (release.yanked ? '\1' : '\0');
}

Result<LogRelease> release_of(std::string_view value) {
  Parts parts(value);
  const Hash256 hash = parts.hash();
  const std::string_view yanked = parts.take(1);
  if (!parts.whole() || (yanked != std::string_view("\0", 1) && yanked != "\1"))
    return corrupt("a stored release has the wrong form");
  return LogRelease{Digest(DigestAlgorithm::sha256, as_view(hash)), yanked == "\1"};
}

std::string record_value(const PublishedRecord& record) {
  std::string value(record.id.raw());
  append_be64(value, record.registry_index);
  value += record.key.raw();
  append_body(value, record.body);
  return value + record.signature.text();
}

Result<PublishedRecord> record_of(std::string_view value) {
  Parts parts(value);
  const RecordId id{parts.hash()};
  const std::uint64_t index = parts.number();
  const KeyId key{parts.hash()};
  VARVE_TRY(const auto body, parts.body());
  VARVE_TRY(auto signature, signature_of(parts.rest()));
  return PublishedRecord{id, index, key, body, std::move(signature)};
}

std::string state_value(const RecordState& state) {
  if (const auto* sourcing = std::get_if<Sourcing>(&state)) {
    std::string value(1, kSourcing);
    value += sourcing->key.raw();
    append_body(value, sourcing->body);
    append_be64(value, static_cast<std::uint64_t>(sourcing->expires.micros));
    static_assert(limits::kPackageNameBytesMax <= 255);
    value += static_cast<char>(sourcing->package.text().size());
    return value + sourcing->package.text() + sourcing->signature.text();
  }
  if (const auto* published = std::get_if<Published>(&state))
    return kPublished + number_value(published->position);
  return kRejected + std::get<Rejected>(state).reason;
}

Result<RecordState> state_of(std::string_view value) {
  Parts parts(value);
  const std::string_view kind = parts.take(1);
  if (kind == std::string_view(&kSourcing, 1)) return sourcing_of(parts);
  if (kind == std::string_view(&kRejected, 1)) return Rejected{std::string(parts.rest())};
  const Published published{parts.number()};
  if (kind == std::string_view(&kPublished, 1) && parts.whole()) return published;
  return corrupt("a stored record is in no state that this program wrote");
}

std::string leaf_value(const LogId& log, const RecordId& record) {
  return std::string(log.raw()) + std::string(record.raw());
}

Result<Leaf> leaf_of(std::string_view value) {
  Parts parts(value);
  const LogId log{parts.hash()};
  const RecordId record{parts.hash()};
  if (!parts.whole()) return corrupt("a stored leaf is not 64 bytes");
  return Leaf{log, record};
}

Result<LogId> log_id_of(std::string_view bytes) {
  if (bytes.size() != kHashBytes) return corrupt("a stored log's id is not 32 bytes");
  return LogId(hash_from(bytes));
}

Result<KeyId> key_id_of(std::string_view bytes) {
  if (bytes.size() != kHashBytes) return corrupt("a stored key's id is not 32 bytes");
  return KeyId(hash_from(bytes));
}

Result<RecordId> record_id_of(std::string_view value) {
  if (value.size() != kHashBytes) return corrupt("a stored record's id is not 32 bytes");
  return RecordId(hash_from(value));
}

std::string checkpoint_value(const CheckpointSigned& checkpoint) {
  std::string value = checkpoint.log_root.row() + checkpoint.map_root.row();
  append_be64(value, checkpoint.timestamp);
  value += checkpoint.key_id.raw();
  return value + checkpoint.signature.text();
}

Result<CheckpointSigned> checkpoint_of(std::uint64_t log_length, std::string_view value) {
  Parts parts(value);
  VARVE_TRY(const Digest log_root, Digest::from_row(parts.take(kDigestBytes)));
  VARVE_TRY(const Digest map_root, Digest::from_row(parts.take(kDigestBytes)));
  const std::uint64_t timestamp = parts.number();
  const KeyId key{parts.hash()};
  VARVE_TRY(auto signature, signature_of(parts.rest()));
  return CheckpointSigned{key, log_length, log_root, map_root, std::move(signature), timestamp};
}

Result<std::uint64_t> find_number(const View& view, std::string_view name) {
  VARVE_TRY(const auto row, view.get(Table::warg, name_key(name)));
  if (!row) return 0;
  return number_of(row->value);
}

}  // namespace varve::warg
