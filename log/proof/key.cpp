// Keys that sign notes, and their text forms. Any thread.
#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "log/proof/ed25519.h"
#include "log/proof/note.h"

namespace varve {
namespace {

constexpr std::size_t kKeyNameMax = 255;
constexpr std::string_view kPrivatePrefix = "PRIVATE+KEY+";
constexpr std::string_view kSignaturePrefix = "— ";

template <std::size_t N>
std::string_view view_of(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

// White_Space of Unicode beyond ASCII, as UTF-8: U+0085, U+00A0, U+1680, U+2000–200A, U+2028,
// U+2029, U+202F, U+205F, U+3000.
constexpr std::string_view kWideSpaces[] = {
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
    "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

KeyId key_id(std::string_view name, std::string_view typed_key) {
  const std::string head = std::string(name) + '\n';
  const Hash256 hash = sha256(head, typed_key);
  KeyId id;
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

template <std::size_t N>
std::string with_type(const std::array<std::uint8_t, N>& key) {
  std::string bytes(1, static_cast<char>(kEd25519));
  bytes += view_of(key);
  return bytes;
}

std::unexpected<Error> bad_key(std::string_view why, std::string_view shown = {}) {
  return fail(Errc::invalid, About::key, std::string(why), std::string(shown.substr(0, 256)));
}

// "name+hex8+base64": the base64 may hold '+' too, so only the first two split.
struct KeyParts {
  std::string_view name;
  KeyId id{};
  std::string typed_key;  // type ‖ key
};

Result<KeyParts> split_key(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return bad_key("a key is name+id+base64");
  KeyParts parts;
  parts.name = text.substr(0, first);
  if (!valid_key_name(parts.name)) return bad_key("a key's name has a space or is malformed");
  const auto id = hex_decode(text.substr(first + 1, second - first - 1));
  if (!id || id->size() != parts.id.size())
    return bad_key("a key's id is 8 lower-case hex digits", parts.name);
  std::memcpy(parts.id.data(), id->data(), parts.id.size());
  auto typed_key = base64_decode(text.substr(second + 1));
  if (!typed_key || typed_key->empty())
    return bad_key("a key's last part is not base64", parts.name);
  parts.typed_key = std::move(*typed_key);
  if (static_cast<std::uint8_t>(parts.typed_key.front()) != kEd25519)
    return fail(Errc::unsupported, About::key, "this key is not an Ed25519 key (type 01)",
                std::string(parts.name));
  if (parts.typed_key.size() != 33)
    return bad_key("an Ed25519 key has 32 bytes behind its type", parts.name);
  return parts;
}

}  // namespace

bool valid_key_name(std::string_view name) {
  if (name.empty() || name.size() > kKeyNameMax || !is_valid_utf8(name)) return false;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '+') return false;
  }
  return std::ranges::none_of(
      kWideSpaces, [&](std::string_view space) { return name.find(space) != name.npos; });
}

VerifierKey::VerifierKey(std::string name, const std::array<std::uint8_t, 32>& public_key)
    : name_(std::move(name)), id_(key_id(name_, with_type(public_key))), public_key_(public_key) {
  VARVE_ASSERT(valid_key_name(name_));
}

Result<VerifierKey> VerifierKey::parse(std::string_view vkey) {
  VARVE_TRY(const KeyParts parts, split_key(vkey));
  Ed25519Public public_key;
  std::memcpy(public_key.data(), parts.typed_key.data() + 1, public_key.size());
  if (!ed25519_key_is_sound(public_key))
    return bad_key("this public key is not a point that Ed25519 keys can be", parts.name);
  VerifierKey key(std::string(parts.name), public_key);
  if (key.id() != parts.id) return bad_key("a key's id does not belong to its name and key", vkey);
  return key;
}

std::string VerifierKey::to_string() const {
  return name_ + '+' + hex_encode(view_of(id_)) + '+' + base64_encode(with_type(public_key_));
}

bool VerifierKey::verify(std::string_view message, std::string_view signature) const {
  return ed25519_verify(public_key_, message, signature);
}

Signer::Signer(VerifierKey verifier, const std::array<std::uint8_t, 64>& secret)
    : verifier_(std::move(verifier)),
      line_start_(std::string(kSignaturePrefix) + verifier_.name() + ' '),
      secret_(secret) {}

Signer::~Signer() {
  wipe(secret_.data(), secret_.size());
}

Signer::Signer(Signer&& other) noexcept
    : verifier_(std::move(other.verifier_)),
      line_start_(std::exchange(other.line_start_, {})),
      secret_(other.secret_) {
  wipe(other.secret_.data(), other.secret_.size());
}

Signer& Signer::operator=(Signer&& other) noexcept {
  if (this == &other) return *this;
  verifier_ = std::move(other.verifier_);
  line_start_ = std::exchange(other.line_start_, {});
  secret_ = other.secret_;
  wipe(other.secret_.data(), other.secret_.size());
  return *this;
}

Signer Signer::generate(std::string name) {
  Ed25519Public public_key;
  Ed25519Secret secret;
  ed25519_generate(public_key, secret);
  Signer signer(VerifierKey(std::move(name), public_key), secret);
  wipe(secret.data(), secret.size());
  return signer;
}

Result<Signer> Signer::parse(std::string_view private_key) {
  if (!private_key.starts_with(kPrivatePrefix))
    return bad_key("a private key starts with PRIVATE+KEY+");
  VARVE_TRY(KeyParts parts, split_key(private_key.substr(kPrivatePrefix.size())));
  Ed25519Seed seed;
  std::memcpy(seed.data(), parts.typed_key.data() + 1, seed.size());
  wipe(parts.typed_key.data(), parts.typed_key.size());
  Ed25519Public public_key;
  Ed25519Secret secret;
  ed25519_from_seed(seed, public_key, secret);
  wipe(seed.data(), seed.size());
  Signer signer(VerifierKey(std::string(parts.name), public_key), secret);
  wipe(secret.data(), secret.size());
  if (signer.verifier().id() != parts.id)
    return bad_key("a private key's id does not belong to its name and key", parts.name);
  return signer;
}

std::string Signer::to_string() const {
  std::array<std::uint8_t, 32> seed;
  std::memcpy(seed.data(), secret_.data(), seed.size());
  std::string typed_seed = with_type(seed);
  std::string text(kPrivatePrefix);
  text += verifier_.name() + '+' + hex_encode(view_of(verifier_.id())) + '+';
  text += base64_encode(typed_seed);
  wipe(seed.data(), seed.size());
  wipe(typed_seed.data(), typed_seed.size());
  return text;
}

std::string Signer::sign(std::string_view message) const {
  VARVE_ASSERT(!line_start_.empty());  // a moved-from signer holds no key
  Ed25519Signature signature;
  ed25519_sign(secret_, message, signature.data());
  return std::string(view_of(signature));
}

std::string Signer::sign_line(std::string_view text) const {
  VARVE_ASSERT(!line_start_.empty());  // a moved-from signer holds no key
  std::array<std::uint8_t, sizeof(KeyId) + sizeof(Ed25519Signature)> blob;
  std::ranges::copy(verifier_.id(), blob.begin());
  ed25519_sign(secret_, text, blob.data() + sizeof(KeyId));
  constexpr std::size_t kEncoded = (sizeof(blob) + 2) / 3 * 4;
  std::string line;
  line.reserve(line_start_.size() + kEncoded + 1);
  line += line_start_;
  line += base64_encode(view_of(blob));
  line += '\n';
  return line;
}

}  // namespace varve
