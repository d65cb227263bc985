// Any bytes as each of the things that Warg's proofs and keys are made of.
#include "core/base/bytes.h"
#include "core/warg/bundle.h"
#include "core/warg/map_page.h"
#include "log/proof/p256.h"
#include "log/proof/warg_keys.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace varve;
using namespace varve::warg;

// What is accepted has one spelling, and verifies nothing that nobody proved.
void check_log_bundle(std::string_view bytes) {
  const auto bundle = LogBundle::decode(bytes);
  if (!bundle) {
    VARVE_ASSERT(bundle.error().about == About::proof);
    return;
  }
  VARVE_ASSERT(bundle->encode() == bytes);
  std::vector<LogLeaf> leaves;
  for (const std::uint32_t node : bundle->included_nodes) leaves.push_back({node / 2, Hash256{}});
  // Of no tree, and unlike each other: a log of one leaf has that leaf's hash for its root.
  const Hash256 old_root = sha256("old root");
  const Hash256 new_root = sha256("new root");
  VARVE_ASSERT(!verify_inclusion(*bundle, bundle->log_length, leaves, new_root));
  for (const std::uint32_t from : bundle->consistent_lengths)
    VARVE_ASSERT(!verify_consistency(*bundle, from, bundle->log_length, old_root, new_root));
}

void check_map_bundle(std::string_view bytes) {
  const auto bundle = MapBundle::decode(bytes);
  if (!bundle) {
    VARVE_ASSERT(bundle.error().about == About::proof);
    return;
  }
  VARVE_ASSERT(bundle->encode() == bytes);
  const std::vector<Hash256> keys(bundle->proofs.size());
  VARVE_ASSERT(!verify_absence(*bundle, keys, Hash256{}));
}

void check_page(std::string_view bytes) {
  const auto page = decode_page(bytes);
  VARVE_ASSERT(page ? encode_page(*page) == bytes : page.error().code == Errc::corrupt);
  // A map whose every page is these bytes: an answer or an error, and an end.
  const PageReader pages = [&](std::string_view) {
    return Result<std::optional<std::string>>(std::string(bytes));
  };
  const Hash256 key = sha256(bytes);
  VARVE_ASSERT(!prove_in_map(key, pages) || !prove_absence(key, pages));
  const std::vector<MapEntry> entry{{key, key}};
  const auto root = set_in_map(entry, pages, [](std::string_view, const std::string&) {});
  VARVE_ASSERT(root || root.error().code == Errc::corrupt);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  check_log_bundle(bytes);
  check_map_bundle(bytes);
  check_page(bytes);
  VARVE_ASSERT(!is_strict_p256_signature(bytes) || bytes.size() <= 72);
  if (const auto key = P256Public::parse(bytes)) VARVE_ASSERT(key->compressed().size() == 33);
  if (const auto key = PublicKey::parse(bytes))
    VARVE_ASSERT(PublicKey::parse(key->text().text())->id() == key->id());
  return 0;
}
