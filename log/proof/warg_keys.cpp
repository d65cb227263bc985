// Warg's keys: text forms over the two algorithms. Any thread.
#include "log/proof/warg_keys.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/base/bytes.h"
#include "log/proof/ed25519.h"
#include "log/proof/p256.h"

namespace varve::warg {
namespace {

template <std::size_t N>
std::string_view view_of(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

std::string key_text(KeyAlgorithm algorithm, std::string_view bytes) {
  return std::string(to_string(algorithm)) + ':' + base64_encode(bytes);
}

std::string message(Purpose purpose, std::string_view payload) {
  std::string bytes(signature_prefix(purpose));
  bytes += ':';
  bytes += payload;
  return bytes;
}

Hash256 digest(Purpose purpose, std::string_view payload) {
  return sha256(signature_prefix(purpose), ":", payload);
}

// Of a text that was parsed.
std::string payload_of(std::string_view text) {
  auto parts = split_key_text(text);
  VARVE_ASSERT(parts.has_value());
  return std::move(parts->bytes);
}

std::unexpected<Error> bad_private_key() {
  return fail(Errc::invalid, About::key,
              "a private key is ecdsa-p256: or ed25519: and the base 64 of its 32 bytes");
}

// Ed25519 with both halves; wiped when destroyed.
struct EdSecret {
  EdSecret() = default;
  EdSecret(const EdSecret&) = delete;
  EdSecret& operator=(const EdSecret&) = delete;
  EdSecret(EdSecret&& other) noexcept : key(other.key), secret(other.secret) {
    wipe(other.secret.data(), other.secret.size());
  }
  EdSecret& operator=(EdSecret&&) = delete;
  ~EdSecret() { wipe(secret.data(), secret.size()); }
  Ed25519Public key{};
  Ed25519Secret secret{};
};

PublicKey public_half(const std::variant<P256Secret, EdSecret>& secret) {
  const auto* p256 = std::get_if<P256Secret>(&secret);
  auto key =
      p256 != nullptr
          ? PublicKey::parse(key_text(KeyAlgorithm::ecdsa_p256, p256->public_key().compressed()))
          : PublicKey::parse(
                key_text(KeyAlgorithm::ed25519, view_of(std::get<EdSecret>(secret).key)));
  VARVE_ASSERT(key.has_value());
  return *std::move(key);
}

}  // namespace

std::string_view signature_prefix(Purpose purpose) {
  switch (purpose) {
    case Purpose::package_record:
      return "WARG-PACKAGE-RECORD-SIGNATURE-V0";
    case Purpose::operator_record:
      return "WARG-OPERATOR-RECORD-SIGNATURE-V0";
    case Purpose::checkpoint:
      return "WARG-CHECKPOINT-SIGNATURE-V0";
  }
  assertion_failed("a Purpose outside its enumeration", __FILE__, __LINE__);
}

// ---- public keys ----

struct PublicKey::State {
  PublicKeyText text;
  KeyId id;
  std::variant<P256Public, Ed25519Public> key;
};

Result<PublicKey> PublicKey::parse(std::string_view text) {
  VARVE_TRY(const PublicKeyText parsed, PublicKeyText::parse(text));
  // Of an uncompressed point the y that came is looked at too, not only whether it is odd.
  const std::string bytes = payload_of(text);
  if (parsed.algorithm() == KeyAlgorithm::ecdsa_p256) {
    VARVE_TRY(P256Public key, P256Public::parse(bytes));
    return PublicKey(std::make_shared<const State>(parsed, key_id(parsed), std::move(key)));
  }
  Ed25519Public key;
  std::ranges::copy(bytes, key.begin());
  if (!ed25519_key_is_sound(key))
    return fail(Errc::invalid, About::key,
                "this public key is not a point that Ed25519 keys can be", parsed.text());
  return PublicKey(std::make_shared<const State>(parsed, key_id(parsed), key));
}

const PublicKeyText& PublicKey::text() const {
  return state_->text;
}

const KeyId& PublicKey::id() const {
  return state_->id;
}

Result<void> PublicKey::verify(Purpose purpose, std::string_view payload,
                               const SignatureText& signature) const {
  bool good = false;
  if (signature.algorithm() == algorithm()) {
    const std::string bytes = payload_of(signature.text());
    const auto* p256 = std::get_if<P256Public>(&state_->key);
    good = p256 != nullptr ? p256->verify(digest(purpose, payload), bytes)
                           : ed25519_verify(std::get<Ed25519Public>(state_->key),
                                            message(purpose, payload), bytes);
  }
  if (good) return {};
  return fail(Errc::unauthorized, About::signature,
              "signature `" + signature.text() + "` verification failed");
}

Result<void> PublicKey::verify_statement(std::string_view statement,
                                         const SignatureText& signature) const {
  const auto* key = std::get_if<Ed25519Public>(&state_->key);
  if (key != nullptr && signature.algorithm() == KeyAlgorithm::ed25519 &&
      statement.starts_with(trust::kStatementOpening) &&
      ed25519_verify(*key, statement, payload_of(signature.text())))
    return {};
  return fail(Errc::unauthorized, About::signature,
              "the author's signature is not one of this key over this statement",
              id().to_string());
}

Result<PublicKey> PublicKeyMemo::parse(std::string_view text) {
  std::string key_text(text);
  if (const auto known = keys_.find(key_text); known != keys_.end()) return known->second;
  VARVE_TRY(PublicKey key, PublicKey::parse(text));
  if (keys_.size() == kKeysMax) keys_.clear();  // rare, and what is in use comes back at once
  keys_.emplace(std::move(key_text), key);
  return key;
}

// ---- private keys ----

struct PrivateKey::State {
  explicit State(std::variant<P256Secret, EdSecret> half)
      : secret(std::move(half)), public_key(public_half(secret)) {}
  std::variant<P256Secret, EdSecret> secret;
  PublicKey public_key;
};

PrivateKey::PrivateKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrivateKey::~PrivateKey() = default;
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;

PrivateKey PrivateKey::generate(KeyAlgorithm algorithm) {
  if (algorithm == KeyAlgorithm::ecdsa_p256)
    return PrivateKey(std::make_unique<State>(P256Secret::generate()));
  EdSecret secret;
  ed25519_generate(secret.key, secret.secret);
  return PrivateKey(std::make_unique<State>(std::move(secret)));
}

Result<PrivateKey> PrivateKey::parse(std::string_view text) {
  auto parts = split_key_text(text);
  if (!parts || parts->bytes.size() != sizeof(P256Secret::Scalar)) return bad_private_key();
  P256Secret::Scalar raw;  // a seed of Ed25519 is as long
  std::ranges::copy(parts->bytes, raw.begin());
  wipe(parts->bytes.data(), parts->bytes.size());
  if (parts->algorithm == KeyAlgorithm::ecdsa_p256) {
    auto secret = P256Secret::from_scalar(raw);
    wipe(raw.data(), raw.size());
    if (!secret) return std::unexpected(std::move(secret).error());
    return PrivateKey(std::make_unique<State>(*std::move(secret)));
  }
  EdSecret secret;
  ed25519_from_seed(raw, secret.key, secret.secret);
  wipe(raw.data(), raw.size());
  return PrivateKey(std::make_unique<State>(std::move(secret)));
}

std::string PrivateKey::to_string() const {
  VARVE_ASSERT(state_ != nullptr);  // a moved-from key holds nothing
  if (const auto* p256 = std::get_if<P256Secret>(&state_->secret))
    return key_text(KeyAlgorithm::ecdsa_p256, view_of(p256->scalar()));
  const auto& secret = std::get<EdSecret>(state_->secret).secret;
  return key_text(KeyAlgorithm::ed25519, view_of(secret).substr(0, sizeof(Ed25519Seed)));
}

const PublicKey& PrivateKey::public_key() const {
  VARVE_ASSERT(state_ != nullptr);  // a moved-from key holds nothing
  return state_->public_key;
}

SignatureText PrivateKey::sign(Purpose purpose, std::string_view payload) const {
  VARVE_ASSERT(state_ != nullptr);  // a moved-from key signs nothing
  std::string text;
  if (const auto* p256 = std::get_if<P256Secret>(&state_->secret)) {
    text = key_text(KeyAlgorithm::ecdsa_p256, p256->sign(digest(purpose, payload)));
  } else {
    Ed25519Signature bytes;
    ed25519_sign(std::get<EdSecret>(state_->secret).secret, message(purpose, payload),
                 bytes.data());
    text = key_text(KeyAlgorithm::ed25519, view_of(bytes));
  }
  auto signature = SignatureText::parse(text);
  VARVE_ASSERT(signature.has_value());
  return *std::move(signature);
}

Result<SignatureText> PrivateKey::sign_statement(std::string_view statement) const {
  VARVE_ASSERT(state_ != nullptr);  // a moved-from key signs nothing
  const auto* secret = std::get_if<EdSecret>(&state_->secret);
  if (secret == nullptr)
    return fail(Errc::unsupported, About::key, "an author signs with an ed25519 key");
  VARVE_TRY([[maybe_unused]] const auto parsed, trust::AuthorStatement::parse(statement));
  Ed25519Signature bytes;
  ed25519_sign(secret->secret, statement, bytes.data());
  return SignatureText::parse(key_text(KeyAlgorithm::ed25519, view_of(bytes)));
}

// ---- checkpoints ----

namespace {

Result<void> check_signs_checkpoints(const PublicKey& key) {
  if (key.algorithm() == KeyAlgorithm::ecdsa_p256) return {};
  return fail(Errc::unsupported, About::key, "a checkpoint is signed with an ecdsa-p256 key",
              key.text().text());
}

Result<void> check_key(const KeyId& named, const PublicKey& key) {
  if (named == key.id()) return {};
  return fail(Errc::unauthorized, About::key, "unknown key id `" + named.to_string() + "`");
}

}  // namespace

Result<SignedCheckpoint> sign_checkpoint(const Checkpoint& contents, const PrivateKey& key) {
  VARVE_CHECK(check_signs_checkpoints(key.public_key()));
  return SignedCheckpoint{contents, key.public_key().id(),
                          key.sign(Purpose::checkpoint, timestamped_bytes(contents))};
}

Result<void> verify_checkpoint(const SignedCheckpoint& checkpoint, const PublicKey& key) {
  VARVE_CHECK(check_signs_checkpoints(key));
  VARVE_CHECK(check_key(checkpoint.key, key));
  return key.verify(Purpose::checkpoint, timestamped_bytes(checkpoint.contents),
                    checkpoint.signature);
}

}  // namespace varve::warg

namespace varve {
namespace {

Result<void> check_envelope(const warg::Envelope& envelope, warg::Purpose purpose,
                            const warg::PublicKey& key) {
  VARVE_CHECK(warg::check_key(envelope.key, key));
  return key.verify(purpose, *envelope.content, envelope.signature);
}

}  // namespace

// A key of no curve in a log would end it for every client that reads keys strictly, and one of
// small order would let anybody sign.
template <class Record>
Result<void> check_keys(const Record& record, const warg::PublicKey& signer) {
  for (const auto& entry : record.entries)
    VARVE_CHECK(std::visit(
        [&]<class Entry>(const Entry& one) -> Result<void> {
          if constexpr (requires { one.key.text(); }) {
            if (one.key == signer.text()) return {};  // found sound when it was made
            VARVE_TRY([[maybe_unused]] const auto key, warg::PublicKey::parse(one.key.text()));
          }
          return {};
        },
        entry));
  return {};
}

// Each reads the record out of the bytes that were verified, not out of what a caller took for it.
Result<Verified<warg::SignedPackageRecord>> SignatureChecks::package_record(
    warg::Envelope envelope, const warg::PublicKey& key) {
  VARVE_CHECK(check_envelope(envelope, warg::Purpose::package_record, key));
  VARVE_TRY(warg::SignedPackageRecord record, warg::open_package_record(std::move(envelope)));
  VARVE_CHECK(check_keys(record.record, key));
  return Verified<warg::SignedPackageRecord>(std::move(record));
}

Result<Verified<warg::SignedOperatorRecord>> SignatureChecks::operator_record(
    warg::Envelope envelope, const warg::PublicKey& key) {
  VARVE_CHECK(check_envelope(envelope, warg::Purpose::operator_record, key));
  VARVE_TRY(warg::SignedOperatorRecord record, warg::open_operator_record(std::move(envelope)));
  VARVE_CHECK(check_keys(record.record, key));
  return Verified<warg::SignedOperatorRecord>(std::move(record));
}

Result<Verified<trust::Author>> SignatureChecks::author(const trust::AuthorStatement& statement,
                                                        const warg::PublicKey& key,
                                                        const warg::SignatureText& signature) {
  std::string text = statement.text();
  VARVE_CHECK(key.verify_statement(text, signature));
  return Verified<trust::Author>(trust::Author{key.id(), key.text(), signature, std::move(text)});
}

Verified<warg::PublicKeyText> SignatureChecks::key(const warg::PublicKey& key) {
  return Verified<warg::PublicKeyText>(key.text());
}

}  // namespace varve
