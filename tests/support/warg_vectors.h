// tests/golden/warg/vectors.json as values: one small registry, record by record, with its proofs,
// as another implementation of Warg made them. The program that includes this defines
// VARVE_GOLDEN_DIR. One thread.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/warg/checkpoint.h"
#include "core/warg/names.h"

namespace varve::testing {

struct WargKeyPair {
  std::string private_text, public_text, key_id;
};
struct WargCheckpoint {
  warg::Checkpoint contents;
  std::string signed_bytes, id_hex, key_id, signature;
};
struct WargRecord {
  std::string kind, package, log, content, record_id, key_id, signature;
  std::string log_leaf, log_leaf_hash, map_key_path, map_leaf, map_leaf_hash;
  WargCheckpoint checkpoint;
};
struct WargConsistency {
  std::uint64_t from = 0, to = 0;
  std::vector<std::uint32_t> nodes;
  std::string proof;
};
struct WargInclusion {
  std::uint64_t length = 0;
  std::vector<std::uint64_t> leaves;
  std::string log, map;
};
struct WargVectors {
  WargKeyPair operator_key, publisher_key;
  std::map<unsigned, std::string> empty_subtree_hash;
  std::string empty_log_root;
  std::vector<WargRecord> records;
  std::vector<WargConsistency> consistency;
  std::vector<WargInclusion> inclusion;
};

namespace warg_vectors_detail {

using simdjson::dom::element;

inline std::string text(const element& of, std::string_view member) {
  return std::string(of[member].get_string().value());
}
inline std::string bytes(const element& of, std::string_view member) {
  return hex_decode(text(of, member)).value();
}
inline WargKeyPair key_pair(const element& key) {
  return {text(key, "private"), text(key, "public"), text(key, "keyId")};
}
template <class Number>
std::vector<Number> numbers(const element& of, std::string_view member) {
  std::vector<Number> values;
  for (const element value : of[member].get_array().value())
    values.push_back(static_cast<Number>(value.get_uint64().value()));
  return values;
}
inline WargCheckpoint checkpoint(const element& of) {
  const element contents = of["contents"];
  return {{contents["logLength"].get_uint64().value(),
           warg::parse_hash_text(text(contents, "logRoot")).value(),
           warg::parse_hash_text(text(contents, "mapRoot")).value(),
           contents["timestamp"].get_uint64().value()},
          bytes(of, "signedBytesHex"),
          text(of, "checkpointIdHex"),
          text(of, "keyId"),
          text(of, "signature")};
}
inline WargRecord record(const element& of) {
  const auto package = of["package"].get_string();
  return {text(of, "kind"),
          package.error() ? std::string() : std::string(package.value_unsafe()),
          text(of, "log"),
          bytes(of, "contentHex"),
          text(of, "recordId"),
          text(of, "keyId"),
          text(of, "signature"),
          bytes(of, "logLeafHex"),
          text(of, "logLeafHash"),
          text(of, "mapKeyPath"),
          bytes(of, "mapLeafHex"),
          text(of, "mapLeafHash"),
          checkpoint(of["checkpointAfter"])};
}

}  // namespace warg_vectors_detail

inline WargVectors read_warg_vectors() {
  using namespace warg_vectors_detail;
  simdjson::dom::parser parser;
  std::ifstream file(VARVE_GOLDEN_DIR "/warg/vectors.json", std::ios::binary);
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  const element root = parser.parse(json).value();
  WargVectors all;
  all.operator_key = key_pair(root["keys"]["operator"]);
  all.publisher_key = key_pair(root["keys"]["publisher"]);
  for (const auto& [height, hash] : root["emptySubtreeHash"].get_object().value())
    all.empty_subtree_hash[static_cast<unsigned>(*parse_decimal(height))] =
        std::string(hash.get_string().value());
  all.empty_log_root = text(root, "emptyLogRoot");
  for (const element of : root["records"].get_array().value()) all.records.push_back(record(of));
  for (const element of : root["consistency"].get_array().value())
    all.consistency.push_back({of["from"].get_uint64().value(), of["to"].get_uint64().value(),
                               numbers<std::uint32_t>(of, "nodes"),
                               base64_decode(text(of, "proof")).value()});
  for (const element of : root["inclusion"].get_array().value())
    all.inclusion.push_back(
        {of["logLength"].get_uint64().value(), numbers<std::uint64_t>(of, "leafs"),
         base64_decode(text(of, "log")).value(), base64_decode(text(of, "map")).value()});
  return all;
}

inline const WargVectors& warg_vectors() {
  static const WargVectors all = read_warg_vectors();
  return all;
}

}  // namespace varve::testing
