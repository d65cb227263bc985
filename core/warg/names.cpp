// The grammars of Warg's names, by hand, and the hashes behind its ids.
#include "core/warg/names.h"

#include <algorithm>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/limits.h"

namespace varve::warg {
namespace {

constexpr std::string_view kHashPrefix = "sha256:";
constexpr std::size_t kShownBytesMax = 128;  // of a refused text, in an error's detail

std::string shown(std::string_view text) {
  return std::string(text.substr(0, kShownBytesMax));
}

bool letter(char c) {
  return c >= 'a' && c <= 'z';
}

// [a-z][a-z0-9]*(-[a-z][a-z0-9]*)*
bool is_kebab(std::string_view word) {
  bool starts = true;  // a part of the word
  for (const char c : word) {
    const bool digit = c >= '0' && c <= '9';
    if (starts ? !letter(c) : !letter(c) && !digit && c != '-') return false;
    starts = c == '-';
  }
  return !starts;
}

std::unexpected<Error> bad_key(std::string_view text) {
  return fail(Errc::invalid, About::key,
              "a public key is ecdsa-p256: or ed25519: and the base 64 of its bytes", shown(text));
}

// SEC 1, 2.3.3: a compressed point keeps x and whether y is odd.
std::optional<std::string> compressed(const std::string& point) {
  if (point.size() == 33 && (point[0] == 2 || point[0] == 3)) return point;
  if (point.size() != 65 || point[0] != 4) return std::nullopt;
  const bool odd = (static_cast<unsigned char>(point[64]) & 1) != 0;
  return (odd ? '\3' : '\2') + point.substr(1, 32);
}

}  // namespace

Result<Namespace> Namespace::parse(std::string_view text) {
  if (text.size() <= limits::kPackageNameBytesMax && is_kebab(text))
    return Namespace(std::string(text));
  return fail(Errc::invalid, About::name, "a namespace must be a lowercased kebab case string",
              shown(text));
}

Result<PackageName> PackageName::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (text.size() <= limits::kPackageNameBytesMax && colon != std::string_view::npos &&
      is_kebab(text.substr(0, colon)) && is_kebab(text.substr(colon + 1)))
    return PackageName(std::string(text), colon);
  return fail(Errc::invalid, About::name,
              "a package name is two lowercased kebab case words, namespace:name, of at most " +
                  std::to_string(limits::kPackageNameBytesMax) + " bytes",
              shown(text));
}

std::string hash_text(const Hash256& hash) {
  return std::string(kHashPrefix) + hex_encode(as_view(hash));
}

Result<Hash256> parse_hash_text(std::string_view text) {
  if (text.starts_with(kHashPrefix)) {
    const auto raw = hex_decode(text.substr(kHashPrefix.size()));
    if (raw && raw->size() == sizeof(Hash256)) return hash_from(*raw);
  }
  return fail(Errc::invalid, About::digest, "a hash is sha256: and 64 lower-case hex digits",
              shown(text));
}

const LogId& operator_log_id() {
  static const LogId id(sha256("WARG-OPERATOR-LOG-ID-V0"));
  return id;
}

LogId package_log_id(const PackageName& name) {
  std::string bytes = "WARG-PACKAGE-LOG-ID-V0:WARG-PACKAGE-ID-V0";
  append_string(bytes, name.text());
  return LogId(sha256(bytes));
}

RecordId operator_record_id(std::string_view content_bytes) {
  return RecordId(sha256("WARG-OPERATOR-LOG-RECORD-V0:", content_bytes));
}

RecordId package_record_id(std::string_view content_bytes) {
  return RecordId(sha256("WARG-PACKAGE-LOG-RECORD-V0:", content_bytes));
}

std::string_view to_string(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p256:
      return "ecdsa-p256";
    case KeyAlgorithm::ed25519:
      return "ed25519";
  }
  assertion_failed("a KeyAlgorithm outside its enumeration", __FILE__, __LINE__);
}

std::optional<AlgorithmAndBytes> split_key_text(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ed25519}) {
    if (text.substr(0, colon) != to_string(algorithm)) continue;
    auto bytes = base64_decode(text.substr(colon + 1));
    if (bytes) return AlgorithmAndBytes{algorithm, *std::move(bytes)};
  }
  return std::nullopt;
}

Result<PublicKeyText> PublicKeyText::parse(std::string_view text) {
  if (text.size() > kShownBytesMax) return bad_key(text);
  const auto parts = split_key_text(text);
  if (!parts) return bad_key(text);
  if (parts->algorithm == KeyAlgorithm::ed25519) {
    if (parts->bytes.size() != 32) return bad_key(text);
    return PublicKeyText(KeyAlgorithm::ed25519, std::string(text));
  }
  const auto point = compressed(parts->bytes);
  if (!point) return bad_key(text);
  return PublicKeyText(KeyAlgorithm::ecdsa_p256, std::string(to_string(KeyAlgorithm::ecdsa_p256)) +
                                                     ':' + base64_encode(*point));
}

Result<SignatureText> SignatureText::parse(std::string_view text) {
  // A SEQUENCE of two INTEGERs of at most 33 bytes.
  constexpr std::size_t kDerBytesMax = 72;
  if (text.size() <= kShownBytesMax) {
    const auto parts = split_key_text(text);
    const std::size_t size = parts ? parts->bytes.size() : 0;
    const bool fits = parts && parts->algorithm == KeyAlgorithm::ed25519
                          ? size == 64
                          : size > 0 && size <= kDerBytesMax;
    if (fits) return SignatureText(parts->algorithm, std::string(text));
  }
  return fail(Errc::invalid, About::signature,
              "a signature is ecdsa-p256: or ed25519: and the base 64 of its bytes", shown(text));
}

KeyId key_id(std::string_view public_key_text) {
  return KeyId(sha256(public_key_text));
}

void append_string(std::string& out, std::string_view text) {
  append_uleb128(out, text.size());
  out += text;
}

}  // namespace varve::warg
