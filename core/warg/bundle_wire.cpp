// The bytes of proof bundles: package warg.transparency of Warg's protobuf files. Pure; any thread.
//
//   LogProofBundle     1 uint32 log_length, 2 packed uint32 consistent_lengths,
//                      3 packed uint32 included_indices, 4 repeated HashEntry
//   HashEntry          1 uint32 index, 2 bytes hash
//   MapProofBundle     1 repeated MapInclusionProof {1 repeated OptionalHash {1 optional bytes
//   hash}}
#include <limits>

#include "core/base/bytes.h"
#include "core/warg/bundle.h"
#include "core/warg/map_page.h"
#include "core/warg/wire.h"

namespace varve::warg {
namespace {

std::unexpected<Error> malformed() {
  return fail(Errc::invalid, About::proof, "the proof bundle is malformed");
}

bool fits(std::uint64_t value) {
  return value <= std::numeric_limits<std::uint32_t>::max();
}

void append_packed(std::string& out, std::uint32_t field,
                   const std::vector<std::uint32_t>& values) {
  if (values.empty()) return;
  std::string packed;
  for (const std::uint32_t value : values) append_uleb128(packed, value);
  append_bytes_field(out, field, packed);
}

bool read_packed(std::string_view bytes, std::vector<std::uint32_t>& values) {
  for (WireReader reader(bytes); !reader.at_end();) {
    const auto value = reader.varint();
    if (!value || !fits(*value)) return false;
    values.push_back(static_cast<std::uint32_t>(*value));
  }
  return true;
}

bool read_hash_entry(std::string_view bytes, std::pair<std::uint32_t, Hash256>& entry) {
  WireReader reader(bytes);
  bool has_hash = false;
  while (const auto field = reader.next()) {
    if (field->number == 1 && field->type == kWireVarint && fits(field->value)) {
      entry.first = static_cast<std::uint32_t>(field->value);
    } else if (field->number == 2 && field->bytes.size() == sizeof(Hash256)) {
      entry.second = hash_from(field->bytes);
      has_hash = true;
    } else {
      return false;
    }
  }
  return has_hash && !reader.failed();
}

bool read_log_field(const WireReader::Field& field, LogBundle& bundle) {
  if (field.number == 1 && field.type == kWireVarint && fits(field.value)) {
    bundle.log_length = static_cast<std::uint32_t>(field.value);
    return true;
  }
  if (field.type != kWireBytes) return false;
  if (field.number == 2) return read_packed(field.bytes, bundle.consistent_lengths);
  if (field.number == 3) return read_packed(field.bytes, bundle.included_nodes);
  if (field.number != 4) return false;
  const bool first = bundle.hashes.empty();
  const std::uint32_t before = first ? 0 : bundle.hashes.back().first;
  auto& entry = bundle.hashes.emplace_back();
  return read_hash_entry(field.bytes, entry) && (first || entry.first > before);
}

bool read_peer(std::string_view bytes, std::optional<Hash256>& peer) {
  WireReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number != 1 || field->bytes.size() != sizeof(Hash256)) return false;
    peer = hash_from(field->bytes);
  }
  return !reader.failed();
}

bool read_map_proof(std::string_view bytes, MapProof& proof) {
  WireReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number != 1 || field->type != kWireBytes) return false;
    if (proof.peers.size() == kMapDepth || !read_peer(field->bytes, proof.peers.emplace_back()))
      return false;
  }
  return !reader.failed();
}

}  // namespace

std::string LogBundle::encode() const {
  std::string bytes;
  if (log_length != 0) append_number_field(bytes, 1, log_length);
  append_packed(bytes, 2, consistent_lengths);
  append_packed(bytes, 3, included_nodes);
  for (const auto& [number, hash] : hashes) {
    std::string entry;
    if (number != 0) append_number_field(entry, 1, number);  // proto3 leaves out what is 0
    append_bytes_field(entry, 2, as_view(hash));
    append_bytes_field(bytes, 4, entry);
  }
  return bytes;
}

Result<LogBundle> LogBundle::decode(std::string_view bytes) {
  LogBundle bundle;
  WireReader reader(bytes);
  while (const auto field = reader.next())
    if (!read_log_field(*field, bundle)) return malformed();
  // Written again it must be the same: no field twice, out of order or in a longer spelling.
  if (reader.failed() || bundle.encode() != bytes) return malformed();
  if (bundle.consistent_lengths.empty() && bundle.included_nodes.empty())
    return fail(Errc::invalid, About::proof, "the proof bundle proves nothing");
  return bundle;
}

std::string MapBundle::encode() const {
  std::string bytes;
  for (const MapProof& proof : proofs) {
    std::string peers;
    for (const auto& peer : proof.peers) {
      std::string optional_hash;
      if (peer) append_bytes_field(optional_hash, 1, as_view(*peer));
      append_bytes_field(peers, 1, optional_hash);
    }
    append_bytes_field(bytes, 1, peers);
  }
  return bytes;
}

Result<MapBundle> MapBundle::decode(std::string_view bytes) {
  MapBundle bundle;
  WireReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number != 1 || field->type != kWireBytes) return malformed();
    if (!read_map_proof(field->bytes, bundle.proofs.emplace_back())) return malformed();
  }
  if (reader.failed() || bundle.encode() != bytes) return malformed();
  if (bundle.proofs.empty())
    return fail(Errc::invalid, About::proof, "the proof bundle proves nothing");
  return bundle;
}

}  // namespace varve::warg
